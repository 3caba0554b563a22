import type { Timer, TimerClock } from "./clock.ts";
import { KeyedHeap } from "./heap.ts";
import { higherPriority, type Priority } from "./priority.ts";

/** Waits until nothing more comes for `quietMs`, at most `maxMs` from the first on. */
export interface Settle {
  readonly quietMs: number;
  readonly maxMs: number;
}

/** How a key is added. With both waits the shorter one counts. */
export interface AddOptions {
  readonly priority: Priority;
  /** Not before this many milliseconds from now. Default: now. */
  readonly afterMs?: number;
  /** Puts the run off while more adds that settle come for the same key. */
  readonly settle?: Settle;
}

interface Delayed {
  readonly priority: Priority;
  /** When the shortest plain wait ends; infinite when there is none. */
  readonly plainAtMs: number;
  readonly settling?: { readonly sinceMs: number; readonly untilMs: number };
}

/** Keys that wait for their time: one timer and a heap for all of them. */
export class Delays {
  readonly #clock: TimerClock;
  readonly #onDue: (key: string, priority: Priority) => void;
  readonly #delayed = new Map<string, Delayed>();
  readonly #heap = new KeyedHeap();
  #armed: { readonly timer: Timer; readonly atMs: number } | undefined;

  constructor(clock: TimerClock, onDue: (key: string, priority: Priority) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Number of keys that wait. */
  get size(): number {
    return this.#heap.size;
  }

  /** Adds a key or merges with what it waits for already: the shortest wait and the highest priority win. */
  add(key: string, options: AddOptions): void {
    const nowMs = this.#clock.now();
    const delayed = merged(this.#delayed.get(key), options, nowMs);
    const dueAtMs = Math.min(delayed.plainAtMs, delayed.settling?.untilMs ?? Infinity);
    if (dueAtMs <= nowMs) {
      this.delete(key);
      this.#onDue(key, delayed.priority);
      return;
    }
    this.#delayed.set(key, delayed);
    this.#heap.set(key, dueAtMs);
    this.#arm();
  }

  /** Forgets a key. */
  delete(key: string): void {
    if (!this.#delayed.delete(key)) return;
    this.#heap.delete(key);
    this.#arm();
  }

  /** Forgets every key. */
  clear(): void {
    this.#delayed.clear();
    this.#heap.clear();
    this.#arm();
  }

  /** Keeps one timer for the earliest key; one that fires too early only sets itself again. */
  #arm(): void {
    const first = this.#heap.peek();
    if (first !== undefined && this.#armed !== undefined && this.#armed.atMs <= first.rank) return;
    this.#armed?.timer.cancel();
    this.#armed = undefined;
    if (first === undefined) return;
    const afterMs = Math.max(first.rank - this.#clock.now(), 1);
    this.#armed = { timer: this.#clock.setTimer(afterMs, () => this.#fire()), atMs: first.rank };
  }

  #fire(): void {
    this.#armed = undefined;
    const nowMs = this.#clock.now();
    for (let first = this.#heap.peek(); first !== undefined && first.rank <= nowMs; first = this.#heap.peek()) {
      this.#release(first.key);
    }
    this.#arm();
  }

  #release(key: string): void {
    const delayed = this.#delayed.get(key);
    this.#delayed.delete(key);
    this.#heap.delete(key);
    if (delayed !== undefined) this.#onDue(key, delayed.priority);
  }
}

function merged(before: Delayed | undefined, options: AddOptions, nowMs: number): Delayed {
  const priority = before === undefined ? options.priority : higherPriority(before.priority, options.priority);
  const plainAtMs = Math.min(before?.plainAtMs ?? Infinity, plainEnd(options, nowMs));
  const settling = settlingOf(before, options.settle, nowMs);
  return settling === undefined ? { priority, plainAtMs } : { priority, plainAtMs, settling };
}

function plainEnd(options: AddOptions, nowMs: number): number {
  if (options.afterMs !== undefined) return nowMs + options.afterMs;
  return options.settle === undefined ? nowMs : Infinity;
}

function settlingOf(before: Delayed | undefined, settle: Settle | undefined, nowMs: number): Delayed["settling"] {
  if (settle === undefined) return before?.settling;
  const sinceMs = before?.settling?.sinceMs ?? nowMs;
  return { sinceMs, untilMs: Math.min(nowMs + settle.quietMs, sinceMs + settle.maxMs) };
}
