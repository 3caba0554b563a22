/** Time and timers, as the watchdog needs them. */
export interface WatchClock {
  now(): number;
  setTimer(afterMs: number, fn: () => void): { cancel(): void };
}

/** What counts as stuck. */
export interface WatchdogOptions {
  readonly clock: WatchClock;
  /** Age of the longest run in progress. */
  readonly longestRunMs: () => number;
  /** A run that is older is stuck. Default: ten minutes, far beyond every deadline of a run. */
  readonly runLimitMs?: number;
  /** An event loop that stood still longer is stuck. Default: ten seconds. */
  readonly stallLimitMs?: number;
}

const BEAT_MS = 1000;
/** A stall is told for as long as a kubelet asks three times, so that one that comes again and again is not missed. */
const REMEMBERED_MS = 30_000;

/**
 * Finds out whether the process makes progress. A beat that comes late shows that the event loop stood still; while it
 * stands still nobody is answered, therefore the stall is remembered for half a minute.
 */
export class Watchdog {
  readonly #options: Required<WatchdogOptions>;
  #beat: { cancel(): void };
  #dueAtMs: number;
  #stall: { readonly ms: number; readonly endedAtMs: number } | undefined;

  constructor(options: WatchdogOptions) {
    this.#options = { runLimitMs: 600_000, stallLimitMs: 10_000, ...options };
    this.#dueAtMs = options.clock.now() + BEAT_MS;
    this.#beat = options.clock.setTimer(BEAT_MS, () => this.#tick());
  }

  /** Why the event loop does not make progress; undefined when it does. */
  eventLoopFault(): string | undefined {
    const nowMs = this.#options.clock.now();
    const overdueMs = nowMs - this.#dueAtMs;
    if (overdueMs > this.#options.stallLimitMs) return stalled(overdueMs);
    if (this.#stall === undefined || nowMs - this.#stall.endedAtMs > REMEMBERED_MS) return undefined;
    return stalled(this.#stall.ms);
  }

  /** Why the workers do not make progress; undefined when they do. */
  workerFault(): string | undefined {
    const ageMs = this.#options.longestRunMs();
    if (ageMs <= this.#options.runLimitMs) return undefined;
    return `a run has not ended for ${seconds(ageMs)} s (limit ${seconds(this.#options.runLimitMs)} s)`;
  }

  /** Ends the beat. */
  stop(): void {
    this.#beat.cancel();
  }

  #tick(): void {
    const nowMs = this.#options.clock.now();
    const lateMs = nowMs - this.#dueAtMs;
    if (lateMs > this.#options.stallLimitMs) this.#stall = { ms: lateMs, endedAtMs: nowMs };
    this.#dueAtMs = nowMs + BEAT_MS;
    this.#beat = this.#options.clock.setTimer(BEAT_MS, () => this.#tick());
  }
}

function stalled(ms: number): string {
  return `the event loop stood still for ${seconds(ms)} s`;
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
