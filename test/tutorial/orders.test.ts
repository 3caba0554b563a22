import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Stage } from "../contract/stage.ts";
import { FEWEST_REQUESTS, FEWEST_WRITES, LOOKS_BEFORE } from "./figures.ts";
import { ours, readObjects, type TutorialObject } from "./objects.ts";
import { identitiesOf, madeIn } from "./services.ts";
import { setTutorialStage } from "./stage.ts";

const objects = ours(readObjects());

let stage: Stage;

beforeAll(async () => {
  stage = await setTutorialStage();
});

afterAll(() => stage.close());

const anyOrder = fc.shuffledSubarray([...objects], { minLength: objects.length });

test("the tutorial takes no more requests than it needs", async () => {
  stage.bench.azure.clearRequests();
  await applyAll(objects);
  expect([stage.requests().length, stage.writes().length]).toEqual([FEWEST_REQUESTS, FEWEST_WRITES]);
  expect(["msdocs-identity-other-app", "msdocs-identity-spring-app"].map((name) => stage.message("IdentityAssignment", name))).toEqual([
    "1 identity is attached to sites/msdocs-identity-other-app",
    "the system-assigned identity of Spring/msdocs-identity-spring/apps/orders is on",
  ]);
  await deleteAll(objects);
});

test("in any order everything gets ready and goes again, and nothing is written twice", async () => {
  await fc.assert(fc.asyncProperty(anyOrder, anyOrder, (applied, deleted) => roundTrip(applied, deleted)), { numRuns: 12, seed: 4 });
}, 60_000);

test("so it does one object after the other, each before the next one is there", async () => {
  await fc.assert(fc.asyncProperty(anyOrder, anyOrder, (applied, deleted) => roundTrip(applied, deleted, () => stage.settle())), { numRuns: 6, seed: 4 });
}, 60_000);

/** Applies all objects, deletes them, and compares with what was there before. */
async function roundTrip(applied: readonly TutorialObject[], deleted: readonly TutorialObject[], between?: () => Promise<void>): Promise<void> {
  await stage.restart();
  const before = identitiesOf(stage.bench.azure);
  stage.bench.azure.clearRequests();
  await applyAll(applied, between);
  expect(stage.writes()).toHaveLength(FEWEST_WRITES);
  if (between === undefined) expect(stage.requests().length).toBeLessThanOrEqual(FEWEST_REQUESTS + LOOKS_BEFORE);
  await deleteAll(deleted, between);
  expect([madeIn(stage.bench.azure), identitiesOf(stage.bench.azure)]).toEqual([[], before]);
}

async function applyAll(all: readonly TutorialObject[], between?: () => Promise<void>): Promise<void> {
  for (const { kind, metadata, spec } of all) {
    stage.cluster.apply(kind, metadata.name, spec);
    await between?.();
  }
  await stage.settle();
  expect(statesOf(all)).toEqual(all.map((object) => `${titleOf(object)}: True Succeeded`));
}

async function deleteAll(all: readonly TutorialObject[], between?: () => Promise<void>): Promise<void> {
  for (const { kind, metadata } of all) {
    stage.cluster.delete(kind, metadata.name);
    await between?.();
  }
  await stage.settle();
  expect(statesOf(all)).toEqual(all.map((object) => `${titleOf(object)}: gone`));
}

function statesOf(all: readonly TutorialObject[]): readonly string[] {
  return all.map((object) => `${titleOf(object)}: ${stage.state(object.kind, object.metadata.name)}`);
}

function titleOf({ kind, metadata }: TutorialObject): string {
  return `${kind} ${metadata.name}`;
}
