import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generatedFiles, staleFiles } from "../src/generate.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "generate-"));
  for (const [path, content] of generatedFiles()) await write(path, content);
});

afterEach(() => rm(root, { recursive: true, force: true }));

test("the generated files of the project are fresh", async () => {
  expect(await staleFiles(join(import.meta.dirname, ".."))).toEqual([]);
});

test("a file that was changed by hand, one that is missing and one too many are stale", async () => {
  expect(await staleFiles(root)).toEqual([]);
  const [changed = "", missing = ""] = generatedFiles().keys();
  await write(changed, "kind: Other\n");
  await rm(join(root, missing));
  await write("crds/azureidentity.dev_retired.yaml", "");
  expect(await staleFiles(root)).toEqual([changed, missing, "crds/azureidentity.dev_retired.yaml"]);
});

test("two runs write the same, with a line that says where it comes from", () => {
  expect([...generatedFiles()]).toEqual([...generatedFiles()]);
  // JSON can hold no such line.
  const heads = [...generatedFiles()].filter(([path]) => !path.endsWith(".json")).map(([, content]) => content.split("\n")[0] ?? "");
  expect(heads.filter((head) => !/^(?:#|<!--) Generated from (?:src\/[a-z]+|test\/attacks) by "npm run generate"; changes made here are lost\./u.test(head))).toEqual([]);
});

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}
