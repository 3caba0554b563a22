import type { ArmIdKey } from "../api/arm-id.ts";
import type { Holds } from "../api/shared.ts";
import { bySeniority, type Claim } from "./claim.ts";
import { conclude } from "./conclude.ts";
import { tenantOf } from "./credential-choice.ts";
import { heldKeys, type HostClaim, type HostFacts, protectedKeys } from "./host-facts.ts";
import { heldAsNamed, type HostRecord } from "./host-holds.ts";
import { accept, type Pass, withFinalizer } from "./pass.ts";
import type { Policy } from "./ports.ts";

/** What claims with other credentials are to hold from now on, since this unit gives it up and they name it (DESIGN 2). */
export function inheritances(facts: HostFacts, records: ReadonlyMap<HostClaim, HostRecord>, policy: Policy): ReadonlyMap<Claim, Holds> {
  const inherited = new Map<Claim, Holds>();
  for (const key of givenUp(facts, records)) {
    const heir = heirOf(facts, (entry) => protectedKeys(entry).includes(key));
    const id = facts.identity.attached.get(key)?.id;
    const identity = heir === undefined || id === undefined ? undefined : heldAsNamed(id, heir);
    if (heir === undefined || identity === undefined) continue;
    const before = inherited.get(heir.claim) ?? holdsBefore(heir.claim, policy);
    inherited.set(heir.claim, { ...before, userAssigned: [...(before.userAssigned ?? []), identity] });
  }
  const switched = isSwitchGivenUp(facts, records) ? heirOf(facts, ({ claim, share }) => claim.mode === "live" && share?.systemAssigned === true) : undefined;
  if (switched === undefined) return inherited;
  const { principalId } = facts.identity.systemAssigned ?? {};
  const before = inherited.get(switched.claim) ?? holdsBefore(switched.claim, policy);
  return inherited.set(switched.claim, { ...before, systemAssigned: principalId === undefined ? {} : { principalId } });
}

/** Stores what heirs hold, before those who give it up let go of it. Throws {@link PassAborted} when Kubernetes did not take it. */
export async function storeInheritances(pass: Pass, inherited: ReadonlyMap<Claim, Holds>): Promise<void> {
  const { kube, clock } = pass.world;
  for (const [claim, holds] of inherited) {
    const object = await withFinalizer(kube, claim);
    // What is said of it is for a pass of its own unit.
    const { status } = conclude({ claim, outcome: { is: "queued", afterSeconds: 0 }, holds, shown: undefined, done: [] }, { nowMs: clock.now(), patience: undefined });
    if (status !== undefined) accept(await kube.applyStatus(claim.kind.type, object, status), claim);
  }
}

/** What somebody of this unit held and nobody of it goes on holding; what is to be retained is nobody's from now on. */
function givenUp({ claims, others, identity }: HostFacts, records: ReadonlyMap<HostClaim, HostRecord>): readonly ArmIdKey[] {
  const givers = claims.filter(({ claim }) => claim.mode === "live" || (claim.mode === "leaving" && !claim.retain));
  const kept = new Set([...[...records.values()].flatMap(heldKeys), ...others.flatMap(({ claim }) => heldKeys(claim))]);
  return [...new Set(givers.flatMap(({ claim }) => heldKeys(claim)))].filter((key) => identity.attached.has(key) && !kept.has(key));
}

function isSwitchGivenUp({ claims, others, identity }: HostFacts, records: ReadonlyMap<HostClaim, HostRecord>): boolean {
  const principalId = identity.systemAssigned?.principalId;
  const isHeld = ({ claim }: HostClaim): boolean => claim.holds?.systemAssigned !== undefined && (claim.holds.systemAssigned.principalId ?? principalId) === principalId;
  const isKept = [...records.values()].some(({ holds }) => holds?.systemAssigned !== undefined) || others.some(isHeld);
  return identity.systemAssigned !== undefined && !isKept && claims.some((entry) => isHeld(entry) && !(entry.claim.mode === "leaving" && entry.claim.retain));
}

/** The oldest of the other claims that may take something. */
function heirOf({ others }: HostFacts, names: (entry: HostClaim) => boolean): HostClaim | undefined {
  const able = others.filter(({ claim }) => claim.credential !== undefined && (claim.mode === "live" || (claim.mode === "frozen" && !claim.deleting)));
  return able.filter(names).toSorted((left, right) => bySeniority(left.claim, right.claim))[0];
}

function holdsBefore({ holds, target, credential = "" }: Claim, policy: Policy): Holds {
  return holds ?? { target: target ?? "", tenantId: tenantOf(credential, policy), credential, adopted: false, confirmed: true };
}
