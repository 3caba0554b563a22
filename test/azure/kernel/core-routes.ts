import { CORE_API_VERSIONS } from "./route.ts";
import type { Route, PathParameters } from "./route.ts";
import { locationsListing, subscriptionDocument, subscriptionsListing, tenantsListing } from "./subscriptions.ts";
import { providerDocument, providersListing, registerProvider } from "./provider-documents.ts";
import { resourcesListing } from "./listing.ts";
import { RESOURCE_GRAPH_VERSIONS, resourceGraph } from "./resource-graph.ts";

const ofSubscription = ({ subscriptionId = "" }: PathParameters): string => `/subscriptions/${subscriptionId}`;
const ofGroup = ({ subscriptionId = "", group = "" }: PathParameters): string => `/subscriptions/${subscriptionId}/resourceGroups/${group}`;
const ofTenant = (): string => "/";
const core = { method: "GET", apiVersions: CORE_API_VERSIONS } as const;

/** What ARM itself answers. */
export const coreRoutes: readonly Route[] = [
  { ...core, path: "/tenants", type: "Microsoft.Resources/tenants", scope: ofTenant, answer: tenantsListing },
  { ...core, path: "/subscriptions", type: "Microsoft.Resources/subscriptions", scope: ofTenant, answer: subscriptionsListing },
  {
    ...core,
    path: "/subscriptions/{subscriptionId}",
    type: "Microsoft.Resources/subscriptions",
    action: () => "Microsoft.Resources/subscriptions/read",
    scope: ofSubscription,
    answer: ({ world, parameters }) => ({ status: 200, body: subscriptionDocument(world, parameters["subscriptionId"] ?? "") }),
  },
  {
    ...core,
    path: "/subscriptions/{subscriptionId}/locations",
    type: "Microsoft.Resources/subscriptions/locations",
    action: () => "Microsoft.Resources/subscriptions/locations/read",
    scope: ofSubscription,
    answer: locationsListing,
  },
  { ...core, path: "/providers", type: "Microsoft.Resources/providers", scope: ofTenant, answer: providersListing },
  { ...core, path: "/providers/{namespace}", type: "Microsoft.Resources/providers", scope: ofTenant, answer: providerDocument },
  {
    ...core,
    path: "/subscriptions/{subscriptionId}/providers",
    type: "Microsoft.Resources/subscriptions/providers",
    action: () => "Microsoft.Resources/subscriptions/providers/read",
    scope: ofSubscription,
    answer: providersListing,
  },
  {
    ...core,
    path: "/subscriptions/{subscriptionId}/providers/{namespace}",
    type: "Microsoft.Resources/subscriptions/providers",
    action: () => "Microsoft.Resources/subscriptions/providers/read",
    scope: ofSubscription,
    answer: providerDocument,
  },
  {
    ...core,
    method: "POST",
    path: "/subscriptions/{subscriptionId}/providers/{namespace}/register",
    type: "Microsoft.Resources/subscriptions/providers",
    action: ({ namespace = "" }) => `${namespace}/register/action`,
    scope: ofSubscription,
    answer: registerProvider,
  },
  {
    ...core,
    path: "/subscriptions/{subscriptionId}/resources",
    type: "Microsoft.Resources/subscriptions/resources",
    action: () => "Microsoft.Resources/subscriptions/resources/read",
    scope: ofSubscription,
    answer: (request) => resourcesListing({ ...request, scope: ofSubscription(request.parameters) }),
  },
  {
    ...core,
    path: "/subscriptions/{subscriptionId}/resourceGroups/{group}/resources",
    type: "Microsoft.Resources/subscriptions/resourceGroups/resources",
    action: () => "Microsoft.Resources/subscriptions/resourceGroups/resources/read",
    scope: ofGroup,
    answer: (request) => resourcesListing({ ...request, scope: ofGroup(request.parameters) }),
  },
  {
    path: "/providers/Microsoft.ResourceGraph/resources",
    method: "POST",
    type: "Microsoft.ResourceGraph/resources",
    scope: ofTenant,
    apiVersions: RESOURCE_GRAPH_VERSIONS,
    answer: resourceGraph,
  },
];
