import type { Clock } from "./clock.ts";
import { TokenBuckets } from "./token-buckets.ts";
import type { Draw } from "./token-buckets.ts";

/** What kinds of operation have buckets of their own (arm.md 2.6). */
export type OperationKind = "reads" | "writes" | "deletes";

const kinds: Readonly<Record<string, OperationKind>> = { GET: "reads", HEAD: "reads", DELETE: "deletes" };

/** The kind of operation that a method is. */
export function kindOf(method: string): OperationKind {
  return kinds[method] ?? "writes";
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

type HeaderDraw = Draw & { readonly header: string };

/** The documented token buckets per principal and per subscription (arm.md 2.6), in clock time. */
export class Quota {
  readonly #buckets: TokenBuckets;

  constructor(clock: Clock) {
    this.#buckets = new TokenBuckets(clock);
  }

  /** Takes a token from every bucket that the request falls under. */
  take(spending: Spending): Allowance {
    const draws = drawsOf(spending);
    const { levels, waitSeconds } = this.#buckets.take(draws);
    const headers = draws.map(({ header }, index) => [`x-ms-ratelimit-remaining-${header}`, String(levels[index] ?? 0)]);
    return { headers: Object.fromEntries(headers) as Record<string, string>, exceededForSeconds: waitSeconds };
  }
}

function drawsOf(spending: Spending): readonly HeaderDraw[] {
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
