import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { armId, assignment, identity, identityId } from "./objects.ts";
import { GROUP, isReady, type LooseObject, messageOf, reasonOf, setStage, type Stage, SUBSCRIPTION } from "./stage.ts";

const NAMESPACE = "e2e-web";
const siteId = (name: string) => armId("Microsoft.Web/sites", name);
const planId = (name: string) => armId("Microsoft.Web/serverfarms", name);
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
  await stage.kubectl("annotate", "namespace", NAMESPACE, `azureidentity.dev/subscription-id=${SUBSCRIPTION}`, `azureidentity.dev/resource-group=${GROUP}`);
  await stage.kubectl("apply", "-n", NAMESPACE, "-k", "deploy/kustomize/namespace");
  await stage.startOperator();
  await stage.apply(identity(NAMESPACE, "reader"), plan("plan", { osType: "Linux", sku: { name: "S1" } }));
  await stage.until("uai", "reader", isReady);
});

afterAll(() => stage.close());

beforeEach(() => stage.azure.clearRequests());

function object(kind: string, name: string, spec: object): object {
  return { apiVersion: "azureidentity.dev/v1alpha1", kind, metadata: { namespace: NAMESPACE, name }, spec };
}

function plan(name: string, spec: object = {}): object {
  return object("AppServicePlan", name, spec);
}

function app(name: string, spec: object = {}): object {
  return object("WebApp", name, { plan: { planRef: { name: "plan" } }, ...spec });
}

function secret(value: string): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { namespace: NAMESPACE, name: "example-settings" }, stringData: { "api-key": value } };
}

async function made(name: string, spec: object = {}): Promise<LooseObject> {
  await stage.apply(app(name, spec));
  const ready = await stage.until("webapp", name, isReady);
  stage.azure.clearRequests();
  return ready;
}

/** Asks for a pass and waits until it is over. */
async function lookedAt(name: string, request: string, isMet: (app: LooseObject) => boolean = isReady): Promise<LooseObject> {
  await stage.kubectl("annotate", "webapp", name, "-n", NAMESPACE, "--overwrite", `azureidentity.dev/reconcile-requested-at=${request}`);
  return stage.until("webapp", name, (each) => each.status?.["lastHandledReconcileAt"] === request && isMet(each));
}

async function removed(name: string): Promise<void> {
  await stage.kubectl("delete", "webapp", name, "-n", NAMESPACE, "--timeout=20s");
}

const settingsOf = (name: string) => stage.azure.portal.hidden(siteId(name))["appSettings"];
const writes = () => stage.arm().filter(({ method, path }) => method !== "GET" && !path.endsWith("/list"));
const told = () => writes().map(({ method, path }) => `${method} ${path.split("/providers/Microsoft.Web/")[1] ?? path}`);

describe("a web app on a plan, with an identity: the step of the tutorial", () => {
  test("status shows what az webapp show --query identity prints, and kubectl get the host name", async () => {
    const ready = await made("tutorial", { identity: { userAssigned: [{ identityRef: { name: "reader" } }] } });
    const shown = stage.azure.portal.get(identityId("reader"))?.["properties"] as { readonly principalId: string; readonly clientId: string };
    expect(ready.status).toMatchObject({
      resourceId: siteId("tutorial"),
      state: "Running",
      identity: { type: "UserAssigned", userAssignedIdentities: [{ resourceId: identityId("reader"), principalId: shown.principalId, clientId: shown.clientId }] },
    });
    expect(await stage.kubectl("get", "webapp", "tutorial", "-n", NAMESPACE, "--no-headers")).toMatch(/^tutorial +True +Succeeded +tutorial\.azurewebsites\.net /);
    expect(await stage.kubectl("get", "asp", "plan", "-n", NAMESPACE, "--no-headers")).toMatch(/^plan +True +Succeeded +S1 /);
    expect(await stage.kubectl("get", "events", "-n", NAMESPACE, "--field-selector=involvedObject.name=tutorial", "-o", "custom-columns=R:.reason", "--no-headers")).toMatch(/^Created$/m);
  });

  test("nothing is written when it is looked at again, neither to Azure nor to Kubernetes but the answer", async () => {
    await made("quiet", { siteConfig: { alwaysOn: true, ftpsState: "Disabled" }, appSettings: [{ name: "GREETING", value: "Hello" }], identity: { systemAssigned: true } });
    const before = await stage.kubernetesWrites();
    await lookedAt("quiet", "1");
    expect(writes()).toEqual([]);
    expect(await stage.kubernetesWrites()).toBe(before + 1);
  });

  test("its plan stays when it goes", async () => {
    await made("short-lived");
    await removed("short-lived");
    expect([stage.azure.portal.get(siteId("short-lived")), stage.azure.portal.get(planId("plan")) !== undefined]).toEqual([undefined, true]);
  });
});

