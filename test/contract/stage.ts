import { randomBytes } from "node:crypto";
import type { HttpClient } from "@azure/core-rest-pipeline";
import { createAzure } from "../../src/azure/gateway.ts";
import { Governor } from "../../src/azure/governor.ts";
import { ARM_TIMEOUT_MS } from "../../src/azure/pipeline.ts";
import { createTransport } from "../../src/azure/transport.ts";
import { conditionOf, conditionsOf } from "../../src/api/conditions.ts";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { type KubeObject, objectKey } from "../../src/api/object.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../src/kinds/index.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { createDigester } from "../../src/operate/digest.ts";
import { Engine, type Enqueue } from "../../src/reconcile/engine.ts";
import type { AccessPort } from "../../src/reconcile/permissions.ts";
import type { CredentialPort } from "../../src/reconcile/credential-port.ts";
import type { AzurePort, KubePort, Policy, Urgency, World } from "../../src/reconcile/ports.ts";
import type { AzureOptions, RecordedRequest } from "../azure/azure.ts";
import { type Bench, startBench } from "../azure/raw-client.ts";
import { POLICY } from "../reconcile/hosts.ts";
import { noTokens } from "../reconcile/never.ts";
import { Cluster } from "./cluster.ts";
import { QueueRun } from "./queue-run.ts";

const MAX_PASSES = 400;

/** The issuer of the tokens of this cluster. */
export const ISSUER = "https://issuer.example.com/cluster";

/** Another issuer, of whose subjects some may be federated. */
export const GITHUB = "https://token.actions.githubusercontent.com";

/** What a stage is set up with. */
export interface StageOptions {
  readonly azure?: Partial<AzureOptions>;
  /** An Azure that is there already and the way to it, in place of one over HTTPS. */
  readonly place?: { readonly bench: Bench; readonly httpClient: HttpClient };
  readonly policy?: Partial<Policy>;
  /** Runs units in the real queue with so many workers; by default one runs after the other, in the order of their time. */
  readonly workers?: number;
  /** Which tokens are there; by default none was had yet. */
  readonly credentials?: CredentialPort;
  /** Roles that may be granted in the subscription, by name. */
  readonly grants?: readonly { readonly role: string }[];
  /** Asks about permissions of namespaces; without it none is required. */
  readonly access?: AccessPort;
  /** Stands between the engine and the world: for faults and crashes. */
  readonly between?: (ports: { readonly azure: AzurePort; readonly kube: KubePort }) => { readonly azure: AzurePort; readonly kube: KubePort };
}

/** The real engine and the real gateway between objects in memory and a simulator of Azure over HTTPS. */
export interface Stage {
  readonly bench: Bench;
  readonly cluster: Cluster;
  /** Runs the engine until it has nothing to do before the next ordinary look; time passes as far as that needs. */
  settle(): Promise<void>;
  /** Creates or changes an object; the namespace is `default` unless another one is named, here and below. */
  apply(kind: string, name: string, spec: JsonObject, namespace?: string): Promise<void>;
  remove(kind: string, name: string, namespace?: string): Promise<void>;
  /** Looks at everything again, as on a resync. */
  look(): Promise<void>;
  /** Lets so many milliseconds pass, with everything that is due meanwhile; only with workers. */
  wait(ms: number): Promise<void>;
  /** Asks again about permissions whose answers are old. */
  recheckPermissions(): Promise<void>;
  /** Forgets everything that the process knew, and starts it again. */
  restart(): Promise<void>;
  /** Gives the process that is started next another policy. */
  policy(changes: Partial<Policy>): void;
  /** Gives the process that is started next another key of the installation. */
  loseKey(): void;
  object(kind: string, name: string, namespace?: string): KubeObject | undefined;
  /** Status and reason of the Ready condition, for example `True Succeeded`; `gone` without the object. */
  state(kind: string, name: string, namespace?: string): string;
  message(kind: string, name: string, namespace?: string): string;
  /** What the object holds in Azure; undefined when nothing. */
  holds(kind: string, name: string, namespace?: string): JsonObject | undefined;
  /** Requests that change something, since the last `clearRequests`. */
  writes(): readonly RecordedRequest[];
  requests(): readonly RecordedRequest[];
  close(): Promise<void>;
}

