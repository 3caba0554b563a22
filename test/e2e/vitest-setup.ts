import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildImage } from "./image.ts";
import type { Program } from "./operator-process.ts";

declare module "vitest" {
  interface ProvidedContext {
    operator: Program;
  }
}

/** Builds the operator of the test run as the image holds it: what is tested is what is shipped, and it starts in half the time. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "image-"));
  project.provide("operator", await buildImage(folder));
  return () => rm(folder, { recursive: true, force: true });
}
