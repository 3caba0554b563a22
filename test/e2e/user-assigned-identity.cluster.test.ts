import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RecordedRequest } from "../azure/azure.ts";
import { identity, identityId } from "./objects.ts";
import { conditionStatus, isReady, messageOf, reasonOf, setStage, type Stage, TENANT } from "./stage.ts";

const NAMESPACE = "e2e-identity";
const VANISHING = "e2e-vanishing";
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE, VANISHING] });
  await stage.startOperator();
});

afterAll(() => stage.close());

beforeEach(() => stage.azure.clearRequests());

const calls = () => stage.arm().map(({ method, status }) => `${method} ${status}`);
const writes = () => stage.arm().filter(({ method }) => method !== "GET");

async function made(name: string, spec: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await stage.apply(identity(NAMESPACE, name, spec));
  await stage.until("uai", name, isReady);
  stage.azure.clearRequests();
}

async function requestPass(name: string, value: string): Promise<void> {
  await stage.kubectl("annotate", "uai", name, "-n", NAMESPACE, "--overwrite", `azureidentity.dev/reconcile-requested-at=${value}`);
  await stage.until("uai", name, (object) => object.status?.["lastHandledReconcileAt"] === value);
}

async function gone(name: string, namespace = NAMESPACE): Promise<void> {
  await stage.kubectl("wait", "--for=delete", "uai", name, "-n", namespace, "--timeout=20s");
}

