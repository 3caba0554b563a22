import { type ArmId, armIdKey } from "../api/arm-id.ts";
import { type HostClaim, heldKeys } from "./host-facts.ts";
import type { IdentityChange } from "./host-identity.ts";
import { hostTitle } from "./host-title.ts";
import type { Done } from "./outcome.ts";

/**
 * What a change of a host did for one of the claims on it, for the event of that object; `claims` are all of the unit, each with
 * what it held while the change was made. A coalesced write counts for an object only what that object named or held.
 */
export function hostDone(target: ArmId, entry: HostClaim, { change, claims }: { readonly change: IdentityChange; readonly claims: readonly HostClaim[] }): readonly Done[] {
  const host = hostTitle(target);
  const attached = attachedFor(entry, change);
  const detached = detachedFor(entry, change, claims);
  return [
    ...(attached > 0 ? [{ reason: "Attached", action: "Attach", note: `Attached ${counted(attached)} to ${host}` } as const] : []),
    ...(detached > 0 ? [{ reason: "Detached", action: "Detach", note: `Detached ${counted(detached)} from ${host}` } as const] : []),
    ...(isSwitchedFor(entry, change) ? [{ reason: "Updated", action: "Update", note: `Switched the system-assigned identity of ${host} ${change.systemAssigned ? "on" : "off"}` } as const] : []),
  ];
}

function attachedFor({ claim, wants }: HostClaim, { attach }: IdentityChange): number {
  if (claim.mode !== "live") return 0;
  const named = new Set(wants.flatMap((want) => (want.is === "resolved" ? [armIdKey(want.id)] : [])));
  return attach.filter((id) => named.has(armIdKey(id))).length;
}

/** What nobody held was detached for whoever claims the host for itself. */
function detachedFor(entry: HostClaim, { detach }: IdentityChange, claims: readonly HostClaim[]): number {
  const isExclusive = entry.claim.mode === "live" && entry.share?.exclusive === true;
  const own = new Set(heldKeys(entry.claim));
  const held = new Set(claims.flatMap(({ claim }) => heldKeys(claim)));
  return detach.filter((key) => own.has(key) || (isExclusive && !held.has(key))).length;
}

/** What is held without a principal was about to be switched on. */
function isSwitchedFor({ claim }: HostClaim, change: IdentityChange): boolean {
  const held = claim.holds?.systemAssigned;
  return held !== undefined && claim.mode !== "frozen" && (change.systemAssigned ? held.principalId === undefined : true);
}

function counted(count: number): string {
  return count === 1 ? "1 identity" : `${count} identities`;
}
