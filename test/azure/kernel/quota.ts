import type { Clock } from "./clock.ts";

/** What kinds of operation have buckets of their own (arm.md 2.6). */
export type OperationKind = "reads" | "writes" | "deletes";

interface Bucket {
  level: number;
  filledAtMs: number;
}

const sizes: Readonly<Record<OperationKind, { readonly size: number; readonly refillPerSecond: number }>> = {
  reads: { size: 250, refillPerSecond: 25 },
  writes: { size: 200, refillPerSecond: 10 },
  deletes: { size: 200, refillPerSecond: 10 },
};

const GLOBAL_FACTOR = 15;

/** Whose request of which kind takes a token. */
export interface Spending {
  readonly kind: OperationKind;
  readonly subscriptionId: string | undefined;
  readonly principalId: string;
  /** Size of the provider's own bucket, whose header takes the place of the plain one (arm.md 2.6). */
  readonly resourceRequests: number | undefined;
}

/** What is left after a request. */
export interface Allowance {
  readonly headers: Readonly<Record<string, string>>;
  /** Whole seconds until there is a token again; undefined when there was one. */
  readonly exceededForSeconds: number | undefined;
}

interface Draw {
  readonly header: string;
  readonly name: string;
  readonly size: number;
  readonly refillPerSecond: number;
}

/** The documented token buckets per principal and per subscription (arm.md 2.6), in clock time. */
export class Quota {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a token from every bucket that the request falls under. */
  take(spending: Spending): Allowance {
    const taken = drawsOf(spending).map((draw) => ({ draw, bucket: this.#drain(draw) }));
    const empty = taken.filter(({ bucket }) => bucket.level < 0);
    const waits = empty.map(({ bucket, draw }) => Math.ceil(-bucket.level / draw.refillPerSecond));
    for (const { bucket } of empty) bucket.level += 1;
    const headers = taken.map(({ draw, bucket }) => [`x-ms-ratelimit-remaining-${draw.header}`, String(Math.floor(bucket.level))]);
    return { headers: Object.fromEntries(headers) as Record<string, string>, exceededForSeconds: waits.length > 0 ? Math.max(...waits) : undefined };
  }

  #drain(draw: Draw): Bucket {
    const nowMs = this.#clock.now();
    const bucket = this.#buckets.get(draw.name) ?? { level: draw.size, filledAtMs: nowMs };
    const refilled = bucket.level + ((nowMs - bucket.filledAtMs) / 1000) * draw.refillPerSecond;
    bucket.level = Math.min(draw.size, refilled) - 1;
    bucket.filledAtMs = nowMs;
    this.#buckets.set(draw.name, bucket);
    return bucket;
  }
}

function drawsOf(spending: Spending): readonly Draw[] {
  const { kind, subscriptionId, principalId, resourceRequests } = spending;
  const { size, refillPerSecond } = sizes[kind];
  if (subscriptionId === undefined) return [{ header: `tenant-${kind}`, name: `${principalId}/${kind}`, size, refillPerSecond }];
  const own =
    resourceRequests === undefined
      ? { header: `subscription-${kind}`, name: `${subscriptionId}/${principalId}/${kind}`, size }
      : { header: "subscription-resource-requests", name: `${subscriptionId}/resource-requests`, size: resourceRequests };
  const shared = { header: `subscription-global-${kind}`, name: `${subscriptionId}/${kind}`, size: size * GLOBAL_FACTOR };
  return [
    { ...own, refillPerSecond },
    { ...shared, refillPerSecond: refillPerSecond * GLOBAL_FACTOR },
  ];
}
