import { OWNER_TAG } from "../api/group.ts";
import { type JsonObject, objectAt } from "../api/json.ts";
import { titleOf } from "../api/object.ts";
import type { Difference } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { contentDigest } from "./content-digest.ts";
import type { ResourceFacts, ResourcePlan } from "./decide-resource.ts";
import { ended, endedWithoutAzure, holdsOf, locationFor, readyOutcome, resourceRecord, shownOf } from "./ending.ts";
import { outcomeOf } from "./failures.ts";
import { firstIdentity } from "./first-identity.ts";
import type { Observed } from "./observe-resource.ts";
import type { Conclusion, Done, Outcome } from "./outcome.ts";
import { type Pass, requestOf, storeHolds } from "./pass.ts";
import type { AzureWrite, Operation } from "./ports.ts";
import { begun } from "./resource-operation.ts";
import { completeCreation, forget, type Performed, performSteps, settled } from "./resource-steps.ts";
import { haltOf, noteReversal, noteWrite } from "./write-memory.ts";

/** What a decided plan is carried out with. */
export interface Performing {
  readonly facts: ResourceFacts;
  readonly observed: Observed;
  readonly claim: Claim;
  readonly plan: ResourcePlan;
}

/** Carries out the plan for one claim; together with the host's counterpart the only writer to Azure. */
export async function performResource(pass: Pass, performing: Performing): Promise<Performed> {
  const { plan, claim } = performing;
  switch (plan.do) {
    case "nothing":
      return unchanged(pass, performing, plan.drift);
    case "satisfied":
      return settled(satisfied(pass, performing, plan.by));
    case "create":
      return inTurn(pass, { claim, operation: "create" }, () => create(pass, performing));
    case "update":
      return inTurn(pass, { claim, operation: "write" }, () => update(pass, performing, plan));
    case "adopt":
      return inTurn(pass, { claim, operation: "write" }, () => adopt(pass, performing, plan));
    case "delete":
      return inTurn(pass, { claim, operation: "delete" }, () => remove(pass, performing));
    case "unmark":
      return unmark(pass, performing, plan);
    case "handOver":
      return handOver(pass, performing, plan.to);
    case "release":
      return settled({ ...ended(claim, released(plan.because, claim)), holds: undefined });
    case "refuse":
      return settled(ended(claim, { is: "refused", ...plan.refusal, drift: plan.drift }));
    case "wait":
      return settled({ ...ended(claim, { is: "waiting", ...plan.refusal }), ...(claim.mode === "observing" ? { holds: undefined } : {}) });
  }
}

/** Lets a write go when it is its unit's turn; until then the unit comes back at its time, and nothing is stored. */
async function inTurn(pass: Pass, { claim, operation }: { readonly claim: Claim; readonly operation: Operation }, write: () => Promise<Performed>): Promise<Performed> {
  const waitMs = pass.turn(operation);
  return waitMs > 0 ? settled(ended(claim, { is: "queued", afterSeconds: waitMs / 1000 })) : write();
}

function unchanged(pass: Pass, { facts, claim }: Performing, drift: readonly Difference[]): Performed {
  if (claim.mode === "frozen") return settled(endedWithoutAzure(claim));
  const shown = facts.actual === undefined ? undefined : shownOf(pass, claim, facts.actual);
  if (claim.mode === "observing") return settled({ claim, outcome: observedOutcome(drift), holds: undefined, shown, done: [] });
  const record = claim.spec === undefined ? {} : resourceRecord(facts, claim.spec, facts.makingFor(claim));
  const holds = holdsOf(pass, claim, { adopted: claim.holds?.adopted === true, confirmed: true, record });
  noteWrite(pass.memory, "settled", pass.world.clock.now());
  return settled({ claim, outcome: readyOutcome(facts, claim, facts.actual), holds, shown, done: [] });
}

