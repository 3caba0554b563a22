import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { ACCOUNT_KIND, ACCOUNT_NAME } from "../api/credential.ts";
import { conditionOf, conditionsOf } from "../api/conditions.ts";
import type { ObjectKey, ResourceType } from "../api/object.ts";
import type { PolicyRules } from "../api/policy-rules.ts";
import type { Config } from "../config.ts";
import { HOSTS } from "../kinds/hosts/catalogue.ts";
import { KINDS } from "../kinds/index.ts";
import { createAccessReview } from "../kubernetes/access-review.ts";
import { createKubeWriter } from "../kubernetes/apply.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { systemClock as kubernetesClock } from "../kubernetes/clock.ts";
import { Reflector } from "../kubernetes/reflector.ts";
import type { ObjectEvent, Store } from "../kubernetes/store.ts";
import type { Digester } from "../operate/digest.ts";
import type { ProcessLog } from "../operate/log.ts";
import type { Metrics, ResourceCount } from "../operate/metrics.ts";
import type { QueueObserver } from "../queue/observer.ts";
import { systemClock } from "../queue/clock.ts";
import { KeyedQueue } from "../queue/queue.ts";
import type { UnitKey } from "../reconcile/claim.ts";
import { Engine } from "../reconcile/engine.ts";
import type { CredentialPort } from "../reconcile/credential-port.ts";
import type { AzurePort, Cache, GovernorPort, World } from "../reconcile/ports.ts";
import { ObjectLives } from "./object-lives.ts";

/** What the administrator allows, and the issuer that the rules call `cluster`; undefined when nobody tells it. */
export interface AdministratorPolicy {
  readonly rules: PolicyRules;
  readonly clusterIssuer: string | undefined;
}

/** What an operator is put together from. */
export interface OperatorParts {
  readonly config: Config;
  readonly allowed: AdministratorPolicy;
  readonly digester: Digester;
  readonly installationId: string;
  readonly connection: Connection;
  readonly azure: (correlationId: () => string | undefined) => AzurePort;
  readonly credentials: CredentialPort;
  readonly governor: GovernorPort;
  readonly metrics: Metrics;
  readonly log: ProcessLog;
  readonly instance: string;
}

/** Reflectors, engine and queue of one process. */
export interface Operator {
  readonly queue: KeyedQueue;
  /** Whether every first list is in. */
  hasSynced(): boolean;
  /** Resolves when every first list is in and the workers run. */
  readonly started: Promise<void>;
  counts(): Iterable<ResourceCount>;
  /** The kind that a unit stands for, for metrics. */
  kindOf(unit: string): string;
  /** Ends the watches. */
  stopWatching(): Promise<void>;
}

/** How long one pass may take before it is told to stop. */
const PASS_DEADLINE_MS = 300_000;

/** How often old answers about permissions are asked again; the engine bounds how many at a time. */
const RECHECK_MS = 1000;

const BACKOFF = { baseMs: 500, maxMs: 60_000 };

const NAMESPACES: ResourceType = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };

/** Those by which objects reach Azure; no other one is ever read (DESIGN 6). */
const ACCOUNTS: ResourceType = { group: "", version: "v1", plural: "serviceaccounts", kind: ACCOUNT_KIND, namespaced: true };

