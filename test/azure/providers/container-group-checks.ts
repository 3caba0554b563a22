import { keyOf, nameOf, parseResourceId } from "../kernel/arm-id.ts";
import type { Refusal } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import type { PlannedIdentity } from "../kernel/host-identity.ts";
import { objectAt, objectsAt, sameJson, textAt } from "../kernel/json.ts";
import type { JsonObject, JsonValue } from "../kernel/json.ts";
import { isBusy } from "../kernel/lifecycle.ts";
import { regionName } from "../kernel/regions.ts";
import type { Call } from "../kernel/resource-type.ts";
import type { Resource } from "../kernel/store.ts";

const TYPE = "Microsoft.ContainerInstance/containerGroups";
/** What cannot change without deleting the group (arm.md 5). */
const FIXED = ["osType", "restartPolicy", "subnetIds", "networkProfile"];

/** Refuses a write while another one runs (arm.md 5). */
export function checkIdle(group: Resource | undefined): void {
  if (!group || !isBusy(group.provisioning)) return;
  throw refusal(
    409,
    "ContainerGroupTransitioning",
    `The container group '${nameOf(group.id)}' is still transitioning, please retry later.`,
  );
}

/** Refuses a change that needs a new group (arm.md 5). */
export function checkFixed(existing: Resource, sent: JsonObject, body: JsonObject): void {
  const changed = FIXED.filter((member) => !sameJson(existing.properties[member], sent[member]));
  if (!sameJson(existing.members["zones"], body["zones"])) changed.push("zones");
  if (resourcesDiffer(existing.properties, sent)) changed.push("resources");
  if (changed.length === 0) return;
  const remedy =
    "If you are going to update the os type, restart policy, network profile, CPU, memory or GPU resources for a container group, you must delete it first and then create a new one.";
  throw refusal(400, "InvalidContainerGroupUpdate", `The updates on container group '${nameOf(existing.id)}' are invalid. ${remedy}`);
}

function resourcesDiffer(before: JsonObject, after: JsonObject): boolean {
  const requests = (properties: JsonObject): Map<string, JsonValue> =>
    new Map(
      objectsAt(properties, "containers").map((one) => [textAt(one, "name") ?? "", objectAt(one, "properties", "resources", "requests")]),
    );
  const had = requests(before);
  return [...requests(after)].some(([name, wanted]) => had.has(name) && !sameJson(had.get(name), wanted));
}

/**
 * Refuses a new group whose containers lack what no version assumes any more; the texts are as reported (Azure/azure-cli#30439,
 * MicrosoftDocs/azure-docs-cli#4812). A group without containers passes, as somebody's stand-in for any group.
 */
export function checkComplete({ id }: Call, properties: JsonObject): void {
  const containers = objectsAt(properties, "containers");
  const osType = textAt(properties, "osType");
  if (containers.length > 0 && !["windows", "linux"].includes(osType?.toLowerCase() ?? "")) {
    throw refusal(400, "InvalidOsType", `The 'osType' for container group '${osType === undefined ? "<null>" : nameOf(id)}' is invalid. The value must be one of 'Windows,Linux'.`);
  }
  for (const container of containers) checkRequests(nameOf(id), container);
}

function checkRequests(group: string, container: JsonObject): void {
  const requests = objectAt(container, "properties", "resources", "requests");
  const missing = ["Cpu", "MemoryInGB"].filter((name) => requests[name === "Cpu" ? "cpu" : "memoryInGB"] === undefined);
  const where = `in container '${textAt(container, "name") ?? ""}' of contain group '${group}'`;
  if (missing.length === 2) {
    const message = `The resource requests are not specified ${where}. Both memory and CPU requests are required since API version '2017-07-01-preview'.`;
    throw refusal(400, "ResourceRequestsNotSpecified", message);
  }
  if (missing.length === 0) return;
  throw refusal(400, "ResourceSomeRequestsNotSpecified", `The '${missing.join("")}' request is not specified ${where}. It is required since API version '2017-07-01-preview'.`);
}

