import { createHash } from "node:crypto";
import type { Claim } from "./claim.ts";

/** Azure accepts tag values of at most 256 characters. */
const MAX_TAG_LENGTH = 256;

/** The value of the owner tag that says that a resource is a claim's: `<installation>/<namespace>/<name>`. */
export function markFor(claim: Claim, installationId: string): string {
  const { namespace, name } = claim.object.metadata;
  const mark = `${installationId}/${namespace}/${name}`;
  if (mark.length <= MAX_TAG_LENGTH) return mark;
  return `sha256:${createHash("sha256").update(mark).digest("hex")}`;
}
