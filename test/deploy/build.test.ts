import { execFile } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "../../build.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bundle-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("a bundle needs nothing beside it, although packages in it are CommonJS", async () => {
  const outfile = join(folder, "log.mjs");
  const sizeBytes = await bundle(join(root, "src/operate/log.ts"), outfile);
  expect(sizeBytes).toBe((await stat(outfile)).size);
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", exportsOf(outfile)], { cwd: folder });
  expect(stdout).toContain("createLog");
});

test("an entry that does not exist is named", async () => {
  await expect(bundle(join(root, "src/absent.ts"), join(folder, "absent.mjs"))).rejects.toThrow(/absent\.ts/);
});

function exportsOf(path: string): string {
  return `console.log(Object.keys(await import(${JSON.stringify(path)})).join(" "))`;
}
