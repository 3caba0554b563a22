import { Buffer } from "node:buffer";
import type { Container, EnvironmentVariable } from "../api/container.ts";
import type { ContainerGroupSpec } from "../api/container-group.ts";
import type { ImageRegistryCredential, Volume } from "../api/container-volumes.ts";
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { defined, listAt } from "./declared.ts";
import type { Making } from "./kind.ts";
import { identityIdOf } from "./named.ts";
import { sentIdentity } from "./shown-identity.ts";
import { markedTags } from "./tags.ts";

/** `properties` of a container group as its spec declares them, with the values that Azure hides (arm.md 5). */
export function declaredProperties(spec: ContainerGroupSpec, making: Making): JsonObject {
  return defined({
    osType: spec.osType,
    restartPolicy: spec.restartPolicy,
    sku: spec.sku,
    containers: spec.containers.map((container) => containerBody(container, making)),
    volumes: (spec.volumes ?? []).map((volume) => volumeBody(volume, making)),
    imageRegistryCredentials: (spec.imageRegistryCredentials ?? []).map((credential, index) => credentialBody(credential, index, making)),
    ipAddress: spec.ipAddress === undefined ? undefined : defined({ ...spec.ipAddress }),
    subnetIds: spec.subnetIds?.map(({ id }) => ({ id })),
  });
}

/** The body of the PUT that creates a container group; the engine adds the identity. */
export function creatingBody(spec: ContainerGroupSpec, making: Making): JsonObject {
  const { location, mark } = making;
  return defined({ location, tags: markedTags(spec.tags ?? {}, mark), zones: spec.zones, properties: declaredProperties(spec, making) });
}

/**
 * A fresh raw GET as a PUT of the whole takes it: what is declared replaces what is there, hidden values come from the spec, what
 * the spec does not speak of stays, and what only Azure sets is left out (arm.md 5).
 */
export function updatingBody(spec: ContainerGroupSpec, have: JsonObject, making: Making): JsonObject {
  const { location, tags, zones } = have;
  const { provisioningState: _state, instanceView: _view, ipAddress: _address, ...kept } = objectAt(have, "properties") ?? {};
  const declared = declaredProperties(spec, making);
  const containers = (declared["containers"] as readonly JsonObject[]).map((container) => mergedContainer(container, have));
  return defined({ location, tags, zones, ...sentIdentity(have), properties: { ...kept, ...declared, containers } });
}

/**
 * A fresh raw GET with the values that Azure hides, as far as the spec gives them. Nothing else of the spec is in it: who only changes
 * the identity of a group changes nothing else.
 */
export function withHiddenValues(spec: ContainerGroupSpec, have: JsonObject, making: Making): JsonObject {
  const there = objectAt(have, "properties");
  const given = declaredProperties(spec, making);
  const completed = (list: string, key: string, complete: (item: JsonObject, from: JsonObject) => JsonObject) => ({
    [list]: listAt(there, list).map((item) => (isJsonObject(item) ? complete(item, namesake(listAt(given, list), key, item)) : item)),
  });
  return {
    ...have,
    properties: {
      ...there,
      ...completed("containers", "name", withSecureValues),
      ...completed("volumes", "name", withVolumeSecrets),
      ...completed("imageRegistryCredentials", "server", (credential, { username, password }) => (password !== undefined && credential["username"] === username ? { ...credential, password } : credential)),
    },
  };
}

function namesake(items: readonly Json[], key: string, item: JsonObject): JsonObject {
  return items.filter(isJsonObject).find((each) => each[key] === item[key]) ?? {};
}

function withSecureValues(container: JsonObject, from: JsonObject): JsonObject {
  const given = listAt(objectAt(from, "properties"), "environmentVariables");
  const variables = listAt(objectAt(container, "properties"), "environmentVariables").map((variable) => {
    if (!isJsonObject(variable) || stringAt(variable, "value") !== undefined) return variable;
    const { secureValue } = namesake(given, "name", variable);
    return secureValue === undefined ? variable : { ...variable, secureValue };
  });
  return { ...container, properties: { ...objectAt(container, "properties"), environmentVariables: variables } };
}

function withVolumeSecrets(volume: JsonObject, from: JsonObject): JsonObject {
  const [file, given] = [objectAt(volume, "azureFile"), objectAt(from, "azureFile")];
  if (isJsonObject(volume["secret"]) && isJsonObject(from["secret"])) return { ...volume, secret: from["secret"] };
  const isSame = file !== undefined && given !== undefined && file["storageAccountName"] === given["storageAccountName"];
  return isSame ? { ...volume, azureFile: { ...file, storageAccountKey: given["storageAccountKey"] } } : volume;
}

/** Members of a container that the spec does not know, such as a GPU or a security context, stay. */
function mergedContainer(container: JsonObject, have: JsonObject): JsonObject {
  const there = listAt(objectAt(have, "properties"), "containers").find((each) => stringAt(each, "name") === container["name"]);
  const { instanceView: _view, environmentVariables: _variables, ports: _ports, command: _command, volumeMounts: _mounts, livenessProbe: _liveness, readinessProbe: _readiness, ...kept } =
    objectAt(there, "properties") ?? {};
  return { ...container, properties: { ...kept, ...objectAt(container, "properties") } };
}

function containerBody(container: Container, making: Making): JsonObject {
  const { name, environmentVariables = [], resources, ports, ...rest } = container;
  const properties = defined({
    ...rest,
    ports: ports?.map((port) => ({ ...port })),
    resources: { requests: { ...resources.requests }, ...(resources.limits === undefined ? {} : { limits: defined({ ...resources.limits }) }) },
    environmentVariables: environmentVariables.map((variable) => variableBody(variable, making)),
  });
  return { name, properties };
}

function variableBody(variable: EnvironmentVariable, making: Making): JsonObject {
  const { name, value, valueFrom, secureValueFrom } = variable;
  if (secureValueFrom !== undefined) return { name, secureValue: secretValue(secureValueFrom.secretKeyRef, making) };
  return { name, value: value ?? making.value("ConfigMap", valueFrom?.configMapKeyRef.name ?? "", valueFrom?.configMapKeyRef.key ?? "") ?? "" };
}

function volumeBody({ name, secret, azureFile }: Volume, making: Making): JsonObject {
  if (secret !== undefined) {
    const files = Object.entries(making.values("Secret", secret.secretRef.name));
    return { name, secret: Object.fromEntries(files.map(([key, value]) => [key, Buffer.from(value, "utf8").toString("base64")])) };
  }
  if (azureFile === undefined) return { name, emptyDir: {} };
  const { storageAccountKeyFrom, ...share } = azureFile;
  return { name, azureFile: defined({ ...share, storageAccountKey: secretValue(storageAccountKeyFrom.secretKeyRef, making) }) };
}

function credentialBody({ server, username, passwordFrom, identity }: ImageRegistryCredential, index: number, making: Making): JsonObject {
  if (identity !== undefined) {
    return { server, identity: identityIdOf(identity, making.surroundings, `spec.imageRegistryCredentials[${index}].identity`) };
  }
  return defined({ server, username, password: passwordFrom === undefined ? undefined : secretValue(passwordFrom.secretKeyRef, making) });
}

function secretValue({ name, key }: { readonly name: string; readonly key: string }, making: Making): string {
  return making.value("Secret", name, key) ?? "";
}
