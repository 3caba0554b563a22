import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GROUP } from "../../src/api/group.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { readPolicy } from "../../src/config/policy-file.ts";
import { LEASE_NAME } from "../../src/commands/leadership.ts";
import { DIGEST_KEY_SECRET } from "../../src/kubernetes/digest-key.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { DEPLOY, documentsIn, filesIn, only } from "./documents.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const base = await documentsIn("kustomize/base");
const samples = await documentsIn("samples");
const rules = only(await documentsIn("kustomize/base", "cluster-role.yaml"), "ClusterRole")["rules"] as readonly Rule[];

describe("the ClusterRole", () => {
  test("has no wildcard", () => {
    expect(JSON.stringify(rules)).not.toContain("*");
  });

  test("gives exactly what the operator does", () => {
    const granted = rules.flatMap(({ apiGroups, resources, resourceNames = [], verbs }) =>
      apiGroups.flatMap((group) => resources.map((resource) => `${[`${group}/${resource}`, ...resourceNames].join(" ")}: ${verbs.join(" ")}`)),
    );
    expect(granted).toEqual([
      ...RESOURCES.map(({ plural }) => `azureidentity.dev/${plural}: get list watch patch`),
      ...RESOURCES.map(({ plural }) => `azureidentity.dev/${plural}/status: patch`),
      "/namespaces: get list watch",
      "/serviceaccounts azure-identity: list watch",
      "/serviceaccounts/token azure-identity: create",
      "authentication.k8s.io/tokenreviews: create",
      "authorization.k8s.io/subjectaccessreviews: create",
      "events.k8s.io/events: create patch",
    ]);
  });

  test("covers every kind and its status", () => {
    const named = rules.filter(({ apiGroups }) => apiGroups.includes("azureidentity.dev")).flatMap(({ resources }) => resources);
    expect([...named].sort()).toEqual(RESOURCES.flatMap(({ plural }) => [plural, `${plural}/status`]).sort());
  });

  test("states the reason of each rule in a comment above it", async () => {
    const lines = (await readFile(join(DEPLOY, "kustomize/base/cluster-role.yaml"), "utf8")).split("\n");
    const above = lines.flatMap((line, index) => (line.startsWith("  - apiGroups:") ? [lines[index - 1]] : []));
    expect(above).toHaveLength(rules.length);
    expect(above.filter((line) => !line?.startsWith("  # "))).toEqual([]);
  });
});

describe("the roles of people", async () => {
  const roles = (await documentsIn("kustomize/roles")).filter(({ kind }) => kind === "ClusterRole");
  const rulesOf = (name: string) => (roles.find(({ metadata }) => metadata.name === name)?.["rules"] ?? []) as readonly Rule[];
  const withVerb = (name: string, verb: string) => rulesOf(name).flatMap(({ resources, verbs }) => (verbs.includes(verb) ? resources : []));
  const plurals = RESOURCES.map(({ plural }) => plural).toSorted();

  test("write no status and have no wildcard", () => {
    expect(roles).toHaveLength(4);
    expect(JSON.stringify(roles)).not.toMatch(/\/status|\*/);
  });

  test("cover every kind: editors write all but grants, which are left to admins, who may also release all", () => {
    expect(withVerb("identity-viewer", "list").toSorted()).toEqual(plurals);
    expect([...withVerb("identity-editor", "create"), ...withVerb("identity-admin", "create")].toSorted()).toEqual(plurals);
    expect(withVerb("identity-admin", "create")).toEqual(["roleassignments"]);
    expect(withVerb("identity-admin", "release").toSorted()).toEqual(plurals);
    expect(withVerb("identity-user", "use")).toEqual(["userassignedidentities"]);
  });

  test("grant nothing on what is named by ARM id", () => {
    expect(JSON.stringify(roles)).not.toContain("azureresources");
  });
});

