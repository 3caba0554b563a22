import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { kubectl } from "../control-plane/access.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { run } from "../crds/definitions.ts";
import { DEPLOY, type Document, documentsOf, only } from "./documents.ts";

const BASE = join(DEPLOY, "kustomize/base");
const SAMPLES = join(DEPLOY, "samples");
const NAMESPACE = "azure-identity-system";
const USER = `system:serviceaccount:${NAMESPACE}:azure-identity-operator`;

const plane = connect();
const asAdmin = ["--server-side", "--force-conflicts", "--field-manager=admin"];
const apply = ["apply", ...asAdmin, "--validate=strict"];

let rendered: readonly Document[];

beforeAll(async () => {
  rendered = documentsOf(await run(plane, ["kustomize", BASE]));
  await run(plane, [...apply, "-k", BASE]);
  await run(plane, [...apply, "-f", join(SAMPLES, "namespace.yaml")]);
});

describe("deploy/kustomize/base", () => {
  test("renders the CRDs and what runs the operator", () => {
    const names = rendered.map(({ kind, metadata }) => `${kind} ${metadata.name}`.replace(/-[a-z0-9]{10}$/u, "-<hash>"));
    expect(names).toEqual([
      "Namespace azure-identity-system",
      ...RESOURCES.map(({ plural, group }) => `CustomResourceDefinition ${plural}.${group}`).sort(),
      "ServiceAccount azure-identity-operator",
      "Role azure-identity-operator-digest-key",
      "Role azure-identity-operator-lease",
      "ClusterRole azure-identity-operator",
      "ClusterRole azure-identity-operator-metrics-reader",
      "RoleBinding azure-identity-operator-digest-key",
      "RoleBinding azure-identity-operator-lease",
      "ClusterRoleBinding azure-identity-operator",
      "ConfigMap azure-identity-operator-<hash>",
      "ConfigMap azure-identity-operator-policy-<hash>",
      "Service azure-identity-operator-metrics",
      "Deployment azure-identity-operator",
      "PodDisruptionBudget azure-identity-operator",
      "NetworkPolicy azure-identity-operator",
    ]);
  });

  test("gives CRDs that the API server establishes", async () => {
    const names = rendered.filter(({ kind }) => kind === "CustomResourceDefinition").map(({ metadata }) => `crd/${metadata.name}`);
    const answer = await run(plane, ["wait", "--for=condition=Established", "--timeout=30s", ...names]);
    expect(answer.trim().split("\n")).toHaveLength(RESOURCES.length);
  });

  test("would change nothing when applied again", async () => {
    expect(await kubectl(plane, ["diff", ...asAdmin, "-k", BASE])).toMatchObject({ code: 0, stdout: "" });
  });

  test("makes pods that Pod Security admits as restricted", async () => {
    const input = stringify(pod({}));
    const answer = await kubectl(plane, ["create", "--dry-run=server", "--validate=strict", "-f", "-"], { input });
    expect(answer).toMatchObject({ code: 0, stderr: "" });
  });

  test("has no reference to something whose name kustomize has hashed, but by that name", () => {
    const text = JSON.stringify(rendered.filter(({ kind }) => kind.endsWith("Role")));
    expect(text).toContain('"resourceNames":["azure-identity-operator-leader"]');
    expect(text).toContain('"resourceNames":["azure-identity-operator-digest-key"]');
  });

  test("would not admit that pod as root", async () => {
    const input = stringify(pod({ runAsNonRoot: false }));
    const answer = await kubectl(plane, ["create", "--dry-run=server", "-f", "-"], { input });
    expect(answer.stderr).toContain('violates PodSecurity "restricted');
  });
});

