import PQueue from "p-queue";
import { type BackoffBounds, backoffMs } from "./backoff.ts";
import type { TimerClock } from "./clock.ts";
import { type AddOptions, Delays } from "./delays.ts";
import { Lanes } from "./lanes.ts";
import type { QueueObserver, QueueState, RunEnd } from "./observer.ts";
import { higherPriority, PRIORITIES, placeInLine, type Priority } from "./priority.ts";

/** What a run says about what comes next. */
export interface RunResult {
  /** Run this key again after a while. */
  readonly again?: { readonly afterMs: number; readonly priority: Priority };
  /** It failed: run again after the backoff of this key, and not before `again.afterMs`. */
  readonly failed?: boolean;
  /**
   * Keep the lane taken until a run of this key returns without it. A run that holds its lane and neither failed nor says
   * when to come again comes again after the first backoff, so that no lane is lost.
   */
  readonly holdLane?: boolean;
}

/** What a run is given. */
export interface RunContext {
  /** Aborted at the deadline, or by {@link KeyedQueue.abortRuns}. */
  readonly signal: AbortSignal;
  /** The highest priority with which the key was added since its last run began. */
  readonly priority: Priority;
}

/** What a queue is made of. */
export interface QueueOptions {
  /** How many runs are in progress at most. */
  readonly concurrency: number;
  readonly run: (key: string, context: RunContext) => Promise<RunResult>;
  /** The lane of a key: at most one run per lane. Pure, and always the same for the same key. */
  readonly laneOf: (key: string) => string;
  readonly clock: TimerClock;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** After this long a run is told to stop. */
  readonly deadlineMs: number;
  readonly backoff: BackoffBounds;
  readonly observer?: QueueObserver;
}

interface Ready {
  readonly priority: Priority;
  readonly sinceMs: number;
}

interface Run {
  readonly startedAtMs: number;
  readonly abort: AbortController;
}

/** The claim of a lane on a worker: p-queue holds it, and it says which place in the line it stands for. */
interface Ticket {
  readonly place: number;
}

/**
 * A work queue with the semantics of client-go: keys are deduplicated, a key that is added while it runs runs once more
 * afterwards, never two runs of a key or of a lane at a time, failed keys come back by their own backoff.
 *
 * A key is in at most one of two places: `delays` (waiting for its time) and `lanes` (ready); adding it again merges. A lane
 * that is free and has ready keys has a ticket in p-queue, which runs the best of them. A taken lane has none, so its keys
 * wait without a worker. Rising in the line means another ticket; the one before finds itself replaced and does nothing.
 */
