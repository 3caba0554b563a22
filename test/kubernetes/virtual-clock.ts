import type { Clock } from "../../src/kubernetes/ports.ts";

/** A timer that waits for the clock. */
export interface VirtualTimer {
  readonly delayMs: number;
  readonly atMs: number;
  readonly run: () => void;
}

interface Expectation {
  readonly matches: (timer: VirtualTimer) => boolean;
  readonly resolve: (timer: VirtualTimer) => void;
}

/** A clock that stands still until a test moves it. */
export class VirtualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  #timers: VirtualTimer[] = [];
  #expectations: Expectation[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { delayMs, atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    const met = this.#expectations.filter((expectation) => expectation.matches(timer));
    this.#expectations = this.#expectations.filter((expectation) => !met.includes(expectation));
    for (const expectation of met) expectation.resolve(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Moves on and runs what is due, in order. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#nowMs = timer.atMs;
      this.#timers = this.#timers.filter((one) => one !== timer);
      timer.run();
    }
    this.#nowMs = untilMs;
  }

  /** Waits until a timer that matches is set, or finds one that is; then moves on to it and returns its delay. */
  async fire(matches: (delayMs: number) => boolean): Promise<number> {
    const timer = await this.#expect((one) => matches(one.delayMs));
    this.advance(timer.atMs - this.#nowMs);
    return timer.delayMs;
  }

  /** Delays of the timers that are set. */
  get pendingMs(): readonly number[] {
    return this.#timers.map((timer) => timer.delayMs);
  }

  #expect(matches: (timer: VirtualTimer) => boolean): Promise<VirtualTimer> {
    const present = this.#timers.find(matches);
    if (present !== undefined) return Promise.resolve(present);
    return new Promise((resolve) => {
      this.#expectations.push({ matches, resolve });
    });
  }

  #next(untilMs: number): VirtualTimer | undefined {
    return this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }
}