describe("app settings", () => {
  test("that were changed in Azure are healed, and those of others stay", async () => {
    await made("drifting", { appSettings: [{ name: "GREETING", value: "Hello" }] });
    stage.azure.portal.patch(siteId("drifting"), { properties: { siteConfig: { appSettings: [{ name: "GREETING", value: "Go away" }, { name: "THEIRS", value: "kept" }] } } });
    await lookedAt("drifting", "1");
    expect([settingsOf("drifting"), told()]).toEqual([{ GREETING: "Hello", THEIRS: "kept" }, ["PUT sites/drifting/config/appsettings"]]);
  });

  test("follow their Secret, and its value is nowhere to be read", async () => {
    await stage.apply(secret("swordfish"));
    await made("secretive", { appSettings: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "example-settings", key: "api-key" } } }] });
    expect(settingsOf("secretive")).toEqual({ KEY: "swordfish" });
    await stage.apply(secret("another-swordfish"));
    await lookedAt("secretive", "1");
    expect(settingsOf("secretive")).toEqual({ KEY: "another-swordfish" });
    const told = await stage.kubectl("get", "webapps,events", "-n", NAMESPACE, "-o", "yaml");
    expect(`${told}${await stage.operator().output()}`).not.toContain("swordfish");
  });

  test("whose Secret may not be read say which Role to create", async () => {
    await stage.apply({ ...secret("x"), metadata: { namespace: NAMESPACE, name: "not-granted" } });
    await stage.apply(app("curious", { appSettings: [{ name: "KEY", valueFrom: { secretKeyRef: { name: "not-granted", key: "api-key" } } }] }));
    const waiting = await stage.until("webapp", "curious", (each) => reasonOf(each) === "RefNotPermitted");
    expect(messageOf(waiting)).toContain('get on secrets, resourceNames ["not-granted"]');
    await removed("curious");
  });

  test("are not changed where nothing may be disturbed", async () => {
    await made("calm", { appSettings: [{ name: "A", value: "b" }], allowDisruption: "None" });
    await stage.apply(app("calm", { appSettings: [{ name: "A", value: "c" }], allowDisruption: "None" }));
    const refused = await stage.until("webapp", "calm", (each) => reasonOf(each) === "DisruptionNotAllowed");
    expect(messageOf(refused)).toContain("set spec.allowDisruption to Recycle to allow it");
    expect([settingsOf("calm"), writes()]).toEqual([{ A: "b" }, []]);
  });
});

describe("what is not this object's", () => {
  test("a foreign site is refused and left alone", async () => {
    stage.azure.portal.put(planId("theirs"), { location: "westus2", sku: { name: "B1" } });
    stage.azure.portal.put(siteId("theirs"), { location: "westus2", properties: { serverFarmId: planId("theirs") } });
    await stage.apply(app("theirs", { httpsOnly: true }));
    const refused = await stage.until("webapp", "theirs", (each) => reasonOf(each) === "AlreadyExists");
    expect(messageOf(refused)).toContain("spec.adoptionPolicy");
    expect(writes()).toEqual([]);
    await removed("theirs");
    expect(stage.azure.portal.get(siteId("theirs"))).toBeDefined();
  });

  test("an IdentityAssignment on the same app shares its unit and takes back its own only", async () => {
    await stage.apply(identity(NAMESPACE, "guest"));
    await stage.until("uai", "guest", isReady);
    await made("shared", { identity: { userAssigned: [{ identityRef: { name: "reader" } }] } });
    await stage.apply(assignment(NAMESPACE, "shared", { target: { webAppRef: { name: "shared" } }, userAssigned: [{ identityRef: { name: "guest" } }] }));
    const ready = await stage.until("ida", "shared", isReady);
    expect(ready.status).toMatchObject({ host: "sites/shared", identity: { userAssignedIdentities: [{ resourceId: identityId("guest") }] } });
    expect(attachedTo("shared")).toEqual(["guest", "reader"]);
    const settled = await stage.until("webapp", "shared", (each) => JSON.stringify(each.status?.["identity"]).includes("/guest"));
    expect(isReady(settled)).toBe(true);
    await stage.kubectl("delete", "ida", "shared", "-n", NAMESPACE, "--timeout=20s");
    expect(attachedTo("shared")).toEqual(["reader"]);
  });
});

describe("functions", () => {
  test("on a Flex Consumption plan read their code by the identity that they have", async () => {
    await stage.apply(plan("flex", { osType: "Linux", sku: { name: "FC1" } }));
    const authentication = { identityRef: { name: "reader" } };
    await made("functions", {
      appKind: "FunctionApp",
      plan: { planRef: { name: "flex" } },
      functionAppConfig: { deployment: { storage: { blobContainerUri: "https://msdocs.blob.core.windows.net/code", authentication } }, runtime: { name: "node", version: "22" } },
      appSettings: [{ name: "AzureWebJobsStorage__clientId", identityClientId: authentication }],
      identity: { userAssigned: [authentication] },
    });
    const reader = stage.azure.portal.get(identityId("reader"))?.["properties"] as { readonly clientId: string };
    expect(settingsOf("functions")).toEqual({ AzureWebJobsStorage__clientId: reader.clientId });
    expect(stage.azure.portal.get(siteId("functions"))).toMatchObject({ kind: "functionapp,linux", properties: { sku: "FlexConsumption" } });
  });
});

describe("the end", () => {
  test("everything is deleted at once, in any order, without a hang", async () => {
    await stage.kubectl("delete", "asp,webapp,uai", "--all", "-n", NAMESPACE, "--timeout=40s");
    expect([stage.azure.portal.get(planId("plan")), stage.azure.portal.get(planId("flex")), stage.azure.portal.get(identityId("reader"))]).toEqual([undefined, undefined, undefined]);
    expect(stage.azure.portal.list("Microsoft.Web/sites").map(({ name }) => name)).toEqual(["theirs"]);
  });
});

function attachedTo(name: string): readonly string[] {
  const block = stage.azure.portal.get(siteId(name))?.["identity"] as { readonly userAssignedIdentities?: object } | undefined;
  return Object.keys(block?.userAssignedIdentities ?? {}).map((key) => key.split("/").at(-1) ?? "").toSorted();
}
