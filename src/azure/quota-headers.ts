import type { Demand } from "./quota-draws.ts";
import { kindOf } from "./quota-draws.ts";
import type { HeaderReader } from "./retry-after.ts";

/** That Azure refused for the rate. `by`: ARM itself, the provider, or the provider as one resource alone is concerned. */
export interface RateRefusal {
  readonly by: "arm" | "provider" | "resource";
  readonly afterSeconds: number;
}

/** What an answer says that concerns quotas. */
export interface QuotaAnswer {
  readonly headers: HeaderReader;
  readonly refused?: RateRefusal;
}

/** Tokens that were left in the bucket of a limit when the request had arrived. */
export interface Remaining {
  /** Name of the limit. */
  readonly limit: string;
  readonly remaining: number;
}

/** The limit that providers have in place of ARM's own per principal (arm.md 2.6). */
export const RESOURCE_REQUESTS = "resource-requests";

/** Reads the headers of both families (arm.md 2.6): the principal's own bucket, that of all principals, and a resource's. */
export function remainingIn(headers: HeaderReader, { operation, subscriptionId }: Pick<Demand, "operation" | "subscriptionId">): readonly Remaining[] {
  const kind = kindOf(operation);
  const scope = subscriptionId === undefined ? "tenant" : "subscription";
  const [, ofMachine] = /\bUpdateVMResource;(\d{1,9})/i.exec(headers.get("x-ms-ratelimit-remaining-resource") ?? "") ?? [];
  const told = [
    { limit: kind, text: headers.get(`x-ms-ratelimit-remaining-${scope}-${kind}`) },
    { limit: `${kind}-of-all-principals`, text: headers.get(`x-ms-ratelimit-remaining-subscription-global-${kind}`) },
    { limit: RESOURCE_REQUESTS, text: headers.get(`x-ms-ratelimit-remaining-${scope}-resource-requests`) },
    { limit: "machine-updates", text: ofMachine },
  ];
  return told.flatMap(({ limit, text = "" }) => (/^\d{1,9}$/.test(text.trim()) ? [{ limit, remaining: Number(text) }] : []));
}