/** What others made stays theirs: nothing is held, so that nothing is deleted (DESIGN 2, "Ours"). */
function satisfied(pass: Pass, { facts, claim }: Performing, by: JsonObject): Conclusion {
  const message = "an equal one that others made is there, and stays theirs: it is left when this object is deleted";
  return { claim, outcome: readyOutcome(facts, claim, by, message), holds: undefined, shown: shownOf(pass, claim, by), done: [] };
}

async function create(pass: Pass, performing: Performing): Promise<Performed> {
  const { facts, claim } = performing;
  if (claim.spec === undefined) return settled(ended(claim, { is: "paused" }));
  const making = facts.makingFor(claim);
  const where = facts.shape.location === undefined ? { location: "" } : await locationFor(pass, making, claim);
  if ("outcome" in where) return settled(ended(claim, where.outcome));
  const identity = firstIdentity(pass, claim);
  if (identity.is === "waiting") return settled(ended(claim, identity.outcome));
  const stranger = await strangerBefore(pass, performing);
  if (stranger !== undefined) return settled(ended(claim, stranger));
  const body = facts.shape.desired(claim.spec, { ...making, location: where.location });
  const record = { ...resourceRecord(facts, claim.spec, making), ...identity.holds, ...intendedBy(facts, claim, body) };
  const holds = holdsOf(pass, claim, { adopted: false, confirmed: false, record });
  const stored = await storeHolds(pass, claim, { holds, reason: "Creating", message: `creating ${pass.target}` });
  const write = await firstPut(pass, facts, { body, identity: identity.block });
  const made = done("Created", "Create", `Created ${pass.target}`);
  return afterWrite(pass, { ...performing, claim: stored }, { write, verb: "create", done: made });
}

/** What may be there later although no answer said so: an answer can be lost, and the spec can change before it is looked for. */
function intendedBy({ shape }: ResourceFacts, { holds }: Claim, body: JsonObject): { readonly intended?: string[] } {
  const content = shape.content?.(body);
  if (content === undefined) return {};
  const before = holds?.confirmed === false ? (holds.intended ?? []) : [];
  return { intended: [...new Set([...before, contentDigest(content)])].slice(-MAX_INTENDED) };
}

const MAX_INTENDED = 8;

/**
 * Creates with the identity block; a bad identity must not stand in the way of the rest, so it is left for the host's pass. Where the
 * rest cannot be created without it, it is the identity of which the person is told.
 */
async function firstPut(pass: Pass, { shape }: ResourceFacts, made: { readonly body: JsonObject; readonly identity: JsonObject | undefined }): Promise<AzureWrite> {
  const request = { ...requestOf(pass, shape.apiVersion), typed: true };
  if (made.identity === undefined) return pass.world.azure.put(pass.target, made.body, request);
  const write = await pass.world.azure.put(pass.target, { ...made.body, identity: made.identity }, request);
  if (write.is !== "failed" || write.failure.class !== "identity") return write;
  const without = await pass.world.azure.put(pass.target, made.body, request);
  return without.is === "failed" && without.failure.class === "invalid" ? write : without;
}

/** What was observed some time ago, with others, is looked at again before a PUT that could change what a stranger made since. */
async function strangerBefore(pass: Pass, { facts, observed, claim }: Performing): Promise<Outcome | undefined> {
  if (!isShared(observed)) return undefined;
  const read = await pass.world.azure.read(pass.target, requestOf(pass, facts.shape.apiVersion));
  if (read.is === "absent") return undefined;
  if (read.is === "failed") return outcomeOf(read.failure, claim, "read the resource of");
  forget(pass, observed);
  return lookedAtAgain(pass);
}

/** Whether an observation is one that siblings share, and not new. */
function isShared({ collection, ageMs }: Observed): boolean {
  return collection !== undefined && ageMs > FRESH_MS;
}

function lookedAtAgain({ target }: Pass): Outcome {
  return { is: "progressing", reason: "Creating", message: `others changed something around ${target} while this object waited for its turn`, afterSeconds: 1 };
}

const FRESH_MS = 5_000;

