import { describe, expect, test } from "vitest";
import { OWNER_TAG } from "../../src/api/group.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { WebAppSpec } from "../../src/api/web-app.ts";
import type { Surroundings } from "../../src/kinds/kind.ts";
import { webApp } from "../../src/kinds/web-app.ts";
import { idOf } from "../reconcile/hosts.ts";
import { making, surroundings } from "../reconcile/never.ts";
import { objectWith, resourceShapeOf } from "./objects.ts";

const shape = resourceShapeOf(webApp);
const PLAN = idOf("plan").replace("Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.Web/serverfarms");
const SITE = PLAN.replace("serverfarms/plan", "sites/shop");
const MARK = "cluster/default/a";
const place = { subscriptionId: "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", resourceGroup: "msdocs-identity-example" };
const APP = idOf("app");
const own = { identity: { userAssigned: [{ armId: APP }] } };

function specOf(more: JsonObject): WebAppSpec {
  const plan = "slotOf" in more ? {} : { plan: { planArmId: PLAN } };
  const parsed = webApp.parse(objectWith({ ...plan, ...more }));
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.spec;
}

/** A site as GET shows it, with what is given. */
function site(properties: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    id: SITE,
    kind: "app",
    location: "West Europe",
    tags: { [OWNER_TAG]: MARK },
    ...more,
    properties: { state: "Running", enabled: true, httpsOnly: false, clientAffinityEnabled: true, keyVaultReferenceIdentity: "SystemAssigned", serverFarmId: PLAN, functionAppConfig: null, siteConfig: { linuxFxVersion: "", alwaysOn: false, ftpsState: null, appSettings: null }, ...properties },
  };
}

const has = { identity: { type: "UserAssigned", userAssignedIdentities: { [APP.replace("resourceGroups", "resourcegroups")]: { clientId: "client" } } } };
const config = (properties: JsonObject): JsonObject => ({ $parts: { web: { properties } } });
const storage = (authentication: JsonObject): JsonObject => ({ deployment: { storage: { blobContainerUri: "https://a.blob.core.windows.net/b", authentication } }, runtime: { name: "node", version: "22" } });
const flex = (authentication: JsonObject): JsonObject => ({
  functionAppConfig: {
    deployment: { storage: { type: "BlobContainer", value: "https://a.blob.core.windows.net/b", authentication: { storageAccountConnectionStringName: null, ...authentication } } },
    runtime: { name: "node", version: "22" },
    scaleAndConcurrency: { alwaysReady: null, maximumInstanceCount: 100, instanceMemoryMB: 2048, triggers: null },
    siteUpdateStrategy: { type: "Recreate" },
  },
});

interface Row {
  readonly name: string;
  readonly spec: JsonObject;
  readonly have: JsonObject;
  readonly differs: readonly string[];
  /** Method, place, body and disruption of each write. */
  readonly writes: readonly (readonly [string, JsonObject, string])[];
}

