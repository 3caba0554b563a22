import { type ArmId, type ArmIdKey, parentOf } from "../api/arm-id.ts";
import { DISRUPTIONS } from "../api/host-identity.ts";
import type { JsonObject } from "../api/json.ts";
import type { Difference, Making, Policies, ResourceShape, Step } from "../kinds/kind.ts";
import { bySeniority, type Claim, shareOf } from "./claim.ts";
import { contentDigest } from "./content-digest.ts";
import { hostIdentityOf } from "./host-identity.ts";
import type { Refusal } from "./refusal.ts";

/** Everything that the decision about a resource of ours may look at. */
export interface ResourceFacts {
  readonly shape: ResourceShape<Policies>;
  readonly target: ArmId;
  /** The resource as Azure shows it, with its parts; undefined when it does not exist. */
  readonly actual: JsonObject | undefined;
  /** What the collection has besides; empty for what is read by its own id. */
  readonly siblings: readonly JsonObject[];
  /** Value of the owner tag of the actual resource. */
  readonly mark: string | undefined;
  /** Paths of values that Azure hides and that a PUT of the whole with this body would lose. */
  hiddenIn(body: JsonObject): readonly string[];
  /** Identities attached to the resource that no claim on it names or holds: making it again would lose them. */
  readonly strangers: readonly ArmIdKey[];
  /** What tells the parent from a later one of its name, as it is now; undefined for what has no parent. */
  readonly parentIncarnation: string | undefined;
  readonly claims: readonly Claim[];
  /** Value that our mark has for a claim. */
  markFor(claim: Claim): string;
  /** What the bodies of a claim are made from. */
  makingFor(claim: Claim): Making;
  /** Why what a claim holds must not go yet, or not be written so: a credential in use stands on it. */
  keeps(claim: Claim): Refusal | undefined;
  keepsAsIs(claim: Claim, have: JsonObject, steps: readonly Step[]): Refusal | undefined;
  /** Live claims that refer to a claim's object and keep it from being deleted. */
  protectorsOf(claim: Claim): readonly Claim[];
}

/** What is to be done for one claim. */
export type ResourcePlan =
  | { readonly do: "nothing"; readonly drift: readonly Difference[] }
  /** Somebody else's resource does what is declared: nothing is written, and nothing is held. */
  | { readonly do: "satisfied"; readonly by: JsonObject }
  | { readonly do: "create" }
  | { readonly do: "update"; readonly differences: readonly Difference[]; readonly steps: readonly Step[] }
  | { readonly do: "adopt"; readonly steps: readonly Step[] }
  | { readonly do: "delete" }
  /** Takes our mark off, so that what is retained is free to be taken by others. */
  | { readonly do: "unmark"; readonly step: Step }
  | { readonly do: "handOver"; readonly to: Claim }
  | { readonly do: "release"; readonly because: "nothingHeld" | "gone" | "notOurs" | "retained" }
  | { readonly do: "refuse"; readonly refusal: Refusal; readonly drift: readonly Difference[] }
  | { readonly do: "wait"; readonly refusal: Refusal };

/** Whose the resource is: by its mark, its name, or the record of what is held (DESIGN 2, "Ours"). */
export function isOurs(facts: ResourceFacts, claim: Claim): boolean {
  const { actual, shape } = facts;
  if (actual === undefined) return false;
  switch (shape.proof) {
    case "tag":
      return isMarkedOurs(facts, claim, actual);
    case "name":
      return shape.isNamedOurs?.(facts.target, actual, claim.surroundings.installationId) === true;
    case "record":
      return isRecordedOurs(facts, claim, actual);
  }
}

function isMarkedOurs(facts: ResourceFacts, claim: Claim, actual: JsonObject): boolean {
  const { mark, shape } = facts;
  if (mark !== undefined) return mark === facts.markFor(claim);
  const incarnation = shape.incarnation?.(actual);
  return incarnation !== undefined && claim.holds !== undefined && shape.recorded?.(claim.object.status) === incarnation;
}