async function update(pass: Pass, performing: Performing, plan: Extract<ResourcePlan, { do: "update" }>): Promise<Performed> {
  const { claim } = performing;
  noteUndone(pass, claim);
  const halt = haltOf(pass.memory, { nowMs: pass.world.clock.now(), isUrgent: pass.isUrgent });
  if (halt !== undefined) return settled(ended(claim, { is: "refused", ...halt, drift: plan.differences }));
  const paths = plan.differences.map(({ path }) => path).join(", ").slice(0, 500);
  const { adopted = false } = claim.holds ?? {};
  return write(pass, performing, { steps: plan.steps, adopted, confirmed: performing.facts.shape.proof === "record", done: done("Updated", "Update", `Updated ${paths} of ${pass.target}`) });
}

/** A difference without a new generation, after a write of ours that took effect, was made by somebody else. */
function noteUndone(pass: Pass, claim: Claim): void {
  if (pass.memory.appliedGeneration === claim.object.metadata.generation) noteReversal(pass.memory, pass.world.clock.now());
  pass.memory.appliedGeneration = undefined;
}

/** Taking over what is as declared already needs no write where nothing carries a mark. */
async function adopt(pass: Pass, performing: Performing, { steps }: Extract<ResourcePlan, { do: "adopt" }>): Promise<Performed> {
  return write(pass, performing, { steps, adopted: true, confirmed: false, done: done("Adopted", "Adopt", `Adopted ${pass.target}`) });
}

interface Writing {
  readonly steps: Extract<ResourcePlan, { do: "update" }>["steps"];
  readonly adopted: boolean;
  /** Whether what is written counts as held even when the write fails: what only the record proves to be ours stays so. */
  readonly confirmed: boolean;
  readonly done: Done;
}

async function write(pass: Pass, performing: Performing, writing: Writing): Promise<Performed> {
  const { facts, claim } = performing;
  if (claim.spec === undefined) return settled(ended(claim, { is: "paused" }));
  const record = resourceRecord(facts, claim.spec, facts.makingFor(claim), claim.holds);
  const holds = holdsOf(pass, claim, { adopted: writing.adopted, confirmed: writing.confirmed, record });
  const stored = await storeHolds(pass, claim, { holds, reason: "Updating", message: `updating ${pass.target}` });
  const answer = writing.steps.length === 0 ? facts.actual : undefined;
  return performSteps(pass, { ...performing, claim: stored, done: writing.done, answer }, writing.steps);
}

interface Answered {
  readonly write: AzureWrite;
  readonly verb: string;
  readonly done: Done;
}

async function afterWrite(pass: Pass, performing: Performing, { write: answer, verb, done: made }: Answered): Promise<Performed> {
  const { claim, observed } = performing;
  if (answer.is !== "done") forget(pass, observed);
  switch (answer.is) {
    case "failed": {
      const outcome = outcomeOf(answer.failure, claim, verb);
      return settled(ended(claim, outcome.is === "refused" && isShared(observed) ? lookedAtAgain(pass) : outcome));
    }
    case "absent":
      return settled(ended(claim, { is: "progressing", reason: "Updating", message: `${pass.target} vanished while it was written`, afterSeconds: 1 }));
    case "running":
      return settled(begun(pass, claim, { write: answer, done: made }));
    case "done":
      return completeCreation(pass, { ...performing, done: made, answer: answer.body });
  }
}

async function remove(pass: Pass, { facts, claim }: Performing): Promise<Performed> {
  const query = facts.shape.deleteQuery;
  const request = { ...requestOf(pass, facts.shape.apiVersion), typed: true, ...(query === undefined ? {} : { query }) };
  const answer = await pass.world.azure.delete(pass.target, request);
  pass.snapshots.drop(pass.target);
  const why = claim.moving ? `: what this object declares now is ${claim.declared ?? "another one"}` : "";
  const made = done("Deleted", "Delete", `Deleted ${pass.target}${why}`);
  switch (answer.is) {
    case "done":
    case "absent": {
      const outcome: Outcome = { is: "released", reason: "Deleted", message: `${pass.target} was deleted` };
      return settled({ claim, outcome, holds: undefined, shown: undefined, done: [made] });
    }
    case "running":
      return settled(begun(pass, claim, { write: answer, done: made }));
    case "failed":
      return settled(ended(claim, outcomeOf(answer.failure, claim, "delete the resource of")));
  }
}

