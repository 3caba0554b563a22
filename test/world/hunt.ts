import { parentPort, workerData } from "node:worker_threads";
import { judge, taleOf } from "./run.ts";

/** What found out a mutation: the first seed that fails, and what its oracles said. */
export interface Catch {
  readonly seed: number;
  readonly faults: readonly string[];
}

/** The first seed of a range that fails; undefined when all end well. */
async function firstCatch({ from, until }: { readonly from: number; readonly until: number }): Promise<Catch | undefined> {
  for (let seed = from; seed < until; seed += 1) {
    const { faults } = await judge(taleOf(seed));
    if (faults.length > 0) return { seed, faults };
  }
  return undefined;
}

const nothingToTransfer: readonly [] = [];
parentPort?.postMessage(await firstCatch(workerData as { readonly from: number; readonly until: number }), nothingToTransfer);
