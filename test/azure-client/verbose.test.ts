import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const CHILD = join(import.meta.dirname, "verbose-child.ts");

// In a process of its own: the SDKs read the variable once, when they are loaded.
test("what the SDKs log, when they are told to, holds no signed address, no token and no body", async () => {
  const environment = { PATH: process.env["PATH"], AZURE_LOG_LEVEL: "verbose" };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [CHILD], { env: environment });
  const asked = JSON.parse(stdout) as readonly (readonly string[])[];
  expect(asked.map((urls) => urls.slice(1).map((url) => url.slice(url.lastIndexOf("=") + 1)))).toEqual([["signed-a", "signed-c"], ["signed-a", "signed-c"]]);
  expect(stderr.match(/LRO/g)?.length).toBeGreaterThanOrEqual(2);
  expect(stderr).not.toMatch(/signed-|hidden-value|token-1/);
});
