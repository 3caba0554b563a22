import { join } from "node:path";
import { stringify } from "yaml";
import { kubectl } from "../../control-plane/access.ts";
import { type ControlPlane, startControlPlane } from "../../control-plane/control-plane.ts";
import { run } from "../../crds/definitions.ts";
import { connect, type Connection } from "../../../src/kubernetes/connection.ts";
import { type Document, documentsOf } from "../../deploy/documents.ts";
import { assignment, identityId } from "../../e2e/objects.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

/** In the one the policies are in force, in the other they are not: requests to both take turns, so that noise meets both alike. */
const NAMESPACES = { with: "bench-with", without: "bench-without" } as const;
const USER = "somebody";
const DEPLOY = join(import.meta.dirname, "../../../deploy");

/** So many requests of a sort are measured, one after the other. */
const REQUESTS = 300;
const WARM_UP = 30;

/** What people do, from the least to the most that policies ask about. */
const SORTS = ["label", "change of what is not named", "create, 1 reference", "create, 16 ARM ids"] as const;

type Sort = (typeof SORTS)[number];
type Way = keyof typeof NAMESPACES;

/** How long the API server takes for a person's requests with the policies of `deploy/policy`; peer: without them, in the same minutes. */
export async function admission(): Promise<readonly Figure[]> {
  const plane = await startControlPlane();
  const connection = await connect({ kubeconfig: plane.adminKubeconfig, userAgent: "bench" });
  try {
    await prepare(plane);
    while (!(await isInForce(connection)));
    const figures: Figure[] = [];
    await timed(`${REQUESTS} requests of ${SORTS.length} sorts, with and without policies`, async () => {
      for (const sort of SORTS) figures.push(...figuresOf(sort, await latencies(connection, sort)));
    });
    return figures;
  } finally {
    await connection.close();
    await plane.stop();
  }
}

function figuresOf(sort: Sort, { with: measured, without }: Readonly<Record<Way, readonly number[]>>): readonly Figure[] {
  return [0.5, 0.99].map((share) =>
    figure({ scenario: "admission", figure: `${sort}, p${share * 100}; peer: without policies`, value: quantile(measured, share), unit: "ms", peer: quantile(without, share) }),
  );
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((left, right) => left - right)[Math.ceil(values.length * share) - 1] ?? Number.NaN;
}

async function prepare(plane: ControlPlane): Promise<void> {
  await run(plane, ["apply", "--server-side", "-k", join(DEPLOY, "../crds")]);
  await run(plane, ["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  const policies = documentsOf(await run(plane, ["kustomize", join(DEPLOY, "policy")])).map(exceptWithout);
  await run(plane, ["apply", "--server-side", "-f", "-"], policies.map((document) => stringify(document)).join("---\n"));
  for (const namespace of Object.values(NAMESPACES)) {
    await run(plane, ["create", "namespace", namespace]);
    for (const role of ["identity-editor", "identity-user"]) await run(plane, ["create", "rolebinding", role, "-n", namespace, `--clusterrole=${role}`, `--user=${USER}`]);
  }
  const rules = [{ apiGroups: ["azureidentity.dev"], resources: ["azureresources"], verbs: ["use"], resourceNames: ids().map((id) => id.toLowerCase()) }];
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: USER }, rules };
  await run(plane, ["create", "-f", "-"], JSON.stringify(role));
  await run(plane, ["create", "clusterrolebinding", USER, `--clusterrole=${USER}`, `--user=${USER}`]);
  // The rights are in force once the API server says so; kubectl waits for each answer.
  while ((await kubectl(plane, ["auth", "can-i", "create", "identityassignments.azureidentity.dev", "-n", NAMESPACES.without, "--as", USER])).code !== 0);
}

/** A binding of a policy that leaves one namespace out; any other document as it is. */
function exceptWithout(document: Document): object {
  if (document.kind !== "ValidatingAdmissionPolicyBinding") return document;
  const namespaceSelector = { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: [NAMESPACES.without] }] };
  return { ...document, spec: { ...(document["spec"] as object), matchResources: { namespaceSelector } } };
}

function ids(): readonly string[] {
  return Array.from({ length: 16 }, (_, index) => identityId(`bench-${index}`));
}

const onApp = { target: { webAppRef: { name: "app" } } };
const small = (namespace: string, name: string) => assignment(namespace, name, { ...onApp, userAssigned: [{ identityRef: { name: "reports" } }] });
const large = (namespace: string, name: string) => assignment(namespace, name, { ...onApp, userAssigned: ids().map((armId) => ({ armId })) });

async function latencies(connection: Connection, sort: Sort): Promise<Readonly<Record<Way, readonly number[]>>> {
  const measured = { with: [] as number[], without: [] as number[] };
  for (let index = -WARM_UP; index < REQUESTS; index += 1) {
    for (const way of index % 2 === 0 ? (["with", "without"] as const) : (["without", "with"] as const)) {
      const tookMs = await send(connection, requestOf(sort, NAMESPACES[way], index + WARM_UP));
      if (index >= 0) measured[way].push(tookMs);
    }
  }
  return measured;
}

/** The first request of a sort makes what the others change. */
function requestOf(sort: Sort, namespace: string, index: number): Sent {
  const path = pathOf(namespace);
  const patch = (name: string, body: object): Sent => {
    if (index === 0) return { method: "POST", path, body: small(namespace, name) };
    return { method: "PATCH", path: `${path}/${name}`, body, contentType: "application/merge-patch+json" };
  };
  switch (sort) {
    case "label":
      return patch("labelled", { metadata: { labels: { index: String(index) } } });
    case "change of what is not named":
      return patch("changed", { spec: { deletionPolicy: index % 2 === 0 ? "Retain" : "Delete" } });
    case "create, 1 reference":
      return { method: "POST", path, body: small(namespace, `small-${index}`) };
    case "create, 16 ARM ids":
      return { method: "POST", path, body: large(namespace, `large-${index}`) };
  }
}

function pathOf(namespace: string): string {
  return `/apis/azureidentity.dev/v1alpha1/namespaces/${namespace}/identityassignments`;
}

interface Sent {
  readonly method: "POST" | "PATCH";
  readonly path: string;
  readonly body: object;
  readonly contentType?: string;
}

/** Sends a request as the person and returns how many milliseconds its answer took. */
async function send(connection: Connection, { method, path, body, contentType = "application/json" }: Sent): Promise<number> {
  const sentMs = performance.now();
  const { code, text } = await connection.transport.request({ method, path, headers: { "content-type": contentType, "impersonate-user": USER }, body: JSON.stringify(body) });
  if (code >= 300) throw new Error(`cannot ${method} ${path}: the API server answered ${code}: ${text.slice(0, 300)}`);
  return performance.now() - sentMs;
}

/** Policies are taken up within a second or two; all at once, so that one of them tells. */
async function isInForce(connection: Connection): Promise<boolean> {
  const body = assignment(NAMESPACES.with, "probe", { ...onApp, userAssigned: [{ armId: identityId("not-granted") }] });
  const { code } = await connection.transport.request({ method: "POST", path: `${pathOf(NAMESPACES.with)}?dryRun=All`, headers: { "content-type": "application/json", "impersonate-user": USER }, body: JSON.stringify(body) });
  return code === 403;
}
