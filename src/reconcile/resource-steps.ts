import type { JsonObject } from "../api/json.ts";
import type { Making, Step } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { dueAmong, type ResourceFacts } from "./decide-resource.ts";
import { ended, holdsOf, readyOutcome, resourceRecord, shownOf } from "./ending.ts";
import { outcomeOf } from "./failures.ts";
import { type Observation, observeResource, type Observed, pathBelow, type WithParts, withParts } from "./observe-resource.ts";
import type { Conclusion, Done } from "./outcome.ts";
import { type Pass, requestOf } from "./pass.ts";
import type { AzureWrite } from "./ports.ts";
import { begun } from "./resource-operation.ts";
import { noteWrite } from "./write-memory.ts";

/** What became of one claim, and the resource as it was last seen, when that is newer than the observation of the pass. */
export interface Performed {
  readonly conclusion: Conclusion;
  readonly after: JsonObject | undefined;
}

/** A performed plan after which nothing newer was seen. */
export function settled(conclusion: Conclusion): Performed {
  return { conclusion, after: undefined };
}

/** What the writes of one claim are made with. `answer` is what an earlier write of this pass answered. */
export interface Stepping {
  readonly facts: ResourceFacts;
  readonly observed: Observed;
  readonly claim: Claim;
  readonly done: Done;
  readonly answer?: JsonObject | undefined;
}

/** Makes the writes in their order, stops where Azure needs time or refuses, and compares in the end with what was declared. */
export async function performSteps(pass: Pass, stepping: Stepping, steps: readonly Step[]): Promise<Performed> {
  const { claim } = stepping;
  let answer = stepping.answer;
  for (const step of steps) {
    const write = await send(pass, stepping.facts, step);
    switch (write.is) {
      case "failed":
        forget(pass, stepping.observed);
        return settled(ended(claim, outcomeOf(write.failure, claim, "update")));
      case "running":
        return settled(begun(pass, claim, { write, done: stepping.done }));
      case "absent":
      case "done":
        if (step.method === "DELETE") return settled(recreated(pass, claim));
        answer = step.path === "" && write.is === "done" ? write.body : undefined;
    }
  }
  return confirm(pass, stepping, answer);
}

/** A write that failed may have had its effect: what siblings share is not believed any more. */
export function forget(pass: Pass, { collection }: Pick<Observed, "collection">): void {
  if (collection !== undefined) pass.snapshots.forget(collection, pass.credential);
}

function send(pass: Pass, { shape }: ResourceFacts, step: Step): Promise<AzureWrite> {
  const id = pathBelow(pass, step.path);
  const request = requestOf(pass, shape.apiVersion);
  const { azure } = pass.world;
  switch (step.method) {
    case "PUT":
      return azure.put(id, step.body, { ...request, typed: shape.answersFinally });
    case "PATCH":
      return azure.patch(id, step.body, { ...request, typed: shape.answersFinally });
    case "POST":
      return azure.act(id, step.action ?? "", step.body, request);
    case "DELETE":
      return azure.delete(id, request);
  }
}

/** The next pass finds it absent, and creates it again with what is held still in place. */
function recreated(pass: Pass, claim: Claim): Conclusion {
  return ended(claim, { is: "progressing", reason: "Updating", message: `${pass.target} was removed to be created again`, afterSeconds: 1 });
}

/** What a creating PUT cannot carry, such as a document of its own or a stopped app, is written right after it. */
export async function completeCreation(pass: Pass, stepping: Stepping): Promise<Performed> {
  const { facts, claim, answer } = stepping;
  const seen = await seenAfter(pass, stepping, answer);
  if (seen.is === "failed") return settled(ended(claim, outcomeOf(seen.failure, claim, "read the resource of")));
  const steps = seen.actual === undefined || claim.spec === undefined ? [] : facts.shape.steps(claim.spec, seen.actual, makingAfter(stepping));
  const left = leftIn(stepping, seen.actual);
  const besides = left.length === 0 ? [] : steps.filter(({ path, method }) => path !== "" || method === "POST");
  return besides.length === 0 ? judge(pass, stepping, seen.actual) : performSteps(pass, { ...stepping, answer: undefined }, besides);
}

/** The answer where it is the final state, else another look, is compared with what was asked. */
async function confirm(pass: Pass, stepping: Stepping, answer: JsonObject | undefined): Promise<Performed> {
  const seen = await seenAfter(pass, stepping, answer);
  if (seen.is === "failed") return settled(ended(stepping.claim, outcomeOf(seen.failure, stepping.claim, "read the resource of")));
  return judge(pass, stepping, seen.actual);
}

function judge(pass: Pass, stepping: Stepping, body: JsonObject | undefined): Performed {
  const { facts, observed } = stepping;
  const claim = asConfirmed(stepping.claim);
  if (claim.spec === undefined || claim.holds === undefined) return settled(ended(claim, { is: "paused" }));
  if (body === undefined) pass.snapshots.drop(pass.target);
  else if (observed.collection !== undefined) pass.snapshots.note(observed.collection, pass.credential, { id: pass.target, body });
  const left = leftIn(stepping, body);
  noteWrite(pass.memory, left.length === 0 ? "effective" : "ineffective", pass.world.clock.now());
  if (body === undefined || left.length > 0) {
    const message = `Azure accepted the write to ${pass.target} and ${left.map(({ path }) => path).join(", ")} did not change`;
    return settled(ended(claim, { is: "progressing", reason: "WriteIneffective", message, afterSeconds: 5 }));
  }
  pass.memory.appliedGeneration = claim.object.metadata.generation;
  const record = resourceRecord(facts, claim.spec, makingAfter(stepping));
  const holds = holdsOf(pass, claim, { adopted: claim.holds.adopted, confirmed: true, record });
  return { conclusion: { claim, outcome: readyOutcome(facts, claim, body), holds, shown: shownOf(pass, claim, body), done: [stepping.done] }, after: body };
}

/** What still differs after a write, less what awaits an identity. */
function leftIn(stepping: Stepping, body: JsonObject | undefined): readonly { readonly path: string }[] {
  if (body === undefined) return [{ path: "id" }];
  const { facts, claim } = stepping;
  return claim.spec === undefined ? [] : dueAmong(facts.shape.differences(claim.spec, body, makingAfter(stepping)));
}

/** The region was the write's own choice where none is declared. */
function makingAfter({ facts, claim }: Stepping): Making {
  return { ...facts.makingFor(asConfirmed(claim)), location: "" };
}

/** A claim whose last write is known to have been taken, so that what it wrote where Azure hides values counts as written. */
export function asConfirmed(claim: Claim): Claim {
  return claim.holds === undefined || claim.holds.confirmed ? claim : { ...claim, holds: { ...claim.holds, confirmed: true } };
}

type Seen = Observation | WithParts;

async function seenAfter(pass: Pass, { facts, claim }: Stepping, answer: JsonObject | undefined): Promise<Seen> {
  if (facts.shape.answersFinally && answer !== undefined) return withParts(pass, { shape: facts.shape, claim }, answer);
  // What was written is read by its own id: a list may lag behind.
  return observeResource(pass, { shape: facts.shape, claim, making: facts.makingFor(claim), isAlone: true });
}
