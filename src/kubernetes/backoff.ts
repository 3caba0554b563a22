import type { Random } from "./ports.ts";

const FIRST_CEILING_MS = 800;
const LAST_CEILING_MS = 30_000;

/** Longest Retry-After that is obeyed: a living API server asks for seconds. */
const MAX_RETRY_AFTER_MS = 600_000;

/** Exponential backoff with full jitter, 0.8 to 30 s (stack.md 1.3), that never comes back before Retry-After. */
export class Backoff {
  readonly #random: Random;
  #failures = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** How many failures in a row were counted. */
  get failures(): number {
    return this.#failures;
  }

  /** Counts a failure and returns how many milliseconds to wait. */
  failed(afterSeconds?: number): number {
    const ceilingMs = Math.min(LAST_CEILING_MS, FIRST_CEILING_MS * 2 ** this.#failures);
    this.#failures += 1;
    const askedMs = Math.min(MAX_RETRY_AFTER_MS, (afterSeconds ?? 0) * 1000);
    const jitterMs = this.#random() * ceilingMs;
    return askedMs > 0 ? askedMs + Math.min(jitterMs, 1000) : jitterMs;
  }

  /** Forgets the failures. */
  reset(): void {
    this.#failures = 0;
  }
}
