import { armIdKey, type ArmId, type ArmIdKey } from "../api/arm-id.ts";
import type { HeldIdentity, HeldSetting, Holds } from "../api/shared.ts";
import { bySeniority } from "./claim.ts";
import { foreignKeys, type HostClaim, type HostDecision, type HostFacts, heldKeys, namedKeys, protectedKeys } from "./host-facts.ts";
import { heldPrimary } from "./host-primary.ts";
import type { Wanted } from "./references.ts";

/** What a claim's `status.holds` is to say: before the decided change when there is one, else for good. */
export interface HostRecord {
  readonly holds: Holds | undefined;
  /** Identities that went over to another claim. */
  readonly handedOver: number;
}

/** What every claim of the unit holds once the decision stands. `confirmed` is false while a change is about to be made. */
export function recordsOf(facts: HostFacts, decision: HostDecision, tenantId: string): ReadonlyMap<HostClaim, HostRecord> {
  const receivers = receiversOf(facts);
  return new Map(facts.claims.map((entry) => [entry, recordOf({ entry, facts, decision, tenantId, receivers })]));
}

interface Recording {
  readonly entry: HostClaim;
  readonly facts: HostFacts;
  readonly decision: HostDecision;
  readonly tenantId: string;
  readonly receivers: ReadonlyMap<ArmIdKey, HostClaim>;
}

function recordOf(recording: Recording): HostRecord {
  const { entry, facts, decision } = recording;
  const { claim } = entry;
  if (claim.mode === "observing") return { holds: undefined, handedOver: 0 };
  if (claim.mode === "frozen") return { holds: withReceived(recording), handedOver: 0 };
  const stays = (claim.holds?.userAssigned ?? []).filter((held) => staysHeld(held, recording)).map((held) => asNamed(held, entry));
  const attaching = new Set(decision.change?.attach.map((id) => armIdKey(id)));
  const taken = decision.accepted.includes(entry) ? takenIdentities(entry, facts, attaching) : [];
  const received = receivedIdentities(recording);
  const userAssigned = unique([...stays, ...taken, ...received]);
  const systemAssigned = heldSystemAssigned(recording);
  const handedOver = (claim.holds?.userAssigned ?? []).filter((held) => isHandedOver(held, recording)).length;
  if (userAssigned.length === 0 && systemAssigned === undefined && heldSettings(recording).length === 0 && entry.owns !== true) return { holds: undefined, handedOver };
  return { holds: holdsWith(recording, userAssigned, systemAssigned), handedOver };
}

/** An entry stays until a pass saw that the host no longer has it, or it was handed over. */
function staysHeld(held: HeldIdentity, recording: Recording): boolean {
  const { entry, facts } = recording;
  const key = armIdKey(held.resourceId as ArmId);
  if (entry.claim.mode === "live" && namedKeys(entry).includes(key)) return true;
  if (recording.decision.left.keys.has(key)) return false;
  if (!facts.identity.attached.has(key) || isHandedOver(held, recording)) return false;
  return !(entry.claim.mode === "leaving" && entry.claim.retain) && !foreignKeys(facts.others).includes(key);
}

/** What is held goes by the name that the spec has for it now: by that it stays when the name no longer resolves. */
function asNamed(held: HeldIdentity, entry: HostClaim): HeldIdentity {
  return (entry.claim.mode === "live" ? heldAsNamed(held.resourceId as ArmId, entry) : undefined) ?? held;
}

/** The record of an identity by the name that the spec of a claim has for it; undefined where nothing in it resolves to that identity. */
export function heldAsNamed(id: ArmId, { wants }: HostClaim): HeldIdentity | undefined {
  const want = wants.find((candidate) => candidate.is === "resolved" && armIdKey(candidate.id) === armIdKey(id));
  return want === undefined ? undefined : heldOf(id, want.identityRef);
}

function isHandedOver(held: HeldIdentity, { entry, receivers, facts }: Recording): boolean {
  const key = armIdKey(held.resourceId as ArmId);
  const gives = entry.claim.mode === "leaving" ? !entry.claim.retain : !namedKeys(entry).includes(key);
  if (!gives || !facts.identity.attached.has(key)) return false;
  return receivers.has(key);
}