const rows: readonly Row[] = [
  { name: "nothing declared", spec: {}, have: site(), differs: [], writes: [] },
  { name: "everything as it is, spelled otherwise", spec: { httpsOnly: false, clientAffinityEnabled: true, keyVaultReferenceIdentity: { systemAssigned: true }, state: "Running" }, have: site({ serverFarmId: PLAN.toLowerCase(), keyVaultReferenceIdentity: "systemassigned" }), differs: [], writes: [] },
  { name: "https only", spec: { httpsOnly: true }, have: site(), differs: ["properties.httpsOnly: false -> true"], writes: [["PATCH ", { properties: { httpsOnly: true } }, "Recycle"]] },
  { name: "a tag", spec: { tags: { a: "b" } }, have: site(), differs: ["tags[a]: (absent) -> b"], writes: [["PATCH ", { tags: { a: "b", [OWNER_TAG]: MARK } }, "None"]] },
  {
    name: "a tag and a property, by one PATCH",
    spec: { tags: { a: "b" }, clientAffinityEnabled: false },
    have: site(),
    differs: ["tags[a]: (absent) -> b", "properties.clientAffinityEnabled: true -> false"],
    writes: [["PATCH ", { tags: { a: "b", [OWNER_TAG]: MARK }, properties: { clientAffinityEnabled: false } }, "Recycle"]],
  },
  { name: "another plan", spec: {}, have: site({ serverFarmId: `${PLAN}2` }), differs: [`properties.serverFarmId: ${PLAN}2 -> ${PLAN}`], writes: [["PATCH ", { properties: { serverFarmId: PLAN } }, "Restart"]] },
  { name: "the runtime in another case", spec: { siteConfig: { linuxFxVersion: "node|22-lts" } }, have: site({ siteConfig: { linuxFxVersion: "NODE|22-lts" } }), differs: [], writes: [] },
  {
    name: "an image in another case",
    spec: { siteConfig: { linuxFxVersion: "DOCKER|Shop:1" } },
    have: site({ siteConfig: { linuxFxVersion: "DOCKER|shop:1" } }),
    differs: ["properties.siteConfig.linuxFxVersion: DOCKER|shop:1 -> DOCKER|Shop:1"],
    writes: [["PATCH config/web", { properties: { linuxFxVersion: "DOCKER|Shop:1" } }, "Recycle"]],
  },
  { name: "what was never set is false", spec: { siteConfig: { alwaysOn: false, use32BitWorkerProcess: false } }, have: site({}, config({ alwaysOn: false, use32BitWorkerProcess: null })), differs: [], writes: [] },
  {
    name: "configuration that only config/web shows",
    spec: { siteConfig: { ftpsState: "Disabled", minTlsVersion: "1.2", http20Enabled: true } },
    have: site({}, config({ ftpsState: "FtpsOnly", minTlsVersion: "1.2", http20Enabled: false })),
    differs: ["properties.siteConfig.ftpsState: FtpsOnly -> Disabled", "properties.siteConfig.http20Enabled: false -> true"],
    writes: [["PATCH config/web", { properties: { ftpsState: "Disabled", http20Enabled: true } }, "Recycle"]],
  },
  { name: "the identity that reads Key Vault references", spec: { ...own, keyVaultReferenceIdentity: { armId: APP } }, have: site({}, has), differs: [`properties.keyVaultReferenceIdentity: SystemAssigned -> ${APP}`], writes: [["PATCH ", { properties: { keyVaultReferenceIdentity: APP } }, "Recycle"]] },
  { name: "that identity before the app has it", spec: { ...own, keyVaultReferenceIdentity: { armId: APP } }, have: site(), differs: [`properties.keyVaultReferenceIdentity: SystemAssigned -> ${APP}, awaited`], writes: [] },
  { name: "that identity as it is, while the app has lost it", spec: { ...own, keyVaultReferenceIdentity: { armId: APP } }, have: site({ keyVaultReferenceIdentity: APP.toUpperCase() }), differs: [], writes: [] },
  {
    name: "the identity that pulls images, by its client id",
    spec: { ...own, siteConfig: { acrUseManagedIdentityCreds: true, acrPullIdentity: { armId: APP } } },
    have: site({}, { ...has, ...config({ acrUseManagedIdentityCreds: true, acrUserManagedIdentityID: null }) }),
    differs: ["properties.siteConfig.acrUserManagedIdentityID: (absent) -> client"],
    writes: [["PATCH config/web", { properties: { acrUserManagedIdentityID: "client" } }, "Recycle"]],
  },
  {
    name: "that identity before the app has it",
    spec: { ...own, siteConfig: { acrUseManagedIdentityCreds: true, acrPullIdentity: { armId: APP } } },
    have: site({}, config({ acrUseManagedIdentityCreds: true, acrUserManagedIdentityID: null })),
    differs: ["properties.siteConfig.acrUserManagedIdentityID: (absent) -> (client id of an identity), awaited"],
    writes: [],
  },
  { name: "a Flex app as it is, with what Azure adds", spec: { appKind: "FunctionApp", functionAppConfig: storage({ systemAssigned: true }) }, have: site(flex({ type: "SystemAssignedIdentity" }), { kind: "functionapp,linux" }), differs: [], writes: [] },
  {
    name: "a Flex app of another identity: its sections are sent together, and the identity of before is taken out",
    spec: { appKind: "FunctionApp", functionAppConfig: storage({ systemAssigned: true }) },
    have: site(flex({ type: "UserAssignedIdentity", userAssignedIdentityResourceId: APP }), { kind: "functionapp,linux" }),
    differs: [expect.stringContaining("properties.functionAppConfig.deployment.storage: ") as string],
    writes: [["PATCH ", { properties: { functionAppConfig: { ...flex({})["functionAppConfig"] as JsonObject, deployment: { storage: { type: "blobContainer", value: "https://a.blob.core.windows.net/b", authentication: { type: "SystemAssignedIdentity", userAssignedIdentityResourceId: null } } } } } }, "Recycle"]],
  },
  { name: "a stopped app that is to run", spec: { state: "Running" }, have: site({ state: "Stopped" }), differs: ["properties.state: Stopped -> Running"], writes: [["POST start", {}, "None"]] },
  { name: "a disabled app that is to run", spec: { state: "Running" }, have: site({ state: "Disabled", enabled: false }), differs: ["properties.state: Disabled -> Running"], writes: [["PATCH ", { properties: { enabled: true } }, "None"], ["POST start", {}, "None"]] },
  { name: "a running app that is to be stopped", spec: { state: "Stopped" }, have: site(), differs: ["properties.state: Running -> Stopped"], writes: [["POST stop", {}, "Recycle"]] },
  { name: "a disabled app that is to be stopped", spec: { state: "Stopped" }, have: site({ state: "Disabled" }), differs: [], writes: [] },
  { name: "a function app where a web app is declared", spec: {}, have: site({}, { kind: "functionapp,linux" }), differs: ["kind: functionapp,linux -> app, fixed"], writes: [] },
  { name: "another region", spec: { location: "northeurope" }, have: site(), differs: ["location: West Europe -> northeurope, fixed"], writes: [] },
];

