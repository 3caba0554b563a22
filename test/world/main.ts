import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { asTest } from "./as-test.ts";
import type { Tally } from "./seeds.ts";
import { shrunk } from "./shrink.ts";
import { taleOf } from "./run.ts";

const USAGE = "usage: npm run test:world -- [--seeds N] [--from S]";

/** Runs so many worlds on all cores; a seed that fails is told as the shortest story that still fails. */
async function main(): Promise<number> {
  const { seeds, from } = argumentsOf(process.argv.slice(2));
  const startedAtMs = Date.now();
  const parts = availableParallelism();
  const tallies = await Promise.all(Array.from({ length: parts }, (_, part) => inWorker({ from: from + part, step: parts, until: from + seeds })));
  const failed = tallies.flatMap((tally) => tally.failed).toSorted((left, right) => left - right);
  const requests = tallies.reduce((sum, tally) => sum + tally.requests, 0);
  console.log(`seeds ${from} to ${from + seeds - 1}: ${failed.length} failed; ${requests} requests to Azure, ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
  for (const seed of failed.slice(0, 3)) console.log(`\n${asTest(await shrunk(taleOf(seed)))}`);
  if (failed.length > 0) console.log(`\nfailed seeds: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

function argumentsOf(argv: readonly string[]): { readonly seeds: number; readonly from: number } {
  const { values } = parseArgs({ args: [...argv], options: { seeds: { type: "string", default: "1000" }, from: { type: "string", default: "1" } } });
  const [seeds, from] = [Number(values.seeds), Number(values.from)];
  if (![seeds, from].every((number) => Number.isInteger(number) && number > 0)) throw new TypeError(USAGE);
  return { seeds, from };
}

function inWorker(range: { readonly from: number; readonly step: number; readonly until: number }): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./seeds.ts", import.meta.url), { workerData: range });
    worker.once("message", (tally: Tally) => resolve(tally));
    worker.once("error", reject);
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