describe("the operator's ServiceAccount", () => {
  const allowed = [
    ["list", "userassignedidentities.azureidentity.dev"],
    ["watch", "identityassignments.azureidentity.dev"],
    ["patch", "identityassignments.azureidentity.dev"],
    ["patch", "userassignedidentities.azureidentity.dev/status"],
    ["get", "namespaces"],
    ["create", "events.events.k8s.io"],
    ["create", "tokenreviews.authentication.k8s.io"],
    ["create", "subjectaccessreviews.authorization.k8s.io"],
  ] as const;
  const refused = [
    ["create", "userassignedidentities.azureidentity.dev"],
    ["delete", "identityassignments.azureidentity.dev"],
    ["update", "userassignedidentities.azureidentity.dev/status"],
    ["patch", "namespaces"],
    ["get", "secrets"],
    ["create", "secrets"],
    ["list", "configmaps"],
    ["create", "configmaps"],
    ["patch", "serviceaccounts"],
    ["create", "serviceaccounts/token"],
    ["create", "pods"],
    ["create", "pods/exec"],
    ["update", "customresourcedefinitions.apiextensions.k8s.io"],
    ["escalate", "clusterroles.rbac.authorization.k8s.io"],
    ["impersonate", "serviceaccounts"],
  ] as const;

  test.each(allowed)("may %s %s in any namespace", async (verb, resource) => {
    expect(await may(verb, resource)).toBe("yes");
  });

  test.each([
    ["get", "secrets/azure-identity-operator-digest-key", "yes"],
    ["create", "secrets", "yes"],
    ["get", "secrets/other", "no"],
    ["update", "leases.coordination.k8s.io/azure-identity-operator-leader", "yes"],
    ["update", "leases.coordination.k8s.io/other", "no"],
    ["delete", "leases.coordination.k8s.io/azure-identity-operator-leader", "no"],
    ["list", "secrets", "no"],
    ["update", "secrets/azure-identity-operator-digest-key", "no"],
    ["delete", "secrets/azure-identity-operator-digest-key", "no"],
  ])("in its own namespace, may it %s %s? %s", async (verb, resource, want) => {
    const answer = await kubectl(plane, ["auth", "can-i", verb, resource, "--namespace", NAMESPACE, "--as", USER]);
    expect(answer.stdout.trim()).toBe(want);
  });

  test("may in a namespace what deploy/kustomize/namespace grants there, and nothing of it elsewhere", async () => {
    await run(plane, [...apply, "-n", "identity-demo", "-k", join(DEPLOY, "kustomize/namespace")]);
    const asked = ["create configmaps", "delete configmaps", "patch serviceaccounts", "get secrets/example-settings", "get secrets", "create serviceaccounts", "list configmaps"];
    const answers = async (namespace: string) => {
      const may = (question: string) => kubectl(plane, ["auth", "can-i", ...question.split(" "), "-n", namespace, "--as", USER]);
      return (await Promise.all(asked.map(may))).map(({ stdout }) => stdout.trim());
    };
    expect(await answers("identity-demo")).toEqual(["yes", "yes", "yes", "yes", "no", "no", "no"]);
    expect(new Set(await answers("default"))).toEqual(new Set(["no"]));
  });

  test.each(refused)("may not %s %s", async (verb, resource) => {
    expect(await may(verb, resource)).toBe("no");
  });
});

describe("deploy/policy", () => {
  const POLICY = join(DEPLOY, "policy");
  const firstConditions = (documents: readonly Document[]) =>
    documents.filter(({ kind }) => kind === "ValidatingAdmissionPolicy").map((policy) => (policy["spec"] as { matchConditions: readonly { expression: string }[] }).matchConditions[0]?.expression);

  // Not applied for good: in this cluster other tests write statuses as its administrator.
  test("is accepted by the API server", async () => {
    expect(await kubectl(plane, [...apply, "--dry-run=server", "-k", POLICY])).toMatchObject({ code: 0, stderr: "" });
  });

  test("exempts another operator in all policies by the one patch that its kustomization shows", async () => {
    const comment = (await readFile(join(POLICY, "kustomization.yaml"), "utf8")).split("\n").filter((line) => line.startsWith("#   ")).map((line) => line.slice(4));
    const [, ...patches] = comment.slice(comment.findIndex((line) => line.startsWith("resources:")));
    const folder = await mkdtemp(join(tmpdir(), "overlay-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "kustomization.yaml"), [`resources: [${relative(folder, POLICY)}]`, ...patches].join("\n"));
    const conditions = firstConditions(documentsOf(await run(plane, ["kustomize", folder])));
    expect(conditions.length).toBeGreaterThan(10);
    expect(new Set(conditions)).toEqual(new Set(["request.userInfo.username != 'system:serviceaccount:<namespace>:<name>'"]));
  });
});

describe("deploy/samples", () => {
  test("pass a dry run on the server, with strict validation", async () => {
    const answer = await kubectl(plane, [...apply, "--dry-run=server", "-k", SAMPLES]);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    const objects = documentsOf(await run(plane, ["kustomize", SAMPLES]));
    const answered = answer.stdout.trim().split("\n");
    expect(answered.map((line) => line.replace(/^.*\//u, "")).sort()).toEqual(
      objects.map(({ metadata }) => `${metadata.name} serverside-applied (server dry run)`).sort(),
    );
  });
});

/** The pod of the Deployment, its security context changed. */
function pod(securityContext: object): object {
  const { template } = only(rendered, "Deployment")["spec"] as { template: { spec: { securityContext: object } } };
  const spec = { ...template.spec, securityContext: { ...template.spec.securityContext, ...securityContext } };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "operator", namespace: NAMESPACE }, spec };
}

async function may(verb: string, resource: string): Promise<string> {
  const answer = await kubectl(plane, ["auth", "can-i", verb, resource, "--all-namespaces", "--as", USER]);
  return answer.stdout.trim();
}
