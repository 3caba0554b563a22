import type { Clock } from "./clock.ts";

/** One bucket that a request takes a token from. */
export interface Draw {
  readonly name: string;
  readonly size: number;
  readonly refillPerSecond: number;
}

/** What taking from several buckets came to. */
export interface Taken {
  /** The levels left, in the order of the draws; never below zero. */
  readonly levels: readonly number[];
  /** Whole seconds until every bucket has a token again; undefined when each had one. A refused request takes none. */
  readonly waitSeconds: number | undefined;
}

interface Bucket {
  level: number;
  filledAtMs: number;
}

/** Token buckets by name, filled in clock time. */
export class TokenBuckets {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a token from every bucket, or from none when one of them is empty. */
  take(draws: readonly Draw[]): Taken {
    const filled = draws.map((draw) => ({ draw, bucket: this.#filled(draw) }));
    const waits = filled
      .filter(({ bucket }) => bucket.level < 1)
      .map(({ bucket, draw }) => Math.ceil((1 - bucket.level) / draw.refillPerSecond));
    if (waits.length > 0) return { levels: levelsOf(filled), waitSeconds: Math.max(...waits) };
    for (const { bucket } of filled) bucket.level -= 1;
    return { levels: levelsOf(filled), waitSeconds: undefined };
  }

  #filled({ name, size, refillPerSecond }: Draw): Bucket {
    const nowMs = this.#clock.now();
    const bucket = this.#buckets.get(name) ?? { level: size, filledAtMs: nowMs };
    bucket.level = Math.min(size, bucket.level + ((nowMs - bucket.filledAtMs) / 1000) * refillPerSecond);
    bucket.filledAtMs = nowMs;
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

function levelsOf(filled: readonly { readonly bucket: Bucket }[]): readonly number[] {
  return filled.map(({ bucket }) => Math.floor(bucket.level));
}
