import { armIdKey, type ArmIdKey } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import { type ObjectKey, titleOf } from "../api/object.ts";
import type { Drift } from "../api/shared.ts";
import { foreignKeys, type HostClaim, type HostDecision, type HostFacts, heldKeys, namedKeys, type Problem } from "./host-facts.ts";
import { settingDrift } from "./decide-settings.ts";
import { outcomeOf } from "./failures.ts";
import type { HostRecord } from "./host-holds.ts";
import type { Lag } from "./host-instances.ts";
import { hostTitle } from "./host-title.ts";
import { type Conclusion, type Done, frozenOutcome, type Outcome } from "./outcome.ts";
import type { Pass } from "./pass.ts";
import type { AzureFailure } from "./ports.ts";
import { rememberSettings } from "./setting-memory.ts";
import { noteWrite } from "./write-memory.ts";

/** The end of a pass over a host: what was last seen of it, and what stood in the way. */
export interface HostEnd {
  readonly pass: Pass;
  readonly facts: HostFacts;
  readonly decision: HostDecision;
  readonly records: ReadonlyMap<HostClaim, HostRecord>;
  readonly failure: AzureFailure | undefined;
  /** What was done in this pass for each object. */
  readonly done: ReadonlyMap<ObjectKey, readonly Done[]>;
  /** What this pass and, under an Exclusive claim, the ones before detached. */
  readonly evicted: ReadonlySet<ArmIdKey>;
  /** What a live claim that is as declared comes to while instances of the host lag behind. */
  readonly lag: Lag;
  /** Whether something is left to write that this pass did not get to. */
  readonly isUnfinished: boolean;
}

/** What a pass over a host came to for each claim. Those that stay come first, so that nothing handed over is ever nobody's. */
export function concludeHost(end: HostEnd): readonly Conclusion[] {
  const { facts, pass } = end;
  if (!end.isUnfinished && end.failure === undefined) remember(end);
  const staying = facts.claims.filter(({ claim }) => claim.mode !== "leaving");
  const leaving = facts.claims.filter(({ claim }) => claim.mode === "leaving");
  return [...staying, ...leaving].map((entry) => ({
    claim: entry.claim,
    outcome: outcomeFor(end, entry),
    holds: end.records.get(entry)?.holds,
    shown: shownFor(pass, facts, entry),
    done: end.done.get(entry.claim.key) ?? [],
  }));
}

/** What is there now and held is what our writes brought about; whoever takes it away undoes them. */
function remember(end: HostEnd): void {
  const { pass, facts } = end;
  const held = facts.claims.flatMap(({ claim }) => heldKeys(claim)).filter((key) => facts.identity.attached.has(key));
  const isExclusive = facts.claims.some(({ claim, share }) => claim.mode === "live" && share?.exclusive === true);
  const detached = new Set(isExclusive ? [...end.evicted] : []);
  pass.memory.applied = { attached: new Set(held), detached, systemAssigned: facts.identity.systemAssigned !== undefined };
  rememberSettings(pass.memory, facts, facts.claims);
  noteWrite(pass.memory, "settled", pass.world.clock.now());
}

function outcomeFor(end: HostEnd, entry: HostClaim): Outcome {
  const { claim } = entry;
  switch (claim.mode) {
    case "frozen":
      return frozenOutcome(claim);
    case "observing":
      return observed(driftOf(entry, end.facts));
    case "leaving":
      return leavingOutcome(end, entry);
    case "live":
      return liveOutcome(end, entry);
  }
}

function leavingOutcome(end: HostEnd, entry: HostClaim): Outcome {
  const record = end.records.get(entry);
  if (record?.holds === undefined) return released(end, entry, record?.handedOver ?? 0);
  if (end.failure?.class === "identity") return blockedByOthers(end, entry, "detach");
  if (end.failure !== undefined) return outcomeOf(end.failure, entry.claim, "detach the identities of");
  return problemOutcome(end, entry) ?? unfinished(entry);
}

