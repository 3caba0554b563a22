import type { RouteRequest } from "./route.ts";
import type { Answer } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { page, pageOf } from "./paging.ts";
import { regionDisplayName, regions } from "./regions.ts";
import type { World } from "./world.ts";

/** A subscription as `GET /subscriptions/{id}` shows it. */
export function subscriptionDocument(world: World, subscriptionId: string): JsonObject {
  const index = world.subscriptionIds.findIndex((id) => id.toLowerCase() === subscriptionId.toLowerCase());
  const id = world.subscriptionIds[index] ?? subscriptionId;
  return {
    id: `/subscriptions/${id}`,
    authorizationSource: "RoleBased",
    managedByTenants: [],
    subscriptionId: id,
    tenantId: world.tenantId,
    displayName: `Simulated subscription ${index + 1}`,
    state: "Enabled",
    subscriptionPolicies: { locationPlacementId: "Public_2014-09-01", quotaId: "PayAsYouGo_2014-09-01", spendingLimit: "Off" },
  };
}

/** The subscriptions in which the caller holds anything at all; an empty list, not a refusal, for who holds nothing. */
export function subscriptionsListing(request: RouteRequest): Answer {
  const { world, caller } = request;
  const seen = world.subscriptionIds.filter((id) => world.authorization.holdsAnything(caller.principalId, `/subscriptions/${id}`));
  const items = seen.toSorted().map((id) => ({ key: id, body: () => subscriptionDocument(world, id) }));
  const answer = page(items, pageOf(world, request));
  return { ...answer, body: { ...answer.body, count: { type: "Total", value: seen.length } } };
}

/** The one tenant there is. */
export function tenantsListing({ world }: RouteRequest): Answer {
  const tenant = {
    id: `/tenants/${world.tenantId}`,
    tenantId: world.tenantId,
    countryCode: "NL",
    displayName: "Simulated tenant",
    domains: ["simulator.example"],
    tenantCategory: "Home",
    defaultDomain: "simulator.example",
    tenantType: "AAD",
  };
  return { status: 200, body: { value: [tenant] } };
}

/** The regions of a subscription. */
export function locationsListing({ parameters }: RouteRequest): Answer {
  const value = regions.map((name) => ({
    id: `/subscriptions/${parameters["subscriptionId"] ?? ""}/locations/${name}`,
    name,
    type: "Region",
    displayName: regionDisplayName(name),
    regionalDisplayName: regionDisplayName(name),
    metadata: { regionType: "Physical", regionCategory: "Recommended" },
  }));
  return { status: 200, body: { value } };
}
