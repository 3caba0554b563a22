import type { HostRow } from "../host-row.ts";
import { PATCH_ELSE_PUT, UNDISTURBED, USUAL } from "./defaults.ts";

/** Event Hubs and Service Bus namespaces (arm.md 14): PATCH takes the body of a PUT, but makes nothing that is gone. */
const namespace: Omit<HostRow, "type" | "title"> = {
  ...USUAL,
  ...UNDISTURBED,
  recorded: "PUT of the whole map was recorded; PATCH takes the same body and was not",
  apiVersion: "2026-01-01",
  forms: ["whole", "put"],
  both: "SystemAssigned, UserAssigned",
  answer: "new",
  uses: ["properties.encryption.keyVaultProperties[].identity.userAssignedIdentity"],
};

/** Messaging (arm.md 14). */
export const MESSAGING: readonly HostRow[] = [
  { ...namespace, type: "Microsoft.EventHub/namespaces", title: "Event Hubs namespace" },
  { ...namespace, type: "Microsoft.ServiceBus/namespaces", title: "Service Bus namespace" },
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.EventGrid/systemTopics",
    title: "Event Grid system topic",
    recorded: "PATCH was recorded; whether it merges was not",
    apiVersion: "2025-02-15",
    forms: PATCH_ELSE_PUT,
    both: "SystemAssigned, UserAssigned",
    answer: "new",
  },
];
