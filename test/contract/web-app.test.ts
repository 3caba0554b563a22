import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { setStage, type Stage } from "./stage.ts";
import { WebScene } from "./web-scene.ts";

let stage: Stage;
let web: WebScene;

beforeAll(async () => {
  stage = await setStage();
  web = new WebScene(stage);
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  stage.cluster.documents.clear();
  await stage.restart();
});

describe("a web app of the tutorial", () => {
  test("is made by one PUT, once its plan and its identity are there, and shows the identity as az webapp show does", async () => {
    const name = web.fresh();
    stage.bench.azure.clearRequests();
    await stage.apply("WebApp", name, { ...web.at(), plan: { planRef: { name } }, identity: { userAssigned: [{ identityRef: { name } }] } });
    expect([stage.state("WebApp", name), web.told(name)]).toEqual(["False RefNotFound", []]);
    await stage.apply("UserAssignedIdentity", name, web.at());
    await stage.apply("AppServicePlan", name, web.at());
    expect(stage.state("WebApp", name)).toBe("True Succeeded");
    expect(web.told(name)).toEqual(["GET 404", "PUT 200"]);
    const { clientId, principalId } = (stage.object("UserAssignedIdentity", name)?.status ?? {}) as JsonObject;
    expect(stage.object("WebApp", name)?.status).toMatchObject({
      resourceId: web.site(name),
      state: "Running",
      defaultHostName: `${name}.azurewebsites.net`,
      identity: { type: "UserAssigned", userAssignedIdentities: [{ resourceId: web.identity(name), clientId, principalId }] },
    });
    expect(objectAt(web.azure(name), "identity")).toMatchObject({ type: "UserAssigned" });
  });

  test("shows an identity that others gave it, also when it declares none", async () => {
    const name = await web.created({});
    expect(web.status(name)["identity"]).toEqual({ type: "None" });
    stage.bench.azure.portal.patch(web.site(name), { identity: { type: "SystemAssigned" } });
    await stage.look();
    const { principalId, tenantId } = objectAt(web.azure(name), "identity") ?? {};
    expect(web.status(name)["identity"]).toEqual({ type: "SystemAssigned", principalId, tenantId });
  });

  test("hands on the ids of its system-assigned identity", async () => {
    const name = await web.created({ identity: { systemAssigned: true }, export: { configMap: { name: "ids" } } });
    const { principalId, tenantId } = objectAt(web.azure(name), "identity") ?? {};
    expect(stage.cluster.exported.get("ConfigMap/ids")?.values).toEqual({ principalId, tenantId, resourceId: web.site(name) });
  });

  test("is still its own when a person takes all its tags, as long as its principal is the same", async () => {
    const name = await web.created({ identity: { systemAssigned: true } });
    stage.bench.azure.portal.patch(web.site(name), { tags: {} });
    await stage.look();
    expect(stage.state("WebApp", name)).toBe("True Succeeded");
    expect(Object.keys(objectAt(web.azure(name), "tags") ?? {})).toEqual(["azureidentity.dev-owner"]);
  });
});

