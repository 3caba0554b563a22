import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { setStage, type Stage } from "./stage.ts";
import { WebScene } from "./web-scene.ts";

let stage: Stage;
let web: WebScene;

beforeAll(async () => {
  stage = await setStage({
    azure: { settings: { appServiceLimits: [{ location: "westeurope", tier: "PremiumV3", because: "not-offered" }, { location: "westeurope", tier: "PremiumV4", because: "quota" }] } },
  });
  web = new WebScene(stage);
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

const planInAzure = (name: string): JsonObject | undefined => stage.bench.azure.portal.get(web.plan(name));
const onPlan = (name: string): JsonObject => ({ ...web.at(), plan: { planRef: { name } } });

/** A plan of ours and an app of ours on it, both of this name. */
async function planWithApp(): Promise<string> {
  const name = web.fresh();
  await web.apply("AppServicePlan", name, web.at());
  await web.apply("WebApp", name, onPlan(name));
  return name;
}

describe("an App Service plan", () => {
  test("is what az would make, and shows its SKU, its state and how many apps it has", async () => {
    const name = await planWithApp();
    expect(planInAzure(name)).toMatchObject({ kind: "app", sku: { name: "B1" }, properties: { reserved: false } });
    await stage.look();
    expect(stage.object("AppServicePlan", name)?.status).toMatchObject({ resourceId: web.plan(name), sku: "B1", planStatus: "Ready", provisioningState: "Succeeded", numberOfSites: 1 });
  });

  test("changes its SKU by a PUT that keeps what others set, and its tags by PATCH", async () => {
    const name = web.fresh();
    await web.apply("AppServicePlan", name, { ...web.at(), osType: "Linux" });
    stage.bench.azure.portal.patch(web.plan(name), { properties: { perSiteScaling: true }, tags: { ...objectAt(planInAzure(name), "tags"), theirs: "kept" } });
    stage.bench.azure.clearRequests();
    await web.apply("AppServicePlan", name, { ...web.at(), osType: "Linux", sku: { name: "s2", capacity: 3 } });
    await web.apply("AppServicePlan", name, { ...web.at(), osType: "Linux", sku: { name: "s2", capacity: 3 }, tags: { team: "web" } });
    expect(stage.writes().map(({ method }) => method)).toEqual(["PUT", "PATCH"]);
    expect(planInAzure(name)).toMatchObject({ kind: "linux", sku: { name: "S2", tier: "Standard", capacity: 3 }, tags: { team: "web", theirs: "kept" }, properties: { reserved: true, perSiteScaling: true } });
  });

  test("keeps its workers when only its SKU changes, and lets Azure choose where it had none of its own", async () => {
    const name = web.fresh();
    await web.apply("AppServicePlan", name, { ...web.at(), sku: { name: "B1", capacity: 2 } });
    await web.apply("AppServicePlan", name, { ...web.at(), sku: { name: "S1" } });
    expect(planInAzure(name)?.["sku"]).toMatchObject({ name: "S1", capacity: 2 });
    await web.apply("AppServicePlan", `${name}-free`, { ...web.at(), sku: { name: "F1" } });
    await web.apply("AppServicePlan", `${name}-free`, { ...web.at(), sku: { name: "B1" } });
    expect(planInAzure(`${name}-free`)?.["sku"]).toMatchObject({ name: "B1", capacity: 1 });
  });

  test("of another operating system is refused", async () => {
    const name = web.fresh();
    web.makePlan(name);
    await stage.apply("AppServicePlan", name, { ...web.at(), osType: "Linux", sku: { name: "S1" }, adoptionPolicy: "IfExists" });
    expect([stage.state("AppServicePlan", name), stage.message("AppServicePlan", name)]).toEqual(["False ImmutableFieldChanged", expect.stringContaining('properties.reserved is "Windows" and "Linux" is declared')]);
  });

  test.each([
    { name: "a tier that the region lacks", sku: "P1v3", reason: "AzureRefused", says: "Choose a different pricing tier" },
    { name: "a tier without quota", sku: "P1v4", reason: "AzureRefused", says: "ask for more quota, or choose another size or region" },
    { name: "a SKU that nobody knows", sku: "Z9", reason: "AzureRefused", says: "SKU.Name" },
  ])("$name is refused with Azure's reason and a remedy", async ({ sku, reason, says }) => {
    const name = web.fresh();
    await stage.apply("AppServicePlan", name, { ...web.at(), sku: { name: sku } });
    expect([stage.state("AppServicePlan", name), stage.message("AppServicePlan", name)]).toEqual([`False ${reason}`, expect.stringContaining(says)]);
  });
});

describe("a plan and the apps on it", () => {
  test("the plan stays while an app is declared, and when the app goes", async () => {
    const name = await planWithApp();
    stage.cluster.delete("AppServicePlan", name);
    await stage.settle();
    expect([stage.state("AppServicePlan", name), stage.message("AppServicePlan", name)]).toEqual(["False InUse", expect.stringContaining(`WebApp ${name} still refer`)]);
    expect(planInAzure(name)).toBeDefined();
    await stage.remove("WebApp", name);
    expect([stage.state("WebApp", name), stage.state("AppServicePlan", name), planInAzure(name)]).toEqual(["gone", "gone", undefined]);
  });

  test("an app that goes leaves an empty plan of others", async () => {
    const name = await web.created({});
    await stage.remove("WebApp", name);
    expect([stage.state("WebApp", name), web.azure(name)]).toEqual(["gone", undefined]);
    expect(planInAzure(`plan-${name}`)).toBeDefined();
  });

  test.each(["AppServicePlan", "WebApp"])("both are deleted at once, %s first", async (first) => {
    const name = await planWithApp();
    for (const kind of [first, first === "WebApp" ? "AppServicePlan" : "WebApp"]) stage.cluster.delete(kind, name);
    await stage.settle();
    expect([stage.state("AppServicePlan", name), stage.state("WebApp", name), planInAzure(name), web.azure(name)]).toEqual(["gone", "gone", undefined, undefined]);
  });

  test.each([409, 400] as const)("somebody else's app on it keeps the plan, also where Azure says so with %d", async (webPlanInUseStatus) => {
    const other = await setStage({ azure: { switches: { webPlanInUseStatus } } });
    const scene = new WebScene(other);
    await scene.apply("AppServicePlan", "shared", scene.at());
    other.bench.azure.portal.put(scene.site("theirs"), { location: "westeurope", properties: { serverFarmId: scene.plan("shared") } });
    await other.remove("AppServicePlan", "shared");
    expect([other.state("AppServicePlan", "shared"), other.message("AppServicePlan", "shared")]).toEqual(["False InUse", expect.stringContaining("remove what uses it, or wait until it is removed")]);
    other.bench.azure.portal.delete(scene.site("theirs"));
    await other.look();
    expect(other.state("AppServicePlan", "shared")).toBe("gone");
    await other.close();
  });

  test("an app waits for a plan that is not there, by either name", async () => {
    const name = web.fresh();
    await stage.apply("WebApp", name, onPlan(name));
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["False RefNotFound", `spec.plan.planRef: AppServicePlan default/${name} does not exist: create it`]);
    await stage.apply("WebApp", `${name}-b`, { ...web.at(), plan: { planArmId: web.plan("nowhere") } });
    expect([stage.state("WebApp", `${name}-b`), stage.message("WebApp", `${name}-b`)]).toEqual(["False AzureNotFound", expect.stringContaining("create what is missing, or correct what the spec names")]);
  });

  test("an app goes on while its plan is refused, for it is there", async () => {
    const name = await planWithApp();
    stage.bench.azure.portal.patch(web.plan(name), { tags: {} });
    await stage.look();
    expect(stage.state("AppServicePlan", name)).toBe("False AlreadyExists");
    await web.apply("WebApp", name, { ...onPlan(name), appSettings: [{ name: "A", value: "b" }] });
    expect(web.settings(name)).toEqual({ A: "b" });
  });

  test("a plan outside of what the administrator allows is refused", async () => {
    const name = web.fresh();
    const elsewhere = web.plan("x").replace(/[0-9a-f-]{36}/, "bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f");
    await stage.apply("WebApp", name, { ...web.at(), plan: { planArmId: elsewhere } });
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["False ScopeNotAllowed", expect.stringContaining("spec.plan.planArmId")]);
  });
});

