import type { LeaseAnswer, LeaseRecord, LeaseStore, StoredLease } from "./lease.ts";
import type { Clock, Log, Random } from "./ports.ts";

/** How long a Lease counts, how long its holder tries to renew it, and how often. */
export interface ElectionTimes {
  readonly leaseMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

/** What an election is made of. */
export interface ElectionOptions {
  readonly store: LeaseStore;
  /** Tells this process from every other one that ever was. */
  readonly identity: string;
  readonly times: ElectionTimes;
  /** Must not go back when somebody sets the time. */
  readonly clock: Clock;
  /** The time of day, which goes on while a virtual machine is suspended, as the other clock may not. */
  readonly wallMs: () => number;
  readonly random: Random;
  readonly log: Log;
}

/** client-go waits up to so much longer than the period, so that replicas do not ask in step. */
const JITTER = 1.2;

/**
 * The times for a Lease of so many seconds, in the proportions of client-go's defaults: 15 s, 10 s and 2 s
 * (k8s.io/client-go/tools/leaderelection).
 */
export function electionTimes(leaseSeconds: number): ElectionTimes {
  const leaseMs = leaseSeconds * 1000;
  return { leaseMs, renewDeadlineMs: (leaseMs * 2) / 3, retryMs: (leaseMs * 2) / 15 };
}

/**
 * Takes a Lease and keeps it, as client-go does: another holder's Lease is taken when it has not changed for its duration by
 * our own clock, since clocks of machines differ. The holder stops first: it counts its renew deadline from before it sent the
 * last renewal that succeeded, so that it has given up a third of the Lease's duration before anybody can take it.
 */
export class Election {
  /** Resolves when the Lease is ours. */
  readonly won: Promise<void>;
  /** Resolves with the reason when it is ours no longer, though nobody gave it back. */
  readonly lost: Promise<string>;
  readonly #options: ElectionOptions;
  readonly #win: () => void;
  readonly #lose: (reason: string) => void;
  readonly #stopped = new AbortController();
  #seen: { readonly lease: StoredLease; readonly atMs: number } | undefined;
  #heldUntilMs: number | undefined;
  #heldUntilWallMs = 0;
  #deadline = () => {};
  #next = () => {};
  #attempt: Promise<void> = Promise.resolve();
  #fault: string | undefined;

  constructor(options: ElectionOptions) {
    this.#options = options;
    const won = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<string>();
    this.won = won.promise;
    this.lost = lost.promise;
    this.#win = won.resolve;
    this.#lose = lost.resolve;
  }

  /** Begins to ask for the Lease. */
  start(): void {
    this.#turn();
  }

  /** Whether work may begin now: the Lease is ours, and nobody can take it for a third of its duration. */
  isHeld(): boolean {
    const { clock, wallMs } = this.#options;
    return this.#heldUntilMs !== undefined && clock.now() < this.#heldUntilMs && wallMs() < this.#heldUntilWallMs;
  }

  /** Why the Lease can neither be had nor be waited for; undefined when another one holds it or we do. */
  fault(): string | undefined {
    return this.#fault;
  }

  /** Ends the election. A Lease of ours is given back, so that the next one need not wait; call it when all work has ended. */
  async release(): Promise<void> {
    const isHeld = this.isHeld();
    this.#end();
    await this.#attempt;
    if (!isHeld || this.#seen === undefined) return;
    const { store, clock, log, times } = this.#options;
    const { lease } = this.#seen;
    const record: LeaseRecord = { ...lease.record, holder: "", durationSeconds: 1, renewTimeMs: clock.now() };
    const answer = await this.#within(times.retryMs, (signal) => store.replace(lease, record, signal));
    if (answer.is !== "stored") log.warn({ lease: store.title, problem: problemOf(answer) }, "The Lease could not be given back: the next leader waits until it expires");
  }

  /** Ends the election without giving anything back. */
  stop(): void {
    this.#end();
  }

  #end(): void {
    this.#stopped.abort();
    this.#heldUntilMs = undefined;
    this.#deadline();
    this.#next();
  }