/** What this claim attaches in this pass, and under IfExists what was there before. */
function takenIdentities({ claim, wants }: HostClaim, facts: HostFacts, attaching: ReadonlySet<ArmIdKey>): readonly HeldIdentity[] {
  const adopts = claim.spec?.adoptionPolicy === "IfExists";
  const resolved = wants.filter((want): want is Wanted & { is: "resolved" } => want.is === "resolved");
  const takes = (id: ArmId) => attaching.has(armIdKey(id)) || (adopts && facts.identity.attached.has(armIdKey(id)));
  return resolved.filter(({ id }) => takes(id)).map(({ id, identityRef }) => heldOf(id, identityRef));
}

/** For each identity that a claim gives up and another one still names: the oldest of those, the holders first. */
function receiversOf(facts: HostFacts): ReadonlyMap<ArmIdKey, HostClaim> {
  const givers = facts.claims.filter(({ claim }) => claim.mode === "leaving" || claim.mode === "live");
  const given = new Set(givers.flatMap((entry) => heldKeys(entry.claim).filter((key) => !protectedKeys(entry).includes(key))));
  const candidates = facts.claims.filter(({ claim }) => claim.mode === "live" || (claim.mode === "frozen" && !claim.deleting));
  const ordered = candidates.toSorted((left, right) => bySeniority(left.claim, right.claim));
  const found = [...given].map((key) => [key, receiverOf(key, ordered)] as const);
  return new Map(found.filter((pair): pair is readonly [ArmIdKey, HostClaim] => pair[1] !== undefined));
}

function receiverOf(key: ArmIdKey, ordered: readonly HostClaim[]): HostClaim | undefined {
  const naming = ordered.filter((entry) => protectedKeys(entry).includes(key));
  return naming.find(({ claim }) => heldKeys(claim).includes(key)) ?? naming[0];
}

function receivedIdentities({ entry, facts, receivers }: Recording): readonly HeldIdentity[] {
  const keys = [...receivers].filter(([key, receiver]) => receiver === entry && facts.identity.attached.has(key)).map(([key]) => key);
  return keys.flatMap((key) => {
    const before = entry.claim.holds?.userAssigned?.find(({ resourceId }) => armIdKey(resourceId as ArmId) === key);
    const id = facts.identity.attached.get(key)?.id;
    // What it holds by a name that does not resolve now, it goes on holding by that name: nothing else keeps it attached.
    return id === undefined ? [] : [heldAsNamed(id, entry) ?? heldOf(id, before?.identityRef)];
  });
}

function withReceived(recording: Recording): Holds | undefined {
  const { claim } = recording.entry;
  const received = receivedIdentities(recording);
  if (received.length === 0) return claim.holds;
  return holdsWith(recording, unique([...(claim.holds?.userAssigned ?? []), ...received]), claim.holds?.systemAssigned);
}

function heldSystemAssigned({ entry, facts, decision }: Recording): Holds["systemAssigned"] {
  const { claim, share } = entry;
  const now = facts.identity.systemAssigned;
  const isWanted = claim.mode === "live" && share?.systemAssigned === true;
  if (now === undefined) return isWanted && decision.accepted.includes(entry) && decision.change?.systemAssigned === true ? {} : undefined;
  if (!isWanted && decision.left.systemAssigned) return undefined;
  const held = holdsNow(entry, now.principalId);
  if (claim.mode === "leaving" && (claim.retain || share?.mayDestroySystemAssigned !== true || isWantedBesides(entry, facts))) return undefined;
  const takes = isWanted && (isSystemAssignedGiven(facts) || claim.spec?.adoptionPolicy === "IfExists");
  return held || takes ? principalOf(now.principalId) : undefined;
}

/** Whether a claim that leaves hands the system-assigned identity on. */
function isSystemAssignedGiven({ claims, identity }: HostFacts): boolean {
  return claims.some((entry) => entry.claim.mode === "leaving" && !entry.claim.retain && holdsNow(entry, identity.systemAssigned?.principalId));
}

