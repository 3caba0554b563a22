import { Buffer } from "node:buffer";
import { parseArmId } from "../api/arm-id.ts";
import type { Container, EnvironmentVariable, Probe } from "../api/container.ts";
import type { ContainerGroupSpec } from "../api/container-group.ts";
import type { ImageRegistryCredential, Volume } from "../api/container-volumes.ts";
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { defined, listAt } from "./declared.ts";
import type { Making } from "./kind.ts";
import { identityIdOf } from "./named.ts";
import { attachedTo, sentIdentity } from "./shown-identity.ts";
import { markedTags } from "./tags.ts";

/**
 * `properties` of a container group as its spec declares them, with the values that Azure hides (arm.md 5). `have`: the group as it
 * is, whose registries keep the identity that pulls while the name of the declared one does not resolve.
 */
export function declaredProperties(spec: ContainerGroupSpec, making: Making, have?: JsonObject): JsonObject {
  return defined({
    osType: spec.osType,
    restartPolicy: spec.restartPolicy,
    sku: spec.sku,
    containers: spec.containers.map((container) => containerBody(container, making)),
    volumes: (spec.volumes ?? []).map((volume) => volumeBody(volume, making)),
    imageRegistryCredentials: (spec.imageRegistryCredentials ?? []).flatMap((credential, index) => credentialBody(credential, index, { making, have })),
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
  const declared = declaredProperties(spec, making, have);
  const containers = (declared["containers"] as readonly JsonObject[]).map((container) => mergedContainer(container, have));
  // What pulls by an identity that is still to be attached pulls as before until then.
  const imageRegistryCredentials = listAt(declared, "imageRegistryCredentials").flatMap((credential) => {
    if (!isJsonObject(credential) || !isAwaiting(credential, have)) return [credential];
    const there = namesake(credentialsIn(have), "server", credential);
    return there["identity"] === undefined ? [] : [there];
  });
  return defined({ location, tags, zones, ...sentIdentity(have), properties: { ...kept, ...declared, containers, imageRegistryCredentials } });
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
  if (file === undefined && !isJsonObject(volume["emptyDir"]) && isJsonObject(from["secret"])) return { ...volume, secret: from["secret"] };
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
  const { name, environmentVariables = [], resources, ports, livenessProbe, readinessProbe, ...rest } = container;
  const properties = defined({
    ...rest,
    livenessProbe: probeBody(livenessProbe),
    readinessProbe: probeBody(readinessProbe),
    ports: ports?.map((port) => ({ ...port })),
    resources: { requests: { ...resources.requests }, ...(resources.limits === undefined ? {} : { limits: defined({ ...resources.limits }) }) },
    environmentVariables: environmentVariables.map((variable) => variableBody(variable, making)),
  });
  return { name, properties };
}

/** The SDK of the newest version has the schemes in lower case. */
function probeBody(probe: Probe | undefined): JsonObject | undefined {
  if (probe?.httpGet === undefined) return probe;
  return { ...probe, httpGet: { ...probe.httpGet, scheme: probe.httpGet.scheme.toLowerCase() } };
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

function credentialBody({ server, username, passwordFrom, identity }: ImageRegistryCredential, index: number, { making, have }: { readonly making: Making; readonly have: JsonObject | undefined }): readonly JsonObject[] {
  if (identity === undefined) return [defined({ server, username, password: passwordFrom === undefined ? undefined : secretValue(passwordFrom.secretKeyRef, making) })];
  const resolved = identityIdOf(identity, making.surroundings, `spec.imageRegistryCredentials[${index}].identity`);
  const there = stringAt(namesake(credentialsIn(have), "server", { server }), "identity");
  const pulls = resolved ?? there;
  return pulls === undefined ? [] : [{ server, identity: pulls }];
}

function credentialsIn(have: JsonObject | undefined): readonly Json[] {
  return listAt(objectAt(have, "properties"), "imageRegistryCredentials");
}

/** Whether a credential names an identity that is not attached to the group. */
export function isAwaiting(credential: Json, have: JsonObject): boolean {
  const parsed = parseArmId(stringAt(credential, "identity") ?? "");
  return parsed.ok && attachedTo(have, parsed.id) === undefined;
}

function secretValue({ name, key }: { readonly name: string; readonly key: string }, making: Making): string {
  return making.value("Secret", name, key) ?? "";
}
