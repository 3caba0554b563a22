import { keyOf, parentOf } from "../kernel/arm-id.ts";
import { identityThrottled } from "../kernel/errors.ts";
import type { Visit } from "../kernel/resource-type.ts";
import { TokenBuckets } from "../kernel/token-buckets.ts";
import type { Draw } from "../kernel/token-buckets.ts";

/** Requests per second in a tenant, in a subscription, and to one identity (arm.md 4); PUT and DELETE share theirs here. */
const rates: Readonly<Record<Visit["kind"], { readonly tenant: number; readonly subscription: number; readonly identity: number }>> = {
  get: { tenant: 30, subscription: 10, identity: 0.5 },
  list: { tenant: 15, subscription: 5, identity: 0.25 },
  write: { tenant: 10, subscription: 2, identity: 0.25 },
};

/** The limits of one simulated cloud, as its settings say. A bucket holds what a second gives, and one request at least. */
export function federatedCredentialRates(): (visit: Visit) => void {
  const buckets: { ofCloud?: TokenBuckets } = {};
  return (visit) => {
    const { clock, settings } = visit.world;
    if (settings.federatedCredentialRates === "unlimited") return;
    buckets.ofCloud ??= new TokenBuckets(clock);
    const { waitSeconds } = buckets.ofCloud.take(drawsOf(visit));
    if (waitSeconds !== undefined) throw identityThrottled(waitSeconds);
  };
}

function drawsOf({ kind, id }: Visit): readonly Draw[] {
  const identity = kind === "list" ? id : (parentOf(id) ?? id);
  const rate = rates[kind];
  const draw = (name: string, refillPerSecond: number): Draw => ({
    name: `${kind} ${name}`,
    size: Math.max(1, refillPerSecond),
    refillPerSecond,
  });
  return [
    draw("tenant", rate.tenant),
    draw(identity.subscriptionId.toLowerCase(), rate.subscription),
    draw(keyOf(identity), rate.identity),
  ];
}
