import type { JsonObject } from "../../src/api/json.ts";
import { keyOf, type KubeObject } from "../../src/api/object.ts";
import { createAzure } from "../../src/azure/gateway.ts";
import { Governor } from "../../src/azure/governor.ts";
import { ARM_TIMEOUT_MS } from "../../src/azure/pipeline.ts";
import { createTransport } from "../../src/azure/transport.ts";
import type { HostRow } from "../../src/kinds/host-row.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../src/kinds/index.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { Engine, type EngineResult } from "../../src/reconcile/engine.ts";
import type { KubePort, KubeWrite, Urgency, World } from "../../src/reconcile/ports.ts";
import { conditionsOf } from "../../src/api/conditions.ts";
import type { RecordedRequest, Switches } from "../azure/azure.ts";
import { type Bench, startBench } from "../azure/raw-client.ts";
import { POLICY } from "../reconcile/hosts.ts";
import { neverKube, noTokens } from "../reconcile/never.ts";

const FINALIZER = "azureidentity.dev/azure-resource";
const MAX_PASSES = 40;
/** Half an hour of polls shows no more than a minute of them. */
const SHORT = { "Microsoft.ApiManagement/service": 60 };

/** Whether states that time should heal are waited for; otherwise only what is under way. */
export interface Patience {
  readonly isPatient: boolean;
  /** What ends the run after the pass in which it becomes true. */
  readonly until?: () => boolean;
}

/** The real engine and the real gateway between objects in memory and a simulator of Azure. */
export interface Stage {
  readonly bench: Bench;
  /** Creates an assignment or changes its spec, and runs the engine until it has nothing to do before the next ordinary look. */
  apply(name: string, spec: JsonObject, patience?: Patience): Promise<void>;
  /** Deletes an assignment, and runs the engine in the same way. */
  remove(name: string): Promise<void>;
  /** Looks again as on a resync. */
  look(patience?: Patience): Promise<void>;
  /** A new engine takes over, which remembers nothing but what the objects hold. */
  restart(): void;
  object(name: string): KubeObject | undefined;
  /** Reason of the Ready condition with its status in front, for example `True Succeeded`; `gone` without the object. */
  state(name: string): string;
  message(name: string): string;
  /** Writes to a resource since the last call of {@link Bench.azure}.clearRequests. */
  writesTo(id: string): readonly RecordedRequest[];
  /** Everything that was logged. */
  readonly logged: readonly unknown[];
  close(): Promise<void>;
}

