import { armIdKey, type ArmId, type ArmIdKey } from "../api/arm-id.ts";
import { DISRUPTIONS, type Disruption } from "../api/host-identity.ts";
import { decideSettings } from "./decide-settings.ts";
import { fitted } from "./decide-slot.ts";
import { foreignKeys, heldKeys, type HostClaim, type HostDecision, type HostFacts, type Item, namedKeys, type Problem, protectedKeys } from "./host-facts.ts";
import { type HostIdentity, type IdentityChange, isChange } from "./host-identity.ts";
import { isOwnPrimaryUse } from "./host-primary.ts";
import { disruptionCapped, disruptionNotAllowed, exclusiveConflict, hiddenValuesAtRisk, inUseByCredential, inUseByHost, ProblemList, systemAssignedKept, systemAssignedWanted } from "./host-problems.ts";

/** Decides the next write to a host over all claims of a unit; pure (DESIGN 2). */
export function decideHost(facts: HostFacts): HostDecision {
  const problems = new ProblemList(facts.claims);
  const accepted = withoutConflicts(facts, problems);
  const wanted = wantedItems(accepted, facts, problems);
  const leaving = leavingItems(facts, accepted, problems);
  const systemAssigned = systemAssignedAfter(facts, accepted, problems);
  const consent = (claims: readonly HostClaim[]) => isConsented(claims, facts, problems);
  const { change, left } = fitted({ wanted, leaving, systemAssigned }, facts, { consent, problems });
  const stop = isChange(change, facts.identity) ? obstacle(facts) : undefined;
  if (stop !== undefined) problems.addToAll(concerned(change, [...wanted, ...leaving], systemAssigned.claims), stop);
  const made = stop === undefined && isChange(change, facts.identity) ? change : undefined;
  return { accepted, change: made, problems: problems.all, left, settings: decideSettings({ facts, accepted, change: made, consent, problems }) };
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
  const kept = new Set([...facts.claims.flatMap(protectedKeys), ...foreignKeys(facts.others)]);
  const mendable = mendableKeys(facts);
  const exclusive = accepted.find(isExclusiveInFull);
  if (exclusive !== undefined && isBesideOthers(exclusive, facts, kept)) problems.add(exclusive, exclusiveConflict(true));
  const items: Item[] = [];
  for (const [key, { id }] of facts.identity.attached) {
    const holders = facts.claims.filter(({ claim }) => claim.mode !== "observing" && heldKeys(claim).includes(key));
    if (kept.has(key) && !mendable.has(key)) continue;
    const claims = holders.length > 0 ? holders : exclusive === undefined ? [] : [exclusive];
    const use = facts.uses.find((each) => isUseOf(each.identity, key, facts.identity) && !isOwnPrimaryUse(each, facts));
    if (facts.footing.userAssigned.has(key)) problems.addToAll(claims, inUseByCredential(id));
    else if (use !== undefined) problems.addToAll(claims, inUseByHost(id, use.path));
    else if (claims.length > 0) items.push({ key, id, claims });
  }
  return items;
}

/** Whether something stays attached for others that an Exclusive claim does not list: what they held before it came is not removed. */
function isBesideOthers(exclusive: HostClaim, { identity }: HostFacts, kept: ReadonlySet<ArmIdKey>): boolean {
  const listed = namedKeys(exclusive);
  return [...identity.attached.keys()].some((key) => kept.has(key) && !listed.includes(key));
}

/**
 * Ghosts, and attachments of identities that are gone: what a live claim holds and names, and no frozen one protects, is mended. Who only names
 * it with another credential gains by that; what another one holds is its own to mend.
 */
function mendableKeys({ claims, others, culprits, ghosts }: HostFacts): ReadonlySet<ArmIdKey> {
  const frozen = [...claims, ...others].filter(({ claim }) => claim.mode === "frozen").flatMap(protectedKeys);
  const kept = new Set([...frozen, ...others.flatMap(({ claim }) => (claim.mode === "observing" ? [] : heldKeys(claim)))]);
  const live = claims.filter(({ claim }) => claim.mode === "live").flatMap((entry) => namedKeys(entry).filter((key) => heldKeys(entry.claim).includes(key)));
  const isBroken = (key: ArmIdKey) => ghosts.has(key) || culprits.get(key)?.reason === "IdentityNotFound";
  return new Set(live.filter((key) => isBroken(key) && !kept.has(key)));
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
  const mayGo = ours && entry.share?.mayDestroySystemAssigned === true;
  if (mayGo && !facts.footing.systemAssigned) return true;
  if (mayGo) problems.add(entry, inUseByCredential("its system-assigned identity"));
  else if (entry.claim.mode === "live") problems.add(entry, systemAssignedKept(ours));
  return false;
}

function isConsented(claims: readonly HostClaim[], facts: HostFacts, problems: ProblemList): boolean {
  const needed = rank(facts.row.disruption);
  if (claims.length === 0) return true;
  const owner = facts.claims.find(({ claim, owns }) => owns === true && claim.mode !== "observing");
  const isCapped = owner !== undefined && rank(owner.share?.allowDisruption ?? "None") < needed;
  if (!isCapped && claims.some(({ share }) => rank(share?.allowDisruption ?? "Recycle") >= needed)) return true;
  for (const entry of claims) problems.add(entry, isCapped ? disruptionCapped(facts.row, entry, owner) : disruptionNotAllowed(facts.row, entry));
  return false;
}

/** The claims for which a change would be made. */
function concerned(change: IdentityChange, items: readonly Item[], switching: readonly HostClaim[]): readonly HostClaim[] {
  const keys = new Set([...change.attach.map(armIdKey), ...change.detach]);
  return [...items.filter(({ key }) => keys.has(key)).flatMap(({ claims }) => claims), ...switching];
}

/** What stops every change of a host. */
function obstacle(facts: HostFacts): Problem | undefined {
  const { row, halt, barrier, hidden } = facts;
  if (barrier !== undefined) return { ...barrier, stalls: true };
  if (halt !== undefined) return { ...halt, stalls: true };
  const isWhole = row.forms.every((form) => form === "put");
  return isWhole && hidden.length > 0 ? hiddenValuesAtRisk(row, hidden, facts.claims.some(({ owns }) => owns === true)) : undefined;
}

function isOn(facts: HostFacts): boolean {
  return facts.identity.systemAssigned !== undefined;
}

function rank(disruption: Disruption): number {
  return DISRUPTIONS.indexOf(disruption);
}
