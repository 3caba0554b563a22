import type { Clock } from "./clock.ts";

/** What kinds of operation have buckets of their own (arm.md 2.6). */
export type OperationKind = "reads" | "writes" | "deletes";

interface Bucket {
  readonly size: number;
  readonly refillPerSecond: number;
  level: number;
  filledAtMs: number;
}

const sizes: Readonly<Record<OperationKind, { readonly size: number; readonly refillPerSecond: number }>> = {
  reads: { size: 250, refillPerSecond: 25 },
  writes: { size: 200, refillPerSecond: 10 },
  deletes: { size: 200, refillPerSecond: 10 },
};

const GLOBAL_FACTOR = 15;

/** The documented token buckets per principal and per subscription (arm.md 2.6), in clock time. */
export class Quota {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one token and returns the remaining-quota headers; a drained bucket shows 0 and refuses nobody. */
  take(kind: OperationKind, subscriptionId: string | undefined, principalId: string): Readonly<Record<string, string>> {
    if (subscriptionId === undefined) {
      return { [`x-ms-ratelimit-remaining-tenant-${kind}`]: this.#drain(`${principalId}/${kind}`, kind, 1) };
    }
    const own = this.#drain(`${subscriptionId}/${principalId}/${kind}`, kind, 1);
    const shared = this.#drain(`${subscriptionId}/${kind}`, kind, GLOBAL_FACTOR);
    return {
      [`x-ms-ratelimit-remaining-subscription-${kind}`]: own,
      [`x-ms-ratelimit-remaining-subscription-global-${kind}`]: shared,
    };
  }

  #drain(name: string, kind: OperationKind, factor: number): string {
    const nowMs = this.#clock.now();
    const full = { size: sizes[kind].size * factor, refillPerSecond: sizes[kind].refillPerSecond * factor };
    const bucket = this.#buckets.get(name) ?? { ...full, level: full.size, filledAtMs: nowMs };
    const refilled = bucket.level + ((nowMs - bucket.filledAtMs) / 1000) * bucket.refillPerSecond;
    bucket.level = Math.max(0, Math.min(bucket.size, refilled) - 1);
    bucket.filledAtMs = nowMs;
    this.#buckets.set(name, bucket);
    return String(Math.floor(bucket.level));
  }
}