describe("app settings", () => {
  const spec = { appSettings: [{ name: "GREETING", value: "Hello" }, { name: "STICKY", value: "1", slotSetting: true }] };

  test("are read and written only where the spec declares something, and nothing is written again", async () => {
    const bare = await web.created({ siteConfig: { alwaysOn: true } });
    const name = await web.created({ ...spec, siteConfig: { ftpsState: "Disabled" } });
    expect(web.settings(name)).toEqual({ GREETING: "Hello", STICKY: "1" });
    stage.bench.azure.clearRequests();
    await stage.look();
    expect(web.told(bare)).toEqual(["GET 200"]);
    expect(web.told(name).toSorted()).toEqual(["GET 200", "GET config/slotConfigNames 200", "GET config/web 200", "POST config/appsettings/list 200"]);
    expect(stage.writes()).toEqual([]);
  });

  test("that somebody changed are healed, and those of others stay, as do the slot settings of others", async () => {
    const name = await web.created(spec);
    await web.putSettings(name, { GREETING: "Go away", THEIRS: "kept" });
    await web.putSlotNames(name, { appSettingNames: ["THEIRS"], connectionStringNames: ["Db"] });
    stage.bench.azure.clearRequests();
    await stage.look();
    expect(stage.state("WebApp", name)).toBe("True Succeeded");
    expect(web.told(name).filter((each) => each.startsWith("PUT"))).toEqual(["PUT config/slotConfigNames 200", "PUT config/appsettings 200"]);
    expect(web.settings(name)).toEqual({ GREETING: "Hello", STICKY: "1", THEIRS: "kept" });
    expect(web.slotNames(name)).toMatchObject({ appSettingNames: ["THEIRS", "STICKY"], connectionStringNames: ["Db"] });
  });

  test("that are no longer declared go, with their place among the slot settings, and nothing is read for them later", async () => {
    const name = await web.created(spec);
    await web.putSettings(name, { GREETING: "Hello", STICKY: "1", THEIRS: "kept" });
    await stage.apply("WebApp", name, web.spec(name));
    expect([web.settings(name), web.slotNames(name)["appSettingNames"]]).toEqual([{ THEIRS: "kept" }, []]);
    stage.bench.azure.clearRequests();
    await stage.look();
    expect(web.told(name)).toEqual(["GET 200"]);
  });

  test("come from Secrets and ConfigMaps, and the value of a Secret is shown nowhere", async () => {
    stage.cluster.documents.set("Secret/shop", { key: "swordfish" });
    stage.cluster.documents.set("ConfigMap/shop", { region: "eu" });
    const from = { appSettings: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "shop", key: "key" } } }, { name: "REGION", valueFrom: { configMapKeyRef: { name: "shop", key: "region" } } }] };
    const name = await web.created(from);
    expect(web.settings(name)).toEqual({ KEY: "swordfish", REGION: "eu" });
    stage.cluster.documents.set("Secret/shop", { key: "second-swordfish" });
    await stage.look();
    expect(web.settings(name)).toEqual({ KEY: "second-swordfish", REGION: "eu" });
    await stage.apply("WebApp", name, { ...web.spec(name), ...from, managementPolicy: "ObserveOnly" });
    stage.cluster.documents.set("Secret/shop", { key: "third-swordfish" });
    await stage.look();
    expect(web.status(name)["drift"]).toEqual([{ path: "appSettings[KEY]", want: "(secret)", have: "(another value)" }]);
    expect(JSON.stringify([stage.cluster.objects(), stage.cluster.events])).not.toContain("swordfish");
  });

  test("whose Secret is missing hold the app back, and say what to create", async () => {
    const name = web.fresh();
    await stage.apply("WebApp", name, { ...web.spec(name), appSettings: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "shop", key: "key" } } }] });
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["False RefNotFound", "spec.appSettings[0].valueFrom: Secret default/shop does not exist: create it"]);
    stage.cluster.documents.set("Secret/shop", { key: "swordfish" });
    await stage.settle();
    expect(stage.state("WebApp", name)).toBe("True Succeeded");
  });

  test("that name an identity have its client id and stay with their slot; one that is named by its ARM id follows the creation", async () => {
    const name = web.fresh();
    await stage.apply("UserAssignedIdentity", name, web.at());
    stage.bench.azure.portal.put(web.identity(`${name}-b`), { location: "westeurope" });
    const theirs = { armId: web.identity(`${name}-b`) };
    await stage.apply("WebApp", name, {
      ...web.spec(name),
      appSettings: [{ name: "AZURE_CLIENT_ID", identityClientId: { identityRef: { name } } }, { name: "Storage__clientId", identityClientId: theirs, slotSetting: false }],
      identity: { userAssigned: [theirs] },
    });
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["True Succeeded", expect.any(String)]);
    const clientId = (id: string) => objectAt(stage.bench.azure.portal.get(id), "properties")?.["clientId"];
    expect(web.settings(name)).toEqual({ AZURE_CLIENT_ID: clientId(web.identity(name)), Storage__clientId: clientId(web.identity(`${name}-b`)) });
    expect(web.slotNames(name)["appSettingNames"]).toEqual(["AZURE_CLIENT_ID"]);
  });
});

