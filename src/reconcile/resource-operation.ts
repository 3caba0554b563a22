import type { Claim } from "./claim.ts";
import { decideResource, ownerOf, type ResourceFacts } from "./decide-resource.ts";
import { ended } from "./ending.ts";
import type { Conclusion, Done } from "./outcome.ts";
import type { Pass } from "./pass.ts";
import type { AzureWrite } from "./ports.ts";
import { type Polled, runningOutcome } from "./running.ts";
import { noteWrite } from "./write-memory.ts";

/** The end of a pass that began a long-running operation on a resource of ours. */
export function begun(pass: Pass, claim: Claim, { write, done }: { readonly write: Extract<AzureWrite, { is: "running" }>; readonly done: Done }): Conclusion {
  const { generation } = claim.object.metadata;
  pass.memory.running = { operation: write.operation, what: { is: "resource", done, generation } };
  return ended(claim, runningOutcome(claim, write.afterSeconds));
}

/**
 * Judges an operation that ended by what is there now: when the owner still finds the same to change, it had no effect. Returns
 * what is to be said of it once the resource is as declared.
 */
export function noteOperation(pass: Pass, facts: ResourceFacts, running: Polled | undefined): readonly Done[] {
  if (running?.is !== "ended" || running.what.is !== "resource") return [];
  const owner = ownerOf(facts);
  const { done, generation } = running.what;
  if (owner === undefined || owner.mode !== "live") return [];
  const isEffective = decideResource(facts, owner).do === "nothing";
  noteWrite(pass.memory, isEffective ? "effective" : "ineffective", pass.world.clock.now());
  if (isEffective) pass.memory.appliedGeneration = generation;
  return isEffective ? [done] : [];
}
