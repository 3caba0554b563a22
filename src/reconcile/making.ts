import type { Making } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { type Documents, documentKey } from "./documents.ts";
import { markFor } from "./mark.ts";
import type { World } from "./ports.ts";

type Data = Extract<Documents, { is: "read" }>["data"];

/** What the bodies of a claim are made from. The location is empty when none is declared. */
export function makingOf(claim: Claim, data: Data, world: World): Making {
  const { shape } = claim.kind;
  const location = claim.spec === undefined || shape.is !== "resource" ? undefined : shape.location?.(claim.spec, claim.surroundings);
  return {
    surroundings: claim.surroundings,
    mark: markFor(claim, world.policy.installationId),
    location: location ?? "",
    heldTagKeys: claim.holds?.tagKeys ?? [],
    value: (kind, name, key) => data.get(documentKey(kind, name))?.[key],
    values: (kind, name) => data.get(documentKey(kind, name)) ?? {},
    digest: (value) => world.digest(value),
    isWritten: (path, value) => isWritten(claim, path, world.digest(value)),
  };
}

/** By the digest that was stored when it was written. Another key tells nothing; a write that was not confirmed is repeated. */
function isWritten({ holds }: Claim, path: string, digest: string): boolean | undefined {
  const stored = holds?.secretDigests?.find((entry) => entry.path === path)?.digest;
  if (holds?.confirmed === false) return false;
  if (stored === undefined || keyIdOf(stored) !== keyIdOf(digest)) return undefined;
  return stored === digest;
}

function keyIdOf(digest: string): string {
  return digest.slice(0, digest.indexOf(":"));
}
