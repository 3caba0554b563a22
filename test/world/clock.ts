import { setImmediate } from "node:timers/promises";
import type { Timer, TimerClock } from "../../src/queue/clock.ts";

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/** More timers than any story needs. */
const MAX_STEPS = 400_000;

/** A world in which something goes on for ever. */
export class RunAway extends Error {
  constructor() {
    super(`the world does not come to rest: more than ${MAX_STEPS} timers fired`);
    this.name = "RunAway";
  }
}

/** The time of a world: it stands still while anything can go on, and then jumps to the next timer. */
export class WorldClock implements TimerClock {
  readonly #pending = new Set<Pending>();
  #steps = 0;
  #nowMs = Date.UTC(2026, 5, 1, 12);
  #order = 0;

  readonly now = (): number => this.#nowMs;

  setTimer(afterMs: number, fn: () => void): Timer {
    this.#order += 1;
    const pending = { atMs: this.#nowMs + Math.max(0, Math.ceil(afterMs)), order: this.#order, fn };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Resolves after so much of this world's time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(ms, resolve));
  }

  /** Lets time pass; whatever a timer starts goes on until it waits again. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await quiet();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#pending.delete(next);
      next.fn();
      this.#steps += 1;
      if (this.#steps > MAX_STEPS) throw new RunAway();
      await quiet();
    }
    this.#nowMs = untilMs;
  }

  /** How long until the next timer; undefined when there is none. */
  idleMs(): number | undefined {
    const next = this.#next(Infinity);
    return next === undefined ? undefined : next.atMs - this.#nowMs;
  }

  #next(untilMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const pending of this.#pending) if (first === undefined || isBefore(pending, first)) first = pending;
    return first !== undefined && first.atMs <= untilMs ? first : undefined;
  }
}

/** Everything here is promises: when the event loop comes round, none is left that could go on. */
async function quiet(): Promise<void> {
  await setImmediate();
}

function isBefore(left: Pending, right: Pending): boolean {
  return left.atMs === right.atMs ? left.order < right.order : left.atMs < right.atMs;
}
