import type { JsonObject, JsonValue } from "./azure.ts";

/** What arm.md says of one host type, for the tests; beside the simulator's own rows, so that each is a check of the other. */
export interface HostFacts {
  readonly type: string;
  /** Below the namespace; the last name is the host's. */
  readonly path: string;
  readonly version: string;
  /** What a PUT of it needs beside its location. */
  readonly body: JsonObject;
  /** What has to be there first, as paths below the namespace, with their bodies. */
  readonly parents?: Readonly<Record<string, JsonObject>>;
  /** Both kinds of identity together, either kind, or either kind and at most one user-assigned one. */
  readonly takes: "both" | "either" | "one";
  /** How the combined value comes back. */
  readonly combined?: string;
  readonly keys: "canonical" | "as-sent";
  readonly patchIdentity: "merges" | "replaces" | "not known";
  readonly putWithoutIdentity: "keeps" | "clears";
  /** What GET shows of the block after `type: None`; undefined when there is no block, `refused` when it is not taken. */
  readonly none: JsonValue | undefined;
  /** What the answer to a write shows of a new attachment. */
  readonly now: { readonly put: Now; readonly patch: Now };
  /** Status, and headers of the operation, of a creating PUT, an updating PUT, PATCH and DELETE. */
  readonly answers: { readonly create: string; readonly update: string; readonly patch: string; readonly delete: string };
  /** The provisioning state right after a creating PUT, and at the end; undefined when there is none. */
  readonly states?: readonly [string, string];
  /** Of GET: the type and the part of the id that is not as the path says, and how westeurope comes back. */
  readonly shown?: { readonly type?: string; readonly id?: string; readonly location?: string };
}

/** How a new attachment looks at once. */
export type Now = "details" | "empty" | "previous" | "no body";

const details = { put: "details", patch: "details" } as const;

const inEnvironment = { properties: { environmentId: "/subscriptions/b0000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.App/managedEnvironments/env" } };
const containerApp: Omit<HostFacts, "type" | "path" | "answers"> = {
  version: "2025-01-01",
  body: inEnvironment,
  parents: { "managedEnvironments/env": {} },
  takes: "both",
  combined: "SystemAssigned, UserAssigned",
  keys: "canonical",
  patchIdentity: "merges",
  putWithoutIdentity: "clears",
  none: { type: "None" },
  now: { put: "details", patch: "no body" },
  states: ["InProgress", "Succeeded"],
};

const application: Omit<HostFacts, "type" | "path" | "version" | "answers"> = {
  body: { properties: { version: "1" } },
  takes: "both",
  combined: "SystemAssigned, UserAssigned",
  keys: "as-sent",
  patchIdentity: "not known",
  putWithoutIdentity: "keeps",
  none: undefined,
  now: { put: "no body", patch: "no body" },
  states: ["Creating", "Succeeded"],
};

/** What the cheap hosts of section 14 have in common, where they do not say otherwise. */
const cheap: Omit<HostFacts, "type" | "path" | "version" | "answers"> = {
  body: {},
  takes: "both",
  combined: "SystemAssigned, UserAssigned",
  keys: "as-sent",
  patchIdentity: "merges",
  putWithoutIdentity: "keeps",
  none: undefined,
  now: details,
};

