import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { afterAll, beforeAll, expect, test } from "vitest";
import { assertionForm } from "../azure/raw-client.ts";
import { DEPLOY } from "../deploy/documents.ts";
import { identity, identityId } from "./objects.ts";
import { ACTIONS, GROUP, isReady, setStage, type Stage, SUBSCRIPTION, TENANT } from "./stage.ts";

const NAMESPACE = "e2e-grants";
const FEDERATION = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
const ASSIGNMENTS = "Microsoft.Authorization/roleAssignments";
const SCOPE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;
let stage: Stage;
let folder: string;
let dispatcher: Agent;

beforeAll(async () => {
  const verbs = (type: string) => ["read", "write", "delete"].map((verb) => `${type}/${verb}`);
  const actions = [...ACTIONS, ...verbs(FEDERATION), ...verbs(ASSIGNMENTS), "Microsoft.Authorization/roleDefinitions/read"];
  const permissions = (principalId: string) => [{ principalId, actions, scope: `/subscriptions/${SUBSCRIPTION}` }];
  [stage, folder] = await Promise.all([setStage({ namespaces: [NAMESPACE], permissions }), mkdtemp(join(tmpdir(), "grants-"))]);
  dispatcher = new Agent({ connect: { ca: stage.azure.caPem } });
  const policy = join(folder, "policy.yaml");
  const scope = `/subscriptions/${SUBSCRIPTION}`;
  await writeFile(policy, `roles: [{role: Reader, scope: "${scope}"}]\nfederation: [{issuer: cluster, subject: "system:serviceaccount:{namespace}:*"}]\n`);
  await stage.kubectl("apply", "-n", NAMESPACE, "-k", join(DEPLOY, "kustomize/namespace"));
  await stage.kubectl("create", "serviceaccount", "app", "-n", NAMESPACE);
  await stage.startOperator([`--policy-file=${policy}`]);
});

afterAll(async () => {
  await dispatcher.destroy();
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

function object(kind: string, name: string, spec: object): object {
  return { apiVersion: "azureidentity.dev/v1alpha1", kind, metadata: { namespace: NAMESPACE, name }, spec };
}

/** Logs in as the pod of the ServiceAccount would: by a token of the API server, with what its annotations say. */
async function logIn(): Promise<string> {
  const annotations = JSON.parse(await stage.kubectl("get", "serviceaccount", "app", "-n", NAMESPACE, "-o", "jsonpath={.metadata.annotations}")) as Readonly<Record<string, string>>;
  expect(annotations["azure.workload.identity/tenant-id"]).toBe(TENANT);
  const assertion = await stage.kubectl("create", "token", "app", "-n", NAMESPACE, "--audience=api://AzureADTokenExchange");
  const body = new URLSearchParams(assertionForm(annotations["azure.workload.identity/client-id"] ?? "", assertion.trim())).toString();
  const answer = await request(`${stage.azure.authorityHost}/${TENANT}/oauth2/v2.0/token`, { dispatcher, method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body });
  const { access_token: token } = (await answer.body.json()) as { readonly access_token?: string };
  expect([answer.statusCode, typeof token]).toEqual([200, "string"]);
  return token ?? "";
}

async function asked(token: string, method: "GET" | "DELETE", id: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await request(`${stage.azure.endpoint}${id}?api-version=2023-01-31`, { dispatcher, method, headers });
  await answer.body.dump();
  return answer.statusCode;
}

test("a ServiceAccount becomes an identity and may do what it was granted, and nothing else", async () => {
  await stage.apply(
    object("RoleAssignment", "reports-reader", { scope: { armId: SCOPE }, principal: { identityRef: { name: "reports" } }, roleDefinitionName: "reader" }),
    object("FederatedIdentityCredential", "reports-app", { identityRef: { name: "reports" }, serviceAccountRef: { name: "app" }, export: { serviceAccount: { name: "app" } } }),
    identity(NAMESPACE, "reports"),
  );
  await stage.kubectl("wait", "--for=condition=Ready", "uai/reports", "fic/reports-app", "azra/reports-reader", "-n", NAMESPACE, "--timeout=20s");
  const token = await logIn();
  expect([await asked(token, "GET", identityId("reports")), await asked(token, "DELETE", identityId("reports"))]).toEqual([200, 403]);
});

test("kubectl shows the role, who was granted it and where, and who may become the identity", async () => {
  const columns = async (...args: readonly string[]) => (await stage.kubectl("get", ...args, "-n", NAMESPACE, "--no-headers")).trim().split(/\s{2,}/);
  const principalId = await stage.kubectl("get", "uai", "reports", "-n", NAMESPACE, "-o", "jsonpath={.status.principalId}");
  expect(await columns("azra", "reports-reader", "-o", "wide")).toEqual(["reports-reader", "True", "Succeeded", "Reader", expect.any(String), SCOPE, principalId, expect.any(String)]);
  expect((await columns("fic", "reports-app")).slice(0, 4)).toEqual(["reports-app", "True", "Succeeded", `system:serviceaccount:${NAMESPACE}:app`]);
});

test("a restarted operator writes nothing, to Azure or to Kubernetes", async () => {
  await stage.operator().stop();
  const before = stage.arm().length;
  await stage.startOperator([`--policy-file=${join(folder, "policy.yaml")}`]);
  await stage.kubectl("annotate", "azra", "reports-reader", "-n", NAMESPACE, "azureidentity.dev/reconcile-requested-at=now");
  await stage.until("azra", "reports-reader", (each) => each.status?.["lastHandledReconcileAt"] === "now" && isReady(each));
  expect(stage.arm().slice(before).filter(({ method }) => method !== "GET")).toEqual([]);
  expect(await stage.kubernetesWrites()).toBe(1);
});

test("the namespace vanishes, and leaves nothing in Azure", async () => {
  await stage.kubectl("delete", "namespace", NAMESPACE, "--timeout=50s");
  const { portal } = stage.azure;
  expect([portal.list(ASSIGNMENTS), portal.list(FEDERATION), portal.list("Microsoft.ManagedIdentity/userAssignedIdentities")]).toEqual([[], [], []]);
});