/** Sets a stage. */
export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const bench = options.place?.bench ?? (await startBench({ tokenLifetimeSeconds: 100_000_000, ...options.azure }));
  const transport = createTransport({ clock: bench.clock, caPem: bench.azure.caPem });
  const cluster = new Cluster();
  const token = { token: bench.token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
  const credential = () => ({ getToken: () => Promise.resolve(token), renew: () => Promise.resolve(token) });
  const gateway = () => {
    const governor = new Governor({ clock: bench.clock, share: 1 });
    const azure = createAzure({ endpoint: bench.azure.endpoint, httpClient: options.place?.httpClient ?? transport.client(ARM_TIMEOUT_MS), credential, clock: bench.clock, governor, userAgent: "azid/test" });
    return { azure, governor };
  };
  let policy: Policy = { ...POLICY, sharedScopes: [bench.subscription], clusterIssuer: ISSUER, rules: rulesOf(bench, options), ...options.policy };
  let key = randomBytes(32);
  let run = start({ options, bench, cluster, policy, ...gateway(), key });
  const settle = () => run.settle();
  const find = (kind: string, name: string, namespace = "default") => cluster.get(objectKey(kind, namespace, name));
  return {
    bench,
    cluster,
    settle,
    apply: async (kind, name, spec, namespace) => {
      cluster.apply(kind, name, spec, namespace);
      await settle();
    },
    remove: async (kind, name, namespace) => {
      cluster.delete(kind, name, namespace);
      await settle();
    },
    look: async () => {
      bench.clock.advance(policy.syncIntervalSeconds * 1000);
      run.lookAgain();
      await settle();
    },
    wait: (ms) => run.wait(ms),
    recheckPermissions: async () => {
      bench.clock.advance(60_000);
      await run.recheckPermissions();
      await settle();
    },
    restart: async () => {
      run.stop();
      run = start({ options, bench, cluster, policy, ...gateway(), key });
      await settle();
    },
    policy: (changes) => {
      policy = { ...policy, ...changes };
    },
    loseKey: () => {
      key = randomBytes(32);
    },
    object: find,
    state: (kind, name, namespace) => stateOf(find(kind, name, namespace)),
    message: (kind, name, namespace) => conditionOf(conditionsOf(find(kind, name, namespace)), "Ready")?.message ?? "",
    holds: (kind, name, namespace) => objectAt(find(kind, name, namespace)?.status, "holds"),
    requests: () => bench.azure.requests.filter(({ type }) => type !== "entra"),
    writes: () => bench.azure.requests.filter(({ method, type, path }) => type !== "entra" && method !== "GET" && !(method === "POST" && /\/list[^/]*$/.test(path))),
    close: async () => {
      await transport.close();
      await bench.stop();
    },
  };
}

function rulesOf({ subscription }: Bench, { grants = [] }: StageOptions): Policy["rules"] {
  return {
    roles: grants.map(({ role }) => ({ role, byId: false, scope: subscription, namespaces: undefined })),
    federation: [
      { issuer: "cluster", subject: "system:serviceaccount:{namespace}:*", namespaces: undefined },
      { issuer: GITHUB, subject: "repo:contoso/*", namespaces: undefined },
    ],
  };
}

interface Parts {
  readonly options: StageOptions;
  readonly bench: Bench;
  readonly cluster: Cluster;
  readonly policy: Policy;
  readonly azure: AzurePort;
  readonly governor: Governor;
  /** The key of the installation. */
  readonly key: Uint8Array;
}

