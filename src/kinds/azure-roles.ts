import type { HostRow } from "./host-row.ts";
import { HOSTS } from "./hosts/catalogue.ts";

/** An action that a role needs. */
export interface RoleAction {
  readonly action: string;
  /** For what it is needed, where not everybody needs it; else undefined. */
  readonly onlyFor?: string;
}

/** The smallest custom role of Azure for one thing that the operator does. */
export interface AzureRole {
  /** Last part of its file, in kebab-case. */
  readonly file: string;
  /** The kind or the host that it is for. */
  readonly title: string;
  readonly actions: readonly RoleAction[];
}

const IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities";
const FEDERATED = `${IDENTITY}/federatedIdentityCredentials`;
const COSMOS = "Microsoft.DocumentDB/databaseAccounts";
const SITE = "Microsoft.Web/sites";
const PLAN = "Microsoft.Web/serverfarms";
const GROUP = "Microsoft.ContainerInstance/containerGroups";

/** What reads an operation that goes on, where its provider has any; each provider spells it in its own way (arm.md 2.3, 16). */
const OPERATIONS: Readonly<Record<string, string>> = {
  [GROUP]: "Microsoft.ContainerInstance/locations/operations/read",
  "Microsoft.App/containerApps": "Microsoft.App/locations/containerappOperationStatuses/read",
  "Microsoft.App/jobs": "Microsoft.App/locations/containerappsjobOperationStatuses/read",
  "Microsoft.ContainerService/managedClusters": "Microsoft.ContainerService/locations/operations/read",
  "Microsoft.Compute/virtualMachines": "Microsoft.Compute/locations/operations/read",
  "Microsoft.Compute/virtualMachineScaleSets": "Microsoft.Compute/locations/operations/read",
  "Microsoft.ServiceFabric/managedClusters/applications": "Microsoft.ServiceFabric/locations/managedclusteroperations/read",
  "Microsoft.ServiceFabric/clusters/applications": "Microsoft.ServiceFabric/locations/operations/read",
  "Microsoft.AppPlatform/Spring/apps": "Microsoft.AppPlatform/locations/operationStatus/operationId/read",
  [COSMOS]: "Microsoft.DocumentDB/locations/operationsStatus/read",
  "Microsoft.Sql/servers": "Microsoft.Sql/locations/serverAzureAsyncOperation/read",
  "Microsoft.ContainerRegistry/registries": "Microsoft.ContainerRegistry/locations/operationStatuses/read",
  "Microsoft.CognitiveServices/accounts": "Microsoft.CognitiveServices/locations/operationStatuses/read",
  "Microsoft.AppConfiguration/configurationStores": "Microsoft.AppConfiguration/locations/operationsStatus/read",
  "Microsoft.ApiManagement/service": "Microsoft.ApiManagement/locations/operationStatuses/read",
  "Microsoft.EventGrid/systemTopics": "Microsoft.EventGrid/locations/operationsStatus/read",
};

const all = (...actions: readonly string[]): readonly RoleAction[] => actions.map((action) => ({ action }));
const only = (onlyFor: string, ...actions: readonly string[]): readonly RoleAction[] => actions.map((action) => ({ action, onlyFor }));
const life = (type: string): readonly RoleAction[] => all(`${type}/read`, `${type}/write`, `${type}/delete`);
const operation = (type: string): readonly RoleAction[] => (OPERATIONS[type] === undefined ? [] : all(OPERATIONS[type]));

/** Attaching is checked on every identity that a body names, also on one that stays (arm.md 16). */
const USE = all(`${IDENTITY}/read`, `${IDENTITY}/*/assign/action`);
const REGION = only("objects without `location`", "Microsoft.Resources/subscriptions/resourceGroups/read");

/** The roles for each kind that declares a resource of its own. */
const KIND_ROLES: readonly AzureRole[] = [
  { file: "user-assigned-identity", title: "UserAssignedIdentity", actions: [...life(IDENTITY), ...REGION] },
  { file: "federated-identity-credential", title: "FederatedIdentityCredential", actions: [...life(FEDERATED), ...all(`${IDENTITY}/read`)] },
  {
    file: "role-assignment",
    title: "RoleAssignment",
    actions: [
      ...life("Microsoft.Authorization/roleAssignments"),
      ...all("Microsoft.Authorization/roleDefinitions/read"),
      ...only("telling that a vault does not heed roles", "Microsoft.KeyVault/vaults/read"),
    ],
  },
  { file: "role-assignment-cosmos-db", title: "RoleAssignment, `cosmosDB`", actions: [...life(`${COSMOS}/sqlRoleAssignments`), ...all(`${COSMOS}/read`), ...operation(COSMOS)] },
  {
    file: "container-group",
    title: "ContainerGroup",
    actions: [...life(GROUP), ...operation(GROUP), ...USE, ...REGION, ...only("groups in a subnet", "Microsoft.Network/virtualNetworks/subnets/join/action")],
  },
  { file: "app-service-plan", title: "AppServicePlan", actions: [...life(PLAN), ...REGION] },
  {
    file: "web-app",
    title: "WebApp",
    actions: [
      ...life(SITE),
      ...all(`${SITE}/config/read`, `${SITE}/config/write`, `${SITE}/config/list/action`, `${PLAN}/join/action`),
      ...USE,
      ...REGION,
      ...only("`state`", `${SITE}/start/action`, `${SITE}/stop/action`),
      ...only("slots", ...life(`${SITE}/slots`).map(({ action }) => action), ...["read", "write", "list/action"].map((verb) => `${SITE}/slots/config/${verb}`)),
    ],
  },
];

/** Every role: for the kinds, then for attaching to each host of the catalogue. */
export const AZURE_ROLES: readonly AzureRole[] = [...KIND_ROLES, ...HOSTS.map(hostRole)];

function hostRole(row: HostRow): AzureRole {
  const { type, secrets, settings = [], parts = [], hasInstances, isMadeByClusters } = row;
  const paths = new Set([...parts.map(({ path }) => path), ...settings.flatMap(({ part }) => part ?? [])]);
  const collections = new Set([...paths].map((path) => path.slice(0, path.lastIndexOf("/"))));
  const lists = ["Microsoft.Resources/subscriptions/resources/read", "Microsoft.Resources/subscriptions/resourceGroups/resources/read"];
  const actions = [
    ...all(`${type}/read`, `${type}/write`),
    ...operation(type),
    ...USE,
    ...only("`followThrough`, and where the host pulls by an identity", ...[...collections].flatMap((path) => [`${type}/${path}/read`, `${type}/${path}/write`])),
    ...(secrets === undefined ? [] : only("where PATCH is refused and the whole host is written", `${type}/${secrets.action}/action`)),
    ...(hasInstances === true ? only("`InstancesPending`, and upgrading these with `allowDisruption: Recreate`", `${type}/virtualMachines/read`, "Microsoft.Compute/virtualMachines/read", `${type}/manualupgrade/action`) : []),
    ...(isMadeByClusters === true ? only("telling groups that AKS manages", "Microsoft.Resources/subscriptions/resourceGroups/read") : []),
    ...only("finding drift by lists, [sweep.md](sweep.md)", ...lists),
  ];
  return { file: `attach-${fileOf(type)}`, title: `IdentityAssignment, ${row.title}`, actions };
}

/** `attach-compute-virtual-machines` for Microsoft.Compute/virtualMachines. */
function fileOf(type: string): string {
  return type.replace("Microsoft.", "").replaceAll("/", "-").replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
}
