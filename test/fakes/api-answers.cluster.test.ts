import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connection, connect } from "../../src/kubernetes/connection.ts";
import type { ApiAnswer, ApiRequest } from "../../src/kubernetes/transport.ts";
import { connect as connectPlane } from "../control-plane/vitest-setup.ts";
import { getFromApiServer } from "../control-plane/api-server-request.ts";
import { Playground } from "../kubernetes/cluster.ts";
import type { FakeRequest } from "../kubernetes/fake-api-server.ts";
import { startConnection } from "../kubernetes/fake-connection.ts";
import { gadget, gadgetList } from "../kubernetes/gadgets.ts";

// Tests of one part answer by hand what the API server would. What they say in its place is compared with what it says here; a list or watch
// that comes too late, 410, is in test/kubernetes/compaction.cluster.test.ts, where etcd forgets.

const NAMESPACE = "fakes-api-answers";
const GADGETS = `/apis/kubernetes.test/v1/namespaces/${NAMESPACE}/gadgets`;
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const playground = new Playground(connectPlane(), NAMESPACE);
let connection: Connection;
beforeAll(async () => {
  await playground.prepare();
  connection = await connect({ kubeconfig: playground.plane.adminKubeconfig, userAgent: "fakes" });
});
afterAll(() => connection.close());

const json = { "content-type": "application/json" };
const ask = (request: ApiRequest): Promise<ApiAnswer> => connection.transport.request(request);
const manifest = (name: string, metadata: object = {}): string => JSON.stringify({ apiVersion: "kubernetes.test/v1", kind: "Gadget", metadata: { name, ...metadata }, spec: { size: 1 } });
const apply = (name: string, body: string, query = "fieldManager=fakes&force=true"): Promise<ApiAnswer> =>
  ask({ method: "PATCH", path: `${GADGETS}/${name}?${query}`, headers: { "content-type": "application/apply-patch+yaml" }, body });

interface Situation {
  /** As the tests of a part write it. */
  readonly script: (request: FakeRequest) => void;
  readonly provoke: () => Promise<Pick<ApiAnswer, "code" | "text">>;
}

const causes = (reason: string, field: string) => ({ details: { causes: [{ reason, field }] } });

const situations: Readonly<Record<string, Situation>> = {
  "what is not there": { script: (request) => request.status(404, "NotFound", "none"), provoke: () => ask({ method: "GET", path: `${GADGETS}/none` }) },
  "what is there already": {
    script: (request) => request.status(409, "AlreadyExists", "there is one"),
    provoke: async () => {
      const make = (): Promise<ApiAnswer> => ask({ method: "POST", path: CONFIG_MAPS, headers: json, body: JSON.stringify({ metadata: { name: "twice" } }) });
      await make();
      return make();
    },
  },
  "a version that is not the present one": {
    script: (request) => request.status(409, "Conflict", "the object has been modified"),
    provoke: async () => {
      await playground.create("modified");
      return apply("modified", manifest("modified", { resourceVersion: "1" }));
    },
  },
  "an apply for an object of another uid": {
    script: (request) => request.status(422, "Invalid", "invalid", causes("FieldValueInvalid", "metadata.uid")),
    provoke: async () => {
      await playground.create("replaced");
      return apply("replaced", manifest("replaced", { uid: "00000000-0000-4000-8000-000000000000" }));
    },
  },
  "a finalizer for an object in deletion": {
    script: (request) => request.status(422, "Invalid", "invalid", causes("FieldValueForbidden", "metadata.finalizers")),
    provoke: async () => {
      await playground.create("leaving", ["other.test/x"]);
      await playground.within(["delete", "gadget", "leaving", "--wait=false"]);
      return apply("leaving", manifest("leaving", { finalizers: ["another.test/y"] }));
    },
  },
  "a test of a JSON patch that fails": {
    script: (request) => request.status(422, "Invalid", "the server rejected our request due to an error in our request"),
    provoke: async () => {
      await playground.create("patched");
      const body = JSON.stringify([{ op: "test", path: "/metadata/uid", value: "another" }]);
      return ask({ method: "PATCH", path: `${GADGETS}/patched`, headers: { "content-type": "application/json-patch+json" }, body });
    },
  },
  "a namespace that is being deleted": {
    script: (request) => request.status(403, "Forbidden", "forbidden", causes("NamespaceTerminating", "metadata.namespace")),
    provoke: async () => {
      const doomed = new Playground(playground.plane, "fakes-doomed");
      await doomed.kubectl(["create", "namespace", doomed.namespace]);
      await doomed.create("a", ["other.test/x"]);
      await doomed.kubectl(["delete", "namespace", doomed.namespace, "--wait=false"]);
      await doomed.within(["wait", "gadget/a", "--for=jsonpath={.metadata.deletionTimestamp}"]);
      const refused = await ask({ method: "POST", path: `/api/v1/namespaces/${doomed.namespace}/configmaps`, headers: json, body: JSON.stringify({ metadata: { name: "late" } }) });
      await doomed.within(["patch", "gadget", "a", "--type=merge", "-p", JSON.stringify({ metadata: { finalizers: null } })]);
      return refused;
    },
  },
  "a token that nobody issued": { script: (request) => request.status(401, "Unauthorized", "who is that"), provoke: () => asStranger("a.b.c") },
  "what a user may not": {
    script: (request) => request.status(403, "Forbidden", "may not get secrets"),
    provoke: async () => asStranger((await playground.within(["create", "token", "default"])).trim()),
  },
};

