import { Buffer } from "node:buffer";
import { ACCOUNT_KIND } from "../../src/api/credential.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { CredentialSet } from "../../src/azure/credential-set.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { type ObjectEvent, ObjectStore } from "../../src/kubernetes/store.ts";
import { KeyedQueue } from "../../src/queue/queue.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { Engine } from "../../src/reconcile/engine.ts";
import type { AccessPort } from "../../src/reconcile/permissions.ts";
import type { ExportWrite, KubeDocument, KubePort, KubeWrite, Policy, World } from "../../src/reconcile/ports.ts";
import type { ApiServer, Stored, Told } from "./api-server.ts";
import type { WorldAzure } from "./azure.ts";
import type { WorldClock } from "./clock.ts";
import { type Errand, errand } from "./errand.ts";
import type { Faults } from "./faults.ts";
import type { Chance } from "./random.ts";
import { credentialsOf } from "./tokens.ts";

/** What an operator process is started in. */
export interface Surroundings {
  readonly clock: WorldClock;
  readonly chance: Chance;
  readonly api: ApiServer;
  readonly azure: WorldAzure;
  readonly policy: Policy;
  readonly faults: () => Faults;
  readonly trace: (line: string) => void;
  /** Told when the process ended by itself. */
  readonly onCrash: () => void;
  /** Told what the engine reports as a defect of its own. */
  readonly onDefect: (text: string) => void;
  /** What the API server says of permissions, where they are required. */
  readonly access: AccessPort | undefined;
  /** Whether any namespace reaches Azure by an account of its own, so that there are tokens to renew. */
  readonly hasAccounts: boolean;
}

/** The value behind every key of a Secret; it may appear nowhere in Kubernetes. */
export const SECRET_VALUE = "the secret of the world";

const WATCH_LATENCY_MS = 15;
const RELIST_MS = 20_000;

/** How often old answers about permissions are asked again; the process asks each second, and each answer counts for a minute. */
const RECHECK_MS = 10_000;
const RENEWAL_MS = 60_000;

/** One operator process: the real engine and queue over stores that watches fill. It can end at any effect. */
export class Operator {
  readonly engine: Engine;
  readonly queue: KeyedQueue;
  readonly #in: Surroundings;
  readonly #number: number;
  readonly #stores = new Map(["Namespace", ACCOUNT_KIND, ...KINDS.map(({ type }) => type.kind)].map((kind) => [kind, new ObjectStore()]));
  readonly #read = new Map<string, number>();
  readonly #watchers: (() => void)[] = [];
  #isAlive = true;

