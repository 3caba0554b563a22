import type { BuiltInRole } from "./built-in-roles.ts";

const VAULTS = "Microsoft.KeyVault/vaults";
const STORES = "Microsoft.AppConfiguration/configurationStores";

const vaults: readonly BuiltInRole[] = [
  {
    guid: "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    roleName: "Key Vault Administrator",
    description: "Everything with what is in a vault.",
    actions: [`${VAULTS}/*/read`],
    dataActions: [`${VAULTS}/*`],
  },
  {
    guid: "21090545-7ca7-4776-b22c-e363652d74d2",
    roleName: "Key Vault Reader",
    description: "Reads metadata of vaults and of what is in them.",
    actions: [`${VAULTS}/*/read`],
    dataActions: [`${VAULTS}/*/read`, `${VAULTS}/secrets/readMetadata/action`],
  },
  {
    guid: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    roleName: "Key Vault Secrets Officer",
    description: "Everything with secrets.",
    actions: [`${VAULTS}/*/read`],
    dataActions: [`${VAULTS}/secrets/*`],
  },
  {
    guid: "4633458b-17de-408a-b874-0445c86b69e6",
    roleName: "Key Vault Secrets User",
    description: "Reads secrets.",
    actions: [],
    dataActions: [`${VAULTS}/secrets/getSecret/action`, `${VAULTS}/secrets/readMetadata/action`],
  },
  {
    guid: "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
    roleName: "Key Vault Certificate User",
    description: "Reads certificates.",
    actions: [],
    dataActions: [
      `${VAULTS}/certificates/read`,
      `${VAULTS}/secrets/getSecret/action`,
      `${VAULTS}/secrets/readMetadata/action`,
      `${VAULTS}/keys/read`,
    ],
  },
  {
    guid: "12338af0-0e69-4776-bea7-57ae8d297424",
    roleName: "Key Vault Crypto User",
    description: "Uses keys.",
    actions: [],
    dataActions: [
      "read",
      "update/action",
      "backup/action",
      "encrypt/action",
      "decrypt/action",
      "wrap/action",
      "unwrap/action",
      "sign/action",
      "verify/action",
    ].map((verb) => `${VAULTS}/keys/${verb}`),
  },
  {
    guid: "e147488a-f6f5-4113-8e2d-b22465e65bf6",
    roleName: "Key Vault Crypto Service Encryption User",
    description: "Reads keys, wraps and unwraps with them.",
    actions: ["read", "write", "delete"].map((verb) => `Microsoft.EventGrid/eventSubscriptions/${verb}`),
    dataActions: ["read", "wrap/action", "unwrap/action"].map((verb) => `${VAULTS}/keys/${verb}`),
  },
];

const containers: readonly BuiltInRole[] = [
  {
    guid: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    roleName: "AcrPull",
    description: "Pulls from a registry.",
    actions: ["Microsoft.ContainerRegistry/registries/pull/read"],
  },
  {
    guid: "8311e382-0749-4cb8-b61a-304f252e45ec",
    roleName: "AcrPush",
    description: "Pushes to a registry and pulls from it.",
    actions: ["Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write"],
  },
  {
    guid: "c2f4ef07-c644-48eb-af81-4b1b4947fb11",
    roleName: "AcrDelete",
    description: "Deletes from a registry.",
    actions: ["Microsoft.ContainerRegistry/registries/artifacts/delete"],
  },
];

const others: readonly BuiltInRole[] = [
  {
    guid: "516239f1-63e1-4d78-a4de-a74fb236a071",
    roleName: "App Configuration Data Reader",
    description: "Reads configuration data.",
    actions: [],
    dataActions: [`${STORES}/*/read`],
  },
  {
    guid: "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b",
    roleName: "App Configuration Data Owner",
    description: "Everything with configuration data.",
    actions: [],
    dataActions: ["read", "write", "delete", "action"].map((verb) => `${STORES}/*/${verb}`),
  },
  {
    guid: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    roleName: "Cognitive Services OpenAI User",
    description: "Reads models and deployments, and calls them.",
    actions: [
      "Microsoft.CognitiveServices/*/read",
      "Microsoft.Authorization/roleAssignments/read",
      "Microsoft.Authorization/roleDefinitions/read",
    ],
    dataActions: [
      "*/read",
      "engines/completions/action",
      "engines/embeddings/action",
      "deployments/chat/completions/action",
      "deployments/embeddings/action",
    ].map((what) => `Microsoft.CognitiveServices/accounts/OpenAI/${what}`),
  },
  {
    guid: "a97b65f3-24c7-4388-baec-2e87135dc908",
    roleName: "Cognitive Services User",
    description: "Reads and lists keys, and calls the services.",
    actions: [
      "Microsoft.CognitiveServices/*/read",
      "Microsoft.CognitiveServices/accounts/listkeys/action",
      "Microsoft.Resources/subscriptions/resourceGroups/read",
    ],
    dataActions: ["Microsoft.CognitiveServices/*"],
  },
  {
    guid: "1407120a-92aa-4202-b7e9-c0e197c71c8f",
    roleName: "Search Index Data Reader",
    description: "Reads search indexes.",
    actions: [],
    dataActions: ["Microsoft.Search/searchServices/indexes/documents/read"],
  },
  {
    guid: "8ebe5a00-799e-43f5-93ac-243d3dce84a7",
    roleName: "Search Index Data Contributor",
    description: "Everything with the data of search indexes.",
    actions: [],
    dataActions: ["Microsoft.Search/searchServices/indexes/documents/*"],
  },
  {
    guid: "3913510d-42f4-4e42-8a64-420c390055eb",
    roleName: "Monitoring Metrics Publisher",
    description: "Publishes metrics.",
    actions: ["Microsoft.Insights/Register/Action", "Microsoft.Support/*", "Microsoft.Resources/subscriptions/resourceGroups/read"],
    dataActions: ["Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"],
  },
  {
    guid: "423170ca-a8f6-4b0f-8487-9e4eb8f49bfa",
    roleName: "Azure Maps Data Reader",
    description: "Reads map data.",
    actions: [],
    dataActions: ["Microsoft.Maps/accounts/*/read"],
  },
  {
    guid: "7e4f1700-ea5a-4f59-8f37-079cfe29dce3",
    roleName: "SignalR Service Owner",
    description: "Everything with the SignalR REST API.",
    actions: [],
    dataActions: ["Microsoft.SignalRService/SignalR/*"],
  },
];

/** Built-in roles for what is in vaults, registries and other services. */
export const serviceRoles: readonly BuiltInRole[] = [...vaults, ...containers, ...others];