/** A file share without its key, and without a reference to one, cannot be mounted (arm.md 5). */
export function checkVolumeKeys(properties: JsonObject): void {
  for (const volume of objectsAt(properties, "volumes")) {
    const file = objectAt(volume, "azureFile");
    const keyless =
      volume["azureFile"] !== undefined && file["storageAccountKey"] === undefined && file["storageAccountKeyReference"] === undefined;
    if (keyless)
      throw refusal(400, "InvalidStorageAccountKey", `The storage account key of the volume '${textAt(volume, "name") ?? ""}' is invalid.`);
  }
}

/** The identity that pulls images has to be one of the group's user-assigned ones (arm.md 5, MicrosoftDocs/azure-docs#117644). */
export function checkRegistryIdentities({ id }: Call, properties: JsonObject, identity: PlannedIdentity): void {
  for (const credential of objectsAt(properties, "imageRegistryCredentials")) {
    const text = textAt(credential, "identity");
    const pulling = parseResourceId(text ?? "");
    if (text === undefined || (pulling && identity.user.has(keyOf(pulling)))) continue;
    const message = `The identity in the 'imageRegistryCredentials' of container group '${nameOf(id)}' not found in container group identity list`;
    throw refusal(400, "InvalidImageRegistryIdentity", message);
  }
}

/** A DNS label has a form, and belongs to one group of a region, unless it is made unique. */
export function checkDnsLabel({ world, id }: Call, properties: JsonObject, location: string): void {
  const label = labelOf(properties);
  if (label === undefined) return;
  if (!/^[a-z]([a-z0-9-]{3,61}[a-z0-9])$/.test(label)) {
    const rule =
      "It can contain only lowercase letters, numbers and hyphens. The first character must be a letter. The last character must be a letter or number. The value must be between 5 and 63 characters long.";
    throw refusal(400, "InvalidDnsNameLabel", `The DNS name label '${label}' in container group '${nameOf(id)}' is invalid. ${rule}`);
  }
  const isOther = (group: Resource): boolean => keyOf(group.id) !== keyOf(id) && group.location === regionName(location);
  const isTaken = world.store.ofType(TYPE).some((group) => isOther(group) && labelOf(group.properties) === label);
  if (!isTaken) return;
  const message = `The DNS name label '${label}' in container group '${nameOf(id)}' not available. Try using a different label.`;
  throw refusal(409, "DnsNameLabelNotAvailable", message);
}

function labelOf(properties: JsonObject): string | undefined {
  const address = objectAt(properties, "ipAddress");
  const scope = textAt(address, "autoGeneratedDomainNameLabelScope") ?? "Unsecure";
  return scope === "Unsecure" ? textAt(address, "dnsNameLabel") : undefined;
}

/** Refuses a new group where the region has no quota or no room for it; both texts are those of Azure's own troubleshooting page. */
export function checkCapacity({ world, id }: Call, properties: JsonObject, location: string): void {
  const limit = world.settings.containerGroupLimits.find((one) => regionName(one.location) === regionName(location));
  if (!limit) return;
  const [first] = objectsAt(properties, "containers");
  const { cpu = 1, memoryInGB = 1.5 } = objectAt(first, "properties", "resources", "requests");
  const size = `'${JSON.stringify(cpu)}' CPU '${JSON.stringify(memoryInGB)}' GB memory '${textAt(properties, "osType") ?? "Linux"}' OS`;
  if (limit.because === "quota") {
    const message = `Resource type '${TYPE}' container group quota 'StandardCores' exceeded in region '${location}'. Limit: '0', Usage: '0' Requested: '${JSON.stringify(cpu)}'.`;
    throw refusal(409, "ContainerGroupQuotaReached", message);
  }
  const message = `The requested resource is not available in the location '${location}' at this moment. Please retry with a different resource request or in another location. Resource requested: ${size}.`;
  throw refusal(409, "ServiceUnavailable", `Container group '${nameOf(id)}': ${message}`);
}

function refusal(status: number, code: string, message: string): Refusal {
  return providerError(status, { code, message });
}