/** Held, below the parent that it was made below, and confirmed or equal to what we were about to write, then or now. */
function isRecordedOurs(facts: ResourceFacts, claim: Claim, actual: JsonObject): boolean {
  const { holds } = claim;
  if (holds === undefined || holds.parentPrincipalId?.toLowerCase() !== facts.parentIncarnation) return false;
  if (holds.confirmed || (claim.spec !== undefined && differences(facts, claim, actual).length === 0)) return true;
  const content = facts.shape.content?.(actual);
  return content !== undefined && holds.intended?.includes(contentDigest(content)) === true;
}

/** The differences that can be healed now: what awaits an identity is healed once that is attached. */
export function dueAmong(differences: readonly Difference[]): readonly Difference[] {
  return differences.filter(({ awaitsIdentity }) => awaitsIdentity !== true);
}

/** The claim that owns the resource: the one that the mark names, else the most senior one that still wants it. */
export function ownerOf(facts: ResourceFacts): Claim | undefined {
  const owners = facts.claims.filter(({ mode }) => mode !== "observing");
  const marked = owners.find((claim) => facts.mark !== undefined && facts.mark === facts.markFor(claim));
  if (marked !== undefined) return marked;
  const staying = owners.filter(({ mode }) => mode !== "leaving");
  return (staying.length > 0 ? staying : owners).toSorted(bySeniority)[0];
}

/** What is to be done for a claim; pure (DESIGN 2). */
export function decideResource(facts: ResourceFacts, claim: Claim): ResourcePlan {
  switch (claim.mode) {
    case "observing":
      return observing(facts, claim);
    case "frozen":
      return { do: "nothing", drift: [] };
    case "leaving":
      return leaving(facts, claim);
    case "live":
      return ownerOf(facts) === claim ? live(facts, claim) : besides(facts, claim);
  }
}

function observing(facts: ResourceFacts, claim: Claim): ResourcePlan {
  if (facts.actual !== undefined) return { do: "nothing", drift: differences(facts, claim, facts.actual).filter(isDeclared) };
  const message = "the resource does not exist, and managementPolicy is ObserveOnly: create it, or set managementPolicy to Full";
  return { do: "wait", refusal: { reason: "AzureResourceNotFound", message } };
}

function live(facts: ResourceFacts, claim: Claim): ResourcePlan {
  if (isBelowAnother(facts, claim)) return { do: "wait", refusal: parentReplaced(facts) };
  if (facts.actual === undefined) return absent(facts, claim);
  const different = differences(facts, claim, facts.actual);
  const immutable = different.filter(({ mutable }) => !mutable);
  if (!isOurs(facts, claim)) return foreign(facts, claim, different);
  if (immutable.length > 0) return { do: "refuse", refusal: immutableChanged(immutable), drift: different };
  const due = dueAmong(different);
  if (due.length === 0) return { do: "nothing", drift: [] };
  const steps = stepsOf(facts, claim, facts.actual);
  const refusal = disruptionRefusal(claim, steps, due) ?? lossRefusal(facts, claim, steps) ?? hiddenRefusal(facts, steps) ?? facts.keepsAsIs(claim, facts.actual, steps);
  return refusal === undefined ? { do: "update", differences: due, steps } : { do: "refuse", refusal, drift: different };
}

/** Below a parent that took the place of the declared one nothing is written: it may be a stranger's. */
function isBelowAnother({ shape, parentIncarnation }: ResourceFacts, { spec, surroundings }: Claim): boolean {
  const declared = spec === undefined ? undefined : shape.parent?.cached(spec, surroundings)?.toLowerCase();
  return declared !== undefined && parentIncarnation !== undefined && declared !== parentIncarnation;
}

function parentReplaced({ target }: ResourceFacts): Refusal {
  const message = `${parentOf(target) ?? target} was made again by somebody, and the object that declares it does not know it yet: it goes on once that object is Ready again`;
  return { reason: "RefNotReady", message, waits: true };
}

function absent(facts: ResourceFacts, claim: Claim): ResourcePlan {
  const { shape, siblings } = facts;
  if (claim.spec === undefined) return { do: "nothing", drift: [] };
  const making = facts.makingFor(claim);
  const equal = shape.equal?.(claim.spec, siblings, making);
  if (equal !== undefined) return { do: "satisfied", by: equal };
  const obstacle = shape.obstacle?.(claim.spec, siblings, making);
  return obstacle === undefined ? { do: "create" } : { do: "refuse", refusal: obstacle, drift: [] };
}

