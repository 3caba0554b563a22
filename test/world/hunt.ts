import { parentPort, workerData } from "node:worker_threads";
import { asTest } from "./as-test.ts";
import { judge, taleOf } from "./run.ts";
import { shrunk } from "./shrink.ts";

/** What found out a mutation: the first seed that fails, and what its oracles said. */
export interface Catch {
  readonly seed: number;
  readonly faults: readonly string[];
  /** The shortest story that still fails, as a test; only when it was asked for. */
  readonly story?: string;
}

/** The seeds to judge. */
export interface Hunt {
  readonly from: number;
  readonly until: number;
  readonly isToldAsStory: boolean;
}

/** The first seed of a range that fails; undefined when all end well. */
async function firstCatch({ from, until, isToldAsStory }: Hunt): Promise<Catch | undefined> {
  for (let seed = from; seed < until; seed += 1) {
    const { faults } = await judge(taleOf(seed));
    if (faults.length > 0) return { seed, faults, ...(isToldAsStory ? { story: asTest(await shrunk(taleOf(seed))) } : {}) };
  }
  return undefined;
}

const nothingToTransfer: readonly [] = [];
parentPort?.postMessage(await firstCatch(workerData as Hunt), nothingToTransfer);