/** Azure takes no change of a host's identities while one of them no longer exists. That of others is not named (DESIGN 1). */
function blockedByOthers({ pass, failure }: HostEnd, entry: HostClaim, verb: "attach" | "detach"): Outcome {
  const { claim } = entry;
  const own = new Set([...heldKeys(claim), ...namedKeys(entry)]);
  const named = (failure?.named ?? []).filter((id) => own.has(armIdKey(id)));
  const which = named.length > 0 ? named.join(", ") : "an identity that others attached";
  pass.world.log.warn({ host: pass.target, object: titleOf(claim.object), note: failure?.message ?? "" }, "An identity is in the way of a change of its host");
  const way = claim.deleting ? "or set spec.deletionPolicy to Retain to let this object go" : "or grant this object's credential the right to assign all that is attached";
  const message = `cannot ${verb} the identities of ${titleOf(claim.object)}: ${hostTitle(pass.target)}: ${which} is gone or may not be assigned, and Azure takes no change while it is attached: detach it from the host, ${way}`;
  return { is: "waiting", reason: "IdentityNotPermitted", message, hasDeadline: true };
}

/** Whether a failure speaks of an identity that is no affair of the claim. */
function isOfOthers({ class: meaning, named = [] }: AzureFailure, entry: HostClaim): boolean {
  const own = new Set([...heldKeys(entry.claim), ...namedKeys(entry)]);
  return meaning === "identity" && named.some((id) => !own.has(armIdKey(id)));
}

function liveOutcome(end: HostEnd, entry: HostClaim): Outcome {
  const problem = problemOutcome(end, entry);
  if (problem?.is === "refused") return problem;
  const isSatisfied = driftOf(entry, end.facts).length === 0;
  if (!isSatisfied && end.failure !== undefined && isOfOthers(end.failure, entry)) return blockedByOthers(end, entry, "attach");
  if (!isSatisfied && end.failure !== undefined) return outcomeOf(end.failure, entry.claim, "attach the identities of");
  if (problem !== undefined) return problem;
  if (!isSatisfied) return unfinished(entry);
  return end.lag === undefined ? { is: "ready", message: readyMessage(end, entry), drift: [] } : end.lag(entry.claim);
}

/** The gravest problem decides; the message names all. */
function problemOutcome(end: HostEnd, entry: HostClaim): Outcome | undefined {
  const problems = end.decision.problems.get(entry) ?? [];
  const gravest = problems.find(({ stalls }) => stalls) ?? problems[0];
  if (gravest === undefined) return undefined;
  const message = messageOf(problems);
  if (gravest.stalls) return { is: "refused", reason: gravest.reason, message, drift: driftOf(entry, end.facts) };
  return { is: "waiting", reason: gravest.reason, message };
}

function messageOf(problems: readonly Problem[]): string {
  const messages = [...new Set(problems.map(({ message }) => message))];
  const shown = messages.slice(0, 4).join("; ");
  return messages.length > 4 ? `${shown}; and ${messages.length - 4} more` : shown;
}

function released({ pass, facts, decision }: HostEnd, { claim }: HostClaim, handedOver: number): Outcome {
  const host = hostTitle(pass.target);
  if (handedOver > 0) return { is: "released", reason: "HandedOver", message: `${titleOf(claim.object)}: ${handedOver} identities on ${host} now belong to other objects that name them` };
  const isLeft = heldKeys(claim).some((key) => decision.left.keys.has(key)) || (decision.left.systemAssigned && claim.holds?.systemAssigned !== undefined);
  if (isLeft) return { is: "released", reason: "Released", message: `${titleOf(claim.object)}: ${host} cannot be left without an identity, so that its last one stays` };
  const stays = claim.retain || foreignKeys(facts.others).length > 0;
  const message = stays ? `${titleOf(claim.object)}: what was attached stays on ${host}` : `${titleOf(claim.object)}: nothing is left on ${host}`;
  return { is: "released", reason: "Released", message };
}