describe("how a site differs, and what heals it", () => {
  test.each(rows)("$name", ({ spec: declared, have, differs, writes }) => {
    const spec = specOf(declared);
    const made = making({ location: spec.location ?? "" });
    const told = shape.differences(spec, have, made).map(({ path, want, have: is, mutable, awaitsIdentity }) => `${path}: ${is} -> ${want}${mutable ? "" : ", fixed"}${awaitsIdentity === true ? ", awaited" : ""}`);
    expect(told).toEqual(differs);
    expect(shape.steps(spec, have, made).map(({ method, path, action, body, disruption }) => [`${method} ${action ?? path}`, body, disruption])).toEqual(writes);
  });
});

describe("the PUT that creates", () => {
  test.each([
    { name: "little where little is declared", spec: {}, want: { location: "westeurope", kind: "app", tags: { [OWNER_TAG]: MARK }, properties: { serverFarmId: PLAN } } },
    { name: "a Linux app", spec: { siteConfig: { linuxFxVersion: "NODE|22-lts" } }, want: { kind: "app,linux", properties: { siteConfig: { linuxFxVersion: "NODE|22-lts" } } } },
    { name: "settings and configuration", spec: { httpsOnly: true, siteConfig: { ftpsState: "Disabled" }, appSettings: [{ name: "A", value: "b" }] }, want: { properties: { httpsOnly: true, siteConfig: { ftpsState: "Disabled", appSettings: [{ name: "A", value: "b" }] } } } },
    { name: "an identity that it gets by the same PUT", spec: { ...own, keyVaultReferenceIdentity: { armId: APP } }, want: { properties: { keyVaultReferenceIdentity: APP } } },
    { name: "functions", spec: { appKind: "FunctionApp", functionAppConfig: storage({ armId: APP }), ...own }, want: { kind: "functionapp,linux", properties: { functionAppConfig: { deployment: { storage: { type: "blobContainer", authentication: { type: "UserAssignedIdentity", userAssignedIdentityResourceId: APP } } } } } } },
  ])("$name", ({ spec, want }) => expect(shape.desired(specOf(spec), making())).toMatchObject(want));

  test("says nothing of what is not known yet", () => {
    const spec = specOf({ ...own, siteConfig: { acrUseManagedIdentityCreds: true, acrPullIdentity: { armId: APP } }, appSettings: [{ name: "A", identityClientId: { armId: APP } }] });
    expect(shape.desired(spec, making())["properties"]).toEqual({ serverFarmId: PLAN, siteConfig: { acrUseManagedIdentityCreds: true } });
  });
});