describe("a UserAssignedIdentity", () => {
  test("becomes Ready with its ids by one GET and one PUT, and three writes to Kubernetes and an event", async () => {
    const before = await stage.kubernetesWrites();
    await stage.apply(identity(NAMESPACE, "reader", { tags: { team: "web" } }));
    const ready = await stage.until("uai", "reader", isReady);
    const shown = stage.azure.portal.get(identityId("reader"));
    expect(ready.status).toMatchObject({ resourceId: identityId("reader"), tenantId: TENANT, ...(shown?.["properties"] as object) });
    expect(calls()).toEqual(["GET 404", "PUT 201"]);
    expect(await stage.kubernetesWrites()).toBe(before + 4);
    expect(shown?.["tags"]).toMatchObject({ team: "web", "azureidentity.dev-owner": expect.stringMatching(/\/e2e-identity\/reader$/) as string });
  });

  test("changes one tag by one write, and keeps those of others", async () => {
    await made("tagged", { tags: { team: "web", old: "1" } });
    stage.azure.portal.patch(identityId("tagged"), { tags: { ...(stage.azure.portal.get(identityId("tagged"))?.["tags"] as object), theirs: "yes" } });
    await stage.apply(identity(NAMESPACE, "tagged", { tags: { team: "api" } }));
    await stage.until("uai", "tagged", (object) => isReady(object) && object.status?.["observedGeneration"] === 2);
    expect(writes().map(({ method }) => method)).toEqual(["PATCH"]);
    const tags = stage.azure.portal.get(identityId("tagged"))?.["tags"];
    expect(tags).toMatchObject({ team: "api", theirs: "yes" });
    expect(tags).not.toHaveProperty("old");
  });

  test("heals a tag that was changed in Azure", async () => {
    await made("drifting", { tags: { team: "web" } });
    stage.azure.portal.patch(identityId("drifting"), { tags: { ...(stage.azure.portal.get(identityId("drifting"))?.["tags"] as object), team: "evil" } });
    await requestPass("drifting", "1");
    expect(stage.azure.portal.get(identityId("drifting"))?.["tags"]).toMatchObject({ team: "web" });
    expect(calls()).toEqual(["GET 200", "PATCH 200"]);
  });

  test("is deleted after a look whose it is, and the finalizer leaves then", async () => {
    await made("short-lived");
    await stage.kubectl("delete", "uai", "short-lived", "-n", NAMESPACE, "--wait=false");
    await gone("short-lived");
    expect(calls()).toEqual(["GET 200", "DELETE 200"]);
    expect(stage.azure.portal.get(identityId("short-lived"))).toBeUndefined();
  });

  test("waits for a 404 that does not say that the identity is gone", async () => {
    await made("hidden");
    const answer = { do: "answer", status: 404, body: { error: { code: "SubscriptionNotFound", message: "The subscription could not be found." } } } as const;
    const restore = stage.azure.intercept(({ path }) => path.endsWith("/hidden"), answer, 1000);
    await stage.kubectl("delete", "uai", "hidden", "-n", NAMESPACE, "--wait=false");
    const waiting = await stage.until("uai", "hidden", (object) => reasonOf(object) === "AzureNotFound");
    expect(waiting.metadata.finalizers).toContain("azureidentity.dev/azure-resource");
    restore();
    await gone("hidden");
    expect(stage.azure.portal.get(identityId("hidden"))).toBeUndefined();
  });

  test("stays in Azure under Retain, without our mark", async () => {
    await made("retained", { deletionPolicy: "Retain", tags: { team: "web" } });
    await stage.kubectl("delete", "uai", "retained", "-n", NAMESPACE, "--wait=false");
    await gone("retained");
    expect(stage.azure.portal.get(identityId("retained"))?.["tags"]).toEqual({ team: "web" });
  });

  test("refuses a foreign identity of its name and touches nothing, until adoption is allowed", async () => {
    stage.azure.portal.put(identityId("theirs"), { location: "westus2", tags: { owner: "somebody" } });
    await stage.apply(identity(NAMESPACE, "theirs"));
    const refused = await stage.until("uai", "theirs", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(refused)).toBe("AlreadyExists");
    expect(messageOf(refused)).toContain("adoptionPolicy");
    expect(refused.status).not.toHaveProperty("principalId");
    expect(writes()).toEqual([]);
    await stage.apply(identity(NAMESPACE, "theirs", { adoptionPolicy: "IfExists" }));
    await stage.until("uai", "theirs", isReady);
    expect(stage.azure.portal.get(identityId("theirs"))?.["tags"]).toMatchObject({ owner: "somebody", "azureidentity.dev-owner": expect.any(String) as string });
    await stage.kubectl("delete", "uai", "theirs", "-n", NAMESPACE, "--wait=false");
    await gone("theirs");
    expect(stage.azure.portal.get(identityId("theirs"))?.["tags"]).toEqual({ owner: "somebody" });
  });

  test("only observes under ObserveOnly, and lists the drift", async () => {
    stage.azure.portal.put(identityId("seen"), { location: "westus2", tags: { team: "api" } });
    await stage.apply(identity(NAMESPACE, "seen", { managementPolicy: "ObserveOnly", tags: { team: "web" } }));
    const observed = await stage.until("uai", "seen", isReady);
    expect(observed.status?.["drift"]).toEqual([{ path: "tags[team]", want: "web", have: "api" }]);
    expect(conditionStatus(observed, "Drifted")).toBe("True");
    expect(observed.metadata.finalizers ?? []).toEqual([]);
    expect(writes()).toEqual([]);
  });

  test("does nothing while paused, and says so", async () => {
    await made("resting");
    await stage.kubectl("annotate", "uai", "resting", "-n", NAMESPACE, "azureidentity.dev/paused=true");
    const paused = await stage.until("uai", "resting", (object) => conditionStatus(object, "Paused") === "True");
    expect(conditionStatus(paused, "Ready")).toBe("True");
    stage.azure.clearRequests();
    await stage.kubectl("patch", "uai", "resting", "-n", NAMESPACE, "--type=merge", "-p", '{"spec":{"tags":{"a":"b"}}}');
    await stage.kubectl("annotate", "uai", "resting", "-n", NAMESPACE, "azureidentity.dev/paused-");
    await stage.until("uai", "resting", (object) => isReady(object) && object.status?.["observedGeneration"] === 2);
    expect(calls()).toEqual(["GET 200", "PATCH 200"]);
  });

  test("a namespace that vanishes does not hang and leaves nothing behind", async () => {
    await stage.apply(identity(VANISHING, "ephemeral"));
    await stage.until("uai", "ephemeral", isReady, VANISHING);
    await stage.kubectl("delete", "namespace", VANISHING, "--timeout=40s");
    expect(stage.azure.portal.get(identityId("ephemeral"))).toBeUndefined();
  });

  test("obeys Retry-After and changes no condition meanwhile", async () => {
    stage.azure.intercept(({ path, method }) => method === "PUT" && path.endsWith("/throttled"), { do: "throttle", retryAfterSeconds: 1 });
    await stage.apply(identity(NAMESPACE, "throttled"));
    const ready = await stage.until("uai", "throttled", isReady);
    expect(ready.status?.["principalId"]).toBeDefined();
    expect(calls()).toEqual(["GET 404", "PUT 429", "GET 404", "PUT 201"]);
  });

  test.each([
    ["a 503 with HTML", { do: "answer", status: 503, text: "<html>busy</html>" }],
    ["a connection that is reset before the effect", { do: "reset", effect: "none" }],
    ["a connection that is reset after the effect", { do: "reset", effect: "done" }],
    ["a 504 whose write happened", { do: "gateway-timeout" }],
  ] as const)("heals after %s, and makes the identity once", async (name, fault) => {
    const object = `healing-${name.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase()}`;
    stage.azure.intercept(({ path, method }) => method === "PUT" && path.endsWith(`/${object}`), fault);
    await stage.apply(identity(NAMESPACE, object));
    const ready = await stage.until("uai", object, isReady);
    expect(ready.status).toMatchObject(stage.azure.portal.get(identityId(object))?.["properties"] as object);
  });

  test("says which permission is missing and how to grant it", async () => {
    const elsewhere = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/forbidden";
    stage.azure.setPermissions([]);
    await stage.apply(identity(NAMESPACE, "forbidden"));
    const waiting = await stage.until("uai", "forbidden", (object) => reasonOf(object) === "AuthorizationFailed");
    expect(messageOf(waiting)).toContain("az role assignment create");
    expect(messageOf(waiting)).toContain(stage.principalId);
    expect(messageOf(waiting)).toContain(elsewhere);
    stage.restorePermissions();
    await stage.kubectl("annotate", "uai", "forbidden", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
    await stage.until("uai", "forbidden", isReady);
  });

  test("a finalizer that another manager also owns does not hang it", async () => {
    await made("shared-finalizer");
    const owned = { ...(identity(NAMESPACE, "shared-finalizer") as { metadata: object }) };
    const metadata = { ...owned.metadata, finalizers: ["azureidentity.dev/azure-resource"] };
    const applied = await stage.tryKubectl(["apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-"], JSON.stringify({ ...owned, metadata }));
    expect(applied).toMatchObject({ code: 0 });
    await stage.kubectl("delete", "uai", "shared-finalizer", "-n", NAMESPACE, "--wait=false");
    await gone("shared-finalizer");
  });

  test("a restart reads one page for all that is settled, and writes nothing to Azure nor to Kubernetes", async () => {
    await stage.operator().stop("SIGTERM");
    stage.azure.clearRequests();
    await stage.startOperator();
    const isPage = ({ method, path }: RecordedRequest) => method === "GET" && /\/userAssignedIdentities(?:\?|$)/.test(path);
    await stage.untilArm((requests) => requests.some((request) => isPage(request) && request.status === 200));
    expect(stage.arm().filter(isPage)).toHaveLength(1);
    await requestNothing();
    expect(writes()).toEqual([]);
    expect(await stage.kubernetesWrites()).toBe(0);
  });
});

/** One more settled pass: after it, everything that the restart caused has been concluded. */
async function requestNothing(): Promise<void> {
  const before = stage.arm().length;
  await stage.untilArm((requests) => requests.length >= before && requests.every(({ status }) => status !== 0));
}
