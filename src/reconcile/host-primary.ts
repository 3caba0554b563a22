import { armIdKey, type ArmId, type ArmIdKey } from "../api/arm-id.ts";
import type { Json, JsonObject } from "../api/json.ts";
import { withValue } from "./body-paths.ts";
import type { HostUse } from "./host-body.ts";
import { heldKeys, type HostClaim, type HostFacts, namedKeys } from "./host-facts.ts";
import type { IdentityChange } from "./host-identity.ts";

/**
 * What the primary identity of a host is to be after a change, where that has to change with it: the first identity of a host
 * becomes the primary one, and one that leaves gives way to another (arm.md 14). Undefined when it stays as it is.
 */
export function primaryAfter({ row, primary, identity }: HostFacts, change: IdentityChange): { readonly id: ArmId | undefined } | undefined {
  if (row.primary === undefined) return undefined;
  const leaving = new Set(change.detach);
  const staying = [...identity.attached].filter(([key]) => !leaving.has(key));
  const isKept = primary === undefined ? identity.attached.size > 0 : staying.some(([key]) => key === keyOf(primary));
  const [next] = [...staying.map(([, { id }]) => id), ...change.attach];
  return isKept || (primary === undefined && next === undefined) ? undefined : { id: next };
}

/** A body of a request that names the primary identity, where the change takes another one. */
export function withPrimary(facts: HostFacts, change: IdentityChange, body: JsonObject): JsonObject {
  const after = primaryAfter(facts, change);
  const value: Json = after?.id ?? null;
  return facts.row.primary === undefined || after === undefined ? body : withValue(body, facts.row.primary, value);
}

/** The identity of which a claim is to remember that it became the primary one with our write, and by nobody's wish. */
export function heldPrimary(entry: HostClaim, facts: HostFacts, change: IdentityChange | undefined): ArmId | undefined {
  const after = change === undefined ? undefined : primaryAfter(facts, change);
  const made = after === undefined ? ownPrimary(facts) : after.id;
  if (made === undefined) return undefined;
  const key = armIdKey(made);
  const live = facts.claims.find((each) => each.claim.mode === "live" && namedKeys(each).includes(key));
  const leaving = facts.claims.find(({ claim }) => claim.mode === "leaving" && !claim.retain && heldKeys(claim).includes(key));
  return (live ?? leaving) === entry ? made : undefined;
}

/** Whether a use is only that an identity is the primary one because our write made it so: then it gives way. */
export function isOwnPrimaryUse({ path }: HostUse, facts: HostFacts): boolean {
  return path === facts.row.primary && ownPrimary(facts) !== undefined;
}

function ownPrimary({ primary, claims }: HostFacts): ArmId | undefined {
  const held = claims.flatMap(({ claim }) => claim.holds?.primary ?? []);
  return primary !== undefined && held.some((id) => keyOf(id) === keyOf(primary)) ? (primary as ArmId) : undefined;
}

function keyOf(id: string): ArmIdKey {
  return armIdKey(id as ArmId);
}
