import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { attachedTo, givenHost, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

const FACTORY = sampleOf("Microsoft.DataFactory/factories");
let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());
beforeEach(() => {
  for (const name of ["f", "x", "y"]) stage.bench.azure.portal.put(uai(stage, name), {});
});

const declares = (ids: readonly string[], more: JsonObject = {}): JsonObject => ({ target: { armId: hostOf(stage, FACTORY) }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })), ...more });
const requests = () => stage.writesTo(hostOf(stage, FACTORY)).map(({ method }) => method);

test("the last identity of a data factory stays: its type has no None (arm.md 1)", async () => {
  givenHost(stage, FACTORY);
  await stage.apply("a", declares(["x", "y"]));
  expect([stage.state("a"), attachedTo(stage, FACTORY)]).toEqual(["True Succeeded", ["x", "y"]]);
  stage.bench.azure.clearRequests();
  await stage.remove("a");
  expect([stage.state("a"), attachedTo(stage, FACTORY), requests()]).toEqual(["gone", ["x"], ["PATCH"]]);
});

test("beside one of others, or a system-assigned one, it goes", async () => {
  for (const given of [{ had: ["f"] }, { system: true }]) {
    givenHost(stage, FACTORY, given);
    const before = attachedTo(stage, FACTORY);
    await stage.apply("a", declares(["x"]));
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, FACTORY)]).toEqual(["gone", before]);
  }
});

test("an Exclusive claim that wants none is told", async () => {
  givenHost(stage, FACTORY, { had: ["f"] });
  stage.bench.azure.clearRequests();
  await stage.apply("a", declares([], { ownership: "Exclusive" }));
  expect([stage.state("a"), stage.message("a"), requests()]).toEqual(["False SlotTaken", expect.stringContaining("cannot be left without an identity"), []]);
  await stage.remove("a");
});
