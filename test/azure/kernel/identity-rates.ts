import { identityThrottled } from "./errors.ts";
import type { World } from "./world.ts";

/** Requests in 20 s: of a tenant in a region, and of a subscription in a region (arm.md 3.6). */
const rates = { create: { tenant: 400, subscription: 80 }, attach: { tenant: 400, subscription: 300 } };
const WINDOW_SECONDS = 20;

/** Refuses with the identity provider's 429 what comes too fast, where the settings hold it to the documented rates. */
export function checkIdentityRate(world: World, what: keyof typeof rates, place: { readonly subscriptionId: string; readonly region: string }): void {
  if (world.settings.identityRates === "unlimited") return;
  const draw = (name: string, size: number) => ({ name: `identity ${what} ${name} ${place.region}`, size, refillPerSecond: size / WINDOW_SECONDS });
  const draws = [draw("tenant", rates[what].tenant), draw(place.subscriptionId.toLowerCase(), rates[what].subscription)];
  const { waitSeconds } = world.userQuotas.take(draws);
  if (waitSeconds !== undefined) throw identityThrottled(waitSeconds);
}
