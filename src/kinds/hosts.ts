import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { HostRow } from "./kind.ts";

const none = () => [];

/** App Service sites and their slots (arm.md 6). Whether PATCH merges or replaces was never recorded (arm.md 18). */
const site: Omit<HostRow, "type"> = {
  apiVersion: "2025-05-01",
  forms: ["map", "nulls", "put"],
  both: "SystemAssigned, UserAssigned",
  disruption: "Recycle",
  effect: "recycles its workers with overlap, as any setting does",
  hasProvisioningState: false,
  answersWithIdentity: true,
  honoursIfMatch: false,
  hiddenValues: none,
  usesOf: (body) => [
    ...useAt(body, "properties.keyVaultReferenceIdentity"),
    ...useAt(body, "properties.siteConfig.acrUserManagedIdentityID"),
    ...useAt(body, "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId"),
  ],
};

/** Virtual machines and scale sets (arm.md 7): PATCH merges, null removes, at most 150 keys in a request. */
const machine: Omit<HostRow, "type"> = {
  apiVersion: "2025-04-01",
  forms: ["merge"],
  both: "SystemAssigned, UserAssigned",
  disruption: "None",
  effect: "disturbs nothing",
  maxUserAssigned: 150,
  hasProvisioningState: true,
  answersWithIdentity: false,
  honoursIfMatch: false,
  hiddenValues: none,
  usesOf: none,
};

/** Container groups (arm.md 5): PATCH takes no identity, and any PUT restarts the containers. */
const containerGroup: Omit<HostRow, "type"> = {
  apiVersion: "2025-09-01",
  forms: ["put"],
  both: "SystemAssigned, UserAssigned",
  disruption: "Restart",
  effect: "restarts all its containers",
  hasProvisioningState: true,
  answersWithIdentity: false,
  honoursIfMatch: false,
  hiddenValues: hiddenInContainerGroup,
  usesOf: (body) =>
    listAt(objectAt(body, "properties"), "imageRegistryCredentials").flatMap((credential, index) =>
      use(`properties.imageRegistryCredentials[${index}].identity`, stringAt(credential, "identity")),
    ),
};

/** The host catalogue: one row of data for each host type (arm.md 1). */
export const HOSTS: readonly HostRow[] = [
  { type: "Microsoft.Web/sites", ...site },
  { type: "Microsoft.Web/sites/slots", ...site },
  { type: "Microsoft.ContainerInstance/containerGroups", ...containerGroup },
  { type: "Microsoft.Compute/virtualMachines", ...machine },
  { type: "Microsoft.Compute/virtualMachineScaleSets", ...machine },
];

/** What GET of a container group hides, so that a PUT of it would lose the value (arm.md 5). */
function hiddenInContainerGroup(body: JsonObject): readonly string[] {
  const properties = objectAt(body, "properties");
  const containers = [
    ...listAt(properties, "containers").map((container, index) => ({ container, path: `properties.containers[${index}]` })),
    ...listAt(properties, "initContainers").map((container, index) => ({ container, path: `properties.initContainers[${index}]` })),
  ];
  const workspace = objectAt(objectAt(properties, "diagnostics"), "logAnalytics");
  return [
    ...containers.flatMap(({ container, path }) => hiddenVariables(container, path)),
    ...listAt(properties, "imageRegistryCredentials").flatMap(hiddenPassword),
    ...listAt(properties, "volumes").flatMap(hiddenVolume),
    ...(workspace === undefined || workspace["workspaceKey"] !== undefined ? [] : ["properties.diagnostics.logAnalytics.workspaceKey"]),
  ];
}

function hiddenVariables(container: Json, path: string): readonly string[] {
  const variables = listAt(objectAt(container, "properties"), "environmentVariables");
  return variables.flatMap((variable, index) => {
    const shown = isJsonObject(variable) && (variable["value"] !== undefined || variable["secureValueReference"] !== undefined);
    return shown ? [] : [`${path}.properties.environmentVariables[${index}].secureValue`];
  });
}

function hiddenPassword(credential: Json, index: number): readonly string[] {
  const usesIdentity = stringAt(credential, "identity") !== undefined || stringAt(credential, "passwordReference") !== undefined;
  return usesIdentity ? [] : [`properties.imageRegistryCredentials[${index}].password`];
}

function hiddenVolume(volume: Json, index: number): readonly string[] {
  const path = `properties.volumes[${index}]`;
  const share = objectAt(volume, "azureFile");
  if (share !== undefined && share["storageAccountKeyReference"] === undefined) return [`${path}.azureFile.storageAccountKey`];
  const isSecret = isJsonObject(volume) && volume["secret"] !== undefined && volume["secret"] !== null;
  return isSecret ? [`${path}.secret`] : [];
}

function listAt(value: unknown, key: string): readonly Json[] {
  const member = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(member) ? (member as readonly Json[]) : [];
}

function useAt(body: JsonObject, path: string): ReturnType<HostRow["usesOf"]> {
  const segments = path.split(".");
  const last = segments.pop() ?? "";
  const parent = segments.reduce<JsonObject | undefined>((value, segment) => objectAt(value, segment), body);
  return use(path, stringAt(parent, last));
}

/** "SystemAssigned" is how Key Vault references name no user-assigned identity (arm.md 6). */
function use(path: string, identity: string | undefined): ReturnType<HostRow["usesOf"]> {
  if (identity === undefined || identity === "" || identity.toLowerCase() === "systemassigned") return [];
  return [{ path, identity }];
}
