import type { Holds } from "../api/shared.ts";

/**
 * Whether a record gives something up of what it held before. It is stored after those that do not, one of which may have received
 * it: at no moment is it nobody's (DESIGN 2).
 */
export function givesUp(before: Holds | undefined, after: Holds | undefined): boolean {
  const kept = new Set((after?.userAssigned ?? []).map(({ resourceId }) => resourceId.toLowerCase()));
  const isLess = (before?.userAssigned ?? []).some(({ resourceId }) => !kept.has(resourceId.toLowerCase()));
  return isLess || (before?.systemAssigned !== undefined && after?.systemAssigned === undefined);
}