function foreign(facts: ResourceFacts, claim: Claim, different: readonly Difference[]): ResourcePlan {
  const immutable = different.filter(({ mutable }) => !mutable);
  const adopts = claim.spec?.adoptionPolicy === "IfExists";
  if (!adopts && isUnmarkable(facts) && different.length === 0 && facts.actual !== undefined) return { do: "satisfied", by: facts.actual };
  if (!adopts) return { do: "refuse", refusal: alreadyExists(facts), drift: [] };
  if (immutable.length > 0) return { do: "refuse", refusal: immutableChanged(immutable), drift: immutable };
  const steps = facts.actual === undefined || different.length === 0 ? [] : stepsOf(facts, claim, facts.actual);
  const refusal = disruptionRefusal(claim, steps, different) ?? lossRefusal(facts, claim, steps) ?? hiddenRefusal(facts, steps);
  return refusal === undefined ? { do: "adopt", steps } : { do: "refuse", refusal, drift: different };
}

/** A second object that declares the same: an equal grant satisfies it, anything else has one owner only. */
function besides(facts: ResourceFacts, claim: Claim): ResourcePlan {
  const { actual } = facts;
  const isEqual = actual !== undefined && isUnmarkable(facts) && differences(facts, claim, actual).length === 0;
  return isEqual ? { do: "satisfied", by: actual } : { do: "refuse", refusal: alreadyDeclared(facts, claim), drift: [] };
}

function leaving(facts: ResourceFacts, claim: Claim): ResourcePlan {
  const { actual, shape, mark } = facts;
  if (claim.holds === undefined) return { do: "release", because: "nothingHeld" };
  if (actual === undefined) return { do: "release", because: "gone" };
  if (!isOurs(facts, claim)) return { do: "release", because: "notOurs" };
  if (claim.retain) {
    const step = mark === undefined ? undefined : shape.unmarked?.(actual);
    return step === undefined ? { do: "release", because: "retained" } : { do: "unmark", step };
  }
  const protectors = facts.protectorsOf(claim);
  if (protectors.length > 0) return { do: "wait", refusal: inUse(protectors) };
  const heir = heirOf(facts, claim);
  if (heir !== undefined) return { do: "handOver", to: heir };
  const refusal = facts.keeps(claim);
  return refusal === undefined ? { do: "delete" } : { do: "wait", refusal };
}

/**
 * Who inherits: for what carries a mark, another live object of the same namespace; a grant, which is nobody's by itself, goes to
 * whoever names it, also while paused (DESIGN 2).
 */
function heirOf(facts: ResourceFacts, claim: Claim): Claim | undefined {
  const { namespace } = claim.object.metadata;
  const isHeir = (other: Claim): boolean => {
    if (other === claim || other.deleting || other.moving || other.spec === undefined) return false;
    if (!isUnmarkable(facts)) return other.mode === "live" && other.object.metadata.namespace === namespace;
    return other.mode === "live" || (other.mode === "frozen" && other.paused);
  };
  return facts.claims.filter(isHeir).toSorted(bySeniority)[0];
}

function isUnmarkable({ shape }: ResourceFacts): boolean {
  return shape.proof !== "tag";
}

function differences(facts: ResourceFacts, claim: Claim, actual: JsonObject): readonly Difference[] {
  return claim.spec === undefined ? [] : facts.shape.differences(claim.spec, actual, facts.makingFor(claim));
}

function stepsOf(facts: ResourceFacts, claim: Claim, actual: JsonObject): readonly Step[] {
  return claim.spec === undefined ? [] : facts.shape.steps(claim.spec, actual, facts.makingFor(claim));
}

/** An observer declares no mark, so a missing one is no drift. */
function isDeclared({ path }: Difference): boolean {
  return !path.startsWith("tags[azureidentity.dev");
}