describe("a spec that the schema takes and the operator does not", () => {
  const other = { armId: idOf("other") };
  const listed = "it must be one of the app's: list it in spec.identity.userAssigned, in the same way";
  test.each([
    { name: "a reader of Key Vault references that the app has not", spec: { keyVaultReferenceIdentity: other }, says: `spec.keyVaultReferenceIdentity: ${listed}` },
    { name: "the same by reference", spec: { keyVaultReferenceIdentity: { identityRef: { name: "app" } }, ...own }, says: `spec.keyVaultReferenceIdentity: ${listed}` },
    { name: "a pull identity that the app has not", spec: { siteConfig: { acrUseManagedIdentityCreds: true, acrPullIdentity: other }, ...own }, says: `spec.siteConfig.acrPullIdentity: ${listed}` },
    { name: "a storage identity that the app has not", spec: { appKind: "FunctionApp", functionAppConfig: storage(other) }, says: `spec.functionAppConfig.deployment.storage.authentication: ${listed}` },
    {
      name: "the client id of an identity by ARM id that the app has not",
      spec: { appSettings: [{ name: "A", value: "b" }, { name: "B", identityClientId: other }], ...own },
      says: "spec.appSettings[1].identityClientId.armId: the client id of an identity is known by its ARM id only while the app has it: list it in spec.identity.userAssigned, or use identityRef",
    },
    { name: "two settings of one name", spec: { appSettings: [{ name: "A", value: "b" }, { name: "a", value: "c" }] }, says: "spec.appSettings[1].name: App Service does not tell names apart by their case: declare each once" },
  ])("$name", ({ spec, says }) => expect(webApp.parse(objectWith({ plan: { planArmId: PLAN }, ...spec }))).toEqual({ ok: false, message: says }));

  test.each([
    { name: "in another case", spec: { keyVaultReferenceIdentity: { armId: APP.toUpperCase() }, ...own } },
    { name: "the system-assigned one", spec: { keyVaultReferenceIdentity: { systemAssigned: true } } },
    { name: "a client id by reference, of an identity that others attach", spec: { appSettings: [{ name: "A", identityClientId: { identityRef: { name: "app" } } }] } },
  ])("but takes an identity $name", ({ spec }) => expect(webApp.parse(objectWith({ plan: { planArmId: PLAN }, ...spec }))).toMatchObject({ ok: true }));
});

/** Surroundings in which these objects are there, by kind. */
function withObjects(objects: Readonly<Record<string, Partial<KubeObject>>>, held = false): Surroundings {
  const holds = held ? { target: SITE, tenantId: "t", credential: "shared", adopted: false, confirmed: true } : undefined;
  const referent: Surroundings["referent"] = ({ kind }) => (objects[kind] === undefined ? undefined : { ...objectWith({}), ...objects[kind] });
  return surroundings({ holds, referent, defaults: { location: "westus2" } });
}

const ready = (status: string, more: JsonObject = {}) => ({ conditions: [{ type: "Ready", status }], ...more });