describe("what a namespace grants", () => {
  test("is to export, and to read the Secrets that it names", async () => {
    const roles = (await documentsIn("kustomize/namespace")).filter(({ kind }) => kind === "Role");
    expect(roles.flatMap((role) => role["rules"])).toEqual([
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["example-settings"], verbs: ["get"] },
      { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "create", "patch", "delete"] },
      { apiGroups: [""], resources: ["serviceaccounts"], verbs: ["get", "patch"] },
    ]);
  });

  test("is bound to the operator's ServiceAccount", async () => {
    const account = only(base, "ServiceAccount").metadata;
    const bindings = (await documentsIn("kustomize/namespace")).filter(({ kind }) => kind === "RoleBinding");
    expect(bindings.map(({ metadata, roleRef, subjects }) => ({ name: metadata.name, roleRef, subjects }))).toEqual(
      ["azure-identity-operator-documents", "azure-identity-operator-exports"].map((name) => ({
        name,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
        subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
      })),
    );
  });
});

describe("the Deployment", () => {
  const deployment = only(base, "Deployment");
  const template = JSON.stringify(deployment["spec"]);

  test("runs two replicas of which one leads, and one that is drained or replaced leaves the other", () => {
    expect(deployment["spec"]).toMatchObject({ replicas: 2, strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } } });
    expect(template).toContain('"--leader-elect=true"');
    const labels = { matchLabels: { "app.kubernetes.io/name": "azure-identity-operator" } };
    expect(only(base, "PodDisruptionBudget")["spec"]).toEqual({ maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: labels });
    expect(only(base, "NetworkPolicy")["spec"]).toMatchObject({ podSelector: labels, policyTypes: ["Ingress", "Egress"] });
    expect(deployment["spec"]).toMatchObject({ selector: labels, template: { metadata: { labels: labels.matchLabels } } });
  });

  test("serves metrics by TLS to whom the API server allows it, at the port that the Service and the NetworkPolicy name", () => {
    expect(template).toContain('"--metrics-secure=true","--metrics-bind-address=:8443"');
    expect(template).toContain('{"name":"metrics","containerPort":8443}');
    expect(only(base, "Service")["spec"]).toEqual({ selector: { "app.kubernetes.io/name": "azure-identity-operator" }, ports: [{ name: "metrics", port: 8443, targetPort: "metrics" }] });
    expect(JSON.stringify(only(base, "NetworkPolicy")["spec"])).toContain('"port":"metrics"');
  });

  test("names the Lease of its Role as the operator does, and gives rules on nothing else but its key", async () => {
    const roles = base.filter(({ kind }) => kind === "Role").flatMap((role) => role["rules"]);
    expect(roles).toEqual([
      { apiGroups: [""], resources: ["secrets"], resourceNames: [DIGEST_KEY_SECRET], verbs: ["get"] },
      { apiGroups: [""], resources: ["secrets"], verbs: ["create"] },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: [LEASE_NAME], verbs: ["get", "update"] },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
    ]);
  });

  test("mounts tokens itself, with the audience and the path of azure-workload-identity", () => {
    const pod = { automountServiceAccountToken: false, volumes: [{ name: "kubernetes-token" }, { name: "azure-token" }, { name: "policy" }] };
    expect(deployment["spec"]).toMatchObject({ template: { spec: pod } });
    expect(template).toContain('"audience":"api://AzureADTokenExchange"');
    expect(template).toContain('"value":"/var/run/secrets/azure/tokens/azure-identity-token"');
    expect(only(base, "ServiceAccount")["automountServiceAccountToken"]).toBe(false);
  });

  test("reads the policy where its ConfigMap is mounted", () => {
    expect(template).toContain('"--policy-file=/etc/azure-identity-operator/policy.yaml"');
    expect(template).toContain('{"name":"policy","mountPath":"/etc/azure-identity-operator","readOnly":true}');
    expect(template).toContain('{"name":"policy","configMap":{"name":"azure-identity-operator-policy"');
  });

  test("names a fixed version of the image: the project's", async () => {
    const { version } = JSON.parse(await readFile(join(DEPLOY, "../package.json"), "utf8")) as { version: string };
    expect(template).toContain(`"image":"azure-identity-operator:${version}"`);
  });
});

