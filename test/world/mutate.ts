import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import type { Catch } from "./hunt.ts";
import { type Mutation, MUTATIONS, mutated } from "./mutations.ts";
import { oracleOf } from "./oracles.ts";

const USAGE = "usage: npm run test:mutations -- [--seeds N] [--only NAME,…] [--stories]";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Breaks the engine in one way after the other, on copies of the sources, and runs worlds until one of them notices. */
async function main(): Promise<number> {
  const { mutations, ...how } = argumentsOf(process.argv.slice(2));
  const waiting = [...mutations];
  const survivors: string[] = [];
  await Promise.all(Array.from({ length: availableParallelism() }, () => workThrough(waiting, how, survivors)));
  console.log(`\n${mutations.length - survivors.length} of ${mutations.length} mutations are caught within ${how.seeds} seeds`);
  if (survivors.length > 0) console.log(`survivors: ${survivors.toSorted().join(", ")}`);
  return survivors.length === 0 ? 0 : 1;
}

interface How {
  readonly seeds: number;
  readonly isToldAsStory: boolean;
}

function argumentsOf(argv: readonly string[]): How & { readonly mutations: readonly Mutation[] } {
  const { values } = parseArgs({ args: [...argv], options: { seeds: { type: "string", default: "1000" }, only: { type: "string" }, stories: { type: "boolean", default: false } } });
  const seeds = Number(values.seeds);
  const names = values.only?.split(",");
  const mutations = MUTATIONS.filter(({ name }) => names === undefined || names.includes(name));
  if (!Number.isInteger(seeds) || seeds < 1 || mutations.length === 0) throw new TypeError(USAGE);
  return { seeds, mutations, isToldAsStory: values.stories };
}

async function workThrough(waiting: Mutation[], how: How, survivors: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "world-mutations-"));
  try {
    for (const part of ["src", "test/world", "test/azure", "test/azure-client", "package.json"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
      const startedAtMs = Date.now();
      const found = await huntIn(folder, mutation, how);
      const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(0);
      console.log(found === undefined ? `| ${mutation.name} | survives | ${seconds} s |` : `| ${mutation.name} | seed ${found.seed} | ${oracleOf(found.faults[0] ?? "").name} | ${firstLine(found)} |`);
      if (found?.story !== undefined) console.log(found.story);
      if (found === undefined) survivors.push(mutation.name);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the worlds of a copy that has one mutation, and mends the copy again. */
async function huntIn(folder: string, mutation: Mutation, { seeds, isToldAsStory }: How): Promise<Catch | undefined> {
  const path = join(folder, mutation.file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, mutated(source, mutation));
  const worker = new Worker(pathToFileURL(join(folder, "test/world/hunt.ts")), { workerData: { from: 1, until: seeds + 1, isToldAsStory } });
  try {
    return await new Promise<Catch | undefined>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await worker.terminate();
    writeFileSync(path, source);
  }
}

function firstLine({ faults }: Catch): string {
  return (faults[0]?.split("\n")[0] ?? "").replaceAll("|", "/").slice(0, 160);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
