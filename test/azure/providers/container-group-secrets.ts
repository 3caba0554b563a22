import { objectAt, objectsAt, textAt, without } from "../kernel/json.ts";
import type { JsonObject, JsonValue } from "../kernel/json.ts";

/**
 * Container group properties as GET shows them, without the secrets in them (arm.md 5): registry passwords, secure
 * environment values, storage account keys, secret volumes and the workspace key.
 */
export function withoutSecrets(properties: JsonObject): JsonObject {
  return mapped(properties, {
    imageRegistryCredentials: (credential) => without(credential, "password"),
    containers: withoutSecureValues,
    initContainers: withoutSecureValues,
    volumes: withoutVolumeSecrets,
  });
}

/** The secrets that a body holds, by where they are; a PUT loses what it leaves out. */
export function secretsOf(properties: JsonObject): JsonObject {
  const found: Record<string, JsonValue> = {};
  for (const credential of objectsAt(properties, "imageRegistryCredentials")) {
    note(found, `imageRegistryCredentials/${textAt(credential, "server") ?? ""}`, credential["password"]);
  }
  for (const container of [...objectsAt(properties, "containers"), ...objectsAt(properties, "initContainers")]) {
    for (const variable of objectsAt(objectAt(container, "properties"), "environmentVariables")) {
      note(found, `containers/${nameIn(container)}/environmentVariables/${nameIn(variable)}`, variable["secureValue"]);
    }
  }
  for (const volume of objectsAt(properties, "volumes")) {
    note(found, `volumes/${nameIn(volume)}/storageAccountKey`, objectAt(volume, "azureFile")["storageAccountKey"]);
    note(found, `volumes/${nameIn(volume)}/secret`, volume["secret"]);
  }
  note(found, "diagnostics/workspaceKey", objectAt(properties, "diagnostics", "logAnalytics")["workspaceKey"]);
  return found;
}

function note(found: Record<string, JsonValue>, where: string, value: JsonValue | undefined): void {
  if (value !== undefined && value !== null) found[where] = value;
}

function nameIn(item: JsonObject): string {
  return textAt(item, "name") ?? "";
}

type Mapping = Readonly<Record<string, (item: JsonObject) => JsonObject>>;

function mapped(properties: JsonObject, mapping: Mapping): JsonObject {
  const lists = Object.entries(mapping)
    .filter(([member]) => Array.isArray(properties[member]))
    .map(([member, map]) => [member, objectsAt(properties, member).map(map)]);
  const analytics = objectAt(properties, "diagnostics", "logAnalytics");
  const diagnostics = properties["diagnostics"] === undefined ? {} : { diagnostics: { logAnalytics: without(analytics, "workspaceKey") } };
  return { ...properties, ...Object.fromEntries(lists), ...diagnostics } as JsonObject;
}

function withoutSecureValues(container: JsonObject): JsonObject {
  const properties = objectAt(container, "properties");
  const environmentVariables = objectsAt(properties, "environmentVariables").map((variable) => without(variable, "secureValue"));
  return { ...container, properties: { ...properties, environmentVariables } };
}

function withoutVolumeSecrets(volume: JsonObject): JsonObject {
  const file = volume["azureFile"] === undefined ? {} : { azureFile: without(objectAt(volume, "azureFile"), "storageAccountKey") };
  const secret = volume["secret"] === undefined ? {} : { secret: {} };
  return { ...volume, ...file, ...secret };
}