describe("the samples", () => {
  const served = KINDS.map(({ type }) => RESOURCES.find(({ kind }) => kind === type.kind)).filter((resource) => resource !== undefined);
  const ours = samples.filter(({ apiVersion }) => apiVersion.startsWith(`${GROUP}/`));
  const specOf = async (file: string) => only(await documentsIn("samples", file), kindOf(file))["spec"] as Readonly<Record<string, unknown>>;

  test("are all listed in the kustomization", async () => {
    const kustomization = await readFile(join(DEPLOY, "samples/kustomization.yaml"), "utf8");
    const listed = [...kustomization.matchAll(/^ {2}- (.+\.yaml)$/gmu)].map(([, file = ""]) => file);
    expect(listed.toSorted()).toEqual((await filesIn("samples")).toSorted());
  });

  test.each(served)("show $kind with the required fields only", async ({ kind, spec }) => {
    const minimal = await specOf(`${fileOf(kind)}-minimal.yaml`);
    const without = Object.keys(minimal).map((field) => Object.fromEntries(Object.entries(minimal).filter(([name]) => name !== field)));
    expect(without.filter((each) => spec.safeParse(each).success)).toEqual([]);
  });

  test.each(served)("show every field of $kind, all that go together in one sample", async ({ kind, spec }) => {
    const shown = ours.filter((sample) => sample.kind === kind).flatMap((sample) => Object.keys(sample["spec"] as object));
    expect([...new Set(shown)].toSorted()).toEqual(Object.keys(spec.shape).toSorted());
    const full = Object.keys(await specOf(`${fileOf(kind)}-full.yaml`)).length;
    expect(full).toBeGreaterThan(Object.keys(spec.shape).length / 2);
  });

  test.each(ours)("$kind $metadata.name is what the operator understands", (sample) => {
    const resource = RESOURCES.find(({ kind }) => kind === sample.kind);
    expect(resource?.spec.safeParse(sample["spec"])).toMatchObject({ success: true });
  });

  test("come with a policy file that allows what they ask for", async () => {
    const read = readPolicy(await readFile(join(DEPLOY, "samples/policy.yaml"), "utf8"), "policy.yaml");
    expect(read).toMatchObject({ is: "policy", rules: { roles: expect.anything(), federation: expect.anything() } });
  });
});

/** The name of a kind in the names of files: `web-app` for WebApp. */
function fileOf(kind: string): string {
  return kind.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
}

/** The kind that a file of samples shows. */
function kindOf(file: string): string {
  return RESOURCES.find(({ kind }) => file.startsWith(`${fileOf(kind)}-`))?.kind ?? "";
}

describe("the Dockerfile", () => {
  test("ends in a distroless image as a user that is not root, and starts without a shell", async () => {
    const text = await readFile(join(DEPLOY, "../Dockerfile"), "utf8");
    const last = text.slice(text.lastIndexOf("FROM "));
    expect(last).toMatch(/^FROM gcr\.io\/distroless\/nodejs24-debian13:nonroot$/mu);
    expect(last).toMatch(/^USER 65532:65532$/mu);
    expect(last).toMatch(/^ENTRYPOINT \["\/nodejs\/bin\/node", .*"\/app\/main\.mjs"\]$/mu);
    expect(last).not.toMatch(/^RUN [^[]/mu);
  });

  test("opens no inspector, whatever signal it gets", async () => {
    const text = await readFile(join(DEPLOY, "../Dockerfile"), "utf8");
    expect(text).toMatch(/^ENTRYPOINT \["\/nodejs\/bin\/node", "--disable-sigusr1", /mu);
    expect(text).not.toMatch(/--(inspect|prof|cpu-prof|heap-prof|report-on)/u);
  });

  test("compiles the bundle with the Node and the options that run it, else what it compiled is never used", async () => {
    const text = await readFile(join(DEPLOY, "../Dockerfile"), "utf8");
    const commands = (name: string) => [...text.matchAll(new RegExp(`^${name} (\\[.*\\])$`, "gmu"))].map(([, json]) => JSON.parse(json ?? "[]") as string[]);
    const [entry] = commands("ENTRYPOINT");
    expect(commands("RUN")).toEqual([[...(entry ?? []), "run", "--help"]]);
  });
});
