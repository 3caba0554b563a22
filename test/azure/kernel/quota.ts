import type { Clock } from "./clock.ts";
import type { Switches } from "./switches.ts";
import { TokenBuckets } from "./token-buckets.ts";
import type { Draw } from "./token-buckets.ts";

/** What kinds of operation have buckets of their own (arm.md 2.6). */
export type OperationKind = "reads" | "writes" | "deletes";

const kinds: Readonly<Record<string, OperationKind>> = { GET: "reads", HEAD: "reads", DELETE: "deletes" };

/** The kind of operation that a method is. */
export function kindOf(method: string): OperationKind {
  return kinds[method] ?? "writes";
}

type Bucket = Pick<Draw, "size" | "refillPerSecond">;

const documented: Readonly<Record<OperationKind, Bucket>> = {
  reads: { size: 250, refillPerSecond: 25 },
  writes: { size: 200, refillPerSecond: 10 },
  deletes: { size: 200, refillPerSecond: 10 },
};

const largeSizes: Readonly<Record<OperationKind, number>> = { reads: 1100, writes: 800, deletes: 800 };

function bucketOf(kind: OperationKind, { quotaFamily, largeFamilyRefill }: Pick<Switches, "quotaFamily" | "largeFamilyRefill">): Bucket {
  const { size, refillPerSecond } = documented[kind];
  if (quotaFamily === "documented") return { size, refillPerSecond };
  const large = largeSizes[kind];
  return { size: large, refillPerSecond: largeFamilyRefill === "as-documented" ? refillPerSecond : (refillPerSecond * large) / size };
}

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

/** The token buckets of one family, per principal and per subscription (arm.md 2.6), in clock time. */
export class Quota {
  readonly #buckets: TokenBuckets;
  readonly #switches: Switches;

  constructor(clock: Clock, switches: Switches) {
    this.#buckets = new TokenBuckets(clock);
    this.#switches = switches;
  }

  /** Takes a token from every bucket that the request falls under. */
  take(spending: Spending): Allowance {
    const draws = drawsOf(spending, bucketOf(spending.kind, this.#switches));
    const { levels, waitSeconds } = this.#buckets.take(draws);
    const headers = draws.map(({ header }, index) => [`x-ms-ratelimit-remaining-${header}`, String(levels[index] ?? 0)]);
    return { headers: Object.fromEntries(headers) as Record<string, string>, exceededForSeconds: waitSeconds };
  }
}

function drawsOf(spending: Spending, { size, refillPerSecond }: Bucket): readonly HeaderDraw[] {
  const { kind, subscriptionId, principalId, resourceRequests } = spending;
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
