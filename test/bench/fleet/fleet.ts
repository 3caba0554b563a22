import { createHash } from "node:crypto";
import type { JsonObject } from "../../../src/api/json.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { conditionOf, conditionsOf } from "../../../src/api/conditions.ts";
import { HOSTS } from "../../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../../src/kinds/index.ts";
import { KeyedQueue } from "../../../src/queue/queue.ts";
import type { UnitKey } from "../../../src/reconcile/claim.ts";
import { Engine } from "../../../src/reconcile/engine.ts";
import type { AzurePort, Policy, World } from "../../../src/reconcile/ports.ts";
import { Cluster } from "../../contract/cluster.ts";
import { noTokens } from "../../reconcile/never.ts";
import { FleetAzure, SUBSCRIPTION } from "./fleet-azure.ts";
import { FleetClock } from "./fleet-clock.ts";

const POLICY: Policy = {
  installationId: "cluster",
  tenantId: "aaaabbbb-0000-cccc-1111-dddd2222eeee",
  sharedNamespaces: new Map([["default", { accountNamespace: undefined }]]),
  sharedScopes: [`/subscriptions/${SUBSCRIPTION}`],
  syncIntervalSeconds: 600,
  sweepIntervalSeconds: 300,
  clusterIssuer: "https://issuer.example.com",
  rules: {
    roles: [{ role: "Reader", byId: false, scope: `/subscriptions/${SUBSCRIPTION}`, namespaces: undefined }],
    federation: [{ issuer: "cluster", subject: "system:serviceaccount:{namespace}:*", namespaces: undefined }],
  },
};

/** Items that the sweep compared, by what they came to. */
export type Compared = Record<"same" | "differs" | "absent", number>;

/** The real engine and queue of one process, between objects in memory and the simulator, on a virtual clock. */
export class Fleet {
  readonly clock = new FleetClock();
  readonly azure: FleetAzure;
  readonly cluster = new Cluster();
  compared: Compared = { same: 0, differs: 0, absent: 0 };
  #queue: KeyedQueue;
  #seed = 1;

  /** Starts over the objects that are given, if any; `azure` stands for the simulator. */
  constructor(given: { readonly objects?: Iterable<KubeObject>; readonly azure?: AzurePort } = {}) {
    this.azure = new FleetAzure(this.clock, given.azure);
    for (const object of given.objects ?? []) this.cluster.load(object);
    this.#queue = this.#start();
  }

  /** Creates an object, or changes its spec. */
  apply(kind: string, name: string, spec: JsonObject): void {
    this.cluster.apply(kind, name, spec);
  }

  /** Lets so many milliseconds pass, with everything that is due meanwhile. */
  wait(ms: number): Promise<void> {
    return this.clock.advance(ms, () => this.#queue.idle());
  }

  /** Lets time pass until every object is Ready. Throws after a day of it. */
  async settle(): Promise<void> {
    for (let minutes = 0; this.unready().length > 0; minutes += 1) {
      if (minutes === 24 * 60) throw new Error(`${this.unready().length} objects do not get Ready: ${this.unready().slice(0, 3).join("; ")}`);
      await this.wait(60_000);
    }
  }

  /** Objects that are not Ready, with what they say. */
  unready(): readonly string[] {
    return this.cluster.objects().flatMap((object) => {
      const ready = conditionOf(conditionsOf(object), "Ready");
      return ready?.status === "True" ? [] : [`${object.kind} ${object.metadata.name}: ${ready?.reason ?? "-"} ${ready?.message ?? ""}`];
    });
  }

  /** Forgets everything that the process knew, and starts another one over what is there. Returns the seconds that this took. */
  restart(): number {
    const startedMs = performance.now();
    void this.#queue.drain();
    this.compared = { same: 0, differs: 0, absent: 0 };
    this.#queue = this.#start();
    return (performance.now() - startedMs) / 1000;
  }

  #start(): KeyedQueue {
    const world: World = {
      ...this.azure.gateway(),
      kube: this.cluster,
      credentials: noTokens,
      cache: this.cluster,
      clock: this.clock,
      random: () => this.#random(),
      log: { debug: silent, info: silent, warn: silent, error: (fields) => failed(fields) },
      policy: POLICY,
      digest: (value) => `00000000:${createHash("sha256").update(value).digest("hex")}`,
    };
    const sweepObserver = { compared: (result: keyof Compared) => void (this.compared[result] += 1), lists: silent };
    const engine = new Engine({ world, kinds: KINDS, hosts: HOSTS, sweepObserver, enqueue: (unit, options) => queue.add(unit, options) });
    const queue = new KeyedQueue({
      concurrency: 16,
      run: (key, context) => engine.run(key as UnitKey, context),
      laneOf: engine.laneOf,
      clock: this.clock,
      random: () => this.#random(),
      deadlineMs: 300_000,
      backoff: { baseMs: 500, maxMs: 60_000 },
    });
    this.cluster.watch = (change) => engine.onChange(change);
    for (const object of this.cluster.objects()) engine.onChange({ previous: undefined, next: object });
    queue.start();
    return queue;
  }

  /** The same numbers in each run (the constants of Numerical Recipes). */
  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}

function silent(): void {}

function failed(fields: Readonly<Record<string, unknown>>): never {
  throw fields["err"] instanceof Error ? fields["err"] : new Error(JSON.stringify(fields));
}
