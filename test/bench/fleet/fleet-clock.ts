import { setImmediate } from "node:timers/promises";
import type { Timer, TimerClock } from "../../../src/queue/clock.ts";

interface Pending {
  readonly atMs: number;
  readonly fn: () => void;
}

/** Virtual time: it jumps from timer to timer once `isIdle` says that nothing goes on between them. */
export class FleetClock implements TimerClock {
  readonly #pending = new Set<Pending>();
  #nowMs = Date.UTC(2026, 5, 1, 12);

  readonly now = (): number => this.#nowMs;

  setTimer(afterMs: number, fn: () => void): Timer {
    const pending = { atMs: this.#nowMs + Math.max(0, Math.ceil(afterMs)), fn };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Lets time pass; `idle` resolves when nothing goes on any more that no timer has to start. */
  async advance(byMs: number, idle: () => Promise<void>): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      await idle();
      await setImmediate();
      const next = this.#next();
      if (next === undefined || next.atMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#pending.delete(next);
      next.fn();
    }
    this.#nowMs = untilMs;
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) if (first === undefined || pending.atMs < first.atMs) first = pending;
    return first;
  }
}
