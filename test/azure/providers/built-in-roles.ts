import { dataRoles } from "./built-in-data-roles.ts";
import { serviceRoles } from "./built-in-service-roles.ts";

/** A role that every tenant has. The GUIDs are Azure's own (its list of built-in roles); descriptions are in own words. */
export interface BuiltInRole {
  readonly guid: string;
  readonly roleName: string;
  readonly description: string;
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
}

/** What most roles of a service hold beside its own actions. */
const COMMON: readonly string[] = [
  "Microsoft.Authorization/*/read",
  "Microsoft.Insights/alertRules/*",
  "Microsoft.ResourceHealth/availabilityStatuses/read",
  "Microsoft.Resources/deployments/*",
  "Microsoft.Resources/subscriptions/resourceGroups/read",
  "Microsoft.Support/*",
];

const IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities";
const COSMOS = "Microsoft.DocumentDB/databaseAccounts";
const JOIN_SUBNET = "Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action";

const readWriteDelete = (type: string): readonly string[] => [`${type}/read`, `${type}/write`, `${type}/delete`];

const privileged: readonly BuiltInRole[] = [
  { guid: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", roleName: "Owner", description: "Everything, also to assign roles.", actions: ["*"] },
  {
    guid: "b24988ac-6180-42a0-ab88-20f7382dd24c",
    roleName: "Contributor",
    description: "Everything but to assign roles.",
    actions: ["*"],
    notActions: [
      "Microsoft.Authorization/*/Delete",
      "Microsoft.Authorization/*/Write",
      "Microsoft.Authorization/elevateAccess/Action",
      "Microsoft.Blueprint/blueprintAssignments/write",
      "Microsoft.Blueprint/blueprintAssignments/delete",
      "Microsoft.Compute/galleries/share/action",
      "Microsoft.Purview/consents/write",
      "Microsoft.Purview/consents/delete",
      "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
      "Microsoft.Subscription/cancel/action",
      "Microsoft.Subscription/enable/action",
    ],
  },
  {
    guid: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    roleName: "Reader",
    description: "Sees all resources and changes none.",
    actions: ["*/read"],
  },
  {
    guid: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    roleName: "User Access Administrator",
    description: "Manages access to resources.",
    actions: ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
  },
  {
    guid: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    roleName: "Role Based Access Control Administrator",
    description: "Manages access to resources by role assignments, and in no other way.",
    actions: [
      "Microsoft.Authorization/roleAssignments/write",
      "Microsoft.Authorization/roleAssignments/delete",
      "*/read",
      "Microsoft.Support/*",
    ],
  },
];

/** As they were recorded (arm.md 16). */
const identities: readonly BuiltInRole[] = [
  {
    guid: "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
    roleName: "Managed Identity Contributor",
    description: "Creates, reads, changes and deletes user-assigned identities; does not assign them.",
    actions: [
      ...readWriteDelete(IDENTITY),
      ...readWriteDelete(`${IDENTITY}/federatedIdentityCredentials`),
      `${IDENTITY}/revokeTokens/action`,
      ...COMMON,
    ],
  },
  {
    guid: "f1a07417-d97a-45cb-824c-7a7467783830",
    roleName: "Managed Identity Operator",
    description: "Reads and assigns user-assigned identities.",
    actions: [`${IDENTITY}/*/read`, `${IDENTITY}/*/assign/action`, ...COMMON],
  },
];

const hosts: readonly BuiltInRole[] = [
  {
    guid: "de139f84-1756-47ae-9be6-808fbbe84772",
    roleName: "Website Contributor",
    description: "Manages sites; joins and reads plans.",
    actions: [
      "Microsoft.Insights/components/*",
      "Microsoft.Web/certificates/*",
      "Microsoft.Web/listSitesAssignedToHostName/read",
      "Microsoft.Web/serverFarms/join/action",
      "Microsoft.Web/serverFarms/read",
      "Microsoft.Web/sites/*",
      ...COMMON,
    ],
  },
  {
    guid: "2cc479cb-7b4d-49a8-b449-8c00fd0f0a4b",
    roleName: "Web Plan Contributor",
    description: "Manages the plans of sites.",
    actions: ["Microsoft.Web/serverFarms/*", "Microsoft.Web/hostingEnvironments/Join/Action", ...COMMON],
  },
  {
    guid: "5d977122-f97e-4b4d-a52f-6b43003ddb4d",
    roleName: "Azure Container Instances Contributor Role",
    description: "Manages container groups.",
    actions: ["Microsoft.ContainerInstance/containerGroups/*", ...COMMON],
  },
  {
    guid: "358470bc-b998-42bd-ab17-a7e34c199c0f",
    roleName: "Container Apps Contributor",
    description: "Manages container apps.",
    actions: [
      "Microsoft.App/containerApps/*/read",
      "Microsoft.App/containerApps/*/write",
      "Microsoft.App/containerApps/*/delete",
      "Microsoft.App/containerApps/*/action",
      ...COMMON,
    ],
  },
  {
    guid: "ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8",
    roleName: "Azure Kubernetes Service Contributor Role",
    description: "Reads and writes clusters.",
    actions: [
      "Microsoft.ContainerService/managedClusters/read",
      "Microsoft.ContainerService/managedClusters/write",
      "Microsoft.Resources/deployments/*",
    ],
  },
  {
    guid: "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    roleName: "Virtual Machine Contributor",
    description: "Manages virtual machines and scale sets, not their networks.",
    actions: [
      "Microsoft.Compute/availabilitySets/*",
      "Microsoft.Compute/disks/delete",
      "Microsoft.Compute/disks/read",
      "Microsoft.Compute/disks/write",
      "Microsoft.Compute/locations/*",
      "Microsoft.Compute/virtualMachines/*",
      "Microsoft.Compute/virtualMachineScaleSets/*",
      "Microsoft.Network/networkInterfaces/*",
      "Microsoft.Network/virtualNetworks/read",
      "Microsoft.Network/virtualNetworks/subnets/join/action",
      ...COMMON,
    ],
  },
  {
    guid: "4d97b98b-1d4f-4787-a291-c67834d212e7",
    roleName: "Network Contributor",
    description: "Manages networks.",
    actions: ["Microsoft.Network/*", ...COMMON],
  },
];

const databases: readonly BuiltInRole[] = [
  {
    guid: "5bd9cd88-fe45-4216-938b-f97437e15450",
    roleName: "DocumentDB Account Contributor",
    description: "Manages Cosmos DB accounts.",
    actions: ["Microsoft.DocumentDb/databaseAccounts/*", JOIN_SUBNET, ...COMMON],
  },
  {
    guid: "230815da-be43-4aae-9cb4-875f7bd000aa",
    roleName: "Cosmos DB Operator",
    description: "Manages Cosmos DB accounts without access to their data.",
    actions: ["Microsoft.DocumentDb/databaseAccounts/*", JOIN_SUBNET, ...COMMON],
    notActions: [
      `${COSMOS}/readonlyKeys/*`,
      `${COSMOS}/regenerateKey/*`,
      `${COSMOS}/listKeys/*`,
      `${COSMOS}/listConnectionStrings/*`,
      `${COSMOS}/sqlRoleDefinitions/write`,
      `${COSMOS}/sqlRoleDefinitions/delete`,
      `${COSMOS}/sqlRoleAssignments/write`,
      `${COSMOS}/sqlRoleAssignments/delete`,
    ],
  },
  {
    guid: "9b7fa17d-e63e-47b0-bb0a-15c516ac86ec",
    roleName: "SQL DB Contributor",
    description: "Manages SQL databases, not their servers, their security policies or access to them.",
    actions: ["Microsoft.Sql/locations/*/read", "Microsoft.Sql/servers/databases/*", "Microsoft.Sql/servers/read", ...COMMON],
    notActions: [
      "Microsoft.Sql/servers/databases/auditingSettings/*",
      "Microsoft.Sql/servers/databases/securityAlertPolicies/*",
      "Microsoft.Sql/servers/databases/vulnerabilityAssessments/*",
    ],
  },
  {
    guid: "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    roleName: "Storage Account Contributor",
    description: "Manages storage accounts.",
    actions: ["Microsoft.Storage/storageAccounts/*", JOIN_SUBNET, ...COMMON],
  },
  {
    guid: "f25e0fa2-a7c8-4377-a976-54943a77a395",
    roleName: "Key Vault Contributor",
    description: "Manages key vaults without access to what is in them.",
    actions: ["Microsoft.KeyVault/*", ...COMMON],
    notActions: [
      "Microsoft.KeyVault/locations/deletedVaults/purge/action",
      "Microsoft.KeyVault/hsmPools/*",
      "Microsoft.KeyVault/managedHsms/*",
    ],
  },
];

/** The built-in roles that are known here: those of arm.md 16, and those for what the hosts of arm.md 1 are pointed at. */
export const builtInRoles: readonly BuiltInRole[] = [...privileged, ...identities, ...hosts, ...databases, ...dataRoles, ...serviceRoles];
