import { setImmediate } from "node:timers/promises";
import type { Timer, TimerClock } from "../../src/queue/clock.ts";
import { KeyedQueue } from "../../src/queue/queue.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import type { Engine, Enqueue } from "../../src/reconcile/engine.ts";
import type { ManualClock } from "../azure/azure.ts";

interface Pending {
  readonly atMs: number;
  readonly fn: () => void;
}

/** Timers on the clock of the simulator: they fire when somebody moves it. */
export class StageTimers implements TimerClock {
  readonly #clock: ManualClock;
  readonly #pending = new Set<Pending>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimer(afterMs: number, fn: () => void): Timer {
    const pending = { atMs: this.now() + afterMs, fn };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** When the next one fires; infinite when none is set. */
  get nextAtMs(): number {
    return Math.min(...[...this.#pending].map(({ atMs }) => atMs));
  }

  /** Moves on by so many milliseconds and fires what is due. */
  advance(byMs: number): void {
    this.#clock.advance(byMs);
    const due = [...this.#pending].filter(({ atMs }) => atMs <= this.now()).toSorted((left, right) => left.atMs - right.atMs);
    for (const pending of due) {
      if (this.#pending.delete(pending)) pending.fn();
    }
  }
}

/** How far the clock moves while somebody waits for Azure to answer. */
const STEP_MS = 100;

/** The real queue on the simulator's clock, with several workers. */
export class QueueRun {
  readonly #clock: ManualClock;
  readonly #timers: StageTimers;
  readonly #queue: KeyedQueue;

  constructor(clock: ManualClock, parts: { readonly engine: () => Engine; readonly concurrency: number }) {
    this.#clock = clock;
    this.#timers = new StageTimers(clock);
    this.#queue = new KeyedQueue({
      concurrency: parts.concurrency,
      run: (key, context) => parts.engine().run(key as UnitKey, context),
      laneOf: (key) => parts.engine().laneOf(key),
      clock: this.#timers,
      random: () => 0.5,
      deadlineMs: 300_000,
      backoff: { baseMs: 500, maxMs: 60_000 },
    });
    this.#queue.start();
  }

  readonly enqueue: Enqueue = (unit, options) => this.#queue.add(unit, options);

  /** Ends the process: nothing that it had begun goes on. */
  stop(): void {
    void this.#queue.drain();
  }

  /** Runs until so many milliseconds have passed. */
  async wait(ms: number): Promise<void> {
    const untilMs = this.#clock.now() + ms;
    for (;;) {
      const isIdle = await Promise.race([this.#queue.idle().then(() => true), this.#clock.awaited().then(() => false)]);
      const nextAtMs = isIdle ? this.#timers.nextAtMs : this.#clock.now() + STEP_MS;
      if (isIdle && nextAtMs > untilMs) return this.#timers.advance(untilMs - this.#clock.now());
      this.#timers.advance(Math.max(0, nextAtMs - this.#clock.now()));
      await setImmediate();
    }
  }

  /** Runs until nothing is to be done before so many milliseconds have passed. */
  async settle(patienceMs: number): Promise<void> {
    const untilMs = this.#clock.now() + patienceMs;
    for (;;) {
      const isIdle = await Promise.race([this.#queue.idle().then(() => true), this.#clock.awaited().then(() => false)]);
      const { nextAtMs } = this.#timers;
      if (isIdle && nextAtMs > untilMs) return;
      this.#timers.advance(isIdle ? Math.max(0, nextAtMs - this.#clock.now()) : STEP_MS);
      await setImmediate();
    }
  }
}
