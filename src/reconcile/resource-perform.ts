import type { JsonObject } from "../api/json.ts";
import { titleOf } from "../api/object.ts";
import { withoutOwnerTag } from "../api/owner-tag.ts";
import type { Holds } from "../api/shared.ts";
import type { Difference, Making } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import type { ResourceFacts, ResourcePlan } from "./decide-resource.ts";
import { outcomeOf } from "./failures.ts";
import { markFor } from "./mark.ts";
import type { Conclusion, Done, Outcome } from "./outcome.ts";
import { type Pass, requestOf, storeHolds } from "./pass.ts";
import type { AzureWrite } from "./ports.ts";
import { ended, endedWithoutAzure, holdsOf, locationFor, shownOf } from "./ending.ts";
import { runningOutcome } from "./running.ts";
import { haltOf, noteReversal, noteWrite, type WriteEffect } from "./write-memory.ts";

/** What a decided plan is carried out with. */
export interface Performing {
  readonly facts: ResourceFacts;
  readonly claim: Claim;
  readonly making: Making;
  readonly plan: ResourcePlan;
}

/** Carries out the plan for one claim; together with the host's counterpart the only writer to Azure. */
export async function performResource(pass: Pass, performing: Performing): Promise<Conclusion> {
  const { plan, claim } = performing;
  switch (plan.do) {
    case "nothing":
      return unchanged(pass, performing, plan.drift);
    case "create":
      return create(pass, performing);
    case "update":
    case "adopt":
      return patch(pass, performing, plan.do === "adopt");
    case "delete":
      return remove(pass, performing);
    case "unmark":
      return unmark(pass, performing);
    case "handOver":
      return handOver(pass, performing, plan.to);
    case "release":
      return { ...ended(claim, released(plan.because, claim)), holds: undefined };
    case "refuse":
      return ended(claim, { is: "refused", ...plan.refusal, drift: plan.drift });
    case "wait":
      return { ...ended(claim, { is: "waiting", ...plan.refusal }), ...(claim.mode === "observing" ? { holds: undefined } : {}) };
  }
}

function unchanged(pass: Pass, { facts, claim }: Performing, drift: readonly Difference[]): Conclusion {
  if (claim.mode === "frozen") return endedWithoutAzure(claim);
  const shown = facts.actual === undefined ? undefined : shownOf(pass, facts.shape, facts.actual);
  if (claim.mode === "observing") return { claim, outcome: observed(drift), holds: undefined, shown, done: [] };
  const holds = holdsOf(pass, claim, settledHolds(facts, claim));
  noteWrite(pass.memory, "settled", pass.world.clock.now());
  return { claim, outcome: ready(claim), holds, shown, done: [] };
}

async function create(pass: Pass, { facts, claim, making }: Performing): Promise<Conclusion> {
  if (claim.spec === undefined) return ended(claim, { is: "paused" });
  const where = await locationFor(pass, making, claim);
  if ("outcome" in where) return ended(claim, where.outcome);
  const tagKeys = facts.shape.tagKeys(claim.spec);
  const holds = holdsOf(pass, claim, { adopted: false, confirmed: false, tagKeys });
  const stored = await storeHolds(pass, claim, { holds, reason: "Creating", message: `creating ${pass.target}` });
  const body = facts.shape.desired(claim.spec, { ...making, location: where.location });
  const write = await pass.world.azure.put(pass.target, body, requestOf(pass, facts.shape.apiVersion));
  return afterWrite(pass, { facts, claim: stored, write, verb: "create", done: done("Created", "Create", `Created ${pass.target}`) });
}

async function patch(pass: Pass, { facts, claim, making, plan }: Performing, adopting: boolean): Promise<Conclusion> {
  if (claim.spec === undefined || facts.actual === undefined) return ended(claim, { is: "paused" });
  noteUndone(pass, claim);
  const halt = adopting ? undefined : haltOf(pass.memory, { nowMs: pass.world.clock.now(), isUrgent: pass.isUrgent });
  if (halt !== undefined && plan.do === "update") return ended(claim, { is: "refused", ...halt, drift: plan.differences });
  const before = claim.holds?.tagKeys ?? [];
  const tagKeys = [...new Set([...before, ...facts.shape.tagKeys(claim.spec)])];
  const holds = holdsOf(pass, claim, { adopted: adopting || claim.holds?.adopted === true, confirmed: false, tagKeys });
  const stored = await storeHolds(pass, claim, { holds, reason: "Updating", message: `updating ${pass.target}` });
  const body = facts.shape.patch(claim.spec, facts.actual, making);
  const write = await pass.world.azure.patch(pass.target, body, requestOf(pass, facts.shape.apiVersion));
  const made = adopting ? done("Adopted", "Adopt", `Adopted ${pass.target}`) : done("Updated", "Update", `Updated ${pathsOf(plan)} of ${pass.target}`);
  return afterWrite(pass, { facts, claim: stored, write, verb: "update", done: made });
}

/** A difference without a new generation, after a write of ours that took effect, was made by somebody else. */
function noteUndone(pass: Pass, claim: Claim): void {
  if (pass.memory.appliedGeneration === claim.object.metadata.generation) noteReversal(pass.memory, pass.world.clock.now());
  pass.memory.appliedGeneration = undefined;
}

