/** Where the simulator's time comes from. Operations, tokens and quotas pass in it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves once the clock shows this time; without it, wall-clock time is waited. */
  until?(atMs: number): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() };

interface Waiter {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  #nowMs: number;
  #waiters: readonly Waiter[] = [];
  readonly #notices: (() => void)[] = [];

  /** Starts at the given epoch milliseconds; by default at the machine's present, so that real tokens are valid. */
  constructor(startMs: number = Date.now()) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  until(atMs: number): Promise<void> {
    if (atMs <= this.#nowMs) return Promise.resolve();
    return new Promise((wake) => {
      this.#waiters = [...this.#waiters, { atMs, wake }];
      for (const notice of this.#notices.splice(0)) notice();
    });
  }

  /** Resolves once somebody waits for a time to come. */
  awaited(): Promise<void> {
    if (this.#waiters.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#notices.push(resolve);
    });
  }

  /** Moves on by that many milliseconds and wakes whoever waited for a time that has come. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#waiters.filter((waiter) => waiter.atMs <= this.#nowMs);
    this.#waiters = this.#waiters.filter((waiter) => waiter.atMs > this.#nowMs);
    for (const waiter of due.toSorted((a, b) => a.atMs - b.atMs)) waiter.wake();
  }
}

/** The machine's own clock, which somebody may put ahead. */
export class AdvancingClock implements Clock {
  readonly #sleepers = new Set<() => void>();
  #aheadMs = 0;

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  async until(atMs: number): Promise<void> {
    while (this.now() < atMs) await this.#slept(atMs - this.now());
  }

  advance(ms: number): void {
    this.#aheadMs += ms;
    for (const wake of this.#sleepers) wake();
  }

  #slept(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#sleepers.add(wake);
    });
  }
}

/** The clock where anybody may move it on; undefined where its time is somebody else's affair. */
export function movable(clock: Clock): ManualClock | AdvancingClock | undefined {
  return clock instanceof ManualClock || clock instanceof AdvancingClock ? clock : undefined;
}

/** Resolves when the clock has moved on by that many milliseconds. */
export async function pass(clock: Clock, ms: number): Promise<void> {
  if (clock.until) return clock.until(clock.now() + ms);
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
