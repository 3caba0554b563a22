import type { BuiltInRole } from "./built-in-roles.ts";

const BLOBS = "Microsoft.Storage/storageAccounts/blobServices";
const QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues";
const TABLES = "Microsoft.Storage/storageAccounts/tableServices";
const VAULTS = "Microsoft.KeyVault/vaults";
const STORES = "Microsoft.AppConfiguration/configurationStores";
const DELEGATION_KEY = `${BLOBS}/generateUserDelegationKey/action`;

const storage: readonly BuiltInRole[] = [
  { guid: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", roleName: "Storage Blob Data Owner", description: "Everything with blobs, also their access control.", actions: [`${BLOBS}/containers/*`, DELEGATION_KEY], dataActions: [`${BLOBS}/containers/blobs/*`] },
  {
    guid: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    roleName: "Storage Blob Data Contributor",
    description: "Reads, writes and deletes blobs and their containers.",
    actions: [`${BLOBS}/containers/delete`, `${BLOBS}/containers/read`, `${BLOBS}/containers/write`, DELEGATION_KEY],
    dataActions: ["delete", "read", "write", "move/action", "add/action"].map((verb) => `${BLOBS}/containers/blobs/${verb}`),
  },
  { guid: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", roleName: "Storage Blob Data Reader", description: "Reads and lists blobs and their containers.", actions: [`${BLOBS}/containers/read`, DELEGATION_KEY], dataActions: [`${BLOBS}/containers/blobs/read`] },
  { guid: "db58b8e5-c6ad-4a2a-8342-4190687cbf4a", roleName: "Storage Blob Delegator", description: "Gets user delegation keys.", actions: [DELEGATION_KEY] },
  {
    guid: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    roleName: "Storage Queue Data Contributor",
    description: "Reads, writes and deletes queues and their messages.",
    actions: [`${QUEUES}/delete`, `${QUEUES}/read`, `${QUEUES}/write`],
    dataActions: ["delete", "read", "write", "process/action"].map((verb) => `${QUEUES}/messages/${verb}`),
  },
  { guid: "19e7f393-937e-4f77-808e-94535e297925", roleName: "Storage Queue Data Reader", description: "Reads queues and their messages.", actions: [`${QUEUES}/read`], dataActions: [`${QUEUES}/messages/read`] },
  { guid: "8a0f0c08-91a1-4084-bc3d-661d67233fed", roleName: "Storage Queue Data Message Processor", description: "Takes messages out of queues.", actions: [], dataActions: [`${QUEUES}/messages/read`, `${QUEUES}/messages/process/action`] },
  { guid: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a", roleName: "Storage Queue Data Message Sender", description: "Puts messages into queues.", actions: [], dataActions: [`${QUEUES}/messages/add/action`] },
  {
    guid: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    roleName: "Storage Table Data Contributor",
    description: "Reads, writes and deletes tables and their entities.",
    actions: [`${TABLES}/tables/read`, `${TABLES}/tables/write`, `${TABLES}/tables/delete`],
    dataActions: ["read", "write", "delete", "add/action", "update/action"].map((verb) => `${TABLES}/tables/entities/${verb}`),
  },
  { guid: "76199698-9eea-4c19-bc75-cec21354c6b6", roleName: "Storage Table Data Reader", description: "Reads tables and their entities.", actions: [`${TABLES}/tables/read`], dataActions: [`${TABLES}/tables/entities/read`] },
];

const messaging: readonly BuiltInRole[] = [
  { guid: "f526a384-b230-433a-b45c-95f59c4a2dec", roleName: "Azure Event Hubs Data Owner", description: "Everything with event hubs.", actions: ["Microsoft.EventHub/*"], dataActions: ["Microsoft.EventHub/*"] },
  { guid: "a638d3c7-ab3a-418d-83e6-5f17a39d4fde", roleName: "Azure Event Hubs Data Receiver", description: "Receives from event hubs.", actions: ["Microsoft.EventHub/*/eventhubs/consumergroups/read"], dataActions: ["Microsoft.EventHub/*/receive/action"] },
  { guid: "2b629674-e913-4c01-ae53-ef4638d8f975", roleName: "Azure Event Hubs Data Sender", description: "Sends to event hubs.", actions: ["Microsoft.EventHub/*/eventhubs/read"], dataActions: ["Microsoft.EventHub/*/send/action"] },
  { guid: "090c5cfd-751d-490a-894a-3ce6f1109419", roleName: "Azure Service Bus Data Owner", description: "Everything with Service Bus.", actions: ["Microsoft.ServiceBus/*"], dataActions: ["Microsoft.ServiceBus/*"] },
  {
    guid: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    roleName: "Azure Service Bus Data Receiver",
    description: "Receives from Service Bus.",
    actions: ["Microsoft.ServiceBus/*/queues/read", "Microsoft.ServiceBus/*/topics/read", "Microsoft.ServiceBus/*/topics/subscriptions/read"],
    dataActions: ["Microsoft.ServiceBus/*/receive/action"],
  },
  {
    guid: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    roleName: "Azure Service Bus Data Sender",
    description: "Sends to Service Bus.",
    actions: ["Microsoft.ServiceBus/*/queues/read", "Microsoft.ServiceBus/*/topics/read", "Microsoft.ServiceBus/*/topics/subscriptions/read"],
    dataActions: ["Microsoft.ServiceBus/*/send/action"],
  },
  { guid: "d5a91429-5739-47e2-a06b-3470a27159e7", roleName: "EventGrid Data Sender", description: "Sends events to Event Grid.", actions: ["Microsoft.Authorization/*/read", "Microsoft.EventGrid/topics/read", "Microsoft.EventGrid/domains/read"], dataActions: ["Microsoft.EventGrid/events/send/action"] },
];

const vaults: readonly BuiltInRole[] = [
  { guid: "00482a5a-887f-4fb3-b363-3b7fe8e74483", roleName: "Key Vault Administrator", description: "Everything with what is in a vault.", actions: [`${VAULTS}/*/read`], dataActions: [`${VAULTS}/*`] },
  { guid: "21090545-7ca7-4776-b22c-e363652d74d2", roleName: "Key Vault Reader", description: "Reads metadata of vaults and of what is in them.", actions: [`${VAULTS}/*/read`], dataActions: [`${VAULTS}/*/read`, `${VAULTS}/secrets/readMetadata/action`] },
  { guid: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", roleName: "Key Vault Secrets Officer", description: "Everything with secrets.", actions: [`${VAULTS}/*/read`], dataActions: [`${VAULTS}/secrets/*`] },
  { guid: "4633458b-17de-408a-b874-0445c86b69e6", roleName: "Key Vault Secrets User", description: "Reads secrets.", actions: [], dataActions: [`${VAULTS}/secrets/getSecret/action`, `${VAULTS}/secrets/readMetadata/action`] },
  {
    guid: "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
    roleName: "Key Vault Certificate User",
    description: "Reads certificates.",
    actions: [],
    dataActions: [`${VAULTS}/certificates/read`, `${VAULTS}/secrets/getSecret/action`, `${VAULTS}/secrets/readMetadata/action`, `${VAULTS}/keys/read`],
  },
  {
    guid: "12338af0-0e69-4776-bea7-57ae8d297424",
    roleName: "Key Vault Crypto User",
    description: "Uses keys.",
    actions: [],
    dataActions: ["read", "update/action", "backup/action", "encrypt/action", "decrypt/action", "wrap/action", "unwrap/action", "sign/action", "verify/action"].map((verb) => `${VAULTS}/keys/${verb}`),
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
  { guid: "7f951dda-4ed3-4680-a7ca-43fe172d538d", roleName: "AcrPull", description: "Pulls from a registry.", actions: ["Microsoft.ContainerRegistry/registries/pull/read"] },
  { guid: "8311e382-0749-4cb8-b61a-304f252e45ec", roleName: "AcrPush", description: "Pushes to a registry and pulls from it.", actions: ["Microsoft.ContainerRegistry/registries/pull/read", "Microsoft.ContainerRegistry/registries/push/write"] },
  { guid: "c2f4ef07-c644-48eb-af81-4b1b4947fb11", roleName: "AcrDelete", description: "Deletes from a registry.", actions: ["Microsoft.ContainerRegistry/registries/artifacts/delete"] },
];

const others: readonly BuiltInRole[] = [
  { guid: "516239f1-63e1-4d78-a4de-a74fb236a071", roleName: "App Configuration Data Reader", description: "Reads configuration data.", actions: [], dataActions: [`${STORES}/*/read`] },
  { guid: "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b", roleName: "App Configuration Data Owner", description: "Everything with configuration data.", actions: [], dataActions: ["read", "write", "delete", "action"].map((verb) => `${STORES}/*/${verb}`) },
  {
    guid: "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd",
    roleName: "Cognitive Services OpenAI User",
    description: "Reads models and deployments, and calls them.",
    actions: ["Microsoft.CognitiveServices/*/read", "Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read"],
    dataActions: ["*/read", "engines/completions/action", "engines/embeddings/action", "deployments/chat/completions/action", "deployments/embeddings/action"].map((what) => `Microsoft.CognitiveServices/accounts/OpenAI/${what}`),
  },
  {
    guid: "a97b65f3-24c7-4388-baec-2e87135dc908",
    roleName: "Cognitive Services User",
    description: "Reads and lists keys, and calls the services.",
    actions: ["Microsoft.CognitiveServices/*/read", "Microsoft.CognitiveServices/accounts/listkeys/action", "Microsoft.Resources/subscriptions/resourceGroups/read"],
    dataActions: ["Microsoft.CognitiveServices/*"],
  },
  { guid: "1407120a-92aa-4202-b7e9-c0e197c71c8f", roleName: "Search Index Data Reader", description: "Reads search indexes.", actions: [], dataActions: ["Microsoft.Search/searchServices/indexes/documents/read"] },
  { guid: "8ebe5a00-799e-43f5-93ac-243d3dce84a7", roleName: "Search Index Data Contributor", description: "Everything with the data of search indexes.", actions: [], dataActions: ["Microsoft.Search/searchServices/indexes/documents/*"] },
  {
    guid: "3913510d-42f4-4e42-8a64-420c390055eb",
    roleName: "Monitoring Metrics Publisher",
    description: "Publishes metrics.",
    actions: ["Microsoft.Insights/Register/Action", "Microsoft.Support/*", "Microsoft.Resources/subscriptions/resourceGroups/read"],
    dataActions: ["Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"],
  },
  { guid: "423170ca-a8f6-4b0f-8487-9e4eb8f49bfa", roleName: "Azure Maps Data Reader", description: "Reads map data.", actions: [], dataActions: ["Microsoft.Maps/accounts/*/read"] },
  { guid: "7e4f1700-ea5a-4f59-8f37-079cfe29dce3", roleName: "SignalR Service Owner", description: "Everything with the SignalR REST API.", actions: [], dataActions: ["Microsoft.SignalRService/SignalR/*"] },
];

/** Built-in roles for the data of services; ARM itself only looks at their actions. */
export const dataRoles: readonly BuiltInRole[] = [...storage, ...messaging, ...vaults, ...containers, ...others];