/** Starts a stage on which Azure behaves as the switches say; `hosts` may be less than the catalogue. */
export async function startStage(switches: Partial<Switches> = {}, hosts: readonly HostRow[] = HOSTS): Promise<Stage> {
  const bench = await startBench({ tokenLifetimeSeconds: 100_000_000, switches, durations: SHORT });
  const transport = createTransport({ clock: bench.clock, caPem: bench.azure.caPem });
  const cluster = new Cluster();
  const token = { token: bench.token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
  const governor = new Governor({ clock: bench.clock, share: 1 });
  const azure = createAzure({ governor, endpoint: bench.azure.endpoint, httpClient: transport.client(ARM_TIMEOUT_MS), credential: () => ({ getToken: () => Promise.resolve(token), renew: () => Promise.resolve(token) }), clock: bench.clock, userAgent: "azid/test" });
  const logged: unknown[] = [];
  const note = (fields: unknown, message: string) => logged.push({ fields, message });
  const world: World = {
    azure,
    governor,
    kube: neverKube(cluster.port()),
    credentials: noTokens,
    cache: { get: (key) => cluster.objects.get(key), namespace: () => undefined },
    clock: bench.clock,
    random: () => 0.5,
    log: { debug: note, info: note, warn: note, error: (fields) => failed(fields) },
    policy: { ...POLICY, sharedScopes: [bench.subscription] },
    digest: (value) => value,
  };
  const due = new Map<UnitKey, Urgency>();
  const begin = () => new Engine({ world, kinds: KINDS, hosts, enqueue: (unit, { priority }) => due.set(unit, priority) });
  let engine = begin();
  cluster.watch = (previous, next) => engine.onChange({ previous, next });
  const find = (name: string) => cluster.objects.get(`IdentityAssignment/default/${name}`);
  const settle = ({ isPatient, until }: Patience = { isPatient: true }) =>
    runAll({ engine, due, bench, isWaiting: () => until?.() === true || (!isPatient && [...cluster.objects.values()].every((object) => readyOf(object)?.status === "False")) });
  return {
    bench,
    apply: async (name, spec, patience) => {
      cluster.put(name, spec);
      await settle(patience);
    },
    remove: async (name) => {
      cluster.remove(name);
      await settle();
    },
    look: async (patience) => {
      for (const claim of engine.claims()) due.set(claim.unit, "resync");
      await settle(patience);
    },
    restart: () => {
      due.clear();
      engine = begin();
      for (const next of cluster.objects.values()) engine.onChange({ previous: undefined, next });
    },
    object: find,
    state: (name) => stateOf(find(name)),
    message: (name) => readyOf(find(name))?.message ?? "",
    writesTo: (id) => bench.azure.requests.filter(({ method, path }) => method !== "GET" && path.toLowerCase().startsWith(id.toLowerCase())),
    logged,
    close: async () => {
      await transport.close();
      await bench.stop();
    },
  };
}

interface Run {
  readonly engine: Engine;
  readonly due: Map<UnitKey, Urgency>;
  readonly bench: Bench;
  readonly isWaiting: () => boolean;
}

/** Runs what is due, and what wants to be looked at again soon, on a clock that moves as far as that needs. */
async function runAll({ engine, due, bench: { clock }, isWaiting }: Run): Promise<void> {
  for (let passes = 0; passes < MAX_PASSES; passes += 1) {
    const [next] = due;
    if (next === undefined) return;
    const [unit, priority] = next;
    due.delete(unit);
    const { again } = await engine.run(unit, { signal: new AbortController().signal, priority });
    if (!isSoon(again) || isWaiting()) continue;
    clock.advance(again.afterMs);
    due.set(unit, again.priority);
  }
  throw new Error("the engine does not come to rest");
}

function isSoon(again: EngineResult["again"]): again is NonNullable<EngineResult["again"]> {
  return again !== undefined && again.priority !== "resync";
}

function failed(fields: Readonly<Record<string, unknown>>): never {
  throw fields["err"] instanceof Error ? fields["err"] : new Error(JSON.stringify(fields));
}

function readyOf(object: KubeObject | undefined) {
  return conditionsOf(object).find(({ type }) => type === "Ready");
}

function stateOf(object: KubeObject | undefined): string {
  const ready = readyOf(object);
  return object === undefined ? "gone" : `${ready?.status ?? "-"} ${ready?.reason ?? "-"}`;
}

/** The API server as far as the engine needs it: objects, their versions, and a watch that tells of each change at once. */
class Cluster {
  readonly objects = new Map<string, KubeObject>();
  watch: (previous: KubeObject | undefined, next: KubeObject | undefined) => void = () => undefined;
  #version = 0;

  put(name: string, spec: JsonObject): void {
    const key = `IdentityAssignment/default/${name}`;
    const old = this.objects.get(key);
    const metadata = old?.metadata ?? { name, namespace: "default", uid: `uid-${name}`, resourceVersion: "0", generation: 0, creationTimestamp: new Date(this.#version * 1000).toISOString() };
    this.#store({ apiVersion: "azureidentity.dev/v1alpha1", kind: "IdentityAssignment", ...old, metadata: { ...metadata, generation: metadata.generation + 1 }, spec });
  }

  remove(name: string): void {
    const old = this.objects.get(`IdentityAssignment/default/${name}`);
    if (old === undefined) return;
    if ((old.metadata.finalizers ?? []).length === 0) this.#forget(old);
    else this.#store({ ...old, metadata: { ...old.metadata, deletionTimestamp: "2026-06-01T12:00:00Z" } });
  }

  /** What an assignment needs of Kubernetes. */
  port(): Partial<KubePort> {
    return {
      addFinalizer: (type, object) => this.addFinalizer(type, object),
      removeFinalizer: (type, object) => this.removeFinalizer(type, object),
      applyStatus: (type, object, status) => this.applyStatus(type, object, status),
    };
  }

  addFinalizer(_type: unknown, { metadata }: KubeObject): Promise<KubeWrite> {
    return this.#write(metadata.name, (object) => ({ ...object, metadata: { ...object.metadata, finalizers: [FINALIZER] } }));
  }

  removeFinalizer(_type: unknown, { metadata }: KubeObject): Promise<KubeWrite> {
    const old = this.objects.get(`IdentityAssignment/default/${metadata.name}`);
    if (old?.metadata.deletionTimestamp === undefined) return this.#write(metadata.name, (object) => ({ ...object, metadata: { ...object.metadata, finalizers: [] } }));
    this.#forget(old);
    return Promise.resolve({ is: "vanished" });
  }

  applyStatus(_type: unknown, { metadata }: KubeObject, status: object): Promise<KubeWrite> {
    return this.#write(metadata.name, (object) => ({ ...object, status: JSON.parse(JSON.stringify(status)) as unknown }));
  }

  #write(name: string, change: (object: KubeObject) => KubeObject): Promise<KubeWrite> {
    const old = this.objects.get(`IdentityAssignment/default/${name}`);
    if (old === undefined) return Promise.resolve({ is: "vanished" });
    return Promise.resolve({ is: "written", resourceVersion: this.#store(change(old)) });
  }

  #store(object: KubeObject): string {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    const next = { ...object, metadata: { ...object.metadata, resourceVersion } };
    const previous = this.objects.get(keyOf(object));
    this.objects.set(keyOf(object), next);
    this.watch(previous, next);
    return resourceVersion;
  }

  #forget(object: KubeObject): void {
    this.objects.delete(keyOf(object));
    this.watch(object, undefined);
  }
}
