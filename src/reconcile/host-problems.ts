import type { ArmId } from "../api/arm-id.ts";
import type { HostRow } from "../kinds/host-row.ts";
import type { HostClaim, Problem } from "./host-facts.ts";

/** Collects what stands in the way, claim by claim. */
export class ProblemList {
  readonly all: ReadonlyMap<HostClaim, Problem[]>;

  constructor(claims: readonly HostClaim[]) {
    this.all = new Map(claims.map((claim) => [claim, []]));
  }

  add(entry: HostClaim, problem: Problem): void {
    this.all.get(entry)?.push(problem);
  }

  addToAll(entries: readonly HostClaim[], problem: Problem): void {
    for (const entry of new Set(entries)) this.add(entry, problem);
  }
}

/** `exclusive`: whether the claim that is told wants to be the only one. */
export function exclusiveConflict(exclusive: boolean): Problem {
  const message = exclusive
    ? "ownership is Exclusive and other objects claim the same host: delete them, or use Shared"
    : "an Exclusive assignment claims the same host: change or delete it, or name these identities there";
  return { reason: "ExclusiveConflict", message, stalls: true };
}

/** For a claim that wants the system-assigned identity off while another one wants it. */
export const systemAssignedWanted: Problem = {
  reason: "ClaimConflict",
  message: "another object wants the system-assigned identity of this host, and true wins over false: change one of them",
  stalls: true,
};

/** `ours`: whether the claim that is told holds the system-assigned identity. */
export function systemAssignedKept(ours: boolean): Problem {
  const message = ours
    ? "switching the system-assigned identity off destroys its principal and orphans its grants: set spec.systemAssignedRemoval to Destroy to allow it"
    : "the system-assigned identity was not switched on by this object, so it is not switched off: remove spec.systemAssigned to leave it alone";
  return { reason: "SystemAssignedKept", message, stalls: true };
}

/** For a claim that does not allow what the write would do to the host. */
export function disruptionNotAllowed(row: HostRow, { claim, share }: HostClaim): Problem {
  const allowed = share?.allowDisruption ?? "Recycle";
  const way = claim.deleting ? `set spec.allowDisruption to ${row.disruption}, or spec.deletionPolicy to Retain` : `set spec.allowDisruption to ${row.disruption}`;
  const message = `changing the identity of a host of type ${row.type} ${row.effect}, and spec.allowDisruption is ${allowed}: ${way} to allow it`;
  return { reason: "DisruptionNotAllowed", message, stalls: true };
}

/** For a claim whose change the object that declares the host does not allow: its consent is the ceiling (DESIGN 2). */
export function disruptionCapped(row: HostRow, entry: HostClaim, owner: HostClaim): Problem {
  if (entry === owner) return disruptionNotAllowed(row, entry);
  const isNear = owner.claim.object.metadata.namespace === entry.claim.object.metadata.namespace;
  const who = isNear ? `${owner.claim.object.kind} ${owner.claim.object.metadata.name}` : "the object that declares the host, in another namespace,";
  const message = `changing the identity of a host of type ${row.type} ${row.effect}, and ${who} does not allow that: set its spec.allowDisruption to ${row.disruption} to allow it`;
  return { reason: "DisruptionNotAllowed", message, stalls: true };
}

/** For a write of the whole that would lose what Azure hides; `isOurs`: whether an object of ours declares the host. */
export function hiddenValuesAtRisk(row: HostRow, hidden: readonly string[], isOurs: boolean): Problem {
  const way = isOurs ? "and the object that declares the host does not give it now, so see its conditions" : "so attach the identity where the host is declared";
  const message = `a host of type ${row.type} is written as a whole, and Azure does not show ${hidden.slice(0, 5).join(", ")}: the write would lose what stands there, ${way}`;
  return { reason: "HiddenValuesAtRisk", message, stalls: true };
}

/** For an identity, or the system-assigned one, by which a credential in use signs in on this host. */
export function inUseByCredential(what: string): Problem {
  const message = `a credential that is in use signs in on this host by ${what}, which therefore stays: set deletionPolicy to Retain to leave it, or let an administrator change that credential first`;
  return { reason: "InUseByCredential", message, stalls: false };
}

/** For an identity that the host itself uses at a path of its body. */
export function inUseByHost(id: ArmId, path: string): Problem {
  return { reason: "InUseByHost", message: `${id} is used by the host itself at ${path}: change that first`, stalls: false };
}

/** For a setting that a host of the type does not have. */
export function settingNotTaken({ type }: HostRow, path: string): Problem {
  return { reason: "HostNotSupported", message: `${path}: a host of type ${type} has no such setting: remove it`, stalls: true };
}

/** For a setting about which another object decides: the one that declares the host, or a senior claim that wants something else. */
export function settingConflict(path: string, by: "owner" | "senior"): Problem {
  const who = by === "owner" ? "the object that declares the host decides about its settings: set it there" : "another object wants another identity there: change one of them";
  return { reason: "ClaimConflict", message: `${path}: ${who}`, stalls: true };
}

/** For a setting that names an identity which the host neither has nor is to have. */
export function settingOfStranger(id: ArmId, path: string): Problem {
  return { reason: "InvalidSpec", message: `${path}: ${id} is not one of the host's identities: name it in spec.userAssigned, too`, stalls: true };
}

/** For what does not fit into the one slot of a host: `foreign` when it is taken, `claimed` when another object gets it. */
export function slotTaken({ type }: HostRow, by: "foreign" | "claimed"): Problem {
  const taken = "holds an identity that this object did not put there: set spec.ownership to Exclusive to replace it";
  const message = `a host of type ${type} has one identity, and ${by === "foreign" ? `its slot ${taken}` : "another identity that is declared gets it: declare one only"}`;
  return { reason: "SlotTaken", message, stalls: true };
}

/** For a host that takes one kind of identity at a time and has, or gets, the other; `exclusive`: whether the claim wants to replace it. */
export function otherKindTaken({ type }: HostRow, other: "userAssigned" | "systemAssigned", exclusive: boolean): Problem {
  const rule = `a host of type ${type} has either a system-assigned identity or user-assigned ones`;
  if (other === "userAssigned") return { reason: "SlotTaken", message: `${rule}, and this one has user-assigned ones: remove spec.systemAssigned`, stalls: true };
  if (!exclusive) return { reason: "SlotTaken", message: `${rule}, and this one has a system-assigned identity: switch it off first`, stalls: true };
  const way = "take it over (systemAssigned true, adoptionPolicy IfExists), then set systemAssigned to false and systemAssignedRemoval to Destroy";
  return { reason: "SystemAssignedKept", message: `${rule}, and this object does not hold the system-assigned identity of this one: switch it off, or ${way}`, stalls: true };
}

/** For an object that wants a host to have no identity where the type does not take that. */
export function lastStays({ type }: HostRow): Problem {
  return { reason: "SlotTaken", message: `a host of type ${type} cannot be left without an identity, so that the last one stays: name the one that takes its place`, stalls: true };
}