describe("where an app is, and what it waits for", () => {
  const byRef = { plan: { planRef: { name: "plan" } }, ...place };
  test.each([
    { name: "in its group, under its own name", spec: place, objects: {}, want: SITE.replace("shop", "app") },
    { name: "under another name", spec: { ...place, azureName: "shop" }, objects: {}, want: SITE },
    { name: "its plan is not there", spec: byRef, objects: {}, want: "RefNotFound spec.plan.planRef: AppServicePlan default/plan does not exist: create it" },
    { name: "its plan is not ready", spec: byRef, objects: { AppServicePlan: { status: ready("False", { resourceId: PLAN }) } }, want: "RefNotReady spec.plan.planRef: AppServicePlan default/plan is not ready yet: see its conditions" },
    { name: "its plan is not ready, and the app was made before", spec: byRef, held: true, objects: { AppServicePlan: { status: ready("False", { resourceId: PLAN }) } }, want: SITE.replace("shop", "app") },
    { name: "its plan is gone, and the app was made before", spec: byRef, held: true, objects: {}, want: "RefNotFound spec.plan.planRef: AppServicePlan default/plan does not exist: create it" },
    { name: "an identity that a setting names is not ready", spec: { ...place, appSettings: [{ name: "A", identityClientId: { identityRef: { name: "app" } } }] }, objects: { UserAssignedIdentity: { status: {} } }, want: "RefNotReady spec.appSettings[0].identityClientId: UserAssignedIdentity default/app is not ready yet: see its conditions" },
    { name: "a slot below its site", spec: { slotOf: { webAppRef: { name: "shop" } }, azureName: "green" }, objects: { WebApp: { status: ready("True", { resourceId: SITE }) } }, want: `${SITE}/slots/green` },
    { name: "a slot whose site is being made", spec: { slotOf: { webAppRef: { name: "shop" } } }, objects: { WebApp: { status: ready("Unknown") } }, want: "RefNotReady spec.slotOf.webAppRef: WebApp default/shop is not ready yet: see its conditions" },
  ])("$name", ({ spec, objects, held, want }) => {
    const located = webApp.target(specOf(spec), "app", withObjects(objects, held));
    expect(located.ok ? located.target : `${located.reason ?? ""} ${located.message}`).toBe(want);
  });
});

describe("the region of an app", () => {
  const site = { slotOf: { webAppRef: { name: "shop" } } };
  const onPlan = { plan: { planRef: { name: "plan" } } };
  test.each([
    { name: "is its own", spec: { location: "northeurope", ...onPlan }, objects: { AppServicePlan: { spec: { location: "eastus" } } }, want: "northeurope" },
    { name: "is that of its plan", spec: onPlan, objects: { AppServicePlan: { spec: { location: "eastus" } } }, want: "eastus" },
    { name: "is the Namespace's", spec: onPlan, objects: { AppServicePlan: { spec: {} } }, want: "westus2" },
    { name: "is that of its site", spec: site, objects: { WebApp: { spec: { location: "eastus", ...onPlan } } }, want: "eastus" },
    { name: "is that of its site's plan", spec: site, objects: { WebApp: { spec: onPlan }, AppServicePlan: { spec: { location: "eastus" } } }, want: "eastus" },
    { name: "is nobody's where the site is no site", spec: site, objects: { WebApp: { spec: site } }, want: "westus2" },
  ])("$name", ({ spec, objects, want }) => expect(shape.location?.(specOf(spec), withObjects(objects))).toBe(want));
});

test("references protect what an app needs, and name their place", () => {
  const spec = specOf({ plan: { planRef: { name: "p" } }, identity: { userAssigned: [{ identityRef: { name: "i" } }] }, keyVaultReferenceIdentity: { identityRef: { name: "i" } }, appSettings: [{ name: "A", identityClientId: { identityRef: { name: "j" } } }] });
  expect(webApp.references(spec, "default").map(({ kind, name, path, protects }) => `${kind} ${name} ${path} ${protects}`)).toEqual([
    "UserAssignedIdentity i spec.identity.userAssigned[0] true",
    "UserAssignedIdentity i spec.keyVaultReferenceIdentity true",
    "UserAssignedIdentity j spec.appSettings[0].identityClientId true",
    "AppServicePlan p spec.plan.planRef true",
  ]);
});

test("deleting an app never deletes its plan, and what is recorded are the names of its settings", () => {
  expect(shape.deleteQuery).toEqual({ deleteEmptyServerFarm: "false" });
  expect([shape.record?.(specOf({ appSettings: [{ name: "A", value: "b" }] }), making()), shape.record?.(specOf({}), making())]).toEqual([{ settingNames: ["A"] }, {}]);
});
