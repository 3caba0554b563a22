import { parentPort, workerData } from "node:worker_threads";
import { judge, taleOf } from "./run.ts";

/** What became of a range of seeds. */
export interface Tally {
  readonly failed: readonly number[];
  readonly requests: number;
}

/** Judges every `step`th seed of a range. */
async function tallyOf({ from, step, until }: { readonly from: number; readonly step: number; readonly until: number }): Promise<Tally> {
  const failed: number[] = [];
  let requests = 0;
  for (let seed = from; seed < until; seed += step) {
    const verdict = await judge(taleOf(seed)).catch((error: unknown) => brokenDown(seed, error));
    requests += verdict.requests;
    if (verdict.faults.length > 0) failed.push(seed);
  }
  return { failed, requests };
}

/** A world that cannot go on is no verdict about the operator, and no reason to leave the other seeds out. */
function brokenDown(seed: number, error: unknown): { readonly requests: number; readonly faults: readonly string[] } {
  const fault = `seed ${seed}: the world broke down: ${error instanceof Error ? error.message : String(error)}`;
  console.error(fault);
  return { requests: 0, faults: [fault] };
}

const nothingToTransfer: readonly [] = [];
parentPort?.postMessage(await tallyOf(workerData as { readonly from: number; readonly step: number; readonly until: number }), nothingToTransfer);
