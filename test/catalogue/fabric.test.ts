import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { attachedTo, givenHost, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

let stage: Stage;
const principalOf = (name: string): string => stringAt(objectAt(stage.bench.azure.portal.get(uai(stage, name)), "properties"), "principalId") ?? "";
const listed = (type: string): unknown => objectAt(stage.bench.azure.portal.get(hostOf(stage, sampleOf(type))), "properties")?.["managedIdentities"];

describe.each(["Microsoft.ServiceFabric/managedClusters/applications", "Microsoft.ServiceFabric/clusters/applications"])("%s (arm.md 12)", (type) => {
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    for (const name of ["f", "x"]) stage.bench.azure.portal.put(uai(stage, name), {});
  });

  const declares = (ids: readonly string[]): JsonObject => ({ target: { armId: hostOf(stage, sampleOf(type)) }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })), allowDisruption: "Restart" });

  test("the two places of an identity agree after each write", async () => {
    const sample = sampleOf(type);
    givenHost(stage, sample);
    const { portal } = stage.bench.azure;
    const shown = portal.get(hostOf(stage, sample)) ?? {};
    portal.put(hostOf(stage, sample), { ...sample.body, identity: { type: "UserAssigned", userAssignedIdentities: { [uai(stage, "f")]: {} } }, properties: { ...objectAt(shown, "properties"), managedIdentities: [{ name: "friendly", principalId: principalOf("f") }] } });
    await stage.apply("a", declares(["x"]));
    expect([stage.state("a"), attachedTo(stage, sample)]).toEqual(["True Succeeded", ["f", "x"]]);
    expect(listed(type)).toEqual([{ name: "friendly", principalId: principalOf("f") }, { name: "x", principalId: principalOf("x") }]);
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, sample)]).toEqual(["gone", ["f"]]);
    expect(listed(type)).toEqual([{ name: "friendly", principalId: principalOf("f") }]);
  });
});

test("a PUT that Azure takes without effect is tried twice, and then a person is told", async () => {
  stage = await startStage({ serviceFabricIdentityOnlyPut: "ignored" });
  try {
    const sample = sampleOf("Microsoft.ServiceFabric/managedClusters/applications");
    givenHost(stage, sample);
    stage.bench.azure.clearRequests();
    await stage.apply("a", { target: { armId: hostOf(stage, sample) }, systemAssigned: true, allowDisruption: "Restart" });
    expect([stage.state("a"), stage.writesTo(hostOf(stage, sample)).length]).toEqual(["False WriteIneffective", 2]);
  } finally {
    await stage.close();
  }
});
