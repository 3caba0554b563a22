import { setImmediate } from "node:timers/promises";
import type { Timer, TimerClock } from "../../src/queue/clock.ts";

interface Pending {
  readonly atMs: number;
  readonly fn: () => void;
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements TimerClock {
  readonly #pending = new Set<Pending>();
  #nowMs: number;

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  /** Number of timers that are set. */
  get timers(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(afterMs: number, fn: () => void): Timer {
    const pending = { atMs: this.#nowMs + afterMs, fn };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Moves on by so many milliseconds; timers fire in order, and what they start goes on until it waits again. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await setImmediate();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#pending.delete(next);
      next.fn();
      await setImmediate();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) if (first === undefined || pending.atMs < first.atMs) first = pending;
    return first !== undefined && first.atMs <= untilMs ? first : undefined;
  }
}