describe("identities that the app itself uses", () => {
  test("are attached before they are used, and the one of before is let go after", async () => {
    for (const suffix of ["a", "b"]) stage.bench.azure.portal.put(web.identity(suffix), { location: "westeurope" });
    const by = (suffix: string): JsonObject => ({ keyVaultReferenceIdentity: { armId: web.identity(suffix) }, identity: { userAssigned: [{ armId: web.identity(suffix) }] } });
    const name = await web.created(by("a"));
    stage.bench.azure.clearRequests();
    await stage.apply("WebApp", name, { ...web.spec(name), ...by("b") });
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["True Succeeded", expect.any(String)]);
    // The last one in two forms: only the second removes what this simulator's PATCH keeps (arm.md 18).
    expect(web.sent(name)).toEqual([["identity"], ["properties"], ["identity"], ["identity"]]);
    expect(objectAt(web.azure(name), "properties")?.["keyVaultReferenceIdentity"]).toBe(web.identity("b"));
    expect(web.attached(name)).toEqual(["b"]);
  });

  test("are used at once when they are added to an app", async () => {
    const name = await web.created({});
    stage.bench.azure.portal.put(web.identity("new"), { location: "westeurope" });
    const added = { armId: web.identity("new") };
    stage.bench.azure.clearRequests();
    await stage.apply("WebApp", name, { ...web.spec(name), keyVaultReferenceIdentity: added, identity: { userAssigned: [added] } });
    expect([stage.state("WebApp", name), web.sent(name)]).toEqual(["True Succeeded", [["identity"], ["properties"]]]);
    expect(objectAt(web.azure(name), "properties")?.["keyVaultReferenceIdentity"]).toBe(web.identity("new"));
  });

  test("come by a PUT of the whole app where Azure takes no PATCH, which sends no settings along", async () => {
    const other = await setStage({ azure: { switches: { webPatchIdentity: "rejected" } } });
    const scene = new WebScene(other);
    const settings = { appSettings: [{ name: "KEY", value: "swordfish" }], siteConfig: { ftpsState: "Disabled" } };
    const name = await scene.created(settings);
    other.bench.azure.portal.put(scene.identity("late"), { location: "westeurope" });
    other.bench.azure.clearRequests();
    await scene.apply("WebApp", name, { ...scene.spec(name), ...settings, identity: { userAssigned: [{ armId: scene.identity("late") }] } });
    expect([scene.attached(name), scene.settings(name)]).toEqual([["late"], { KEY: "swordfish" }]);
    expect(scene.sent(name).at(-1)).toEqual(["kind", "location", "tags", "properties", "identity"]);
    expect(JSON.stringify(other.writes())).not.toContain("swordfish");
    await other.close();
  });

  test("pull images by their client id", async () => {
    stage.bench.azure.portal.put(web.identity("puller"), { location: "westeurope" });
    const puller = { armId: web.identity("puller") };
    const name = await web.created({ identity: { userAssigned: [puller] }, siteConfig: { acrUseManagedIdentityCreds: true, acrPullIdentity: puller } });
    const { clientId } = objectAt(stage.bench.azure.portal.get(web.identity("puller")), "properties") ?? {};
    expect(objectAt(objectAt(web.azure(name), "properties"), "siteConfig")).toMatchObject({ acrUseManagedIdentityCreds: true, acrUserManagedIdentityID: clientId });
  });

  test("stay in use when the spec no longer speaks of them, and so are not detached", async () => {
    stage.bench.azure.portal.put(web.identity("reader"), { location: "westeurope" });
    const reader = { armId: web.identity("reader") };
    const name = await web.created({ keyVaultReferenceIdentity: reader, identity: { userAssigned: [reader] } });
    await stage.apply("WebApp", name, web.spec(name));
    expect([stage.state("WebApp", name), web.attached(name)]).toEqual(["False InUseByHost", ["reader"]]);
    await stage.apply("WebApp", name, { ...web.spec(name), keyVaultReferenceIdentity: { systemAssigned: true } });
    expect([stage.state("WebApp", name), web.attached(name)]).toEqual(["True Succeeded", []]);
  });
});

