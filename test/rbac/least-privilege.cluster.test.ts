import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { connect, type Connection } from "../../src/kubernetes/connection.ts";
import { createEventRecorder } from "../../src/kubernetes/events.ts";
import { type ControlPlane, serviceAccountKubeconfig, startControlPlane } from "../control-plane/control-plane.ts";
import { DEPLOY, documentsIn, only } from "../deploy/documents.ts";
import { identity, identityId } from "../e2e/objects.ts";
import { GROUP, setStage, type Stage, SUBSCRIPTION } from "../e2e/stage.ts";
import { OPERATOR_USER } from "../kubernetes/cluster.ts";
import { RecordingLog } from "../kubernetes/recording-log.ts";
import { VirtualClock } from "../kubernetes/virtual-clock.ts";
import { OPERATIONS } from "../tutorial/figures.ts";
import { readObjects } from "../tutorial/objects.ts";
import { makeServices } from "../tutorial/services.ts";
import { auditedRequests, type AuditedRequest } from "./audit.ts";
import { allows, type Removal, removals, type Rule, ruleText } from "./rules.ts";

const NAMESPACE = "identity-demo";
const OWN = "rbac-own";
const SAMPLES = join(DEPLOY, "samples");

const documents = [...(await documentsIn("kustomize/base")), ...(await documentsIn("kustomize/namespace"))];
const roles = documents.filter(({ kind, metadata }) => kind.endsWith("Role") && !metadata.name.endsWith("-metrics-reader"));
const rules = roles.flatMap((role) => role["rules"] as readonly Rule[]);

let plane: ControlPlane;
let stage: Stage;
let asked: readonly AuditedRequest[];
let admin: Connection;

/** A full life: every kind, what it exports and reads, conflicts, both credentials, metrics, the lead. */
beforeAll(async () => {
  plane = await startControlPlane({ audit: true });
  admin = await connect({ kubeconfig: plane.adminKubeconfig, userAgent: "azure-identity-operator/test" });
  const permissions = (principalId: string) => [{ principalId, actions: ["*"], scope: `/subscriptions/${SUBSCRIPTION}` }];
  stage = await setStage({ namespaces: [NAMESPACE], permissions, plane, durations: Object.fromEntries(OPERATIONS.map((type) => [type, 0.5])) });
  makeServices(stage.azure);
  await stage.kubectl("apply", "-n", NAMESPACE, "-k", join(DEPLOY, "kustomize/namespace"));
  const first = await stage.startOperator(["--leader-elect=true"]);
  await first.stop();
  await stage.startOperator(["--leader-elect=true", "--metrics-secure=true", `--policy-file=${join(SAMPLES, "policy.yaml")}`]);
  await stage.kubectl("apply", "-f", join(SAMPLES, "example-settings.yaml"));
  await ownCredential();
  await stage.apply(...readObjects());
  await stage.apply(identity(NAMESPACE, "exporting", { tags: { team: "web" }, export: { configMap: { name: "exporting" } } }), groupWithSecret("secretive"));
  await stage.kubectl("wait", "--for=condition=Ready", "azure-identity", "--all", "-n", NAMESPACE, "--timeout=60s");
  for (const turn of ["first", "second"]) await heal(turn);
  await countEvent();
  await untilConflict();
  await askForMetrics();
  await stage.kubectl("delete", "azure-identity", "--all", "-n", NAMESPACE, "--timeout=60s");
  await stage.operator().stop();
  asked = await auditedRequests(plane, OPERATOR_USER);
}, 240_000);

afterAll(async () => {
  await admin.close();
  await stage.close();
  await plane.stop();
});

async function ownCredential(): Promise<void> {
  const annotations = { "azure.workload.identity/client-id": "00000000-0000-0000-0000-000000000001", "azure.workload.identity/tenant-id": "aaaabbbb-0000-cccc-1111-dddd2222eeee" };
  await stage.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: OWN } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "azure-identity", namespace: OWN, annotations } },
    identity(OWN, "unknown"),
  );
  await stage.until("uai", "unknown", (object) => object.status?.conditions !== undefined, OWN);
}

function groupWithSecret(name: string): object {
  const environmentVariables = [
    { name: "REGION", valueFrom: { configMapKeyRef: { name: "example-settings", key: "region" } } },
    { name: "KEY", secureValueFrom: { secretKeyRef: { name: "example-settings", key: "api-key" } } },
  ];
  const container = { name: "app", image: "mcr.microsoft.com/dotnet/samples:aspnetapp-chiseled", resources: { requests: { cpu: 1, memoryInGB: 1 } }, environmentVariables };
  const spec = { subscriptionId: SUBSCRIPTION, resourceGroup: GROUP, location: "westus2", osType: "Linux", containers: [container] };
  return { apiVersion: "azureidentity.dev/v1alpha1", kind: "ContainerGroup", metadata: { name, namespace: NAMESPACE }, spec };
}

/** An event that goes on is counted up after minutes: the operator's own recorder, with a clock that shows them. */
async function countEvent(): Promise<void> {
  const kubeconfig = await serviceAccountKubeconfig(plane, { namespace: "azure-identity-system", name: "azure-identity-operator" });
  const connection = await connect({ kubeconfig, userAgent: "azure-identity-operator/test" });
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const events = createEventRecorder(connection, { clock, instance: "test", log });
  const metadata = { name: "exporting", namespace: NAMESPACE, uid: "00000000-0000-4000-8000-000000000000", resourceVersion: "1", generation: 1, creationTimestamp: "" };
  const object = { apiVersion: "azureidentity.dev/v1alpha1", kind: "UserAssignedIdentity", metadata, spec: {}, status: {} };
  for (let turn = 0; turn < 2; turn++) {
    await events.record(object, { type: "Normal", reason: "Updated", action: "Update", note: "Tags were corrected" });
    clock.advance(120_000);
  }
  expect(log.lines).toEqual([]);
  await connection.close();
}