function start({ options, bench, cluster, policy, azure, governor, key }: Parts) {
  const note: World["log"]["info"] = (fields, message) => void cluster.logged.push(JSON.stringify([fields, message]));
  const ports = options.between?.({ azure, kube: cluster }) ?? { azure, kube: cluster };
  const world: World = {
    ...ports,
    credentials: options.credentials ?? noTokens,
    governor,
    cache: cluster,
    clock: bench.clock,
    random: () => 0.5,
    log: { debug: note, info: note, warn: note, error: (fields) => failed(fields) },
    policy,
    ...(options.access === undefined ? {} : { access: options.access }),
    digest: (value) => createDigester(key).digest(value),
  };
  const due = new Map<UnitKey, { atMs: number; priority: Urgency }>();
  const queue = options.workers === undefined ? undefined : new QueueRun(bench.clock, { engine: () => engine, concurrency: options.workers });
  const enqueue: Enqueue = queue?.enqueue ?? ((unit, { priority }) => due.set(unit, { atMs: bench.clock.now(), priority }));
  const engine: Engine = new Engine({ world, kinds: KINDS, hosts: HOSTS, enqueue });
  cluster.watch = (change) => engine.onChange(change);
  cluster.watchNamespaces = (change) => engine.onNamespaceChange(change);
  for (const object of cluster.objects()) engine.onChange({ previous: undefined, next: object });
  return {
    settle: () => (queue === undefined ? runAll(engine, due, bench) : queue.settle(PATIENCE_MS)),
    stop: () => queue?.stop(),
    wait: async (ms: number) => {
      if (queue === undefined) throw new Error("only a stage with workers has the queue's time");
      await queue.wait(ms);
    },
    recheckPermissions: () => engine.reviews.recheck(),
    lookAgain: () => {
      for (const claim of engine.claims()) enqueue(claim.unit, { priority: "resync" });
    },
  };
}

/**
 * Runs what is due in the order of its time, on a clock that moves as far as that needs, one unit of a lane at a time. Ordinary
 * looks are not waited for, and what waits for somebody else is asked for some time only.
 */
async function runAll(engine: Engine, due: Map<UnitKey, { atMs: number; priority: Urgency }>, { clock }: Bench): Promise<void> {
  const untilMs = clock.now() + PATIENCE_MS;
  const holders = new Map<string, UnitKey>();
  const mayRun = (unit: UnitKey) => (holders.get(engine.laneOf(unit)) ?? unit) === unit;
  for (let passes = 0; passes < MAX_PASSES; passes += 1) {
    const [next] = [...due].filter(([unit]) => mayRun(unit)).toSorted(([, left], [, right]) => left.atMs - right.atMs);
    if (next === undefined) return;
    const [unit, { atMs, priority }] = next;
    if (atMs > untilMs) return;
    due.delete(unit);
    if (atMs > clock.now()) clock.advance(atMs - clock.now());
    const { again, holdLane } = await engine.run(unit, { signal: new AbortController().signal, priority });
    if (holdLane === true) holders.set(engine.laneOf(unit), unit);
    else if (mayRun(unit)) holders.delete(engine.laneOf(unit));
    if (again !== undefined && again.priority !== "resync" && !due.has(unit)) due.set(unit, { atMs: clock.now() + again.afterMs, priority: again.priority });
  }
  throw new Error(`the engine does not come to rest: ${[...due.keys()].join(", ")}`);
}

/** Longer than any operation of the simulator, and than twenty turns of a lane. */
const PATIENCE_MS = 150_000;

function failed(fields: Readonly<Record<string, unknown>>): never {
  throw fields["err"] instanceof Error ? fields["err"] : new Error(JSON.stringify(fields));
}

function stateOf(object: KubeObject | undefined): string {
  const ready = conditionOf(conditionsOf(object), "Ready");
  return object === undefined ? "gone" : `${ready?.status ?? "-"} ${ready?.reason ?? "-"}`;
}
