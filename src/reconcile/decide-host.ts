import { armIdKey, type ArmId, type ArmIdKey } from "../api/arm-id.ts";
import { DISRUPTIONS, type Disruption } from "../api/host-identity.ts";
import type { HeldIdentity } from "../api/shared.ts";
import type { HostRow, Share } from "../kinds/kind.ts";
import type { Claim, Refusal } from "./claim.ts";
import type { HostIdentity, IdentityChange } from "./host-identity.ts";
import { isChange, resultingCount } from "./host-identity.ts";
import type { Wanted } from "./references.ts";

/** A claim on a host with its share; what it names is resolved. */
export interface HostClaim {
  readonly claim: Claim;
  /** Undefined when the spec cannot be understood: then only what is held counts. */
  readonly share: Share | undefined;
  readonly wants: readonly Wanted[];
}

/** Everything that the decision about a host may look at. */
export interface HostFacts {
  readonly row: HostRow;
  readonly identity: HostIdentity;
  /** Paths by which the host itself uses an identity. */
  readonly uses: readonly { readonly path: string; readonly identity: string }[];
  /** Paths of values that a PUT would lose. */
  readonly hidden: readonly string[];
  /** Claims of this unit, the senior first. */
  readonly claims: readonly HostClaim[];
  /** Claims on the same host with other credentials: what they name or hold is never touched. */
  readonly others: readonly HostClaim[];
  /** Attachments whose ids disagree with a fresh GET of the identity. */
  readonly ghosts: ReadonlySet<ArmIdKey>;
  /** Identities that Azure refused, and why. */
  readonly culprits: ReadonlyMap<ArmIdKey, Problem>;
  /** Set while writes are stopped: accepted without effect, or undone by others. */
  readonly halt: Refusal | undefined;
}

/** Why a claim is not as declared. `stalls` when a person must act, otherwise time or an event may heal it. */
export interface Problem extends Refusal {
  readonly stalls: boolean;
}

/** One identity that comes or goes, with the claims on whose behalf. */
export interface Item {
  readonly key: ArmIdKey;
  readonly id: ArmId;
  readonly claims: readonly HostClaim[];
}

/** What is to happen to a host, and what stands in the way for which claim. */
export interface HostDecision {
  readonly change: IdentityChange | undefined;
  readonly problems: ReadonlyMap<HostClaim, readonly Problem[]>;
}

/** Decides the next write to a host over all claims of a unit; pure (DESIGN 2). */
export function decideHost(facts: HostFacts): HostDecision {
  const problems = new ProblemList(facts.claims);
  const accepted = withoutConflicts(facts, problems);
  const wanted = wantedItems(accepted, facts, problems);
  const leaving = leavingItems(facts, accepted, problems);
  const systemAssigned = systemAssignedAfter(facts, accepted, problems);
  const consented = (item: { readonly claims: readonly HostClaim[] }) => isConsented(item.claims, facts, problems);
  const change = {
    attach: wanted.filter(consented).map(({ id }) => id),
    detach: leaving.filter(consented).map(({ key }) => key),
    systemAssigned: consented(systemAssigned) ? systemAssigned.on : isOn(facts),
  };
  const stop = isChange(change, facts.identity) ? obstacle(change, facts) : undefined;
  if (stop !== undefined) problems.addToAll([...wanted, ...leaving, systemAssigned].flatMap((item) => item.claims), stop);
  return { change: stop === undefined && isChange(change, facts.identity) ? change : undefined, problems: problems.all };
}

/** Keys of the identities that a claim holds. */
export function heldKeys(claim: Claim): readonly ArmIdKey[] {
  return (claim.holds?.userAssigned ?? []).map(({ resourceId }) => armIdKey(resourceId as ArmId));
}

/** Keys that keep an attachment in place for a claim: what it names, and what it holds by a name that does not resolve. */
export function namedKeys({ claim, wants }: HostClaim): readonly ArmIdKey[] {
  const resolved = wants.flatMap((want) => (want.is === "resolved" ? [armIdKey(want.id)] : []));
  const pending = wants.filter((want) => want.is === "unresolved");
  const isPending = ({ resourceId, identityRef }: HeldIdentity) =>
    pending.some((want) => (want.id === undefined ? want.identityRef === identityRef?.name : armIdKey(want.id) === armIdKey(resourceId as ArmId)));
  const kept = (claim.holds?.userAssigned ?? []).filter(isPending);
  return [...resolved, ...kept.map(({ resourceId }) => armIdKey(resourceId as ArmId))];
}

/** Keys that nobody may detach while this claim stands (the table of DESIGN 2). */
export function protectedKeys(entry: HostClaim): readonly ArmIdKey[] {
  switch (entry.claim.mode) {
    case "live":
      return namedKeys(entry);
    case "frozen":
      return entry.claim.deleting ? heldKeys(entry.claim) : [...heldKeys(entry.claim), ...namedKeys(entry)];
    case "leaving":
      return entry.claim.retain ? heldKeys(entry.claim) : [];
    case "observing":
      return [];
  }
}

