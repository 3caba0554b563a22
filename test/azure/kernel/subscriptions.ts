import type { JsonObject } from "./json.ts";
import type { World } from "./world.ts";

/** A subscription as `GET /subscriptions/{id}` shows it. */
export function subscriptionDocument(world: World, subscriptionId: string): JsonObject {
  const number = world.subscriptionIds.findIndex((id) => id.toLowerCase() === subscriptionId.toLowerCase()) + 1;
  return {
    id: `/subscriptions/${subscriptionId}`,
    authorizationSource: "RoleBased",
    managedByTenants: [],
    subscriptionId,
    tenantId: world.tenantId,
    displayName: `Simulated subscription ${number}`,
    state: "Enabled",
    subscriptionPolicies: { locationPlacementId: "Public_2014-09-01", quotaId: "PayAsYouGo_2014-09-01", spendingLimit: "Off" },
  };
}