describe("the state of an app", () => {
  test("stopped is what it is from its creation on, and what it stays", async () => {
    const name = await web.created({ state: "Stopped" });
    expect([web.status(name)["state"], web.told(name)]).toEqual(["Stopped", ["GET 404", "PUT 200", "POST stop 200", "GET 200"]]);
    await stage.bench.send("POST", `${web.site(name)}/start?api-version=2025-05-01`);
    await stage.look();
    expect([stage.state("WebApp", name), web.status(name)["state"]]).toEqual(["True Succeeded", "Stopped"]);
    await stage.apply("WebApp", name, { ...web.spec(name), state: "Running" });
    expect([stage.state("WebApp", name), web.status(name)["state"]]).toEqual(["True Succeeded", "Running"]);
  });

  test("disabled is not running", async () => {
    const name = await web.created({ state: "Running" });
    stage.bench.azure.portal.patch(web.site(name), { properties: { enabled: false } });
    await stage.look();
    expect([stage.state("WebApp", name), web.status(name)["state"]]).toEqual(["True Succeeded", "Running"]);
  });
});

describe("what a change disturbs", () => {
  test.each([
    { name: "a setting", before: {}, after: { appSettings: [{ name: "A", value: "b" }] }, refused: "changing appSettings[A] restarts the app's workers, with overlap, and spec.allowDisruption is None: set spec.allowDisruption to Recycle to allow it" },
    { name: "its configuration", before: {}, after: { siteConfig: { alwaysOn: true } }, refused: "changing properties.siteConfig.alwaysOn restarts the app's workers, with overlap, and spec.allowDisruption is None: set spec.allowDisruption to Recycle to allow it" },
    { name: "its state", before: {}, after: { state: "Stopped" }, refused: "changing properties.state stops the app, and spec.allowDisruption is None: set spec.allowDisruption to Recycle to allow it" },
    { name: "a tag", before: {}, after: { tags: { a: "b" } }, refused: undefined },
    { name: "which settings stay with a slot", before: { appSettings: [{ name: "A", value: "b" }] }, after: { appSettings: [{ name: "A", value: "b", slotSetting: true }] }, refused: undefined },
  ])("$name, under allowDisruption None", async ({ before, after, refused }) => {
    const name = await web.created(before);
    await stage.apply("WebApp", name, { ...web.spec(name), ...after, allowDisruption: "None" });
    expect([stage.state("WebApp", name), ...(refused === undefined ? [] : [stage.message("WebApp", name)])]).toEqual(refused === undefined ? ["True Succeeded"] : ["False DisruptionNotAllowed", refused]);
  });

  test("healing obeys it, too", async () => {
    const name = await web.created({ appSettings: [{ name: "A", value: "b" }], allowDisruption: "None" });
    await web.putSettings(name, { A: "changed" });
    await stage.look();
    expect([stage.state("WebApp", name), web.settings(name)]).toEqual(["False DisruptionNotAllowed", { A: "changed" }]);
  });

  test("another plan restarts it, which the default does not allow", async () => {
    const name = await web.created({});
    web.makePlan(`${name}-b`);
    const moved = { ...web.spec(name), plan: { planArmId: web.plan(`${name}-b`) } };
    await stage.apply("WebApp", name, moved);
    expect([stage.state("WebApp", name), stage.message("WebApp", name)]).toEqual(["False DisruptionNotAllowed", expect.stringContaining("set spec.allowDisruption to Restart")]);
    await stage.apply("WebApp", name, { ...moved, allowDisruption: "Restart" });
    expect([stage.state("WebApp", name), objectAt(web.azure(name), "properties")?.["serverFarmId"]]).toEqual(["True Succeeded", web.plan(`${name}-b`)]);
  });
});