export class KeyedQueue {
  readonly #options: QueueOptions;
  readonly #executor: PQueue;
  readonly #delays: Delays;
  readonly #lanes = new Lanes();
  readonly #tickets = new Map<string, Ticket>();
  readonly #ready = new Map<string, Ready>();
  readonly #running = new Map<string, Run>();
  readonly #failures = new Map<string, number>();
  #isDraining = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#executor = new PQueue({ concurrency: options.concurrency, autoStart: false });
    this.#delays = new Delays(options.clock, (key, priority) => this.#makeReady(key, priority));
  }

  /** Adds a key. When it waits already, the highest priority and the shortest wait win. Ignored once draining. */
  add(key: string, options: AddOptions): void {
    if (this.#isDraining) return;
    if (this.#ready.has(key)) this.#makeReady(key, options.priority);
    else this.#delays.add(key, options);
  }

  /**
   * Drops everything about a key that is not running: what it waits for, its failures, and its hold on the lane. A run in
   * progress goes on, and its result counts. To be called for keys that are no more.
   */
  forget(key: string): void {
    const lane = this.#options.laneOf(key);
    this.#delays.delete(key);
    this.#ready.delete(key);
    this.#failures.delete(key);
    this.#lanes.leave(lane, key);
    this.#offer(lane);
  }

  /** Lets runs begin; until then keys only gather. */
  start(): void {
    this.#executor.start();
  }

  /** Ends intake, drops what waits and resolves when the last run has ended, however long that takes. */
  drain(): Promise<void> {
    this.#isDraining = true;
    this.#delays.clear();
    this.#ready.clear();
    return this.#executor.onPendingZero();
  }

  /** Tells every run in progress to stop. */
  abortRuns(reason: Error): void {
    for (const run of this.#running.values()) run.abort.abort(reason);
  }

  /** Resolves when no run is in progress and no ready key may run; keys may still wait for their time. */
  idle(): Promise<void> {
    return this.#executor.onIdle();
  }

  /** The queue at this moment. */
  state(): QueueState {
    const nowMs = this.#options.clock.now();
    const ready = Object.fromEntries(PRIORITIES.map((priority) => [priority, 0])) as Record<Priority, number>;
    for (const { priority } of this.#ready.values()) ready[priority] += 1;
    const agesMs = [...this.#running.values()].map((run) => nowMs - run.startedAtMs);
    return {
      ready,
      delayed: this.#delays.size,
      running: agesMs.length,
      longestRunMs: Math.max(0, ...agesMs),
      unfinishedMs: agesMs.reduce((sum, ageMs) => sum + ageMs, 0),
    };
  }

  #makeReady(key: string, priority: Priority): void {
    const before = this.#ready.get(key);
    if (before === undefined) this.#options.observer?.added(key, priority);
    const ready = {
      priority: before === undefined ? priority : higherPriority(before.priority, priority),
      sinceMs: before?.sinceMs ?? this.#options.clock.now(),
    };
    this.#ready.set(key, ready);
    const lane = this.#options.laneOf(key);
    this.#lanes.enter(lane, key, placeInLine(ready.priority, ready.sinceMs));
    this.#offer(lane);
  }

  /** Gives the lane a ticket for its best key, unless it has one that is as good. */
  #offer(lane: string): void {
    const place = this.#lanes.nextPlace(lane);
    const before = this.#tickets.get(lane);
    if (this.#isDraining || place === undefined || (before !== undefined && before.place <= place)) return;
    const ticket = { place };
    this.#tickets.set(lane, ticket);
    void this.#executor.add(() => this.#redeem(lane, ticket), { priority: -place });
  }

  /** Runs the best key of a lane. It begins in a later microtask, so that adding a key never runs it on the same stack. */
  async #redeem(lane: string, ticket: Ticket): Promise<void> {
    await Promise.resolve();
    if (this.#isDraining || this.#tickets.get(lane) !== ticket) return;
    this.#tickets.delete(lane);
    const key = this.#lanes.take(lane);
    if (key === undefined) return;
    const result = await this.#run(key, lane);
    this.#lanes.release(lane, key, result.holdLane === true);
    this.#follow(key, result);
    this.#offer(lane);
  }

  /** One run with its deadline; never throws. The key is taken until the function settles, also when it overruns. */
  async #run(key: string, lane: string): Promise<RunResult> {
    const { clock, deadlineMs, observer } = this.#options;
    const { priority, sinceMs } = this.#ready.get(key) ?? { priority: "retry", sinceMs: clock.now() };
    const run = { startedAtMs: clock.now(), abort: new AbortController() };
    this.#ready.delete(key);
    this.#running.set(key, run);
    observer?.started(key, { priority, waitedMs: run.startedAtMs - sinceMs });
    const deadline = clock.setTimer(deadlineMs, () => this.#overrun(key, run));
    const result = await this.#attempt(key, lane, { signal: run.abort.signal, priority });
    deadline.cancel();
    this.#running.delete(key);
    observer?.finished(key, { end: endOf(result), ranMs: clock.now() - run.startedAtMs });
    return result;
  }

  /** A run that throws tells nothing about the operation for which it held its lane: a held lane stays held. */
  async #attempt(key: string, lane: string, context: RunContext): Promise<RunResult> {
    try {
      return await this.#options.run(key, context);
    } catch (error) {
      this.#options.observer?.threw(key, error);
      return { failed: true, holdLane: this.#lanes.isHeldBy(lane, key) };
    }
  }

  #overrun(key: string, run: Run): void {
    const { clock, deadlineMs, observer } = this.#options;
    observer?.overran(key, { ranMs: clock.now() - run.startedAtMs });
    run.abort.abort(new Error(`cannot finish the run: it took longer than ${deadlineMs} ms`));
  }

  /** Schedules what comes after a run. */
  #follow(key: string, result: RunResult): void {
    if (result.failed === true) return this.#retry(key, result);
    this.#failures.delete(key);
    if (result.again !== undefined) return this.add(key, result.again);
    if (result.holdLane === true) this.add(key, { priority: "retry", afterMs: this.#backoffMs(1) });
  }

  #retry(key: string, result: RunResult): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const afterMs = Math.max(this.#backoffMs(failures), result.again?.afterMs ?? 0);
    this.#options.observer?.retried(key, { afterMs, failures });
    this.add(key, { priority: result.again?.priority ?? "retry", afterMs });
  }

  #backoffMs(failures: number): number {
    return backoffMs(failures, this.#options.backoff, this.#options.random);
  }
}

function endOf(result: RunResult): RunEnd {
  if (result.failed === true) return "error";
  return result.again === undefined ? "success" : "requeue_after";
}