describe("what Azure refuses of an app", () => {
  test("a name that somebody in the world has", async () => {
    const name = web.fresh();
    stage.bench.azure.portal.createResourceGroup(stage.bench.azure.subscriptionIds[0] ?? "", "other", "westeurope");
    stage.bench.azure.portal.put(web.site(name).replace("/rg/", "/other/"), { location: "westeurope" });
    await stage.apply("WebApp", name, web.spec(name));
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["False NameNotAvailable", expect.stringMatching(/already exists.*: choose another name in spec\.azureName$/)]);
  });

  test.each([
    { name: "a runtime that is not on offer", spec: { siteConfig: { linuxFxVersion: "COBOL|85" } }, says: "LinuxFxVersion" },
    { name: "Flex configuration on another plan", spec: { appKind: "FunctionApp", functionAppConfig: { deployment: { storage: { blobContainerUri: "https://a.blob.core.windows.net/b", authentication: { systemAssigned: true } } }, runtime: { name: "node", version: "22" } } }, says: "FunctionAppConfig" },
  ])("$name", async ({ spec, says }) => {
    const name = web.fresh();
    await stage.apply("WebApp", name, { ...web.spec(name), ...spec });
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["False AzureRefused", expect.stringContaining(says)]);
    expect(stage.message("WebApp", name)).toMatch(/: correct the spec, or what Azure complains about$/);
  });
});

