import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../e2e/image.ts";
import { readArguments, type SoakSize } from "./arguments.ts";
import { soak } from "./soak.ts";

const startedMs = Date.now();

function say(line: string): void {
  console.log(`${((Date.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${line}`);
}

async function run(size: SoakSize): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "soak-image-"));
  try {
    const { faults, ...figures } = await soak({ ...size, program: await buildImage(folder), say });
    say(JSON.stringify(figures));
    for (const fault of faults) console.error(fault);
    say(faults.length === 0 ? "what exists is what is declared: nothing twice, nothing left over" : `${faults.length} faults; again with --seed ${size.seed}`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const read = readArguments(process.argv.slice(2));
if (read.is === "size") process.exitCode = await run(read.size);
else {
  (read.is === "help" ? console.log : console.error)(read.text);
  process.exitCode = read.is === "help" ? 0 : 2;
}
