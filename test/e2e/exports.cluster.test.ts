import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEPLOY } from "../deploy/documents.ts";
import { identity, identityId } from "./objects.ts";
import { conditionStatus, isReady, messageOf, reasonOf, setStage, type Stage, TENANT } from "./stage.ts";

const NAMESPACE = "e2e-exports";
const CLOSED = "e2e-exports-closed";
const VANISHING = "e2e-exports-vanishing";
const GRANTS = join(DEPLOY, "kustomize/namespace");
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE, CLOSED, VANISHING] });
  await stage.startOperator();
  await stage.kubectl("apply", "-n", NAMESPACE, "-k", GRANTS);
});

afterAll(() => stage.close());

async function exported(name: string, namespace = NAMESPACE): Promise<void> {
  await stage.kubectl("create", "serviceaccount", name, "-n", namespace);
  await stage.apply(identity(namespace, name, { export: { configMap: { name }, serviceAccount: { name } } }));
}

async function data(name: string, namespace = NAMESPACE): Promise<unknown> {
  const text = await stage.kubectl("get", "configmap", name, "-n", namespace, "--ignore-not-found", "-o", "jsonpath={.data}");
  return text === "" ? undefined : JSON.parse(text);
}

async function annotations(name: string, namespace = NAMESPACE): Promise<unknown> {
  const text = await stage.kubectl("get", "serviceaccount", name, "-n", namespace, "-o", "jsonpath={.metadata.annotations}");
  return text === "" ? {} : JSON.parse(text);
}

function idsInAzure(name: string): { readonly clientId: string; readonly principalId: string } {
  return stage.azure.portal.get(identityId(name))?.["properties"] as { clientId: string; principalId: string };
}

const gone = (name: string, namespace: string) => stage.kubectl("wait", "--for=delete", "uai", name, "-n", namespace, "--timeout=20s");

describe("an identity's ids", () => {
  test("are handed on to a ConfigMap and a ServiceAccount, and nothing is written again after a restart", async () => {
    await exported("reports");
    await stage.until("uai", "reports", isReady);
    const { clientId, principalId } = idsInAzure("reports");
    expect(await data("reports")).toEqual({ clientId, principalId, tenantId: TENANT, resourceId: identityId("reports") });
    expect(await annotations("reports")).toEqual({ "azure.workload.identity/client-id": clientId, "azure.workload.identity/tenant-id": TENANT });
    await stage.operator().stop();
    await stage.startOperator();
    await stage.kubectl("annotate", "uai", "reports", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
    await stage.until("uai", "reports", (object) => object.status?.["lastHandledReconcileAt"] === "now");
    expect(await stage.kubernetesWrites()).toBe(1);
  });

  test("are taken back when the object goes, what others set stays", async () => {
    await exported("leaving");
    await stage.until("uai", "leaving", isReady);
    await stage.kubectl("annotate", "serviceaccount", "leaving", "-n", NAMESPACE, "team=a");
    await stage.kubectl("delete", "uai", "leaving", "-n", NAMESPACE, "--wait=false");
    await gone("leaving", NAMESPACE);
    expect(await data("leaving")).toBeUndefined();
    expect(await annotations("leaving")).toEqual({ team: "a" });
  });

  test("never overwrite what stands there: Stalled, with one reason and one remedy", async () => {
    await stage.kubectl("create", "configmap", "foreign", "-n", NAMESPACE, "--from-literal=a=b");
    await stage.apply(identity(NAMESPACE, "foreign", { export: { configMap: { name: "foreign" } } }));
    const refused = await stage.until("uai", "foreign", (object) => reasonOf(object) === "ExportConflict");
    expect(conditionStatus(refused, "Stalled")).toBe("True");
    expect(messageOf(refused)).toBe(
      "cannot export to ConfigMap e2e-exports/foreign: it exists and is not labelled as ours: delete it, or name another ConfigMap",
    );
    expect(await data("foreign")).toEqual({ a: "b" });
  });
});

describe("a namespace that grants nothing", () => {
  test("is told the line that grants it, and that line is enough", async () => {
    await exported("waiting", CLOSED);
    const waiting = await stage.until("uai", "waiting", (object) => reasonOf(object) === "RefNotPermitted", CLOSED);
    expect(messageOf(waiting)).toMatch(
      /^cannot export to ConfigMap e2e-exports-closed\/waiting: configmaps "waiting" is forbidden: .*: let the operator get, create, patch and delete configmaps there: kubectl apply -n e2e-exports-closed -k deploy\/kustomize\/namespace$/,
    );
    await stage.kubectl("apply", "-n", CLOSED, "-k", GRANTS);
    await stage.kubectl("annotate", "uai", "waiting", "-n", CLOSED, "azureidentity.dev/reconcile-requested-at=now");
    await stage.until("uai", "waiting", isReady, CLOSED);
    expect(await data("waiting", CLOSED)).toMatchObject({ tenantId: TENANT });
  });

  test("any more does not hold its objects: what cannot be taken back is told by an event", async () => {
    await stage.kubectl("apply", "-n", CLOSED, "-k", GRANTS);
    await exported("stuck", CLOSED);
    await stage.until("uai", "stuck", isReady, CLOSED);
    await stage.kubectl("delete", "-n", CLOSED, "-k", GRANTS);
    await stage.kubectl("delete", "uai", "stuck", "-n", CLOSED, "--wait=false");
    await gone("stuck", CLOSED);
    const events = await stage.kubectl("get", "events", "-n", CLOSED, "--field-selector=involvedObject.name=stuck,type=Warning", "-o", "jsonpath={.items[*].message}");
    expect(events).toContain("cannot withdraw the export to ServiceAccount e2e-exports-closed/stuck");
    expect(stage.azure.portal.get(identityId("stuck"))).toBeUndefined();
  });

  test("and vanishes, Roles first, does not hang", async () => {
    await stage.kubectl("apply", "-n", VANISHING, "-k", GRANTS);
    await exported("vanishing", VANISHING);
    await stage.until("uai", "vanishing", isReady, VANISHING);
    await stage.kubectl("delete", "namespace", VANISHING, "--timeout=40s");
    expect(stage.azure.portal.get(identityId("vanishing"))).toBeUndefined();
  });
});