/** The hosts beyond Web, Compute and ContainerInstance. */
export const hostFacts: readonly HostFacts[] = [
  {
    type: "Microsoft.Storage/storageAccounts",
    path: "storageAccounts/host",
    version: "2023-05-01",
    body: { sku: { name: "Standard_LRS" }, kind: "StorageV2" },
    takes: "both",
    combined: "SystemAssigned,UserAssigned",
    keys: "as-sent",
    patchIdentity: "merges",
    putWithoutIdentity: "keeps",
    none: { type: "None" },
    now: details,
    answers: { create: "202 LOC RA 17", update: "200", patch: "200", delete: "200" },
    states: ["Creating", "Succeeded"],
  },
  {
    type: "Microsoft.ContainerService/managedClusters",
    path: "managedClusters/host",
    version: "2025-08-01",
    body: { properties: { dnsPrefix: "host", agentPoolProfiles: [{ name: "nodepool1", count: 1, mode: "System" }] } },
    takes: "one",
    keys: "as-sent",
    patchIdentity: "not known",
    putWithoutIdentity: "keeps",
    none: "refused",
    now: { put: "empty", patch: "no body" },
    answers: { create: "201 AAO", update: "200 AAO", patch: "200 AAO", delete: "202 AAO LOC" },
    states: ["Creating", "Succeeded"],
    shown: { type: "Microsoft.ContainerService/ManagedClusters", id: "/resourcegroups/" },
  },
  {
    ...containerApp,
    type: "Microsoft.App/containerApps",
    path: "containerApps/host",
    answers: { create: "201 AAO RA 15", update: "201 AAO RA 15", patch: "202 AAO LOC RA 15", delete: "202 LOC RA 15" },
    shown: { id: "/Microsoft.App/containerapps/host", location: "West Europe" },
  },
  {
    ...containerApp,
    type: "Microsoft.App/jobs",
    path: "jobs/host",
    answers: { create: "201 AAO RA 15", update: "201 AAO RA 15", patch: "202 LOC RA 15", delete: "202 LOC RA 15" },
    shown: { location: "West Europe" },
  },
  {
    type: "Microsoft.DocumentDB/databaseAccounts",
    path: "databaseAccounts/host",
    version: "2024-08-15",
    body: { properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope", failoverPriority: 0 }] } },
    takes: "both",
    combined: "SystemAssigned,UserAssigned",
    keys: "as-sent",
    patchIdentity: "merges",
    putWithoutIdentity: "keeps",
    none: { type: "None" },
    now: { put: "previous", patch: "previous" },
    answers: { create: "200 AAO LOC", update: "200 AAO LOC", patch: "200 AAO LOC", delete: "202 AAO LOC" },
    states: ["Creating", "Succeeded"],
    shown: { location: "West Europe" },
  },
  {
    type: "Microsoft.AppPlatform/Spring/apps",
    path: "Spring/service/apps/host",
    version: "2023-12-01",
    body: {},
    parents: { "Spring/service": {} },
    takes: "both",
    combined: "SystemAssigned,UserAssigned",
    keys: "as-sent",
    patchIdentity: "merges",
    putWithoutIdentity: "keeps",
    none: null,
    now: { put: "previous", patch: "previous" },
    answers: { create: "201 AAO LOC", update: "202 AAO LOC", patch: "202 AAO LOC", delete: "202 AAO LOC" },
    states: ["Creating", "Succeeded"],
  },
  {
    ...application,
    type: "Microsoft.ServiceFabric/managedClusters/applications",
    path: "managedClusters/cluster/applications/host",
    version: "2024-04-01",
    parents: { "managedClusters/cluster": {} },
    answers: { create: "202 AAO LOC RA 10", update: "202 AAO LOC RA 10", patch: "200", delete: "202 AAO LOC RA 10" },
    shown: { type: "Microsoft.ServiceFabric/managedclusters/applications", id: "/resourcegroups/rg/providers/Microsoft.ServiceFabric/managedclusters/cluster/" },
  },
  {
    ...application,
    type: "Microsoft.ServiceFabric/clusters/applications",
    path: "clusters/cluster/applications/host",
    version: "2021-06-01",
    parents: { "clusters/cluster": {} },
    answers: { create: "202 AAO LOC RA 10", update: "202 AAO LOC RA 10", patch: "202 AAO LOC RA 10", delete: "202 AAO LOC RA 10" },
  },
  {
    type: "Microsoft.ContainerRegistry/registries",
    path: "registries/myhost",
    version: "2023-07-01",
    body: { sku: { name: "Basic" } },
    takes: "both",
    combined: "systemAssigned, userAssigned",
    keys: "as-sent",
    patchIdentity: "merges",
    putWithoutIdentity: "keeps",
    none: undefined,
    now: details,
    answers: { create: "201 AAO", update: "200 AAO", patch: "201 AAO", delete: "202 AAO LOC" },
    states: ["Creating", "Succeeded"],
  },
  ...["EventHub", "ServiceBus"].map((provider): HostFacts => ({
    type: `Microsoft.${provider}/namespaces`,
    path: "namespaces/my-host",
    version: "2024-01-01",
    body: { sku: { name: "Standard" } },
    takes: "both",
    combined: "SystemAssigned, UserAssigned",
    keys: "as-sent",
    patchIdentity: "replaces",
    putWithoutIdentity: "keeps",
    none: undefined,
    now: details,
    answers: { create: "201", update: "200", patch: "200", delete: "202 LOC" },
    states: ["Created", "Succeeded"],
    shown: { type: `Microsoft.${provider}/Namespaces` },
  })),
  {
    ...cheap,
    type: "Microsoft.Sql/servers",
    path: "servers/host",
    version: "2023-08-01",
    combined: "SystemAssigned,UserAssigned",
    keys: "canonical",
    now: { put: "no body", patch: "no body" },
    answers: { create: "202 AAO LOC RA 15", update: "202 AAO LOC RA 15", patch: "202 AAO LOC RA 15", delete: "202 AAO LOC RA 15" },
  },
  {
    ...cheap,
    type: "Microsoft.Batch/batchAccounts",
    path: "batchAccounts/host",
    version: "2024-07-01",
    takes: "either",
    none: { type: "None" },
    now: { put: "no body", patch: "details" },
    answers: { create: "202 LOC RA 15", update: "202 LOC RA 15", patch: "200", delete: "202 LOC RA 15" },
    states: ["Creating", "Succeeded"],
  },
  {
    ...cheap,
    type: "Microsoft.Logic/workflows",
    path: "workflows/host",
    version: "2019-05-01",
    takes: "either",
    patchIdentity: "replaces",
    answers: { create: "201", update: "200", patch: "200", delete: "200" },
    states: ["Succeeded", "Succeeded"],
  },
  {
    ...cheap,
    type: "Microsoft.DataFactory/factories",
    path: "factories/host",
    version: "2018-06-01",
    combined: "SystemAssigned,UserAssigned",
    none: "refused",
    patchIdentity: "replaces",
    answers: { create: "200", update: "200", patch: "200", delete: "200" },
    states: ["Succeeded", "Succeeded"],
  },
  {
    ...cheap,
    type: "Microsoft.AppConfiguration/configurationStores",
    path: "configurationStores/my-host",
    version: "2024-05-01",
    body: { sku: { name: "Standard" } },
    putWithoutIdentity: "clears",
    answers: { create: "201 AAO", update: "200 AAO", patch: "200 AAO", delete: "202 AAO LOC" },
    states: ["Creating", "Succeeded"],
  },
  {
    ...cheap,
    type: "Microsoft.ApiManagement/service",
    path: "service/host",
    version: "2024-05-01",
    body: { sku: { name: "Developer", capacity: 1 }, properties: { publisherEmail: "api@contoso.com", publisherName: "Contoso" } },
    answers: { create: "201 AAO LOC RA 60", update: "200 AAO LOC RA 60", patch: "202 AAO LOC RA 60", delete: "202 AAO LOC RA 60" },
    states: ["Activating", "Succeeded"],
    shown: { location: "West Europe" },
  },
  {
    ...cheap,
    type: "Microsoft.Search/searchServices",
    path: "searchServices/host",
    version: "2023-11-01",
    body: { sku: { name: "basic" } },
    answers: { create: "201", update: "200", patch: "200", delete: "200" },
    states: ["provisioning", "succeeded"],
    shown: { location: "West Europe" },
  },
  {
    ...cheap,
    type: "Microsoft.CognitiveServices/accounts",
    path: "accounts/host",
    version: "2023-05-01",
    body: { sku: { name: "S0" }, kind: "OpenAI" },
    none: { type: "None" },
    answers: { create: "201", update: "200", patch: "202 AAO LOC", delete: "202 AAO LOC" },
    states: ["Creating", "Succeeded"],
  },
  {
    ...cheap,
    type: "Microsoft.EventGrid/systemTopics",
    path: "systemTopics/host",
    version: "2022-06-15",
    body: { properties: { source: "/subscriptions/b0000000-0000-4000-8000-000000000001/resourceGroups/rg", topicType: "Microsoft.Resources.ResourceGroups" } },
    none: { type: "None", principalId: null, tenantId: null, userAssignedIdentities: null },
    answers: { create: "201 AAO", update: "201 AAO", patch: "201 AAO", delete: "202 AAO LOC" },
    states: ["Creating", "Succeeded"],
  },
];