/** Writes that disturb the resource more than its own spec allows (DESIGN 1; healing obeys it too). */
function disruptionRefusal(claim: Claim, steps: readonly Step[], different: readonly Difference[]): Refusal | undefined {
  const share = claim.kind.shape.is === "resource" ? shareOf(claim) : undefined;
  if (share === undefined) return undefined;
  const { allowDisruption } = share;
  const worst = steps.toSorted((left, right) => DISRUPTIONS.indexOf(right.disruption) - DISRUPTIONS.indexOf(left.disruption))[0];
  if (worst === undefined || DISRUPTIONS.indexOf(worst.disruption) <= DISRUPTIONS.indexOf(allowDisruption)) return undefined;
  const paths = different.map(({ path }) => path).slice(0, 5).join(", ");
  const message = `changing ${paths} ${worst.effect}, and spec.allowDisruption is ${allowDisruption}: set spec.allowDisruption to ${worst.disruption} to allow it`;
  return { reason: "DisruptionNotAllowed", message };
}

/** Making a host again loses what others attached, and destroys its system-assigned identity like any other way (DESIGN 1). */
function lossRefusal({ actual, strangers }: ResourceFacts, claim: Claim, steps: readonly Step[]): Refusal | undefined {
  const share = shareOf(claim);
  if (share === undefined || actual === undefined || !steps.some(({ method }) => method === "DELETE")) return undefined;
  const principalId = hostIdentityOf(actual).systemAssigned?.principalId;
  const isOurs = claim.holds?.systemAssigned !== undefined && claim.holds.systemAssigned.principalId === principalId;
  if (principalId !== undefined && !(isOurs && share.mayDestroySystemAssigned)) {
    const way = isOurs ? "set spec.systemAssignedRemoval to Destroy to allow it" : "this object did not switch it on, so that it is not destroyed";
    return { reason: "SystemAssignedKept", message: `making the resource again would destroy its system-assigned identity and orphan its grants: ${way}` };
  }
  if (strangers.length === 0) return undefined;
  const message = `making the resource again would lose ${strangers.length} identities that others attached: detach them, or let objects of the operator declare them, first`;
  return { reason: "InUse", message };
}

/** A PUT of the whole loses what Azure hides and the spec does not give: somebody else set it. */
function hiddenRefusal(facts: ResourceFacts, steps: readonly Step[]): Refusal | undefined {
  const hidden = steps.flatMap(({ method, path, body }) => (method === "PUT" && path === "" ? facts.hiddenIn(body) : []));
  if (hidden.length === 0) return undefined;
  const message = `the resource is written as a whole, and Azure does not show ${hidden.slice(0, 5).join(", ")}, which this spec does not give: declare it, or remove it in Azure`;
  return { reason: "HiddenValuesAtRisk", message };
}

function alreadyDeclared(facts: ResourceFacts, claim: Claim): Refusal {
  const owner = ownerOf(facts);
  const isNear = owner?.object.metadata.namespace === claim.object.metadata.namespace;
  const who = isNear && owner !== undefined ? owner.object.metadata.name : "an object of another namespace";
  return { reason: "AlreadyDeclared", message: `${who} declares the same resource and owns it: delete one of the two` };
}

function alreadyExists(facts: ResourceFacts): Refusal {
  const owner = facts.mark === undefined ? "it exists and was not made by this object" : "it exists and carries the mark of another owner";
  return { reason: "AlreadyExists", message: `${owner}: choose another name, or set spec.adoptionPolicy to IfExists to take it over` };
}

function immutableChanged(immutable: readonly Difference[]): Refusal {
  const what = immutable.map(({ path, want, have }) => `${path} is "${have}" and "${want}" is declared`).join("; ");
  return { reason: "ImmutableFieldChanged", message: `${what}: Azure cannot change it in place, so set it back, or delete the object and create it again` };
}

function inUse(protectors: readonly Claim[]): Refusal {
  const names = protectors.map(({ object }) => `${object.kind} ${object.metadata.name}`).sort();
  const shown = names.slice(0, 5).join(", ");
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return { reason: "InUse", message: `${shown}${more} still refer to it: delete them first, or remove the reference` };
}
