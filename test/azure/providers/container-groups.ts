import { nameOf, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import { identityAfter, identityDiffers } from "../kernel/host-identity.ts";
import type { IdentityRules } from "../kernel/identity-rules.ts";
import { objectAt, objectsAt, sameJson, textAt, without } from "../kernel/json.ts";
import type { JsonObject, JsonValue } from "../kernel/json.ts";
import { continueLater, destroy, isBusy, picked, settle, tagsOf } from "../kernel/lifecycle.ts";
import type { OperationStyle } from "../kernel/operations.ts";
import { regionName, regions } from "../kernel/regions.ts";
import { requestedIdentity } from "../kernel/requested-identity.ts";
import type { Call, CallOnExisting, ResourceType, View } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { shownIdentity } from "../kernel/shown-identity.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { secretsOf, withoutSecrets } from "./container-group-secrets.ts";

/** The polling URL has this api-version whatever was called (arm.md 2.3). */
const style: OperationStyle = {
  path: ({ subscriptionId, location, operationId }) =>
    `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerInstance/locations/${location}/operations/${operationId}`,
  query: () => "api-version=2018-06-01",
  pollAction: "Microsoft.ContainerInstance/locations/operations/read",
  runningWords: ["Pending"],
  statusMembers: () => ({ properties: { events: [] } }),
};

const MEMBERS = ["zones"];
/** What cannot change without deleting the group (arm.md 5). */
const FIXED = ["osType", "restartPolicy", "subnetIds", "networkProfile"];
const READ_ONLY = ["provisioningState", "instanceView", "provisioningTimeoutInSeconds", "isCustomProvisioningTimeout", "isCreatedFromStandbyPool"];
const DEFAULTS: JsonObject = { sku: "Standard", restartPolicy: "Always", initContainers: [] };

/** Container groups (arm.md 5). */
export const containerGroups: ResourceType = {
  type: "Microsoft.ContainerInstance/containerGroups",
  apiVersions: [
    "2018-10-01", "2019-12-01", "2021-03-01", "2021-07-01", "2021-09-01", "2021-10-01", "2022-09-01", "2022-10-01-preview",
    "2023-05-01", "2024-05-01-preview", "2024-10-01-preview", "2024-11-01-preview", "2025-09-01", "2026-07-01", "2026-08-01-preview",
  ],
  locations: regions,
  name: { pattern: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, says: "1 to 63 lower-case letters, digits or '-', not beginning or ending with '-'" },
  identity: rulesOf,
  show,
  put,
  patch: onExisting(patch),
  delete: remove,
  lists: ["subscription", "resourceGroup"],
  actions: { restart: onExisting(restart) },
};

/** The matrix row of arm.md 1: identity by PUT only. */
function rulesOf({ switches }: World): IdentityRules {
  return {
    combined: "SystemAssigned, UserAssigned",
    keys: "as-sent",
    afterNone: switches.containerGroupAfterNone,
    patch: "unsupported",
    patchNullKey: "ignored",
    putWithoutIdentity: switches.containerGroupPutWithoutIdentity,
    fresh: "details",
    tenantIdAlways: true,
  };
}

function show(group: Resource, view: View): JsonObject {
  const identity = shownIdentity(group, rulesOf(view.world), view.world.tenantId);
  const { ipAddress, ...rest } = group.properties;
  return {
    ...(identity ? { identity } : {}),
    ...group.members,
    properties: {
      ...rest,
      ...(ipAddress === undefined ? {} : { ipAddress: { ip: "20.0.0.4", ...objectAt(ipAddress) } }),
      containers: objectsAt(group.properties, "containers").map((container) => shownContainer(container, group, view)),
      provisioningState: group.provisioning ?? "Succeeded",
      provisioningTimeoutInSeconds: 1800,
      isCustomProvisioningTimeout: false,
      isCreatedFromStandbyPool: false,
      ...(view.as === "list" ? {} : { instanceView: { events: [], state: group.provisioning === "Pending" ? "Pending" : "Running" } }),
    },
    id: textOf(group.id),
    name: nameOf(group.id),
    type: containerGroups.type,
    location: group.location,
    tags: group.tags ?? {},
  };
}

/** The properties that a client decides, with the defaults of those it left out. */
function settable(sent: JsonObject): JsonObject {
  const containers = objectsAt(sent, "containers").map((container) => {
    const properties = without(objectAt(container, "properties"), "instanceView");
    return { ...container, properties: { configMap: { keyValuePairs: {} }, environmentVariables: [], ports: [], ...properties } };
  });
  const address = sent["ipAddress"] === undefined ? {} : { ipAddress: without(objectAt(sent, "ipAddress"), "ip") };
  return { ...DEFAULTS, ...without(sent, ...READ_ONLY), ...address, containers };
}

/** A container has an instance view while it runs; LIST leaves it out (arm.md 5). */
function shownContainer(container: JsonObject, group: Resource, view: View): JsonObject {
  if (view.as === "list" || group.provisioning === "Pending") return container;
  const startTime = new Date(Number(group.hidden["startedAtMs"])).toISOString();
  const instanceView = { restartCount: 0, currentState: { state: "Running", startTime, detailStatus: "" }, events: [] };
  return { ...container, properties: { ...objectAt(container, "properties"), instanceView } };
}

function put(call: Call): Answer {
  const { existing, world, id, body } = call;
  const sent = settable(objectAt(body, "properties"));
  if (existing && isBusy(existing.provisioning)) throw transitioning(existing);
  if (existing) checkFixed(existing, sent, body);
  checkVolumeKeys(sent);
  const host = existing ?? blankResource(id, regionName(textAt(body, "location") ?? ""));
  const identity = identityAfter({ world, rules: rulesOf(world), host, method: "PUT", requested: requestedIdentity(body, rulesOf(world)) });
  const written: Resource = {
    ...host,
    identity,
    tags: existing ? existing.tags : tagsOf(body),
    members: picked(body, MEMBERS),
    properties: withoutSecrets(sent),
    hidden: { ...host.hidden, secrets: secretsOf(sent) },
    provisioning: "Pending",
  };
  const restarts = restartsBy(call, host, written);
  const startedAtMs = restarts ? world.clock.now() : host.hidden["startedAtMs"];
  const stored = world.store.set({ ...written, hidden: { ...written.hidden, startedAtMs }, restarts: host.restarts + (existing && restarts ? 1 : 0) });
  const headers = continueLater({ call, method: "PUT", style, headers: "azure-asyncoperation" });
  return { status: 201, headers, body: show(stored, viewOf(call, "write")) };
}

/** Any PUT restarts all containers; under the switch one that changes nothing but the identity does not (arm.md 5). */
function restartsBy(call: Call, before: Resource, after: Resource): boolean {
  if (!call.existing || call.world.switches.containerGroupIdentityChange === "restarts") return true;
  const shape = (group: Resource): JsonValue => [group.properties, objectAt(group.hidden, "secrets"), group.members];
  return !(identityDiffers(before.identity, after.identity) && sameJson(shape(before), shape(after)));
}

function transitioning(group: Resource): Error {
  const message = `The container group '${nameOf(group.id)}' is still transitioning, please retry later.`;
  return providerError(409, { code: "ContainerGroupTransitioning", message });
}

function checkFixed(existing: Resource, sent: JsonObject, body: JsonObject): void {
  const changed = FIXED.filter((member) => !sameJson(existing.properties[member], sent[member]));
  if (!sameJson(existing.members["zones"], body["zones"])) changed.push("zones");
  if (resourcesDiffer(existing.properties, sent)) changed.push("resources");
  if (changed.length === 0) return;
  const message = `The updates on container group '${nameOf(existing.id)}' are invalid: ${changed.join(", ")} cannot change. Delete the container group before creating it again.`;
  throw providerError(400, { code: "InvalidContainerGroupUpdate", message });
}

function resourcesDiffer(before: JsonObject, after: JsonObject): boolean {
  const requests = (properties: JsonObject): Map<string, JsonValue> =>
    new Map(objectsAt(properties, "containers").map((one) => [textAt(one, "name") ?? "", objectAt(one, "properties", "resources", "requests")]));
  const had = requests(before);
  return [...requests(after)].some(([name, wanted]) => had.has(name) && !sameJson(had.get(name), wanted));
}

/** A file share without its key, and without a reference to one, cannot be mounted (arm.md 5). */
function checkVolumeKeys(properties: JsonObject): void {
  for (const volume of objectsAt(properties, "volumes")) {
    const file = objectAt(volume, "azureFile");
    const keyless = volume["azureFile"] !== undefined && file["storageAccountKey"] === undefined && file["storageAccountKeyReference"] === undefined;
    if (!keyless) continue;
    const message = `The storage account key of the volume '${textAt(volume, "name") ?? ""}' is invalid.`;
    throw providerError(400, { code: "InvalidStorageAccountKey", message });
  }
}

/** Tags and zones only; whatever else is sent is not seen (arm.md 5). */
function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  const stored = world.store.set({ ...existing, tags: tagsOf(body) ?? existing.tags, members: { ...existing.members, ...picked(body, MEMBERS) } });
  return { status: 200, body: show(stored, viewOf(call, "get")) };
}

function remove(call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  const body = show(existing, viewOf(call, "get"));
  destroy(world, id);
  return { status: 200, body };
}

function restart(call: CallOnExisting): Answer {
  const { existing, world, id } = call;
  if (isBusy(existing.provisioning)) throw transitioning(existing);
  world.store.set({ ...existing, restarts: existing.restarts + 1, hidden: { ...existing.hidden, startedAtMs: world.clock.now() } });
  settle(world, id);
  return { status: 204 };
}