describe("slots", () => {
  test("are made below their site, where it is, and keep it while they are declared", async () => {
    const site = await web.created({ identity: { systemAssigned: true } });
    const slot = `${site}-slot`;
    await web.apply("WebApp", slot, { slotOf: { webAppRef: { name: site } }, azureName: "green", identity: { systemAssigned: true }, appSettings: [{ name: "A", value: "b" }], state: "Stopped" });
    const id = `${web.site(site)}/slots/green`;
    expect(stage.object("WebApp", slot)?.status).toMatchObject({ resourceId: id, state: "Stopped", identity: { type: "SystemAssigned", principalId: objectAt(stage.bench.azure.portal.get(id), "identity")?.["principalId"] } });
    expect(web.status(slot)["identity"]).not.toEqual(web.status(site)["identity"]);
    expect(stage.bench.azure.portal.hidden(id)["appSettings"]).toEqual({ A: "b" });
    stage.cluster.delete("WebApp", site);
    await stage.settle();
    expect(stage.state("WebApp", site)).toBe("False InUse");
    await stage.remove("WebApp", slot);
    expect([stage.state("WebApp", slot), stage.state("WebApp", site), stage.bench.azure.portal.get(id), web.azure(site)]).toEqual(["gone", "gone", undefined, undefined]);
    expect(planInAzure(`plan-${site}`)).toBeDefined();
  });

  test("wait for their site", async () => {
    const slot = web.fresh();
    await stage.apply("WebApp", slot, { slotOf: { webAppRef: { name: "nowhere" } } });
    expect([stage.state("WebApp", slot), stage.message("WebApp", slot)]).toEqual(["False RefNotFound", "spec.slotOf.webAppRef: WebApp default/nowhere does not exist: create it"]);
  });
});

