import { titleOf } from "../api/object.ts";
import type { Claim } from "./claim.ts";
import { outcomeOf } from "./failures.ts";
import type { Running } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
import type { Pass } from "./pass.ts";
import type { AzureFailure } from "./ports.ts";

/** How the operation of a unit ended, or that it runs on. */
export type Polled =
  | { readonly is: "running"; outcomeFor(claim: Claim): Outcome }
  | { readonly is: "ended"; readonly what: Running["what"] }
  | { readonly is: "failed"; readonly what: Running["what"]; readonly failure: AzureFailure; outcomeFor(claim: Claim): Outcome };

/** An operation on a host: what it is to bring about, and the form in which it was asked for. */
export type HostOperation = Extract<Running["what"], { is: "host" }>;

/** Asks once about the operation that this process began on the unit; undefined when there is none. */
export async function pollRunning(pass: Pass): Promise<Polled | undefined> {
  const { running } = pass.memory;
  if (running === undefined) return undefined;
  const progress = await running.operation.poll(pass.signal);
  switch (progress.is) {
    case "running":
      return { is: "running", outcomeFor: (claim) => runningOutcome(claim, progress.afterSeconds) };
    case "succeeded":
    case "unknown":
      pass.memory.running = undefined;
      return { is: "ended", what: running.what };
    case "failed":
      return failed(pass, running, progress.failure);
  }
}

/** What is said of a claim while the operation runs. */
export function runningOutcome(claim: Claim, afterSeconds: number): Outcome {
  const reason = claim.mode === "leaving" ? "Deleting" : "Updating";
  return { is: "progressing", reason, message: `Azure works on the change for ${titleOf(claim.object)}`, afterSeconds };
}

/**
 * An operation that failed has ended, whatever class its error is of: what Azure was too busy to answer is told as running. Without a
 * token nothing was asked, so that it is asked again.
 */
function failed(pass: Pass, running: Running, failure: AzureFailure): Polled {
  const outcomeFor = (claim: Claim) => outcomeOf(failure, claim, "finish the operation for");
  const isUnasked = failure.class === "credential";
  if (isUnasked) return { is: "running", outcomeFor };
  pass.memory.running = undefined;
  return { is: "failed", what: running.what, failure, outcomeFor };
}