/** What is retained loses our mark before the finalizer leaves, so that anybody may take it over. */
async function unmark(pass: Pass, performing: Performing, { step }: Extract<ResourcePlan, { do: "unmark" }>): Promise<Performed> {
  const { claim, facts } = performing;
  const answer = await pass.world.azure.patch(pass.target, step.body, { ...requestOf(pass, facts.shape.apiVersion), typed: true });
  if (answer.is === "failed") return settled(ended(claim, outcomeOf(answer.failure, claim, "release the resource of")));
  if (answer.is === "running") return settled(begun(pass, claim, { write: answer, done: done("Released", "Update", `Released ${pass.target}`) }));
  return settled({ ...ended(claim, released("retained", claim)), holds: undefined });
}

/** The heir holds the resource before the mark names it, and the giver leaves last: at no moment is it nobody's. */
async function handOver(pass: Pass, { facts, claim }: Performing, heir: Claim): Promise<Performed> {
  if (heir.spec === undefined || facts.actual === undefined) return settled(ended(claim, { is: "paused" }));
  const making = facts.makingFor(heir);
  // What Azure hides is what the giver wrote, whatever the heir's documents say.
  const { adopted = false, confirmed: isConfirmed = false, secretDigests } = claim.holds ?? {};
  const { secretDigests: _ofHeir, ...record } = resourceRecord(facts, heir.spec, making, claim.holds);
  const confirmed = facts.shape.proof !== "tag" || isConfirmed;
  const holds = holdsOf(pass, heir, { adopted, confirmed, record: { ...record, ...(secretDigests === undefined ? {} : { secretDigests }) } });
  await storeHolds(pass, heir, { holds, reason: "Updating", message: `taking over ${pass.target}` });
  const unmarked = facts.shape.unmarked?.(facts.actual);
  if (unmarked !== undefined) {
    const body = { ...unmarked.body, tags: { ...objectAt(unmarked.body, "tags"), [OWNER_TAG]: making.mark } };
    const answer = await pass.world.azure.patch(pass.target, body, { ...requestOf(pass, facts.shape.apiVersion), typed: true });
    if (answer.is === "failed") return settled(ended(claim, outcomeOf(answer.failure, claim, "hand over the resource of")));
    if (answer.is === "running") return settled(begun(pass, claim, { write: answer, done: done("HandedOver", "Update", `Handed over ${pass.target}`) }));
  }
  const isNear = heir.object.metadata.namespace === claim.object.metadata.namespace;
  const message = `${pass.target} now belongs to ${isNear ? titleOf(heir.object) : "an object of another namespace"}`;
  return settled({ claim, outcome: { is: "released", reason: "HandedOver", message }, holds: undefined, shown: undefined, done: [] });
}

function observedOutcome(drift: (Outcome & { readonly is: "observed" })["drift"]): Outcome {
  const message = drift.length === 0 ? "Azure is as declared; nothing is written" : `${drift.length} differences, listed in status.drift; nothing is written`;
  return { is: "observed", message, drift };
}

function released(because: (ResourcePlan & { readonly do: "release" })["because"], claim: Claim): Outcome {
  const texts = {
    nothingHeld: "nothing is held in Azure",
    gone: "the resource no longer exists in Azure",
    notOurs: "the resource in Azure is not ours, so it was left alone",
    retained: "the resource stays in Azure, as deletionPolicy says",
  } as const;
  return { is: "released", reason: "Released", message: `${titleOf(claim.object)}: ${texts[because]}` };
}

function done(reason: Done["reason"], action: Done["action"], note: string): Done {
  return { reason, action, note };
}