describe("an app and an assignment to it", () => {
  test("share one unit: each keeps its own identities, and the app's consent is the ceiling", async () => {
    for (const suffix of ["a", "b"]) stage.bench.azure.portal.put(web.identity(suffix), { location: "westeurope" });
    const own = { identity: { userAssigned: [{ armId: web.identity("a") }] } };
    const name = await web.created({ ...own, allowDisruption: "None" });
    const shared = { target: { webAppRef: { name } }, userAssigned: [{ armId: web.identity("b") }] };
    await stage.apply("IdentityAssignment", name, shared);
    expect([stage.state("IdentityAssignment", name), web.attached(name)]).toEqual(["False DisruptionNotAllowed", ["a"]]);
    await web.apply("WebApp", name, { ...web.spec(name), ...own });
    await stage.settle();
    expect([stage.state("IdentityAssignment", name), web.attached(name)]).toEqual(["True Succeeded", ["a", "b"]]);
    await stage.look();
    expect(web.status(name)["identity"]).toMatchObject({ userAssignedIdentities: [{ resourceId: web.identity("a") }, { resourceId: web.identity("b") }] });
    await web.apply("WebApp", name, { ...web.spec(name), ...own, appSettings: [{ name: "A", value: "b" }] });
    expect(web.attached(name)).toEqual(["a", "b"]);
    await stage.remove("IdentityAssignment", name);
    expect([stage.state("IdentityAssignment", name), stage.state("WebApp", name), web.attached(name)]).toEqual(["gone", "True Succeeded", ["a"]]);
  });

  test("an assignment waits for an app that is not there, and ends with it", async () => {
    const name = web.fresh();
    stage.bench.azure.portal.put(web.identity(name), { location: "westeurope" });
    await stage.apply("IdentityAssignment", name, { target: { webAppRef: { name } }, userAssigned: [{ armId: web.identity(name) }] });
    expect(stage.state("IdentityAssignment", name)).toBe("False RefNotFound");
    await web.apply("WebApp", name, web.spec(name));
    await stage.settle();
    expect([stage.state("IdentityAssignment", name), web.attached(name)]).toEqual(["True Succeeded", [name]]);
    await stage.remove("WebApp", name);
    expect([stage.state("WebApp", name), web.azure(name)]).toEqual(["gone", undefined]);
    await stage.remove("IdentityAssignment", name);
    expect(stage.state("IdentityAssignment", name)).toBe("gone");
  });
});

describe("a function app on a Flex Consumption plan", () => {
  test("reads its code by the identity that it has, and names no key", async () => {
    const name = web.fresh();
    await web.apply("UserAssignedIdentity", name, web.at());
    await web.apply("AppServicePlan", name, { ...web.at(), sku: { name: "FC1" }, osType: "Linux" });
    const authentication = { identityRef: { name } };
    await web.apply("WebApp", name, {
      ...onPlan(name),
      appKind: "FunctionApp",
      functionAppConfig: { deployment: { storage: { blobContainerUri: "https://shop.blob.core.windows.net/code", authentication } }, runtime: { name: "node", version: "22" } },
      appSettings: [{ name: "AzureWebJobsStorage__clientId", identityClientId: authentication }],
      identity: { userAssigned: [authentication] },
    });
    expect(web.azure(name)).toMatchObject({
      kind: "functionapp,linux",
      properties: {
        functionAppConfig: {
          deployment: { storage: { type: "blobContainer", authentication: { type: "UserAssignedIdentity", userAssignedIdentityResourceId: web.identity(name) } } },
          scaleAndConcurrency: { maximumInstanceCount: 100, instanceMemoryMB: 2048 },
        },
      },
    });
    const { clientId } = (stage.object("UserAssignedIdentity", name)?.status ?? {}) as JsonObject;
    expect([web.settings(name), web.slotNames(name)["appSettingNames"]]).toEqual([{ AzureWebJobsStorage__clientId: clientId }, ["AzureWebJobsStorage__clientId"]]);
  });
});