  constructor(surroundings: Surroundings) {
    this.#in = surroundings;
    started += 1;
    this.#number = started;
    const { clock, chance, azure, api, policy, access } = surroundings;
    const isAlive = () => this.#isAlive;
    const own = { now: clock.now, setTimer: (afterMs: number, fn: () => void) => clock.setTimer(afterMs, () => (this.#isAlive ? fn() : undefined)) };
    const credentials = credentialsOf({ api, clock, issue: azure.issue });
    const world: World = {
      ...azure.gateway({ isAlive, mayEnd: () => this.#mayEnd() }, credentials),
      ...(access === undefined ? {} : { access }),
      kube: this.#kube(),
      credentials,
      cache: { get: (key) => this.cached(key), namespace: (name) => this.#stores.get("Namespace")?.get("", name) },
      clock: own,
      random: chance.next,
      log: { debug: ignore, info: ignore, warn: ignore, error: (fields) => this.#defect(fields) },
      policy,
      digest: (value) => `00000000:${Buffer.from(value).toString("hex")}`,
    };
    this.engine = new Engine({ world, kinds: KINDS, hosts: HOSTS, enqueue: (unit, options) => this.queue.add(unit, options) });
    this.queue = new KeyedQueue({
      concurrency: 4,
      run: (key, context) => errand.run(this.#errand(key, context.priority), () => this.engine.run(key as UnitKey, context)),
      laneOf: this.engine.laneOf,
      clock: own,
      random: chance.next,
      deadlineMs: 300_000,
      backoff: { baseMs: 500, maxMs: 60_000 },
    });
    this.relist();
    clock.setTimer(this.#staleMs(), () => (this.#isAlive ? this.#begin(credentials) : undefined));
  }

  /** Works, and reads what came since the first lists. */
  #begin(credentials: CredentialSet): void {
    this.queue.start();
    for (const kind of this.#stores.keys()) this.#watch(kind);
    if (this.#in.access !== undefined) this.#every(RECHECK_MS, () => this.engine.reviews.recheck());
    if (this.#in.hasAccounts) this.#every(RENEWAL_MS, () => credentials.renewDue());
  }

  /** How far behind what it knows may be when it begins to work. */
  #staleMs(): number {
    const { chance, faults } = this.#in;
    const { staleStart } = faults();
    return staleStart > 0 && chance.happens(staleStart) ? chance.below(3000) : 0;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Ends the process: nothing that it had begun goes on. */
  kill(): void {
    this.#isAlive = false;
    for (const watcher of this.#watchers) this.#in.api.watchers.delete(watcher);
    void this.queue.drain();
  }

  /** Looks at everything again, as on a resync. */
  lookAgain(): void {
    for (const { unit } of this.engine.claims()) this.queue.add(unit, { priority: "resync" });
  }

  #errand(unit: string, priority: Errand["priority"]): Errand {
    return { process: this.#number, unit, priority, begunAtMs: this.#in.clock.now() };
  }

  /** How much of the log every watch has read. */
  readUpTo(): number {
    return Math.min(...this.#read.values());
  }

  /** An object as this process knows it. */
  cached(key: string): KubeObject | undefined {
    const [kind = "", namespace = "", name = ""] = key.split("/");
    return this.#stores.get(kind)?.get(namespace, name);
  }

  /** Lists everything anew, as after 410. */
  relist(): void {
    for (const [kind, store] of this.#stores) {
      this.#read.set(kind, this.#in.api.log.length);
      for (const event of store.replace(this.#in.api.listed(kind))) this.#tell(kind, event);
    }
  }

  /**
   * Reads the log of the API server whenever it grows, each kind for itself: in order, but late, twice, or with gaps that the next
   * list fills.
   */
  #watch(kind: string): void {
    const { clock, chance, api, faults } = this.#in;
    let isReading = false;
    const step = (): void => {
      isReading = false;
      if (!this.#isAlive) return;
      if (api.awayUntilMs > clock.now()) return void clock.setTimer(api.awayUntilMs - clock.now() + 1, () => (this.#isAlive ? (this.relist(), read()) : undefined));
      const told = this.#next(kind);
      if (told !== undefined) this.#take(told);
      read();
    };
    const read = (): void => {
      if (isReading || !this.#isNews(kind)) return;
      isReading = true;
      clock.setTimer(chance.happens(faults().lateEvent) ? chance.below(3000) : WATCH_LATENCY_MS, step);
    };
    this.#watchers.push(read);
    api.watchers.add(read);
    read();
  }

  #tell(kind: string, event: ObjectEvent): void {
    if (kind === "Namespace") this.engine.onNamespaceChange(event);
    else this.engine.onChange(event);
  }

  /** Does something again and again, as long as the process lives. */
  #every(ms: number, work: () => Promise<void>): void {
    this.#in.clock.setTimer(ms, () => {
      if (!this.#isAlive) return;
      void work();
      this.#every(ms, work);
    });
  }

  #isNews(kind: string): boolean {
    const { log } = this.#in.api;
    let at = this.#read.get(kind) ?? 0;
    while (at < log.length && log[at]?.object.kind !== kind) at += 1;
    this.#read.set(kind, at);
    return at < log.length;
  }

  #next(kind: string): Told | undefined {
    if (!this.#isNews(kind)) return undefined;
    const at = this.#read.get(kind) ?? 0;
    this.#read.set(kind, at + 1);
    return this.#in.api.log[at];
  }

  #take({ type, object }: Told): void {
    const { clock, chance, faults } = this.#in;
    const { doubledEvent, droppedEvent } = faults();
    const store = this.#stores.get(object.kind);
    if (chance.happens(droppedEvent)) {
      clock.setTimer(chance.below(RELIST_MS), () => (this.#isAlive ? this.relist() : undefined));
      return;
    }
    for (let times = chance.happens(doubledEvent) ? 2 : 1; times > 0; times -= 1) {
      for (const event of (type === "put" ? store?.put(object) : store?.remove(object)) ?? []) this.#tell(object.kind, event);
    }
  }

  #kube(): KubePort {
    const { api } = this.#in;
    const nothing: ExportWrite = { is: "unchanged" };
    return {
      addFinalizer: (_type, object) => this.#write(`finalizer ${object.kind} ${object.metadata.name}`, () => api.addFinalizer(object)),
      removeFinalizer: (_type, object) => this.#write(`no finalizer ${object.kind} ${object.metadata.name}`, () => api.removeFinalizer(object)),
      applyStatus: (_type, object, status) => this.#write(`status ${object.kind} ${object.metadata.name}`, () => api.applyStatus(object, status)),
      record: () => Promise.resolve(),
      readDocument: (): Promise<KubeDocument> => Promise.resolve({ is: "found", data: { password: SECRET_VALUE }, resourceVersion: "1" }),
      exportConfigMap: () => Promise.resolve(nothing),
      exportServiceAccount: () => Promise.resolve(nothing),
      withdrawExport: () => Promise.resolve(nothing),
    };
  }

  async #write(what: string, store: () => Stored): Promise<KubeWrite> {
    const { clock, chance, faults, trace } = this.#in;
    await clock.sleep(3 + chance.below(10));
    this.#goesOn();
    if (this.#in.api.awayUntilMs > clock.now()) return { is: "failed", message: "the API server is away" };
    const { refusedWrite, lostWrite } = faults();
    if (chance.happens(refusedWrite)) return chance.happens(0.3) ? { is: "failed", message: "conflict" } : { is: "failed", message: "the API server is busy", afterSeconds: 1 };
    const stored = store();
    trace(`    ${what}: ${stored.is}`);
    await clock.sleep(2);
    this.#goesOn();
    if (lostWrite > 0 && chance.happens(lostWrite)) return { is: "failed", message: "the answer was lost" };
    if (stored.is === "stored") return { is: "written", resourceVersion: stored.object.metadata.resourceVersion };
    return stored.is === "absent" ? { is: "vanished" } : { is: "failed", message: "conflict" };
  }

  #goesOn(): void {
    this.#mayEnd();
    if (!this.#isAlive) throw new Error("the process is gone");
  }

  /** The process may end at an effect. */
  #mayEnd(): void {
    const { chance, faults, trace, onCrash } = this.#in;
    const { crash } = faults();
    if (!this.#isAlive || !chance.happens(crash)) return;
    trace("  the operator ends in the middle of its work");
    this.kill();
    onCrash();
  }

  #defect(fields: Readonly<Record<string, unknown>>): void {
    if (!this.#isAlive) return;
    const { err } = fields;
    this.#in.onDefect(err instanceof Error ? (err.stack ?? err.message) : JSON.stringify(fields));
  }
}

/** How many processes were started, so that each has a number of its own. */
let started = 0;

function ignore(): void {}
