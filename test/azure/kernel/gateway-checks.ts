import { groupId, isResourceGroup, nameOf, parentOf, parseResourceId, textOf, topOf, typeOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import { gatewayError } from "./errors.ts";
import type { Refusal } from "./errors.ts";
import { isObject, textAt } from "./json.ts";
import { regionName } from "./regions.ts";
import type { Call, ResourceType } from "./resource-type.ts";
import type { World } from "./world.ts";

/** Where something is, as far as its path says. */
type Place = Pick<ResourceId, "subscriptionId" | "resourceGroup" | "namespace"> & { readonly types?: readonly string[]; readonly names?: readonly string[] };

/** Refuses what lies in a resource group that is missing, and writes into one that is being deleted. */
export function checkGroup(world: World, place: Place, method: string): void {
  const { subscriptionId, resourceGroup, namespace } = place;
  if (resourceGroup === undefined || (namespace === "Microsoft.Resources" && place.types?.length === 1)) return;
  const group = world.store.get(groupId(subscriptionId, resourceGroup));
  if (!group) throw gatewayError(404, "ResourceGroupNotFound", `Resource group '${resourceGroup}' could not be found.`);
  if (group.provisioning === "Deleting" && ["PUT", "PATCH", "POST"].includes(method)) {
    throw gatewayError(409, "ResourceGroupBeingDeleted", `The resource group '${resourceGroup}' is in deprovisioning state and cannot perform this operation.`);
  }
}

/** The type, or the refusal of one whose provider is not registered, or of an unknown namespace or type. */
export function checkRegistered(world: World, place: Pick<Place, "subscriptionId" | "namespace">, typeName: string, type: ResourceType | undefined): ResourceType {
  const { namespace, subscriptionId } = place;
  world.registrations.check(subscriptionId, namespace);
  if (type) return type;
  if (world.registry.ofNamespace(namespace).length === 0) {
    throw gatewayError(world.switches.unknownNamespaceStatus, "InvalidResourceNamespace", `The resource namespace '${namespace}' is invalid.`);
  }
  throw gatewayError(world.switches.unknownTypeStatus, "InvalidResourceType", `The resource type '${typeName.slice(namespace.length + 1)}' could not be found in the namespace '${namespace}'.`);
}

/** Refuses an api-version that the type does not have; ARM's own routes have a code of their own (arm.md 2.5). */
export function checkApiVersion(type: Pick<ResourceType, "type" | "apiVersions" | "locations">, apiVersion: string): void {
  if (type.apiVersions.includes(apiVersion.toLowerCase())) return;
  const supported = type.apiVersions.join(", ");
  if (type.type.startsWith("Microsoft.Resources/")) {
    throw gatewayError(400, "InvalidApiVersionParameter", `The api-version '${apiVersion}' is invalid. The supported versions are '${supported}'.`);
  }
  const locations = (type.locations ?? []).join(", ");
  throw gatewayError(
    400,
    "NoRegisteredProviderFound",
    `No registered resource provider found for type '${type.type}' and API version '${apiVersion}'. ` +
      `The supported api-versions are '${supported}'. The supported locations are '${locations}'.`,
  );
}

/** Refuses a tracked resource without a location, in an unknown one, or in another than it has (arm.md 2.5). */
export function checkLocation(call: Call): void {
  const { type, existing, id } = call;
  if (!type.locations) return;
  const location = textAt(call.body, "location");
  if (location === undefined) throw gatewayError(400, "LocationRequired", "The location property is required for this definition.");
  if (!type.locations.includes(regionName(location))) {
    const available = type.locations.join(",");
    throw gatewayError(
      400,
      "LocationNotAvailableForResourceType",
      `The provided location '${location}' is not available for resource type '${type.type}'. List of available regions for the resource type is '${available}'.`,
    );
  }
  const current = existing?.location;
  if (current === undefined || regionName(current) === regionName(location)) return;
  throw gatewayError(
    409,
    "InvalidResourceLocation",
    `The resource '${nameOf(id)}' already exists in location '${current}' in resource group '${id.resourceGroup ?? ""}'. ` +
      `A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
  );
}

/** Refuses a child of a parent that is missing. */
export function checkParent(call: Call, verb: "read" | "write" | "delete" | "action"): void {
  const parent = parentOf(call.id);
  if (!parent || call.type.ofLocation || call.world.store.get(parent)) return;
  throw parentNotFound(call.type, parent, verb);
}

/**
 * Refuses an extension resource on a tracked resource that is missing. Types that the simulator does not have count as
 * there, and what is below a tracked resource is its provider's affair.
 */
export function checkScope(call: Call): void {
  const { world, type, id } = call;
  const scope = type.extension && parseResourceId(id.scope);
  if (!scope || isResourceGroup(scope)) return;
  const host = topOf(scope);
  const isTracked = world.registry.find(typeOf(host))?.locations !== undefined;
  if (isTracked && !world.store.get(host)) throw resourceNotFound(host);
}

/** ParentResourceNotFound (arm.md 2.5): verb, child type and parent id. */
export function parentNotFound(type: ResourceType, parent: ResourceId, verb: string): Refusal {
  const childType = type.type.slice(type.type.indexOf("/") + 1);
  return gatewayError(
    404,
    "ParentResourceNotFound",
    `Failed to perform '${verb}' on resource(s) of type '${childType}', because the parent resource '${textOf(parent)}' could not be found.`,
  );
}

/** Refuses a name that breaks the type's rule. */
export function checkName(call: Call): void {
  const { name, type } = call.type;
  if (name.pattern.test(nameOf(call.id))) return;
  if (name.refusal) throw name.refusal(nameOf(call.id));
  throw gatewayError(400, "InvalidResourceName", `The name '${nameOf(call.id)}' is not valid for type '${type}': it must be ${name.says}.`);
}

/** Refuses a write whose body is no JSON object. */
export function checkBody(body: unknown): void {
  if (isObject(body)) return;
  throw gatewayError(400, "InvalidRequestContent", "The request content was invalid and could not be deserialized.");
}

/** The 404 for a resource that is not there: the provider's own, or ARM's (arm.md 2.5). */
export function notFound(call: Call): Refusal {
  const { type, id } = call;
  if (type.notFound) return type.notFound(id, call.world.switches);
  if (isResourceGroup(id)) return gatewayError(404, "ResourceGroupNotFound", `Resource group '${nameOf(id)}' could not be found.`);
  return resourceNotFound(id);
}

function resourceNotFound(id: ResourceId): Refusal {
  const named = id.types.map((part, index) => `${part}/${id.names[index] ?? ""}`).join("/");
  return gatewayError(
    404,
    "ResourceNotFound",
    `The Resource '${id.namespace}/${named}' under resource group '${id.resourceGroup ?? ""}' was not found. ` +
      "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
  );
}