/** What another unit's claims name or hold; they are never narrowed by us, also while they leave. */
export function foreignKeys(others: readonly HostClaim[]): readonly ArmIdKey[] {
  return others.filter(({ claim }) => claim.mode !== "observing").flatMap((entry) => [...protectedKeys(entry), ...heldKeys(entry.claim)]);
}

class ProblemList {
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

/** `Exclusive` beside any other claim: the newcomer is refused and nothing is removed. */
function withoutConflicts(facts: HostFacts, problems: ProblemList): readonly HostClaim[] {
  const standing: HostClaim[] = facts.others.filter(({ claim }) => claim.mode === "live" || claim.mode === "frozen");
  for (const entry of facts.claims) {
    if (entry.claim.mode !== "live" && entry.claim.mode !== "frozen") continue;
    const exclusive = entry.share?.exclusive === true;
    const clashes = standing.length > 0 && (exclusive || standing.some(({ share }) => share?.exclusive === true));
    if (entry.claim.mode === "live" && clashes) problems.add(entry, exclusiveConflict(exclusive));
    else standing.push(entry);
  }
  return standing.filter((entry) => entry.claim.mode === "live" && facts.claims.includes(entry));
}

function wantedItems(accepted: readonly HostClaim[], facts: HostFacts, problems: ProblemList): readonly Item[] {
  const items = new Map<ArmIdKey, { key: ArmIdKey; id: ArmId; claims: HostClaim[] }>();
  for (const entry of accepted) {
    for (const want of entry.wants) {
      if (want.is === "unresolved") problems.add(entry, { ...want.refusal, stalls: want.stalls });
      else wantOne(want.id, entry, { facts, problems, items });
    }
  }
  return [...items.values()];
}

interface Wanting {
  readonly facts: HostFacts;
  readonly problems: ProblemList;
  readonly items: Map<ArmIdKey, { key: ArmIdKey; id: ArmId; claims: HostClaim[] }>;
}

function wantOne(id: ArmId, entry: HostClaim, { facts, problems, items }: Wanting): void {
  const key = armIdKey(id);
  const culprit = facts.culprits.get(key);
  if (culprit !== undefined) problems.add(entry, culprit);
  if (culprit !== undefined || facts.identity.attached.has(key)) return;
  const item = items.get(key);
  if (item === undefined) items.set(key, { key, id, claims: [entry] });
  else item.claims.push(entry);
}

/** What is held and no longer named by anybody, ghosts of ours, dangling culprits of ours, and what an Exclusive claim does not list. */
function leavingItems(facts: HostFacts, accepted: readonly HostClaim[], problems: ProblemList): readonly Item[] {
  const foreign = foreignKeys(facts.others);
  const kept = new Set([...facts.claims.flatMap(protectedKeys), ...foreign]);
  const mendable = mendableKeys(facts);
  const exclusive = accepted.find(isExclusiveInFull);
  const items: Item[] = [];
  for (const [key, { id }] of facts.identity.attached) {
    const holders = facts.claims.filter(({ claim }) => claim.mode !== "observing" && heldKeys(claim).includes(key));
    if (kept.has(key) && !(mendable.has(key) && !foreign.includes(key))) continue;
    const claims = holders.length > 0 ? holders : exclusive === undefined ? [] : [exclusive];
    const use = facts.uses.find(({ identity }) => isUseOf(identity, key, facts.identity));
    if (use !== undefined) problems.addToAll(claims, inUseByHost(id, use.path));
    else if (claims.length > 0) items.push({ key, id, claims });
  }
  return items;
}

/** Ghosts, and attachments of identities that are gone: what a live claim holds and names, and no frozen one protects, is mended. */
function mendableKeys({ claims, culprits, ghosts }: HostFacts): ReadonlySet<ArmIdKey> {
  const frozen = new Set(claims.filter(({ claim }) => claim.mode === "frozen").flatMap(protectedKeys));
  const live = claims.filter(({ claim }) => claim.mode === "live").flatMap((entry) => namedKeys(entry).filter((key) => heldKeys(entry.claim).includes(key)));
  const isBroken = (key: ArmIdKey) => ghosts.has(key) || culprits.get(key)?.reason === "IdentityNotFound";
  return new Set(live.filter((key) => isBroken(key) && !frozen.has(key)));
}

/** While a name does not resolve, what is attached may be what it names: then only what is held goes. */
function isExclusiveInFull({ share, wants }: HostClaim): boolean {
  return share?.exclusive === true && wants.every(({ is }) => is === "resolved");
}

function isUseOf(identity: string, key: ArmIdKey, have: HostIdentity): boolean {
  const text = identity.toLowerCase();
  return text === key || text === have.attached.get(key)?.clientId?.toLowerCase();
}

/** The system-assigned identity: `true` wins over `false`; it is switched off only if held and only with Destroy (DESIGN 1). */
function systemAssignedAfter(
  facts: HostFacts,
  accepted: readonly HostClaim[],
  problems: ProblemList,
): { readonly on: boolean; readonly claims: readonly HostClaim[] } {
  const wanting = accepted.filter(({ share }) => share?.systemAssigned === true);
  const refusing = accepted.filter(({ share }) => share?.systemAssigned === false);
  const contested = [...facts.claims, ...facts.others].some(
    ({ claim, share }) => claim.mode === "frozen" && (claim.holds?.systemAssigned !== undefined || share?.systemAssigned === true),
  );
  const elsewhere = facts.others.some(({ claim, share }) => claim.mode === "live" && share?.systemAssigned === true);
  if (!isOn(facts)) return { on: wanting.length > 0, claims: wanting };
  const needed = wanting.length > 0 || contested || elsewhere;
  if (needed) problems.addToAll(refusing, systemAssignedWanted);
  if (needed) return { on: true, claims: [] };
  const leaving = facts.claims.filter(({ claim }) => claim.mode === "leaving" && !claim.retain && claim.holds?.systemAssigned !== undefined);
  const able = [...refusing, ...leaving].filter((entry) => mayDestroy(entry, facts, problems));
  return { on: able.length === 0, claims: able };
}

function mayDestroy(entry: HostClaim, facts: HostFacts, problems: ProblemList): boolean {
  const held = entry.claim.holds?.systemAssigned;
  const principalId = facts.identity.systemAssigned?.principalId;
  const ours = held !== undefined && (held.principalId ?? principalId) === principalId;
  if (ours && entry.share?.mayDestroySystemAssigned === true) return true;
  if (entry.claim.mode === "live") problems.add(entry, systemAssignedKept(ours));
  return false;
}

function isConsented(claims: readonly HostClaim[], facts: HostFacts, problems: ProblemList): boolean {
  const needed = rank(facts.row.disruption);
  if (claims.length === 0) return true;
  if (claims.some(({ share }) => rank(share?.allowDisruption ?? "Recycle") >= needed)) return true;
  for (const entry of claims) problems.add(entry, disruptionNotAllowed(facts.row, entry));
  return false;
}

/** What stops a change as a whole. */
function obstacle(change: IdentityChange, facts: HostFacts): Problem | undefined {
  const { row } = facts;
  if (facts.halt !== undefined) return { ...facts.halt, stalls: true };
  if (row.forms.every((form) => form === "put") && facts.hidden.length > 0) return hiddenValuesAtRisk(facts);
  const count = resultingCount(change, facts.identity);
  if (row.maxUserAssigned === undefined || count <= row.maxUserAssigned) return undefined;
  const message = `the host would have ${count} user-assigned identities and Azure accepts ${row.maxUserAssigned}: remove some`;
  return { reason: "TooManyIdentities", message, stalls: true };
}

function isOn(facts: HostFacts): boolean {
  return facts.identity.systemAssigned !== undefined;
}

function rank(disruption: Disruption): number {
  return DISRUPTIONS.indexOf(disruption);
}

function exclusiveConflict(exclusive: boolean): Problem {
  const message = exclusive
    ? "ownership is Exclusive and other objects claim the same host: delete them, or use Shared"
    : "an Exclusive assignment claims the same host: change or delete it, or name these identities there";
  return { reason: "ExclusiveConflict", message, stalls: true };
}

const systemAssignedWanted: Problem = {
  reason: "ClaimConflict",
  message: "another object wants the system-assigned identity of this host, and true wins over false: change one of them",
  stalls: true,
};

function systemAssignedKept(ours: boolean): Problem {
  const message = ours
    ? "switching the system-assigned identity off destroys its principal and orphans its grants: set spec.systemAssignedRemoval to Destroy to allow it"
    : "the system-assigned identity was not switched on by this object, so it is not switched off: remove spec.systemAssigned to leave it alone";
  return { reason: "SystemAssignedKept", message, stalls: true };
}

function disruptionNotAllowed(row: HostRow, { claim, share }: HostClaim): Problem {
  const allowed = share?.allowDisruption ?? "Recycle";
  const way = claim.deleting ? `set spec.allowDisruption to ${row.disruption}, or spec.deletionPolicy to Retain` : `set spec.allowDisruption to ${row.disruption}`;
  const message = `changing the identity of a host of type ${row.type} ${row.effect}, and spec.allowDisruption is ${allowed}: ${way} to allow it`;
  return { reason: "DisruptionNotAllowed", message, stalls: true };
}

function hiddenValuesAtRisk({ hidden, row }: HostFacts): Problem {
  const message = `a host of type ${row.type} is written as a whole, and Azure does not show ${hidden.slice(0, 5).join(", ")}: the write would lose what stands there, so attach the identity where the host is declared`;
  return { reason: "HiddenValuesAtRisk", message, stalls: true };
}

function inUseByHost(id: ArmId, path: string): Problem {
  return { reason: "InUseByHost", message: `${id} is used by the host itself at ${path}: change that first`, stalls: false };
}
