import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { setStage, type Stage } from "./stage.ts";
import { flexAppSpecs, type Known, planSpecs, webAppChanges } from "./web-specs.ts";

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage();
  for (const name of ["a", "b"]) stage.bench.azure.portal.put(identityId(name), { location: "westeurope" });
  stage.bench.azure.portal.put(planId("linux"), { location: "westeurope", sku: { name: "S1" }, properties: { reserved: true } });
  stage.bench.azure.portal.put(planId("flex"), { location: "westeurope", sku: { name: "FC1" }, properties: { reserved: true } });
  stage.cluster.documents.set("Secret/shop", { "api-key": "swordfish", other: "another-swordfish" });
  stage.cluster.documents.set("ConfigMap/shop", { region: "eu" });
});
afterAll(() => stage.close());

const GROUP = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/rg/providers";
const below = (path: string): string => `${GROUP.replace(/(?<=subscriptions\/)[^/]+/, stage.bench.azure.subscriptionIds[0] ?? "")}/${path}`;
const identityId = (name: string): string => below(`Microsoft.ManagedIdentity/userAssignedIdentities/${name}`);
const planId = (name: string): string => below(`Microsoft.Web/serverfarms/${name}`);
const at = (): JsonObject => ({ subscriptionId: stage.bench.azure.subscriptionIds[0] ?? "", resourceGroup: "rg" });
const known = (plan: string): Known => ({ identities: [identityId("a"), identityId("b")], planId: planId(plan) });

/** Applies one spec and then another: both settle, and then nothing is written. */
async function settles(kind: string, first: JsonObject, second: JsonObject): Promise<void> {
  count += 1;
  const name = `app-${count}`;
  for (const spec of [first, second]) {
    await stage.apply(kind, name, { ...at(), ...spec });
    expect([stage.state(kind, name), stage.message(kind, name)]).toEqual(["True Succeeded", expect.any(String)]);
    stage.bench.azure.clearRequests();
    await stage.look();
    expect([stage.state(kind, name), stage.writes()]).toEqual(["True Succeeded", []]);
  }
  expect(JSON.stringify(stage.cluster.objects()) + JSON.stringify(stage.cluster.events)).not.toContain("swordfish");
  await stage.remove(kind, name);
  expect(stage.state(kind, name)).toBe("gone");
}

describe("whatever is declared settles, also when it is changed, and then nothing is written", () => {
  test("an App Service plan", async () => {
    const twoOfOneSystem = fc.tuple(planSpecs, planSpecs).map(([first, second]) => [first, first["osType"] === second["osType"] ? second : first] as const);
    await fc.assert(fc.asyncProperty(twoOfOneSystem, ([first, second]) => settles("AppServicePlan", first, second)), { numRuns: 12 });
  }, 60_000);

  test("a web app", async () => {
    await fc.assert(fc.asyncProperty(webAppChanges(known("linux")), ([first, second]) => settles("WebApp", first, second)), { numRuns: 20 });
  }, 120_000);

  test("a function app on a Flex Consumption plan", async () => {
    await fc.assert(fc.asyncProperty(flexAppSpecs(known("flex")), flexAppSpecs(known("flex")), (first, second) => settles("WebApp", first, second)), { numRuns: 20 });
  }, 60_000);
});