/** A record without a principal is one whose write was not confirmed: what is there now is what that write made. */
function holdsNow({ claim }: HostClaim, principalId: string | undefined): boolean {
  const held = claim.holds?.systemAssigned;
  return held !== undefined && (held.principalId === undefined || held.principalId === principalId);
}

function isWantedBesides(entry: HostClaim, facts: HostFacts): boolean {
  const rest = [...facts.claims, ...facts.others].filter((other) => other !== entry);
  return rest.some(({ claim, share }) => {
    if (claim.mode === "live") return share?.systemAssigned === true;
    return claim.mode === "frozen" && (claim.holds?.systemAssigned !== undefined || share?.systemAssigned === true);
  });
}

function principalOf(principalId: string | undefined): NonNullable<Holds["systemAssigned"]> {
  return principalId === undefined ? {} : { principalId };
}

function holdsWith(recording: Recording, userAssigned: readonly HeldIdentity[], systemAssigned: Holds["systemAssigned"]): Holds {
  const { claim } = recording.entry;
  const { userAssigned: _before, systemAssigned: _system, settings: _settings, primary: _primary, ...rest } = claim.holds ?? {};
  const settings = heldSettings(recording);
  const primary = heldPrimary(recording.entry, recording.facts, recording.decision.change);
  return {
    ...rest,
    target: claim.target ?? "",
    tenantId: claim.holds?.tenantId ?? recording.tenantId,
    credential: claim.credential ?? "",
    adopted: claim.holds?.adopted === true || isAdopting(recording, userAssigned, systemAssigned),
    // Of who declares the host it says whether the host itself is as written.
    confirmed: recording.entry.owns === true ? claim.holds?.confirmed === true : isSettled(recording.decision),
    ...(recording.facts.row.isUnlisted === true ? { apiVersion: recording.facts.row.apiVersion } : {}),
    ...(userAssigned.length === 0 ? {} : { userAssigned: [...userAssigned] }),
    ...(systemAssigned === undefined ? {} : { systemAssigned }),
    ...(primary === undefined ? {} : { primary }),
    ...(settings.length === 0 ? {} : { settings: [...settings] }),
  };
}

function heldSettings({ entry, decision }: Recording): readonly HeldSetting[] {
  return decision.settings.held.get(entry) ?? entry.claim.holds?.settings ?? [];
}

/** Whether nothing is about to be written. */
function isSettled({ change, settings }: HostDecision): boolean {
  return change === undefined && settings.back.length === 0 && settings.set.length === 0;
}

/** Whether something is taken into what is held that this claim neither held nor attaches, nor received. */
function isAdopting(recording: Recording, userAssigned: readonly HeldIdentity[], systemAssigned: Holds["systemAssigned"]): boolean {
  const { entry, facts, decision, receivers } = recording;
  if (entry.claim.mode !== "live") return false;
  const held = new Set<string>(heldKeys(entry.claim));
  const made = new Set<string>(decision.change?.attach.map((id) => armIdKey(id)));
  const keys = userAssigned.map(({ resourceId }) => armIdKey(resourceId as ArmId));
  const adopted = keys.some((key) => !held.has(key) && !made.has(key) && receivers.get(key) !== entry && facts.identity.attached.has(key));
  const isMade = facts.identity.systemAssigned === undefined || isSystemAssignedGiven(facts);
  return adopted || (systemAssigned !== undefined && entry.claim.holds?.systemAssigned === undefined && !isMade);
}

function heldOf(id: ArmId, identityRef: HeldIdentity["identityRef"]): HeldIdentity {
  return identityRef === undefined ? { resourceId: id } : { resourceId: id, identityRef };
}

function unique(entries: readonly HeldIdentity[]): readonly HeldIdentity[] {
  const byKey = new Map(entries.map((entry) => [armIdKey(entry.resourceId as ArmId), entry]));
  return [...byKey.values()].sort((left, right) => (armIdKey(left.resourceId as ArmId) < armIdKey(right.resourceId as ArmId) ? -1 : 1));
}
