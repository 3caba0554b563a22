import type { BuiltInRole } from "./built-in-roles.ts";

const BLOBS = "Microsoft.Storage/storageAccounts/blobServices";
const QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues";
const TABLES = "Microsoft.Storage/storageAccounts/tableServices";
const DELEGATION_KEY = `${BLOBS}/generateUserDelegationKey/action`;

const storage: readonly BuiltInRole[] = [
  {
    guid: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    roleName: "Storage Blob Data Owner",
    description: "Everything with blobs, also their access control.",
    actions: [`${BLOBS}/containers/*`, DELEGATION_KEY],
    dataActions: [`${BLOBS}/containers/blobs/*`],
  },
  {
    guid: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    roleName: "Storage Blob Data Contributor",
    description: "Reads, writes and deletes blobs and their containers.",
    actions: [`${BLOBS}/containers/delete`, `${BLOBS}/containers/read`, `${BLOBS}/containers/write`, DELEGATION_KEY],
    dataActions: ["delete", "read", "write", "move/action", "add/action"].map((verb) => `${BLOBS}/containers/blobs/${verb}`),
  },
  {
    guid: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    roleName: "Storage Blob Data Reader",
    description: "Reads and lists blobs and their containers.",
    actions: [`${BLOBS}/containers/read`, DELEGATION_KEY],
    dataActions: [`${BLOBS}/containers/blobs/read`],
  },
  {
    guid: "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
    roleName: "Storage Blob Delegator",
    description: "Gets user delegation keys.",
    actions: [DELEGATION_KEY],
  },
  {
    guid: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    roleName: "Storage Queue Data Contributor",
    description: "Reads, writes and deletes queues and their messages.",
    actions: [`${QUEUES}/delete`, `${QUEUES}/read`, `${QUEUES}/write`],
    dataActions: ["delete", "read", "write", "process/action"].map((verb) => `${QUEUES}/messages/${verb}`),
  },
  {
    guid: "19e7f393-937e-4f77-808e-94535e297925",
    roleName: "Storage Queue Data Reader",
    description: "Reads queues and their messages.",
    actions: [`${QUEUES}/read`],
    dataActions: [`${QUEUES}/messages/read`],
  },
  {
    guid: "8a0f0c08-91a1-4084-bc3d-661d67233fed",
    roleName: "Storage Queue Data Message Processor",
    description: "Takes messages out of queues.",
    actions: [],
    dataActions: [`${QUEUES}/messages/read`, `${QUEUES}/messages/process/action`],
  },
  {
    guid: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
    roleName: "Storage Queue Data Message Sender",
    description: "Puts messages into queues.",
    actions: [],
    dataActions: [`${QUEUES}/messages/add/action`],
  },
  {
    guid: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    roleName: "Storage Table Data Contributor",
    description: "Reads, writes and deletes tables and their entities.",
    actions: [`${TABLES}/tables/read`, `${TABLES}/tables/write`, `${TABLES}/tables/delete`],
    dataActions: ["read", "write", "delete", "add/action", "update/action"].map((verb) => `${TABLES}/tables/entities/${verb}`),
  },
  {
    guid: "76199698-9eea-4c19-bc75-cec21354c6b6",
    roleName: "Storage Table Data Reader",
    description: "Reads tables and their entities.",
    actions: [`${TABLES}/tables/read`],
    dataActions: [`${TABLES}/tables/entities/read`],
  },
];

const messaging: readonly BuiltInRole[] = [
  {
    guid: "f526a384-b230-433a-b45c-95f59c4a2dec",
    roleName: "Azure Event Hubs Data Owner",
    description: "Everything with event hubs.",
    actions: ["Microsoft.EventHub/*"],
    dataActions: ["Microsoft.EventHub/*"],
  },
  {
    guid: "a638d3c7-ab3a-418d-83e6-5f17a39d4fde",
    roleName: "Azure Event Hubs Data Receiver",
    description: "Receives from event hubs.",
    actions: ["Microsoft.EventHub/*/eventhubs/consumergroups/read"],
    dataActions: ["Microsoft.EventHub/*/receive/action"],
  },
  {
    guid: "2b629674-e913-4c01-ae53-ef4638d8f975",
    roleName: "Azure Event Hubs Data Sender",
    description: "Sends to event hubs.",
    actions: ["Microsoft.EventHub/*/eventhubs/read"],
    dataActions: ["Microsoft.EventHub/*/send/action"],
  },
  {
    guid: "090c5cfd-751d-490a-894a-3ce6f1109419",
    roleName: "Azure Service Bus Data Owner",
    description: "Everything with Service Bus.",
    actions: ["Microsoft.ServiceBus/*"],
    dataActions: ["Microsoft.ServiceBus/*"],
  },
  {
    guid: "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
    roleName: "Azure Service Bus Data Receiver",
    description: "Receives from Service Bus.",
    actions: [
      "Microsoft.ServiceBus/*/queues/read",
      "Microsoft.ServiceBus/*/topics/read",
      "Microsoft.ServiceBus/*/topics/subscriptions/read",
    ],
    dataActions: ["Microsoft.ServiceBus/*/receive/action"],
  },
  {
    guid: "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
    roleName: "Azure Service Bus Data Sender",
    description: "Sends to Service Bus.",
    actions: [
      "Microsoft.ServiceBus/*/queues/read",
      "Microsoft.ServiceBus/*/topics/read",
      "Microsoft.ServiceBus/*/topics/subscriptions/read",
    ],
    dataActions: ["Microsoft.ServiceBus/*/send/action"],
  },
  {
    guid: "d5a91429-5739-47e2-a06b-3470a27159e7",
    roleName: "EventGrid Data Sender",
    description: "Sends events to Event Grid.",
    actions: ["Microsoft.Authorization/*/read", "Microsoft.EventGrid/topics/read", "Microsoft.EventGrid/domains/read"],
    dataActions: ["Microsoft.EventGrid/events/send/action"],
  },
];

/** Built-in roles for stored data and messages; ARM itself only looks at their actions. */
export const dataRoles: readonly BuiltInRole[] = [...storage, ...messaging];
