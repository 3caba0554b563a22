import { keyOf, nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { webError } from "../kernel/errors.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { merged, picked, tagsOf } from "../kernel/lifecycle.ts";
import { regionDisplayName, regions } from "../kernel/regions.ts";
import type { Call, CallOnExisting, ResourceType, View } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";

export const WEB_API_VERSIONS: readonly string[] = [
  "2018-11-01", "2019-08-01", "2020-06-01", "2020-12-01", "2021-02-01", "2021-03-01", "2022-03-01", "2022-09-01",
  "2023-01-01", "2023-12-01", "2024-04-01", "2024-11-01", "2025-03-01", "2025-05-01",
];

/** Seen as 99, 199, 499 and 799 remaining, by region (arm.md 2.6). */
export const WEB_RESOURCE_REQUESTS = 500;

export const PLAN_TYPE = "Microsoft.Web/serverfarms";
const OCCUPANTS = ["Microsoft.Web/sites", "Microsoft.Web/sites/slots"];
const MEMBERS = ["kind", "sku"];

/** App Service plans (arm.md 6). */
export const appServicePlans: ResourceType = {
  type: PLAN_TYPE,
  apiVersions: WEB_API_VERSIONS,
  resourceRequests: WEB_RESOURCE_REQUESTS,
  locations: regions,
  name: { pattern: /^[\p{L}\p{N}-]{1,60}$/u, says: "1 to 60 letters, digits or '-'" },
  show,
  put,
  patch: onExisting(patch),
  delete: remove,
  lists: ["subscription", "resourceGroup"],
};

/** The plan that a site's serverFarmId means: an id, or the bare name of a plan in the site's group (arm.md 6). */
export function planIdOf(serverFarmId: string, site: ResourceId): ResourceId | undefined {
  if (serverFarmId.includes("/")) return parseResourceId(serverFarmId);
  return { ...site, namespace: "Microsoft.Web", types: ["serverfarms"], names: [serverFarmId] };
}

/** The sites and slots that run on a plan. */
export function occupantsOf(world: World, plan: ResourceId): readonly Resource[] {
  return OCCUPANTS.flatMap((type) => world.store.list(type, "/")).filter((site) => {
    const id = parseResourceId(textAt(site.properties, "serverFarmId") ?? "");
    return id !== undefined && keyOf(id) === keyOf(plan);
  });
}

function show(plan: Resource, view: View): JsonObject {
  return {
    id: textOf(plan.id),
    name: nameOf(plan.id),
    type: PLAN_TYPE,
    ...plan.members,
    location: view.as === "write" ? plan.location : regionDisplayName(plan.location ?? ""),
    ...(plan.tags ? { tags: plan.tags } : {}),
    properties: {
      ...plan.properties,
      status: "Ready",
      provisioningState: "Succeeded",
      numberOfSites: occupantsOf(view.world, plan.id).length,
      resourceGroup: plan.id.resourceGroup,
      subscription: plan.id.subscriptionId,
    },
  };
}

function put(call: Call): Answer {
  const { existing, world, id, body } = call;
  const location = textAt(body, "location");
  const stored = world.store.set({
    ...(existing ?? blankResource(id, location)),
    location,
    tags: tagsOf(body),
    members: picked(body, MEMBERS),
    properties: objectAt(body, "properties"),
  });
  return { status: 200, body: show(stored, viewOf(call, "write")) };
}

function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  const properties = merged(existing.properties, objectAt(body, "properties"));
  const stored = world.store.set({ ...existing, properties, members: { ...existing.members, ...picked(body, MEMBERS) } });
  return { status: 200, body: show(stored, viewOf(call, "get")) };
}

function remove(call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  if (occupantsOf(world, id).length > 0) {
    throw webError(409, "Conflict", `Server farm '${nameOf(id)}' cannot be deleted because it has web app(s) assigned to it.`, "11017");
  }
  world.store.delete(id);
  return { status: 200 };
}

/** Refuses a plan that is not there, as Microsoft.Web does (arm.md 6). */
export function checkPlanExists(world: World, serverFarmId: string, site: ResourceId): ResourceId {
  const plan = planIdOf(serverFarmId, site);
  const stored = plan && world.store.get(plan);
  if (!stored) throw webError(404, "NotFound", `Cannot find ServerFarm with name ${serverFarmId.split("/").at(-1) ?? ""}.`, "51004");
  return stored.id;
}

