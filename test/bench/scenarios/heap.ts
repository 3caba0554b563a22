import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

const OBJECTS = 20_000;
const CHILD = join(import.meta.dirname, "../heap-child.ts");

/** Bytes of heap per identity in the cache, beside what keeping the parsed answer would cost. */
export async function heap(): Promise<readonly Figure[]> {
  const bytes = { cached: Number.NaN, parsed: Number.NaN };
  await timed(`heap of ${OBJECTS} objects`, async () => {
    bytes.cached = await bytesPerObject("cached");
    bytes.parsed = await bytesPerObject("parsed");
  });
  return [figure({ scenario: "heap", figure: `of a cached object, ${OBJECTS} of them; peer: as parsed`, value: bytes.cached, unit: "bytes", peer: bytes.parsed })];
}

async function bytesPerObject(form: "cached" | "parsed"): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", CHILD, String(OBJECTS), form]);
  return Number(stdout);
}
