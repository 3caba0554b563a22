import { setTimeout } from "node:timers/promises";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { API_VERSION } from "../../src/api/group.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { IDENTITY_ASSIGNMENT } from "../../src/api/resources.ts";
import { createKubeWriter } from "../../src/kubernetes/apply.ts";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import { systemClock } from "../../src/kubernetes/clock.ts";
import { type Connection, connect } from "../../src/kubernetes/connection.ts";
import { Reflector } from "../../src/kubernetes/reflector.ts";
import type { Change } from "../../src/reconcile/change.ts";
import { kubectl } from "../control-plane/access.ts";
import { connect as connectPlane } from "../control-plane/vitest-setup.ts";
import { RecordingLog } from "../kubernetes/recording-log.ts";
import { exportsContract, type NamespaceUnderTest } from "./exports.ts";
import { aboutSystemAssigned, kubePortContract, type KubeUnderTest } from "./kube-port.ts";
import { watchContract, type WatchedKube } from "./watch.ts";

const CRD = join(import.meta.dirname, "../../crds/azureidentity.dev_identityassignments.yaml");
const form = createCacheForm(IDENTITY_ASSIGNMENT);
const plane = connectPlane();
const closing: (() => Promise<unknown>)[] = [];

async function run(args: readonly string[], input?: object): Promise<string> {
  const { code, stdout, stderr } = await kubectl(plane, args, input === undefined ? {} : { input: JSON.stringify(input) });
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** A namespace of its own, and a connection to its cluster until the end of the tests. */
async function opened(namespace: string): Promise<Connection> {
  await run(["apply", "--server-side", "--force-conflicts", "-f", CRD]);
  await run(["wait", "--for=condition=Established", "crd/identityassignments.azureidentity.dev"]);
  await run(["create", "namespace", namespace]);
  const connection = await connect({ kubeconfig: plane.adminKubeconfig, userAgent: "fakes" });
  closing.push(() => connection.close());
  return connection;
}

afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

describe("the real API server behind our writer", () => {
  kubePortContract(async () => overApiServer("fakes-kube-port", await opened("fakes-kube-port")));
  watchContract(watched);
  exportsContract(exporting);
});

function writerOver(connection: Connection) {
  return createKubeWriter(connection, { fieldManager: "azure-identity-operator", instance: "fakes", clock: systemClock, log: new RecordingLog() });
}

function overApiServer(namespace: string, connection: Connection): KubeUnderTest {
  const within = (...args: readonly string[]) => run([...args, "-n", namespace]);
  const object = (name: string, rest: object) => ({ apiVersion: API_VERSION, kind: IDENTITY_ASSIGNMENT.kind, metadata: { name, namespace }, ...rest });
  return {
    port: writerOver(connection),
    apply: async (name, spec) => void (await run(["apply", "--server-side", "-f", "-"], object(name, { spec }))),
    annotate: async (name, annotations) => void (await within("annotate", "ida", name, ...Object.entries(annotations).map(([key, value]) => `${key}=${value}`))),
    delete: async (name) => void (await within("delete", "ida", name, "--wait=false")),
    read: async (name) => {
      const text = await within("get", "ida", name, "--ignore-not-found", "-o", "json");
      return text === "" ? undefined : form(JSON.parse(text));
    },
  };
}

/** Our reflector watches. */
async function watched(): Promise<WatchedKube> {
  const namespace = "fakes-watch";
  const connection = await opened(namespace);
  const changes: Change[] = [];
  const stopping = new AbortController();
  const reflector = new Reflector({
    connection,
    type: IDENTITY_ASSIGNMENT,
    onEvent: (event) => {
      if ((event.next ?? event.previous)?.metadata.namespace === namespace) changes.push(event);
    },
    clock: systemClock,
    random: Math.random,
    log: new RecordingLog(),
  });
  const running = reflector.run(stopping.signal);
  closing.push(async () => {
    stopping.abort();
    await running;
  });
  await reflector.synced;
  const count = (name: string): number => changes.filter(({ previous, next }) => (next ?? previous)?.metadata.name === name).length;
  return {
    ...overApiServer(namespace, connection),
    changes,
    told: async (name, wanted) => {
      for (let tries = 0; tries < 500 && count(name) < wanted; tries += 1) await setTimeout(20);
      // Time for one that should not come.
      await setTimeout(200);
    },
  };
}

async function exporting(): Promise<NamespaceUnderTest> {
  const namespace = "fakes-exports";
  const connection = await opened(namespace);
  const kube = overApiServer(namespace, connection);
  const within = (...args: readonly string[]) => run([...args, "-n", namespace]);
  const make = (object: { readonly kind: string; readonly metadata: object }) => run(["create", "-f", "-"], { apiVersion: "v1", ...object });
  return {
    port: writerOver(connection),
    object: async (name) => {
      if ((await kube.read(name)) !== undefined) await kube.delete(name);
      await kube.apply(name, aboutSystemAssigned(true));
      return (await kube.read(name)) as KubeObject;
    },
    makeDocument: async (kind, name, data) => void (await make({ kind, metadata: { name, namespace }, ...(kind === "Secret" ? { stringData: data } : { data }) })),
    makeServiceAccount: async (name, annotations) => void (await make({ kind: "ServiceAccount", metadata: { name, namespace, annotations } })),
    shown: async (kind, name) => {
      const text = await within("get", kind, name, "--ignore-not-found", "-o", "json");
      if (text === "") return undefined;
      const { data, metadata } = JSON.parse(text) as { readonly data?: Readonly<Record<string, string>>; readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
      return kind === "ConfigMap" ? (data ?? {}) : (metadata.annotations ?? {});
    },
    reasons: async ({ metadata }) => {
      const text = await within("get", "events.events.k8s.io", "-o", "json");
      const { items } = JSON.parse(text) as { readonly items: readonly { readonly reason: string; readonly regarding: { readonly uid: string } }[] };
      return items.filter(({ regarding }) => regarding.uid === metadata.uid).map(({ reason }) => reason);
    },
  };
}
