import { setImmediate } from "node:timers/promises";
import type { Timer, TimerClock } from "../../src/queue/clock.ts";
import { KeyedHeap } from "../../src/queue/heap.ts";

/** More timers than any story needs. */
const MAX_STEPS = 400_000;

/** A world in which something goes on for ever. */
export class RunAway extends Error {
  constructor(steps: number) {
    super(`the world does not come to rest: more than ${steps} timers fired`);
    this.name = "RunAway";
  }
}

/** The time of a world: it stands still while anything can go on, and then jumps to the next timer. */
export class WorldClock implements TimerClock {
  readonly #due = new KeyedHeap();
  readonly #pending = new Map<string, () => void>();
  readonly #maxSteps: number;
  #steps = 0;
  #nowMs = Date.UTC(2026, 5, 1, 12);
  #order = 0;

  constructor(maxSteps: number = MAX_STEPS) {
    this.#maxSteps = maxSteps;
  }

  readonly now = (): number => this.#nowMs;

  setTimer(afterMs: number, fn: () => void): Timer {
    this.#order += 1;
    const key = String(this.#order);
    this.#due.set(key, this.#nowMs + Math.max(0, Math.ceil(afterMs)));
    this.#pending.set(key, fn);
    return { cancel: () => void this.#take(key) };
  }

  /** Resolves after so much of this world's time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(ms, resolve));
  }

  /** Lets time pass; whatever a timer starts goes on until it waits again. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await quiet();
    for (let next = this.#due.peek(); next !== undefined && next.rank <= untilMs; next = this.#due.peek()) {
      this.#nowMs = Math.max(this.#nowMs, next.rank);
      this.#take(next.key)?.();
      this.#steps += 1;
      if (this.#steps > this.#maxSteps) throw new RunAway(this.#maxSteps);
      await quiet();
    }
    this.#nowMs = untilMs;
  }

  #take(key: string): (() => void) | undefined {
    const fn = this.#pending.get(key);
    this.#due.delete(key);
    this.#pending.delete(key);
    return fn;
  }
}

/** Everything here is promises: when the event loop comes round, none is left that could go on. */
async function quiet(): Promise<void> {
  await setImmediate();
}