/** Starts the watches, and the workers once all first lists are in: no unit runs on half of the truth (DESIGN 2). */
export function startOperator(parts: OperatorParts): Operator {
  const { config, log, metrics } = parts;
  const passes = new AsyncLocalStorage<string>();
  const stores = new Map<string, Store>();
  const lives = new ObjectLives(metrics.objects, Date.now);
  const engine = new Engine({
    world: worldOf(parts, { cache: cacheOver(stores), correlationId: () => passes.getStore(), lives }),
    kinds: KINDS,
    hosts: HOSTS,
    enqueue: (unit, options) => queue.add(unit, options),
    sweepObserver: metrics.sweep,
    onRefused: (kind) => metrics.terminalError(kind),
  });
  const queue = new KeyedQueue({
    concurrency: config.concurrent,
    run: (key, context) => passes.run(randomUUID(), () => engine.run(key as UnitKey, context)),
    laneOf: engine.laneOf,
    clock: systemClock,
    random: Math.random,
    deadlineMs: PASS_DEADLINE_MS,
    backoff: BACKOFF,
    observer: observerOf(metrics, log),
  });
  const watching = new AbortController();
  const onChange = (event: ObjectEvent) => {
    lives.onChange(event);
    engine.onChange(event);
  };
  const shared = { connection: parts.connection, clock: kubernetesClock, random: Math.random, log };
  const kinds = KINDS.map((kind) => new Reflector({ ...shared, type: kind.type, onEvent: onChange }));
  const accounts = new Reflector({ ...shared, type: ACCOUNTS, onlyName: ACCOUNT_NAME, onEvent: (event) => engine.onChange(event) });
  const namespaces = new Reflector({ ...shared, type: NAMESPACES, onEvent: (event) => engine.onNamespaceChange(event) });
  for (const [index, kind] of KINDS.entries()) stores.set(kind.type.kind, storeOf(kinds[index]));
  stores.set(NAMESPACES.kind, namespaces.store);
  stores.set(ACCOUNT_KIND, accounts.store);
  const reflectors = [namespaces, accounts, ...kinds];
  const runs = Promise.all(reflectors.map((reflector) => reflector.run(watching.signal)));
  const rechecks = setInterval(() => {
    engine.reviews.recheck().catch((error: unknown) => log.error({ err: error }, "Permissions could not be asked again: this is a defect of the operator"));
  }, RECHECK_MS).unref();
  return {
    queue,
    hasSynced: () => reflectors.every((reflector) => reflector.hasSynced),
    started: Promise.all(reflectors.map((reflector) => reflector.synced)).then(() => queue.start()),
    counts: () => countsOf(engine),
    kindOf: (unit) => engine.kindOf(unit as UnitKey),
    stopWatching: async () => {
      clearInterval(rechecks);
      watching.abort();
      await runs;
    },
  };
}

function worldOf(parts: OperatorParts, inside: { readonly cache: Cache; readonly correlationId: () => string | undefined; readonly lives: ObjectLives }): World {
  const { config, connection, installationId, instance, log } = parts;
  return {
    azure: parts.azure(inside.correlationId),
    credentials: parts.credentials,
    ...(config.requirePermissions ? { access: { review: createAccessReview(connection, log) } } : {}),
    governor: parts.governor,
    kube: inside.lives.counting(createKubeWriter(connection, { fieldManager: "azure-identity-operator", instance, clock: kubernetesClock, log })),
    cache: inside.cache,
    clock: systemClock,
    random: Math.random,
    log,
    policy: {
      ...parts.allowed,
      installationId,
      tenantId: config.azure.tenantId,
      sharedNamespaces: new Map(config.sharedCredentialNamespaces.map(({ namespace, accountNamespace }) => [namespace, { accountNamespace }])),
      ...(config.cleanupCredential === undefined ? {} : { cleanup: { accountNamespace: config.cleanupCredential.accountNamespace } }),
      sharedScopes: config.sharedCredentialScopes,
      syncIntervalSeconds: config.syncIntervalSeconds,
      ...(config.sweepIntervalSeconds === 0 ? {} : { sweepIntervalSeconds: config.sweepIntervalSeconds }),
    },
    digest: (value) => parts.digester.digest(value),
  };
}

function storeOf(reflector: Reflector | undefined): Store {
  if (reflector === undefined) throw new Error("a kind has no reflector");
  return reflector.store;
}

function cacheOver(stores: ReadonlyMap<string, Store>): Cache {
  return {
    get: (key: ObjectKey) => {
      const [kind = "", namespace = "", name = ""] = key.split("/");
      return stores.get(kind)?.get(namespace, name);
    },
    namespace: (name) => stores.get(NAMESPACES.kind)?.get("", name),
  };
}

function countsOf(engine: Engine): Iterable<ResourceCount> {
  const counts = new Map<string, ResourceCount>();
  for (const { kind, object } of engine.claims()) {
    const ready = conditionOf(conditionsOf(object), "Ready")?.status ?? "Unknown";
    const key = `${kind.type.kind} ${ready}`;
    counts.set(key, { kind: kind.type.kind, ready, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return counts.values();
}

function observerOf(metrics: Metrics, log: ProcessLog): QueueObserver {
  const { queue } = metrics;
  return {
    added: (key, priority) => queue.added(key, priority),
    started: (key, run) => queue.started(key, run),
    finished: (key, run) => queue.finished(key, run),
    retried: (key, retry) => queue.retried(key, retry),
    overran: (key, run) => {
      queue.overran(key, run);
      log.warn({ unit: key, ...run }, "A pass overran its deadline and was told to stop");
    },
    threw: (key, error) => {
      queue.threw(key, error);
      log.error({ unit: key, err: error }, "A pass threw: this is a defect of the operator");
    },
  };
}
