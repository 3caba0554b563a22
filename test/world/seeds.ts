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
    const verdict = await judge(taleOf(seed));
    requests += verdict.requests;
    if (verdict.faults.length > 0) failed.push(seed);
  }
  return { failed, requests };
}

const nothingToTransfer: readonly [] = [];
parentPort?.postMessage(await tallyOf(workerData as { readonly from: number; readonly step: number; readonly until: number }), nothingToTransfer);
