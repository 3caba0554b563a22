import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { attachedTo, givenHost, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

const SERVER = sampleOf("Microsoft.Sql/servers");
let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ unrecordedPatchMap: "full-map-replaces" });
});
afterAll(() => stage.close());
beforeEach(() => {
  for (const name of ["f", "x", "y"]) stage.bench.azure.portal.put(uai(stage, name), {});
});

const declares = (ids: readonly string[]): JsonObject => ({ target: { armId: hostOf(stage, SERVER) }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })) });
const primary = () => nameOf(objectAt(stage.bench.azure.portal.get(hostOf(stage, SERVER)), "properties")?.["primaryUserAssignedIdentityId"]);
const named = () => stage.writesTo(hostOf(stage, SERVER)).map(({ body }) => nameOf(objectAt(body, "properties")?.["primaryUserAssignedIdentityId"]));
const nameOf = (id: unknown) => (typeof id === "string" ? id.split("/").at(-1) : id);

test("the first identity of a SQL server becomes the primary one with the same write, and gives way when it leaves (arm.md 14)", async () => {
  givenHost(stage, SERVER);
  stage.bench.azure.clearRequests();
  await stage.apply("a", declares(["x"]));
  await stage.apply("b", declares(["y"]));
  expect([stage.state("a"), stage.state("b"), attachedTo(stage, SERVER), primary()]).toEqual(["True Succeeded", "True Succeeded", ["x", "y"], "x"]);
  await stage.remove("a");
  expect([stage.state("a"), attachedTo(stage, SERVER), primary()]).toEqual(["gone", ["y"], "y"]);
  await stage.remove("b");
  expect([stage.state("b"), attachedTo(stage, SERVER), primary() ?? null]).toEqual(["gone", [], null]);
  expect(named()).toEqual(["x", undefined, "y", null]);
});

test("one that somebody chose is in use, also when we attached it", async () => {
  givenHost(stage, SERVER, { had: ["f"] });
  stage.bench.azure.portal.patch(hostOf(stage, SERVER), { properties: { primaryUserAssignedIdentityId: uai(stage, "f") } });
  await stage.apply("a", declares(["x"]));
  expect(primary()).toBe("f");
  stage.bench.azure.portal.patch(hostOf(stage, SERVER), { properties: { primaryUserAssignedIdentityId: uai(stage, "x") } });
  await stage.apply("a", { ...declares([]), systemAssigned: false, userAssigned: undefined }, { isPatient: false });
  expect([stage.state("a"), stage.message("a"), attachedTo(stage, SERVER)]).toEqual(["False InUseByHost", expect.stringContaining("primaryUserAssignedIdentityId"), ["f", "x"]]);
  stage.bench.azure.portal.patch(hostOf(stage, SERVER), { properties: { primaryUserAssignedIdentityId: uai(stage, "f") } });
  await stage.remove("a");
  expect([stage.state("a"), attachedTo(stage, SERVER), primary()]).toEqual(["gone", ["f"], "f"]);
});

test("a server that had identities and no primary one goes on without", async () => {
  givenHost(stage, SERVER, { had: ["f"] });
  await stage.apply("a", declares(["x"]));
  expect([stage.state("a"), primary()]).toEqual(["True Succeeded", undefined]);
  await stage.remove("a");
  expect([attachedTo(stage, SERVER), primary()]).toEqual([["f"], undefined]);
});