/** Lets the operator find and undo what somebody changed in Azure and in what it exported. */
async function heal(turn: string): Promise<void> {
  stage.azure.portal.patch(identityId("exporting"), { tags: { ...(stage.azure.portal.get(identityId("exporting"))?.["tags"] as object), team: turn } });
  await stage.kubectl("patch", "configmap", "exporting", "-n", NAMESPACE, "--type=merge", "-p", JSON.stringify({ data: { clientId: turn } }));
  await stage.kubectl("annotate", "uai", "exporting", "-n", NAMESPACE, "--overwrite", `azureidentity.dev/reconcile-requested-at=${turn}`);
  await stage.until("uai", "exporting", (object) => object.status?.["lastHandledReconcileAt"] === turn);
}

/** Labels an object while its status is written, until a write comes too late and the object is read anew. */
async function untilConflict(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    const change = (what: string, value: string) => stage.kubectl(what, "uai", "exporting", "-n", NAMESPACE, "--overwrite", value);
    await Promise.all([change("annotate", `azureidentity.dev/reconcile-requested-at=${turn}`), change("label", `turn=${turn}`), change("label", `again=${turn}`)]);
    if ((await auditedRequests(plane, OPERATOR_USER)).some(({ verb, resource }) => verb === "get" && resource === "userassignedidentities")) return;
  }
  throw new Error("no write of the operator met another one");
}

async function askForMetrics(): Promise<void> {
  const token = (await stage.kubectl("create", "token", "default", "-n", NAMESPACE)).trim();
  const { get } = await import("node:https");
  await new Promise((resolve, reject) => {
    const options = { headers: { authorization: `Bearer ${token}` }, rejectUnauthorized: false, agent: false };
    get(`${stage.operator().metricsUrl.replace("http:", "https:")}/metrics`, options, (response) => resolve(response.resume())).once("error", reject);
  });
}

describe("in a full life the operator", () => {
  test("is refused nothing", () => {
    expect(asked.filter(({ isAllowed }) => !isAllowed)).toEqual([]);
    expect(asked.length).toBeGreaterThan(50);
  });

  test("asks for nothing that its Roles do not name", () => {
    expect(asked.filter((request) => !rules.some((rule) => allows(rule, request)))).toEqual([]);
  });

  test.each(removals(rules).map((removal) => [removal.verb, ruleText(removal.rule), removal] as const))("needs %s of %s", (_verb, _text, removal) => {
    expect(needing(removal).length).toBeGreaterThan(0);
  });

  test.each(rules.flatMap((rule) => rule.resources.map((resource) => [resource, rule] as const)))("uses its right to %s", (resource, rule) => {
    expect(asked.filter((request) => request.resource === resource && allows(rule, request)).length).toBeGreaterThan(0);
  });
});

/** The requests that fail without the verb. */
function needing({ rest }: Removal): readonly AuditedRequest[] {
  return asked.filter((request) => rules.some((rule) => allows(rule, request)) && !rest.some((rule) => allows(rule, request)));
}

/** Users of which each has all rights of the operator but one verb of one rule, for the real RBAC to judge. */
describe("with one verb of one rule taken away, the API server", () => {
  const cases = removals(rules).map((removal, index) => ({ ...removal, name: `without-${index}`, title: `${removal.verb} of ${ruleText(removal.rule)}` }));

  beforeAll(async () => {
    const objects = cases.flatMap(({ name, rest }) => [
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name }, rules: rest },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name }, roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name }, subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name }] },
    ]);
    await stage.apply(...objects);
  });

  test.each(cases)("refuses what needs $title, and nothing else", async ({ name, ...removal }) => {
    const [lost] = needing(removal);
    const kept = asked.find((request) => removal.rest.some((rule) => allows(rule, request)));
    if (lost === undefined || kept === undefined) throw new Error("there is no request to judge");
    // The kept right shows that the API server knows the binding already.
    while (!(await judged(name, kept))) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await judged(name, lost)).toBe(false);
  });
});

async function judged(user: string, { group, resource, verb, name, namespace }: AuditedRequest): Promise<boolean> {
  const [plural, subresource] = resource.split("/");
  const resourceAttributes = { group, resource: plural, verb, name, namespace, ...(subresource === undefined ? {} : { subresource }) };
  const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec: { user, resourceAttributes } };
  const answer = await admin.transport.request({ method: "POST", path: "/apis/authorization.k8s.io/v1/subjectaccessreviews", headers: { "content-type": "application/json" }, body: JSON.stringify(review) });
  return (JSON.parse(answer.text) as { readonly status: { readonly allowed: boolean } }).status.allowed;
}

test("the Pod Security that a namespace of users enforces is what the pod of the Deployment obeys", async () => {
  await stage.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "rbac-restricted", labels: { "pod-security.kubernetes.io/enforce": "restricted" } } });
  const { template } = only(documents, "Deployment")["spec"] as { readonly template: { readonly metadata: object; readonly spec: object } };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name: "operator", namespace: "rbac-restricted" }, spec: { ...template.spec, serviceAccountName: "default" } };
  expect(await stage.tryKubectl(["create", "--dry-run=server", "-f", "-"], stringify(pod))).toMatchObject({ code: 0, stderr: "" });
});
