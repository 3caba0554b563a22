import type { AzureRead, Clock } from "./contract.ts";

/** How long what was found is remembered, in milliseconds. */
const REMEMBERED_MS = 600_000;
const MAX_REMEMBERED = 1000;

interface Remembered {
  readonly answer: Promise<AzureRead>;
  readonly untilMs: number;
}

/**
 * Reads of what hardly ever changes, each asked for once however many objects wait for it. What is shared must not end with
 * the signal of one of them; only what was found is remembered.
 */
export class RememberedReads {
  readonly #clock: Clock;
  readonly #remembered = new Map<string, Remembered>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answer of a key, asked for at most once in ten minutes when it is found. Rejects as `ask` does. */
  read(key: string, ask: () => Promise<AzureRead>): Promise<AzureRead> {
    const known = this.#remembered.get(key);
    if (known !== undefined && this.#clock.now() < known.untilMs) return known.answer;
    this.#forgetOldest();
    const answer = ask().then(
      (read) => {
        if (read.is !== "found") this.#remembered.delete(key);
        return read;
      },
      (error: unknown) => {
        this.#remembered.delete(key);
        throw error;
      },
    );
    this.#remembered.set(key, { answer, untilMs: this.#clock.now() + REMEMBERED_MS });
    return answer;
  }

  #forgetOldest(): void {
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.#remembered.delete(oldest);
  }
}
