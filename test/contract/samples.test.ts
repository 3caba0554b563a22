import { afterAll, beforeAll, expect, test } from "vitest";
import type { Document } from "../deploy/documents.ts";
import { madeIn } from "../tutorial/services.ts";
import { applySamples, deleteSamples, prepareSamples, SAMPLE_OPTIONS, SAMPLES } from "./samples.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await setStage(SAMPLE_OPTIONS);
  prepareSamples(stage);
});

afterAll(() => stage.close());

const titles = (objects: readonly Document[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}: ${stage.state(kind, metadata.name)} ${stage.message(kind, metadata.name)}`);

test("all samples get ready together, and leave nothing", async () => {
  const before = madeIn(stage.bench.azure);
  await applySamples(stage);
  expect(titles(SAMPLES).filter((title) => !title.includes(": True Succeeded"))).toEqual([]);
  expect(stage.message("IdentityAssignment", "msdocs-identity-example-reports")).toBe(
    "2 identities are attached to sites/msdocs-identity-example, and its system-assigned identity is on",
  );
  await deleteSamples(stage);
  expect(titles(SAMPLES).filter((title) => !title.includes(": gone"))).toEqual([]);
  expect(madeIn(stage.bench.azure)).toEqual(before);
});