function unfinished({ claim }: HostClaim): Outcome {
  const reason = claim.mode === "leaving" ? "Deleting" : "Updating";
  return { is: "progressing", reason, message: `the change for ${titleOf(claim.object)} is not complete yet`, afterSeconds: 5 };
}

function observed(drift: readonly Drift[]): Outcome {
  const message = drift.length === 0 ? "the host is as declared; nothing is written" : `${drift.length} differences, listed in status.drift; nothing is written`;
  return { is: "observed", message, drift };
}

function readyMessage({ pass, facts }: HostEnd, entry: HostClaim): string {
  const held = new Set<string>(facts.claims.flatMap(({ claim }) => heldKeys(claim)));
  const ghosts = [...facts.ghosts].filter((key) => !held.has(key)).length;
  const others = ghosts === 0 ? "" : `; ${ghosts} attachments of others point to identities that were deleted and made again`;
  const unlisted = facts.row.isUnlisted === true ? `; hosts of its type are not in the catalogue, so that it is written by PATCH only and what that disturbs is not known` : "";
  return `${shareMessage(entry, hostTitle(pass.target))}${others}${unlisted}`;
}

/** What is there of that which an object declares. */
function shareMessage({ wants, share }: HostClaim, host: string): string {
  const isSystemAssigned = share?.systemAssigned === true;
  if (isSystemAssigned && wants.length === 0) return `the system-assigned identity of ${host} is on`;
  const count = `${wants.length} ${wants.length === 1 ? "identity is" : "identities are"} attached to ${host}`;
  return isSystemAssigned ? `${count}, and its system-assigned identity is on` : count;
}

/** What is declared and not so. What is held and no longer declared counts, too. */
function driftOf(entry: HostClaim, facts: HostFacts): readonly Drift[] {
  const { identity } = facts;
  const resolved = entry.wants.flatMap((want) => (want.is === "resolved" ? [want.id] : []));
  const missing = resolved.filter((id) => !identity.attached.has(armIdKey(id)));
  const named = new Set(namedKeys(entry));
  const surplus = heldKeys(entry.claim).filter((key) => !named.has(key) && identity.attached.has(key));
  const wantsSystem = entry.share?.systemAssigned;
  const isOn = identity.systemAssigned !== undefined;
  return [
    ...missing.map((id) => ({ path: `identity.userAssignedIdentities[${id}]`, want: "attached", have: "absent" })),
    ...surplus.map((key) => ({ path: `identity.userAssignedIdentities[${key}]`, want: "absent", have: "attached" })),
    ...settingDrift(entry, facts),
    ...(wantsSystem === undefined || wantsSystem === isOn ? [] : [{ path: "identity.type", want: onOff(wantsSystem), have: onOff(isOn) }]),
  ];
}

function onOff(isOn: boolean): string {
  return isOn ? "SystemAssigned" : "no SystemAssigned";
}

/** The share of the host's identity that concerns this object; what others attached is shown only to who declares the host (DESIGN 1). */
function shownFor(pass: Pass, facts: HostFacts, entry: HostClaim): JsonObject {
  const keys = new Set<ArmIdKey>([...namedKeys(entry), ...heldKeys(entry.claim)]);
  const own = [...facts.identity.attached].filter(([key]) => entry.owns === true || keys.has(key)).sort(([left], [right]) => (left < right ? -1 : 1));
  const system = entry.owns === true || entry.share?.systemAssigned === true || entry.claim.holds?.systemAssigned !== undefined ? facts.identity.systemAssigned : undefined;
  const parts = [...(system === undefined ? [] : ["SystemAssigned"]), ...(own.length === 0 ? [] : ["UserAssigned"])];
  const userAssignedIdentities = own.map(([, { id, principalId, clientId }]) => ({ resourceId: id, principalId, clientId }));
  const identity = { type: parts.length === 0 ? "None" : parts.join(", "), ...system, ...(own.length === 0 ? {} : { userAssignedIdentities }) };
  return { resourceId: pass.target, host: hostTitle(pass.target), identity };
}
