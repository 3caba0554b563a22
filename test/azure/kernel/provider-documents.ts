import type { RouteRequest } from "./route.ts";
import type { Answer } from "./errors.ts";
import { gatewayError } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { page, pageOf } from "./paging.ts";
import { regionDisplayName } from "./regions.ts";

/** A type as a resource provider's document lists it. */
interface ListedType {
  /** Without the namespace. */
  readonly name: string;
  readonly apiVersions: readonly string[];
  readonly locations: readonly string[];
  readonly tracked: boolean;
}

/** `GET …/providers`, of the tenant or of a subscription. */
export function providersListing(request: RouteRequest): Answer {
  const items = namespacesOf(request).map((namespace) => ({ key: namespace.toLowerCase(), body: () => document(request, namespace) }));
  return page(items, pageOf(request.world, request));
}

/** `GET …/providers/{namespace}`. */
export function providerDocument(request: RouteRequest): Answer {
  return { status: 200, body: document(request, knownNamespace(request)) };
}

/** `POST …/providers/{namespace}/register`: done at once here. */
export function registerProvider(request: RouteRequest): Answer {
  request.world.registrations.register(request.parameters["subscriptionId"] ?? "", knownNamespace(request));
  return providerDocument(request);
}

function knownNamespace(request: RouteRequest): string {
  const { namespace = "" } = request.parameters;
  const known = namespacesOf(request).find((one) => one.toLowerCase() === namespace.toLowerCase());
  if (known === undefined) throw gatewayError(404, "InvalidResourceNamespace", `The resource namespace '${namespace}' is invalid.`);
  return known;
}

function document(request: RouteRequest, namespace: string): JsonObject {
  const { subscriptionId } = request.parameters;
  const ofSubscription = subscriptionId !== undefined && {
    id: `/subscriptions/${subscriptionId}/providers/${namespace}`,
    registrationPolicy: "RegistrationRequired",
    registrationState: request.world.registrations.isRegistered(subscriptionId, namespace) ? "Registered" : "NotRegistered",
  };
  return { ...ofSubscription, namespace, resourceTypes: typesOf(request, namespace).map(shown) };
}

function shown({ name, apiVersions, locations, tracked }: ListedType): JsonObject {
  return {
    resourceType: name,
    locations: locations.map(regionDisplayName),
    apiVersions: apiVersions.toSorted().toReversed(),
    ...(tracked ? { capabilities: "CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags, SupportsLocation" } : { capabilities: "None" }),
  };
}

function typesOf({ world }: RouteRequest, namespace: string): readonly ListedType[] {
  const prefix = `${namespace}/`.toLowerCase();
  const own = world.registry.routes.map(({ type, apiVersions }) => ({ type, apiVersions, locations: undefined }));
  const listed = [...world.registry.all(), ...own].filter(({ type }) => type.toLowerCase().startsWith(prefix));
  const byName = new Map(listed.map(({ type, apiVersions, locations }) => {
    const name = type.slice(prefix.length);
    return [name.toLowerCase(), { name, apiVersions, locations: locations ?? [], tracked: locations !== undefined }];
  }));
  return [...byName.values()];
}

function namespacesOf({ world }: RouteRequest): readonly string[] {
  const types = [...world.registry.all(), ...world.registry.routes].map(({ type }) => type.slice(0, type.indexOf("/")));
  return [...new Set(types)].toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}