async function remove(pass: Pass, { facts, claim }: Performing): Promise<Conclusion> {
  const write = await pass.world.azure.delete(pass.target, requestOf(pass, facts.shape.apiVersion));
  const gone: Conclusion = {
    claim,
    outcome: { is: "released", reason: "Deleted", message: `${pass.target} was deleted` },
    holds: undefined,
    shown: undefined,
    done: [done("Deleted", "Delete", `Deleted ${pass.target}`)],
  };
  switch (write.is) {
    case "done":
    case "absent":
      return gone;
    case "running":
      return begun(pass, claim, write);
    case "failed":
      return ended(claim, outcomeOf(write.failure, claim, "delete the resource of"));
  }
}

/** What is retained loses our mark before the finalizer leaves, so that anybody may take it over. */
async function unmark(pass: Pass, { facts, claim }: Performing): Promise<Conclusion> {
  const body = { tags: withoutOwnerTag(facts.actual ?? {}) };
  const write = await pass.world.azure.patch(pass.target, body, requestOf(pass, facts.shape.apiVersion));
  if (write.is === "failed") return ended(claim, outcomeOf(write.failure, claim, "release the resource of"));
  if (write.is === "running") return begun(pass, claim, write);
  return { ...ended(claim, released("retained", claim)), holds: undefined };
}

/** The heir holds the resource before the mark names it, and the giver leaves last: at no moment is it nobody's. */
async function handOver(pass: Pass, { facts, claim, making }: Performing, heir: Claim): Promise<Conclusion> {
  if (heir.spec === undefined || facts.actual === undefined) return ended(claim, { is: "paused" });
  const tagKeys = [...new Set([...(claim.holds?.tagKeys ?? []), ...facts.shape.tagKeys(heir.spec)])];
  const holds = holdsOf(pass, heir, { adopted: claim.holds?.adopted === true, confirmed: false, tagKeys });
  await storeHolds(pass, heir, { holds, reason: "Updating", message: `taking over ${pass.target}` });
  const mark = markFor(heir, pass.world.policy.installationId);
  const body = facts.shape.patch(heir.spec, facts.actual, { ...making, mark, heldTagKeys: tagKeys });
  const write = await pass.world.azure.patch(pass.target, body, requestOf(pass, facts.shape.apiVersion));
  if (write.is === "failed") return ended(claim, outcomeOf(write.failure, claim, "hand over the resource of"));
  if (write.is === "running") return begun(pass, claim, write);
  const message = `${pass.target} now belongs to ${titleOf(heir.object)}`;
  return { claim, outcome: { is: "released", reason: "HandedOver", message }, holds: undefined, shown: undefined, done: [] };
}

interface Written {
  readonly facts: ResourceFacts;
  readonly claim: Claim;
  readonly write: AzureWrite;
  readonly verb: string;
  readonly done: Done;
}

function afterWrite(pass: Pass, written: Written): Conclusion {
  const { claim, write, verb } = written;
  switch (write.is) {
    case "failed":
      return ended(claim, outcomeOf(write.failure, claim, verb));
    case "absent":
      return ended(claim, { is: "progressing", reason: "Updating", message: `${pass.target} vanished while it was written`, afterSeconds: 1 });
    case "running":
      return begun(pass, claim, write);
    case "done":
      return confirmed(pass, written, write.body ?? {});
  }
}

/** The answer of a write of these types is the final state (arm.md 3.1); it is compared with what was asked. */
function confirmed(pass: Pass, { facts, claim, done: made }: Written, body: JsonObject): Conclusion {
  if (claim.spec === undefined || claim.holds === undefined) return ended(claim, { is: "paused" });
  const making: Making = { mark: facts.markFor(claim), location: "", heldTagKeys: claim.holds.tagKeys ?? [] };
  const left = facts.shape.differences(claim.spec, body, making);
  const effect: WriteEffect = left.length === 0 ? "effective" : "ineffective";
  noteWrite(pass.memory, effect, pass.world.clock.now());
  if (effect === "ineffective") {
    const message = `Azure accepted the write to ${pass.target} and ${left.map(({ path }) => path).join(", ")} did not change`;
    return ended(claim, { is: "progressing", reason: "WriteIneffective", message, afterSeconds: 5 });
  }
  pass.memory.appliedGeneration = claim.object.metadata.generation;
  const holds: Holds = holdsOf(pass, claim, { adopted: claim.holds.adopted, confirmed: true, tagKeys: facts.shape.tagKeys(claim.spec) });
  return { claim, outcome: ready(claim), holds, shown: shownOf(pass, facts.shape, body), done: [made] };
}

function begun(pass: Pass, claim: Claim, write: AzureWrite & { readonly is: "running" }): Conclusion {
  pass.memory.running = { operation: write.operation, what: { is: "resource" } };
  return ended(claim, runningOutcome(claim, write.afterSeconds));
}

function settledHolds(facts: ResourceFacts, claim: Claim): { readonly adopted: boolean; readonly confirmed: boolean; readonly tagKeys: readonly string[] } {
  const tagKeys = claim.spec === undefined ? [] : facts.shape.tagKeys(claim.spec);
  return { adopted: claim.holds?.adopted === true, confirmed: true, tagKeys };
}

function ready(claim: Claim): Outcome {
  return { is: "ready", message: `${claim.object.kind} is as declared`, drift: [] };
}

function observed(drift: (Outcome & { readonly is: "observed" })["drift"]): Outcome {
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

function pathsOf(plan: ResourcePlan): string {
  return plan.do === "update" ? plan.differences.map(({ path }) => path).join(", ").slice(0, 500) : "tags";
}

function done(reason: Done["reason"], action: Done["action"], note: string): Done {
  return { reason, action, note };
}
