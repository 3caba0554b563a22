import type { Claim } from "./claim.ts";
import type { Conclusion } from "./outcome.ts";
import type { Next } from "./timing.ts";

const SOON_SECONDS = 5;

/**
 * Looks up the roles of claims that may name what a unit is about to give up, and could not say so yet: a process that has just begun
 * knows none, and a grant stays while anybody names it (DESIGN 2). Returns when the unit comes again; undefined when nobody has to be
 * waited for, also where Azure does not tell what they name.
 */
export async function resolveHeirs(claims: readonly Claim[], unanswered: () => readonly Claim[], resolve: (heirs: readonly Claim[]) => Promise<readonly Conclusion[]>): Promise<readonly Next[] | undefined> {
  const givers = claims.filter(({ mode, holds, retain }) => mode === "leaving" && holds !== undefined && !retain);
  const heirs = givers.length === 0 ? [] : unanswered().filter((claim) => !claims.includes(claim) && givers.some((giver) => mayInherit(giver, claim)));
  if (heirs.length === 0) return undefined;
  const failed = await resolve(heirs);
  if (failed.some(({ outcome }) => outcome.is === "unavailable" || outcome.is === "throttled")) return [{ afterSeconds: SOON_SECONDS, priority: "retry" }];
  return failed.length < heirs.length ? [{ afterSeconds: 0, priority: "retry" }] : undefined;
}

/** Whether a claim may turn out to name what another one gives up: its role is looked up where that is. */
function mayInherit(giver: Claim, { kind, credential, lookup, deleting, mode }: Claim): boolean {
  const isNear = lookup !== undefined && giver.target?.toLowerCase().startsWith(`${lookup.scope.toLowerCase()}/`) === true;
  return isNear && giver.kind === kind && giver.credential === credential && !deleting && mode !== "observing";
}
