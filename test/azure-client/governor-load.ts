import { Governor, type TurnAsk } from "../../src/azure/governor.ts";
import type { Demand } from "../../src/azure/quota-draws.ts";

/** A subscription and credential that the tests use. */
export const SUBSCRIPTION = "b0000000-0000-4000-8000-000000000001";
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;

/** A bucket of Azure itself: what it does not have is refused. */
export class ModelBucket {
  readonly #size: number;
  readonly #perSecond: number;
  #level: number;
  #atMs = 0;
  refused = 0;
  taken = 0;

  constructor(size: number, perSecond: number) {
    this.#size = size;
    this.#perSecond = perSecond;
    this.#level = size;
  }

  /** Takes a token; returns how many are left, or undefined when there was none. */
  take(nowMs: number): number | undefined {
    this.#level = Math.min(this.#size, this.#level + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
    this.#atMs = nowMs;
    if (this.#level < 1 - 1e-9) {
      this.refused += 1;
      return undefined;
    }
    this.#level -= 1;
    this.taken += 1;
    return Math.floor(this.#level);
  }
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** What happens at which time, in order. */
export class Timeline {
  nowMs = 0;
  readonly clock = { now: () => this.nowMs };
  #order = 0;
  readonly #events: Event[] = [];

  after(ms: number, run: () => void): void {
    const event = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, run };
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      if (other !== undefined && other.atMs <= event.atMs) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }

  /** Runs all that happens until a time; returns whether anything is left for later. */
  run(untilMs = Infinity): boolean {
    for (let next = this.#events[0]; next !== undefined && next.atMs <= untilMs; next = this.#events[0]) {
      this.#events.shift();
      this.nowMs = next.atMs;
      next.run();
    }
    return this.#events.length > 0;
  }
}

/** One unit of work: a read, then a write, by whoever it belongs to. */
export interface Job {
  readonly name: string;
  readonly namespace: string;
  readonly urgency: TurnAsk["urgency"];
  readonly region: string;
  readonly readMs: number;
  readonly writeMs: number;
}

/** What became of a job. */
export interface Done {
  readonly job: Job;
  readonly startedMs: number;
  readonly doneMs: number;
  readonly asks: number;
}

/** Azure with its documented buckets for one principal, one subscription and the regions that are used. */
export class ModelAzure {
  readonly reads = new ModelBucket(250, 25);
  readonly writes = new ModelBucket(200, 10);
  readonly #creations = new Map<string, ModelBucket>();

  creations(region: string): ModelBucket {
    const known = this.#creations.get(region) ?? new ModelBucket(80, 4);
    this.#creations.set(region, known);
    return known;
  }

  get refused(): number {
    return [this.reads, this.writes, ...this.#creations.values()].reduce((sum, { refused }) => sum + refused, 0);
  }
}

/** Jobs that make identities through a governor, each as an operator's pass does: turn, GET, PUT. */
export class Load {
  readonly timeline = new Timeline();
  readonly azure = new ModelAzure();
  readonly done: Done[] = [];
  /** Passes that had to begin again, since their turn was of no use any more when they came to write. */
  begunAgain = 0;
  /** Requests of ours that ARM refused. */
  refused = 0;
  readonly governor: Governor;
  readonly #isTold: boolean;
  readonly #networkMs: number;
  readonly #answered: { readonly name: string; readonly atMs: number }[] = [];

  /** `isTold`: whether answers carry the headers that say what is left. `networkMs`: how long a request is on its way at most. */
  constructor({ share = 1, isTold = true, networkMs = 0 }: { readonly share?: number; readonly isTold?: boolean; readonly networkMs?: number } = {}) {
    this.#networkMs = networkMs;
    this.governor = new Governor({ clock: this.timeline.clock, share });
    this.#isTold = isTold;
  }

  /** Requests in the order in which they were sent. */
  get sent(): readonly { readonly name: string; readonly atMs: number }[] {
    return this.#answered;
  }

  start(job: Job, afterMs = 0): void {
    this.timeline.after(afterMs, () => this.#ask(job, 0, this.timeline.nowMs));
  }

  #ask(job: Job, asks: number, bornMs: number): void {
    const { name: unit, namespace, urgency, region } = job;
    const afterMs = this.governor.turn({ unit, namespace, urgency, region, credential: "shared", target: idOf(job), operations: ["read", "create"] });
    if (afterMs > 0) {
      this.governor.end(unit, true);
      this.timeline.after(afterMs, () => this.#ask(job, asks + 1, bornMs));
      return;
    }
    const startedMs = this.timeline.nowMs;
    this.#request(job, "read", () =>
      this.#request(job, "create", () => {
        this.governor.end(unit, false);
        this.done.push({ job, startedMs: startedMs - bornMs, doneMs: this.timeline.nowMs, asks: asks + 1 });
      }),
    );
  }

  /** Sends one request; ARM counts it when it arrives, the provider when it handles it, and the answer comes at the end. */
  #request(job: Job, operation: "read" | "create", then: () => void): void {
    const admission = this.governor.admit(demandOf(job, operation), job.name);
    if (admission.is === "refused") {
      this.begunAgain += 1;
      this.governor.end(job.name, true);
      return this.timeline.after(admission.afterMs, () => this.#ask(job, 0, this.timeline.nowMs));
    }
    this.#answered.push({ name: job.name, atMs: this.timeline.nowMs });
    const arm = operation === "read" ? this.azure.reads : this.azure.writes;
    const latencyMs = operation === "read" ? job.readMs : job.writeMs;
    let left: number | undefined;
    const wayMs = this.#networkMs * ((this.#answered.length * 0.618) % 1);
    this.timeline.after(wayMs, () => {
      left = arm.take(this.timeline.nowMs);
      if (left === undefined) this.refused += 1;
    });
    this.timeline.after(wayMs + latencyMs, () => {
      if (operation === "create") this.azure.creations(job.region).take(this.timeline.nowMs);
      const header = `x-ms-ratelimit-remaining-subscription-${operation === "read" ? "reads" : "writes"}`;
      const value = left === undefined || !this.#isTold ? undefined : String(left);
      const refused = left === undefined ? { refused: { by: "arm", afterSeconds: 1 } as const } : {};
      this.governor.answered(admission.sending, { ...refused, headers: { get: (name) => (name === header ? value : undefined) } });
      then();
    });
  }
}

function idOf({ name }: Job): string {
  return `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

function demandOf(job: Job, operation: "read" | "create"): Demand {
  const base = { credential: "shared", subscriptionId: SUBSCRIPTION, operation, type: "microsoft.managedidentity/userassignedidentities", path: idOf(job).toLowerCase() };
  return operation === "create" ? { ...base, region: job.region } : base;
}

/** Jobs spread over so many regions, with the latencies that were recorded. */
export function jobs(count: number, { regions = 1, prefix = "id", ...more }: { readonly regions?: number; readonly prefix?: string } & Partial<Job> = {}): readonly Job[] {
  return Array.from({ length: count }, (_, index) => {
    const share = ((index * 7919) % 1000) / 1000;
    return { name: `${prefix}-${index}`, namespace: "apps", urgency: "user", region: `region${index % regions}`, readMs: 206 + share * 343, writeMs: 370 + share * share * 2930, ...more };
  });
}

/** One job. */
export function oneJob(more: Parameters<typeof jobs>[1]): Job {
  const [job] = jobs(1, more);
  if (job === undefined) throw new TypeError("one job was asked for");
  return job;
}
