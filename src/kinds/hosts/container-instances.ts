import type { HiddenValue, HostRow } from "../host-row.ts";
import { USUAL } from "./defaults.ts";

const variables = { value: "secureValue", unless: ["value", "secureValueReference"] } as const;

/** What GET of a container group hides (arm.md 5). */
const hidden: readonly HiddenValue[] = [
  { at: "properties.containers[].properties.environmentVariables[]", ...variables },
  { at: "properties.initContainers[].properties.environmentVariables[]", ...variables },
  { at: "properties.imageRegistryCredentials[]", value: "password", unless: ["identity", "passwordReference"] },
  { at: "properties.volumes[].azureFile", value: "storageAccountKey", unless: ["storageAccountKeyReference"] },
  { at: "properties.volumes[].secret", value: "*" },
  { at: "properties.diagnostics.logAnalytics", value: "workspaceKey" },
];

/** Container groups (arm.md 5): PATCH takes no identity, and any PUT restarts the containers. */
export const CONTAINER_INSTANCES: readonly HostRow[] = [
  {
    ...USUAL,
    type: "Microsoft.ContainerInstance/containerGroups",
    title: "Container group",
    recorded: "how a group looks without any identity was not recorded",
    apiVersion: "2026-07-01",
    forms: ["put"],
    both: "SystemAssigned, UserAssigned",
    disruption: "Restart",
    effect: "restarts all its containers",
    answer: "new",
    // What ails a group that stands is no operation (SDK of the newest version, its enum of states).
    idleStates: ["unhealthy", "notaccessible", "preprovisioned"],
    hidden,
    uses: [
      "properties.imageRegistryCredentials[].identity",
      "properties.secretReferences[].identity",
      "properties.encryptionProperties.identity",
      "properties.identityAcls.acls[].identity",
    ],
  },
];