async function asStranger(token: string): Promise<Pick<ApiAnswer, "code" | "text">> {
  const { server, caPem } = playground.plane;
  const { status, body } = await getFromApiServer({ server, caPem, token, path: `/api/v1/namespaces/${NAMESPACE}/secrets` });
  return { code: status, text: body };
}

describe("a refusal", () => {
  test.each(Object.entries(situations))("of %s is scripted as the API server says it", async (_what, { script, provoke }) => {
    const { server, connection: scripted } = await startConnection();
    const asking = scripted.transport.request({ method: "GET", path: "/" });
    script(await server.next());
    const real = await provoke();
    expect(refusalIn(await asking)).toEqual(refusalIn(real));
  });
});

/** What the writers, lists and watches read of a refusal. */
function refusalIn({ code, text }: Pick<ApiAnswer, "code" | "text">): object {
  const body = JSON.parse(text) as { readonly kind: string; readonly apiVersion: string; readonly status: string; readonly code: number; readonly reason: string; readonly message: unknown; readonly details?: { readonly causes?: readonly { readonly reason: string; readonly field: string }[] } };
  // The API server names the causes twice where it validates a custom resource twice.
  const found = [...new Set(body.details?.causes?.map(({ reason, field }) => `${reason} ${field}`))];
  return { answered: code, kind: body.kind, apiVersion: body.apiVersion, status: body.status, code: body.code, reason: body.reason, message: typeof body.message, causes: found };
}

describe("what is listed and watched", () => {
  test("a list is scripted with no member that the API server's lacks", async () => {
    for (const name of ["listed-a", "listed-b"]) await playground.create(name);
    const real = await ask({ method: "GET", path: `${GADGETS}?limit=1` });
    const { items, ...list } = JSON.parse(real.text) as { readonly items: readonly object[] };
    const { items: _none, ...scripted } = gadgetList(1, [], "next") as { readonly items: readonly object[] };
    expect([typesOf(list), items.length]).toMatchObject([typesOf(scripted), 1]);
    const [item] = items;
    // Without its managed fields and spec, which are as whoever made it set them.
    expect(typesOf(item)).toMatchObject({ metadata: typesOf({ ...(gadget("a", 1) as { readonly metadata: object }).metadata, managedFields: [{ manager: "kubectl", operation: "Update" }] }) });
  });

  test("events are scripted with the types that the API server sends, each a line of JSON", async () => {
    const { text } = await ask({ method: "GET", path: `${GADGETS}?limit=1` });
    const { resourceVersion } = (JSON.parse(text) as { readonly metadata: { readonly resourceVersion: string } }).metadata;
    const watching = connection.transport.stream({ method: "GET", path: `${GADGETS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=2&resourceVersion=${resourceVersion}` });
    await playground.create("watched");
    await playground.within(["annotate", "gadget", "watched", "a=b"]);
    await playground.within(["delete", "gadget", "watched"]);
    const lines = await linesOf(await watching);
    const types = lines.map((line) => (JSON.parse(line) as { readonly type: string }).type);
    expect(types.slice(0, 3)).toEqual(["ADDED", "MODIFIED", "DELETED"]);
    // One bookmark comes shortly before the end, where the API server knows of one.
    expect(types.slice(3).filter((type) => type !== "BOOKMARK")).toEqual([]);
    const scripted = await linesOf(await scriptedWatch());
    for (const [index, line] of scripted.entries()) expect(typesOf(JSON.parse(lines[index] ?? ""))).toMatchObject(typesOf(JSON.parse(line)) as object);
  });
});

async function scriptedWatch(): ReturnType<Connection["transport"]["stream"]> {
  const { server, connection: scripted } = await startConnection();
  const watching = scripted.transport.stream({ method: "GET", path: "/" });
  const request = await server.next();
  request.open();
  const { metadata } = gadget("watched", 1) as { readonly metadata: object };
  for (const type of ["ADDED", "MODIFIED", "DELETED"]) request.event(type, { metadata });
  request.end();
  return watching;
}

async function linesOf(stream: Awaited<ReturnType<Connection["transport"]["stream"]>>): Promise<readonly string[]> {
  if (stream.is !== "open") throw new Error(`the watch was refused: ${stream.answer.text}`);
  let text = "";
  for await (const chunk of stream.chunks) text += chunk.toString();
  return text.split("\n").filter((line) => line !== "");
}

/** The members of a value, with their types in the place of what they are. */
function typesOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(typesOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, typesOf(inner)]));
}
