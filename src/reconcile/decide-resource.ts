import type { JsonObject } from "../api/json.ts";
import type { Difference, Making, Policies, ResourceShape } from "../kinds/kind.ts";
import type { Claim, Refusal } from "./claim.ts";
import { bySeniority } from "./claim.ts";

/** Everything that the decision about a resource of ours may look at. */
export interface ResourceFacts {
  readonly shape: ResourceShape<Policies>;
  /** The resource as Azure shows it; undefined when it does not exist. */
  readonly actual: JsonObject | undefined;
  /** Value of the owner tag of the actual resource. */
  readonly mark: string | undefined;
  readonly claims: readonly Claim[];
  /** Value that our mark has for a claim. */
  markFor(claim: Claim): string;
  /** Live claims that refer to a claim's object and keep it from being deleted. */
  protectorsOf(claim: Claim): readonly Claim[];
}

/** What is to be done for the one claim that owns the resource. */
export type ResourcePlan =
  | { readonly do: "nothing"; readonly drift: readonly Difference[] }
  | { readonly do: "create" }
  | { readonly do: "update"; readonly differences: readonly Difference[] }
  | { readonly do: "adopt" }
  | { readonly do: "delete" }
  /** Takes our mark off, so that what is retained is free to be taken by others. */
  | { readonly do: "unmark" }
  | { readonly do: "handOver"; readonly to: Claim }
  | { readonly do: "release"; readonly because: "nothingHeld" | "gone" | "notOurs" | "retained" }
  | { readonly do: "refuse"; readonly refusal: Refusal; readonly drift: readonly Difference[] }
  | { readonly do: "wait"; readonly refusal: Refusal };

/** Whose the resource is: by its mark, else by the incarnation that a status recorded (DESIGN 2, "Ours"). */
export function isOurs(facts: ResourceFacts, claim: Claim): boolean {
  if (facts.actual === undefined) return false;
  if (facts.mark !== undefined) return facts.mark === facts.markFor(claim);
  const incarnation = facts.shape.incarnation(facts.actual);
  return incarnation !== undefined && claim.holds !== undefined && facts.shape.recorded(claim.object.status) === incarnation;
}

/** The claim that owns the resource: the one that the mark names, else the most senior one that still wants it. */
export function ownerOf(facts: ResourceFacts): Claim | undefined {
  const owners = facts.claims.filter(({ mode }) => mode !== "observing");
  const marked = owners.find((claim) => facts.mark === facts.markFor(claim));
  if (marked !== undefined) return marked;
  const staying = owners.filter(({ mode }) => mode !== "leaving");
  return (staying.length > 0 ? staying : owners).toSorted(bySeniority)[0];
}

/** What is to be done for a claim; pure (DESIGN 2). */
export function decideResource(facts: ResourceFacts, claim: Claim, making: Making): ResourcePlan {
  switch (claim.mode) {
    case "observing":
      return observing(facts, claim, making);
    case "frozen":
      return { do: "nothing", drift: [] };
    case "leaving":
      return leaving(facts, claim);
    case "live":
      return ownerOf(facts) === claim ? live(facts, claim, making) : { do: "refuse", refusal: alreadyDeclared(facts, claim), drift: [] };
  }
}

function observing(facts: ResourceFacts, claim: Claim, making: Making): ResourcePlan {
  if (facts.actual !== undefined) return { do: "nothing", drift: differences(facts, claim, making, facts.actual).filter(isDeclared) };
  const message = "the resource does not exist, and managementPolicy is ObserveOnly: create it, or set managementPolicy to Full";
  return { do: "wait", refusal: { reason: "AzureResourceNotFound", message } };
}

function live(facts: ResourceFacts, claim: Claim, making: Making): ResourcePlan {
  if (facts.actual === undefined) return { do: "create" };
  const different = differences(facts, claim, making, facts.actual);
  const immutable = different.filter(({ mutable }) => !mutable);
  if (!isOurs(facts, claim)) return foreign(facts, claim, immutable);
  if (immutable.length > 0) return { do: "refuse", refusal: immutableChanged(immutable), drift: different };
  return different.length === 0 ? { do: "nothing", drift: [] } : { do: "update", differences: different };
}

function foreign(facts: ResourceFacts, claim: Claim, immutable: readonly Difference[]): ResourcePlan {
  if (claim.spec?.adoptionPolicy !== "IfExists") return { do: "refuse", refusal: alreadyExists(facts), drift: [] };
  if (immutable.length > 0) return { do: "refuse", refusal: immutableChanged(immutable), drift: immutable };
  return { do: "adopt" };
}

function leaving(facts: ResourceFacts, claim: Claim): ResourcePlan {
  if (claim.holds === undefined) return { do: "release", because: "nothingHeld" };
  if (facts.actual === undefined) return { do: "release", because: "gone" };
  if (!isOurs(facts, claim)) return { do: "release", because: "notOurs" };
  if (claim.retain) return facts.mark === undefined ? { do: "release", because: "retained" } : { do: "unmark" };
  const protectors = facts.protectorsOf(claim);
  if (protectors.length > 0) return { do: "wait", refusal: inUse(protectors) };
  const heir = heirOf(facts, claim);
  return heir === undefined ? { do: "delete" } : { do: "handOver", to: heir };
}

/** Another live object of the same namespace that declares the same resource inherits it. */
function heirOf(facts: ResourceFacts, claim: Claim): Claim | undefined {
  const { namespace } = claim.object.metadata;
  const heirs = facts.claims.filter(({ mode, object }) => mode === "live" && object.metadata.namespace === namespace);
  return heirs.toSorted(bySeniority)[0];
}

function differences(facts: ResourceFacts, claim: Claim, making: Making, actual: JsonObject): readonly Difference[] {
  return claim.spec === undefined ? [] : facts.shape.differences(claim.spec, actual, making);
}

/** An observer declares no mark, so a missing one is no drift. */
function isDeclared({ path }: Difference): boolean {
  return !path.startsWith("tags[azureidentity.dev");
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
