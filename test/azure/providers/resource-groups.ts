import { nameOf, textOf } from "../kernel/arm-id.ts";
import { CORE_API_VERSIONS } from "../kernel/route.ts";
import type { Answer } from "../kernel/errors.ts";
import { gatewayError } from "../kernel/errors.ts";
import { textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { continueLater, destroy, picked, tagsOf } from "../kernel/lifecycle.ts";
import type { OperationStyle } from "../kernel/operations.ts";
import { regionName, regions } from "../kernel/regions.ts";
import type { Call, CallOnExisting, ResourceType } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";

const deletion: OperationStyle = {
  path: ({ subscriptionId, operationId }) => `/subscriptions/${subscriptionId}/operationresults/${operationId}`,
  query: (_operationId, apiVersion) => `api-version=${apiVersion}`,
  pollAction: "Microsoft.Resources/subscriptions/operationresults/read",
  runningWords: ["Running"],
  firstRetryAfterSeconds: 15,
  pollRetryAfterSeconds: 15,
};

/** Resource groups (arm.md 2.7). */
export const resourceGroups: ResourceType = {
  type: "Microsoft.Resources/resourceGroups",
  actionType: "Microsoft.Resources/subscriptions/resourceGroups",
  apiVersions: CORE_API_VERSIONS,
  name: { pattern: /^[\p{L}\p{N}_.()-]{0,89}[\p{L}\p{N}_()-]$/u, says: "1 to 90 letters, digits, '_', '-', '.', '(' or ')', not ending in '.'" },
  show,
  put,
  patch: onExisting(patch),
  delete: remove,
  lists: ["subscription"],
  heedsFilter: true,
};

function show(group: Resource): JsonObject {
  return {
    id: textOf(group.id),
    name: nameOf(group.id),
    type: resourceGroups.type,
    location: group.location,
    ...group.members,
    ...(group.tags ? { tags: group.tags } : {}),
    properties: { provisioningState: group.provisioning ?? "Succeeded" },
  };
}

function put(call: Call): Answer {
  const location = textAt(call.body, "location");
  if (location === undefined) throw gatewayError(400, "LocationRequired", "The location property is required for this definition.");
  const region = regionName(location);
  if (!regions.includes(region)) {
    const available = regions.join(",");
    throw gatewayError(400, "LocationNotAvailableForResourceGroup", `The provided location '${location}' is not available for resource group. List of available regions is '${available}'.`);
  }
  const { existing } = call;
  if (existing && existing.location !== region) {
    throw gatewayError(409, "InvalidResourceGroupLocation", `Invalid resource group location '${location}'. The resource group already exists in location '${existing.location ?? ""}'.`);
  }
  const stored = call.world.store.set({ ...(existing ?? blankResource(call.id, region)), tags: tagsOf(call.body), members: picked(call.body, ["managedBy"]) });
  return { status: existing ? 200 : 201, body: show(stored) };
}

function patch(call: CallOnExisting): Answer {
  const stored = call.world.store.set({ ...call.existing, tags: tagsOf(call.body) ?? call.existing.tags });
  return { status: 200, body: call.type.show(stored, viewOf(call, "write")) };
}

function remove(call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) throw gatewayError(404, "ResourceGroupNotFound", `Resource group '${nameOf(id)}' could not be found.`);
  world.store.set({ ...existing, provisioning: "Deleting" });
  const headers = continueLater({ call, method: "DELETE", style: deletion, headers: "location", finish: () => destroy(world, id) });
  return { status: 202, headers };
}