  #turn(): void {
    this.#attempt = this.#tryOnce().then(() => {
      if (this.#stopped.signal.aborted) return;
      const { times, clock, random } = this.#options;
      const afterMs = this.#heldUntilMs === undefined ? times.retryMs * (1 + random() * JITTER) : times.retryMs;
      this.#next = clock.after(afterMs, () => this.#turn());
    });
  }

  async #tryOnce(): Promise<void> {
    const { times, clock } = this.#options;
    const sentAtMs = clock.now();
    const sentAtWallMs = this.#options.wallMs();
    const limitMs = this.#heldUntilMs === undefined ? times.renewDeadlineMs : Math.max(0, this.#heldUntilMs - sentAtMs);
    const answer = await this.#within(limitMs, (signal) => this.#takeOrRenew(signal));
    if (answer.is === "stored") this.#saw(answer.lease);
    if (this.#stopped.signal.aborted) return;
    this.#told(answer);
    if (answer.is !== "stored") return;
    if (answer.lease.record.holder === this.#options.identity) this.#held(sentAtMs, sentAtWallMs);
    else if (this.#heldUntilMs !== undefined) this.#give(`${answer.lease.record.holder || "nobody"} holds it now`);
  }

  /** Renews from what is known, without reading first; only when that fails, or while another one holds it, is it read. */
  async #takeOrRenew(signal: AbortSignal): Promise<LeaseAnswer> {
    const { store } = this.#options;
    if (this.#heldUntilMs !== undefined && this.#seen !== undefined) {
      const renewed = await store.replace(this.#seen.lease, this.#ourRecord(this.#seen.lease.record), signal);
      if (renewed.is === "stored") return renewed;
    }
    const found = await store.read(signal);
    if (found.is === "absent") return store.create(this.#ourRecord(undefined), signal);
    if (found.is !== "stored") return found;
    this.#saw(found.lease);
    return this.#isOpen() ? store.replace(found.lease, this.#ourRecord(found.lease.record), signal) : found;
  }

  /** Whether the Lease that was seen is ours, nobody's, or has not changed for its duration. */
  #isOpen(): boolean {
    if (this.#seen === undefined) return false;
    const { lease, atMs } = this.#seen;
    const { holder, durationSeconds } = lease.record;
    return holder === "" || holder === this.#options.identity || this.#options.clock.now() >= atMs + durationSeconds * 1000;
  }

  #ourRecord(before: LeaseRecord | undefined): LeaseRecord {
    const { clock, identity, times } = this.#options;
    const nowMs = clock.now();
    const durationSeconds = times.leaseMs / 1000;
    if (before?.holder === identity) return { ...before, durationSeconds, renewTimeMs: nowMs };
    const transitions = before === undefined ? 0 : before.transitions + 1;
    return { holder: identity, durationSeconds, acquireTimeMs: nowMs, renewTimeMs: nowMs, transitions };
  }

  #saw(lease: StoredLease): void {
    const before = this.#seen;
    if (before?.lease.resourceVersion === lease.resourceVersion) return;
    this.#seen = { lease, atMs: this.#options.clock.now() };
    const { holder } = lease.record;
    if (before?.lease.record.holder !== holder) this.#options.log.info({ lease: this.#options.store.title, holder }, "The Lease has a holder");
  }

  #held(sentAtMs: number, sentAtWallMs: number): void {
    const { clock, times } = this.#options;
    this.#heldUntilWallMs = sentAtWallMs + times.renewDeadlineMs;
    this.#heldUntilMs = sentAtMs + times.renewDeadlineMs;
    this.#deadline();
    this.#deadline = clock.after(Math.max(0, this.#heldUntilMs - clock.now()), () => this.#give(`it could not be renewed for ${times.renewDeadlineMs / 1000} s`));
    this.#win();
  }

  #give(reason: string): void {
    this.#end();
    this.#lose(reason);
  }

  #told(answer: LeaseAnswer): void {
    const fault = answer.is === "refused" ? `cannot hold Lease ${this.#options.store.title}: ${answer.message}: apply the Role and its binding in deploy/kustomize/base` : undefined;
    const { log, store } = this.#options;
    if (answer.is === "unanswered" || (fault !== undefined && fault !== this.#fault)) log.warn({ lease: store.title, problem: problemOf(answer) }, "The Lease could not be asked for");
    this.#fault = fault;
  }

  /** An answer within a time; nothing that the election asks may outlast what it holds. */
  async #within(limitMs: number, ask: (signal: AbortSignal) => Promise<LeaseAnswer>): Promise<LeaseAnswer> {
    const late = new AbortController();
    const cancel = this.#options.clock.after(limitMs, () => late.abort());
    try {
      return await ask(late.signal);
    } finally {
      cancel();
    }
  }
}

function problemOf(answer: LeaseAnswer): string {
  return answer.is === "refused" || answer.is === "unanswered" ? answer.message : answer.is;
}
