import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "./azure.ts";
import { objectAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2023-12-01";
const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const IDENTITY = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer`;
let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ subscriptionIds: [SUBSCRIPTION] });
  bench.azure.portal.put(IDENTITY, {});
});
beforeEach(() => {
  bench.azure.portal.delete(site());
  bench.azure.portal.put(plan("flex"), { sku: { name: "FC1" }, properties: { reserved: true } });
  bench.azure.portal.put(plan("basic"), { sku: { name: "B1" }, properties: { reserved: true } });
});
afterAll(() => bench.stop());

const plan = (name: string): string => `${bench.group}/providers/Microsoft.Web/serverfarms/${name}`;
const site = (): string => `${bench.group}/providers/Microsoft.Web/sites/functions`;
const BY_IDENTITY: JsonObject = { type: "UserAssignedIdentity", userAssignedIdentityResourceId: IDENTITY };
const storage = (authentication: JsonObject): JsonObject => ({
  type: "blobContainer",
  value: "https://store.blob.core.windows.net/packages",
  authentication,
});
const flex = (changes: JsonObject = {}): JsonObject => ({
  deployment: { storage: storage(BY_IDENTITY) },
  runtime: { name: "dotnet-isolated", version: "8.0" },
  scaleAndConcurrency: { maximumInstanceCount: 100, instanceMemoryMB: 2048 },
  ...changes,
});

function put(functionAppConfig: JsonValue | undefined, properties: JsonObject = {}, more: JsonObject = {}): Promise<RawAnswer> {
  const attached = { type: "UserAssigned", userAssignedIdentities: { [IDENTITY]: {} } };
  const whole = { serverFarmId: plan("flex"), ...(functionAppConfig === undefined ? {} : { functionAppConfig }), ...properties };
  return bench.send("PUT", site() + V, {
    body: { kind: "functionapp", location: "westeurope", identity: attached, properties: whole, ...more },
  });
}

describe("Flex Consumption apps (arm.md 6, ASO:Test_Web_Site_v20250501_CRUD#19)", () => {
  it("come back with the members that the server adds, and without client affinity", async () => {
    const { status, body } = await put(flex());
    expect([status, body["kind"]]).toEqual([200, "functionapp,linux"]);
    expect(body["properties"]).toMatchObject({
      sku: "FlexConsumption",
      reserved: true,
      clientAffinityEnabled: false,
      functionAppConfig: {
        deployment: { storage: { authentication: { ...BY_IDENTITY, storageAccountConnectionStringName: null } } },
        runtime: { name: "dotnet-isolated", version: "8.0" },
        scaleAndConcurrency: { alwaysReady: null, maximumInstanceCount: 100, instanceMemoryMB: 2048, triggers: null },
        siteUpdateStrategy: { type: "Recreate" },
      },
    });
  });

  it("PATCH merges the section, PUT without it keeps it, and a change of it recycles", async () => {
    await put(flex());
    const patched = await bench.send("PATCH", site() + V, {
      body: { properties: { functionAppConfig: { scaleAndConcurrency: { maximumInstanceCount: 40 } } } },
    });
    expect(objectAt(patched.body, "properties", "functionAppConfig")).toMatchObject({
      runtime: { name: "dotnet-isolated" },
      scaleAndConcurrency: { maximumInstanceCount: 40, instanceMemoryMB: 2048 },
    });
    expect(bench.azure.portal.recycles(site())).toBe(1);
    expect(objectAt((await put(undefined)).body, "properties", "functionAppConfig", "scaleAndConcurrency")["maximumInstanceCount"]).toBe(
      40,
    );
  });

  it.each([
    { name: "no section", config: undefined, says: "Site.FunctionAppConfig is invalid" },
    { name: "an unknown runtime", config: flex({ runtime: { name: "cobol", version: "85" } }), says: "Runtime.Name" },
    { name: "a runtime without version", config: flex({ runtime: { name: "node" } }), says: "Runtime.Version" },
    { name: "an odd memory size", config: flex({ scaleAndConcurrency: { instanceMemoryMB: 1000 } }), says: "InstanceMemoryMB" },
    { name: "too many instances", config: flex({ scaleAndConcurrency: { maximumInstanceCount: 1001 } }), says: "MaximumInstanceCount" },
    {
      name: "storage that is no container",
      config: flex({ deployment: { storage: { type: "file" } } }),
      says: "Deployment.Storage is invalid",
    },
    { name: "storage without authentication", config: flex({ deployment: { storage: storage({}) } }), says: "Authentication.Type" },
    {
      name: "an identity that is not attached",
      config: flex({
        deployment: {
          storage: storage({
            type: "UserAssignedIdentity",
            userAssignedIdentityResourceId:
              "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other",
          }),
        },
      }),
      says: "UserAssignedIdentityResourceId",
    },
  ])("$name is 400 in the flat envelope", async ({ config, says }) => {
    const answer = await put(config);
    expect([answer.status, codeOf(answer), messageOf(answer)]).toEqual([400, "BadRequest", expect.stringContaining(says)]);
  });

  it("take no settings that the section takes the place of, in no way", async () => {
    const named = (name: string): JsonObject => ({ siteConfig: { appSettings: [{ name, value: "x" }] } });
    expect(messageOf(await put(flex(), named("FUNCTIONS_WORKER_RUNTIME")))).toContain(
      "Site.SiteConfig.AppSettings.FUNCTIONS_WORKER_RUNTIME",
    );
    expect((await put(flex(), named("AzureWebJobsStorage__clientId"))).status).toBe(200);
    expect(
      (await bench.send("PUT", `${site()}/config/appsettings${V}`, { body: { properties: { WEBSITE_RUN_FROM_PACKAGE: "1" } } })).status,
    ).toBe(400);
    expect((await put(flex(), { siteConfig: { linuxFxVersion: "NODE|22" } })).status).toBe(400);
  });

  it("are the only ones that have the section", async () => {
    expect((await put(flex(), { serverFarmId: plan("basic") })).status).toBe(400);
  });
});

describe("functions that a container environment hosts (arm.md 6)", () => {
  it("are written with 202 and a Location, which has the site at the end", async () => {
    const kind = "functionapp,linux,container,azurecontainerapps";
    const managedEnvironmentId = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.App/managedEnvironments/env`;
    const written = await bench.send("PUT", site() + V, { body: { kind, location: "westeurope", properties: { managedEnvironmentId } } });
    const patched = await bench.send("PATCH", site() + V, { body: { identity: { type: "SystemAssigned" } } });
    for (const answer of [written, patched]) {
      expect([answer.status, answer.headers["azure-asyncoperation"]]).toEqual([202, undefined]);
      expect(answer.headers["location"]).toContain("/Microsoft.Web/sites/functions/operationresults/");
      const end = await bench.send("GET", answer.headers["location"] ?? "");
      expect([end.status, end.body["kind"], objectAt(end.body, "identity")["type"]]).toEqual([200, kind, "SystemAssigned"]);
    }
  });
});
