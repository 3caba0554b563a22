import { keyOf, nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { webError } from "../kernel/errors.ts";
import { objectAt, textAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { merged, picked, tagsOf } from "../kernel/lifecycle.ts";
import { regionDisplayName, regionName, regions } from "../kernel/regions.ts";
import type { Call, CallOnExisting, ResourceType, View } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import type { AppServiceLimit } from "../kernel/settings.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { tierOf, wholeSku } from "./web-skus.ts";
import type { Tier } from "./web-skus.ts";

export const WEB_API_VERSIONS: readonly string[] = [
  "2018-11-01",
  "2019-08-01",
  "2020-06-01",
  "2020-12-01",
  "2021-02-01",
  "2021-03-01",
  "2022-03-01",
  "2022-09-01",
  "2023-01-01",
  "2023-12-01",
  "2024-04-01",
  "2024-11-01",
  "2025-03-01",
  "2025-05-01",
];

/** Seen as 99, 199, 499 and 799 remaining, by region (arm.md 2.6). */
export const WEB_RESOURCE_REQUESTS = 500;

export const PLAN_TYPE = "Microsoft.Web/serverfarms";
const OCCUPANTS = ["Microsoft.Web/sites", "Microsoft.Web/sites/slots"];
const READ_ONLY = [
  "status",
  "provisioningState",
  "numberOfSites",
  "numberOfWorkers",
  "currentNumberOfWorkers",
  "maximumNumberOfWorkers",
  "resourceGroup",
  "subscription",
  "geoRegion",
];
const DEFAULTS: JsonObject = {
  reserved: false,
  isXenon: false,
  hyperV: false,
  perSiteScaling: false,
  elasticScaleEnabled: false,
  maximumElasticWorkerCount: 1,
  isSpot: false,
  zoneRedundant: false,
  targetWorkerCount: 0,
  targetWorkerSizeId: 0,
};

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
  const sku = objectAt(plan.members, "sku");
  return {
    id: textOf(plan.id),
    name: nameOf(plan.id),
    type: PLAN_TYPE,
    kind: plan.members["kind"],
    location: view.as === "write" ? plan.location : regionDisplayName(plan.location ?? ""),
    ...(plan.tags ? { tags: plan.tags } : {}),
    properties: {
      ...plan.properties,
      status: "Ready",
      provisioningState: "Succeeded",
      numberOfSites: occupantsOf(view.world, plan.id).length,
      currentNumberOfWorkers: sku["capacity"],
      geoRegion: regionDisplayName(plan.location ?? ""),
      kind: plan.members["kind"],
      resourceGroup: plan.id.resourceGroup,
      subscription: plan.id.subscriptionId,
    },
    sku,
  };
}

/** Creates, or changes what it can: the operating system stays what it was. */
function put(call: Call): Answer {
  const { existing, world, id, body } = call;
  const location = textAt(body, "location");
  const had = existing && objectAt(existing.members, "sku");
  const sku = wholeSku(objectAt(body, "sku"), had);
  if (textAt(had ?? {}, "name") !== textAt(sku, "name")) checkOffered(call, sku, location ?? "");
  const sent = { ...DEFAULTS, ...without(objectAt(body, "properties"), ...READ_ONLY) };
  const fixed = existing ? { reserved: existing.properties["reserved"] } : {};
  const properties = { ...sent, ...fixed };
  const stored = world.store.set({
    ...(existing ?? blankResource(id, location)),
    location,
    tags: tagsOf(body),
    members: { kind: textAt(body, "kind") ?? existing?.members["kind"] ?? kindOf(sku, properties), sku },
    properties,
  });
  return { status: 200, body: show(stored, viewOf(call, "write")) };
}

function kindOf(sku: JsonObject, properties: JsonObject): string {
  const tier = textAt(sku, "tier") ?? "";
  if (tier === "Dynamic" || tier === "FlexConsumption") return "functionapp";
  if (tier === "ElasticPremium") return "elastic";
  return properties["reserved"] === true ? "linux" : "app";
}

/** Refuses a SKU that the region lacks, or that the subscription has no quota for: that one comes as 401. */
function checkOffered(call: Call, sku: JsonObject, location: string): void {
  const tier = textAt(sku, "tier") ?? "";
  const isMeant = (limit: AppServiceLimit): boolean =>
    regionName(limit.location) === regionName(location) && (limit.tier === undefined || limit.tier === tier);
  const limit = call.world.settings.appServiceLimits.find(isMeant);
  if (!limit) return;
  if (limit.because === "not-offered") {
    throw webError(
      409,
      "Conflict",
      `The pricing tier '${tier}' is not allowed in this resource group. Choose a different pricing tier or resource group.`,
    );
  }
  const details = `Additional details - Location: ${location} Current Limit (${tier} VMs): 0 Current Usage: 0 Amount required for this deployment (${tier} VMs): 1`;
  throw webError(401, "Unauthorized", `Operation cannot be completed without additional quota. ${details}`, "52020");
}

/** Changes properties and tags; the SDKs' patch model has no sku, so one that is sent is not seen. */
function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  const properties = merged(existing.properties, without(objectAt(body, "properties"), ...READ_ONLY, "reserved"));
  const stored = world.store.set({
    ...existing,
    properties,
    tags: tagsOf(body) ?? existing.tags,
    members: { ...existing.members, ...picked(body, ["kind"]) },
  });
  return { status: 200, body: show(stored, viewOf(call, "get")) };
}

function remove(call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  if (occupantsOf(world, id).length > 0) {
    const status = world.switches.webPlanInUseStatus;
    throw webError(
      status,
      status === 409 ? "Conflict" : "BadRequest",
      `Server farm '${nameOf(id)}' cannot be deleted because it has web app(s) assigned to it.`,
      "11017",
    );
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

/** The plan that a site runs on; undefined when it names none. */
export function planOf(world: World, site: Pick<Resource, "properties">): Resource | undefined {
  const id = parseResourceId(textAt(site.properties, "serverFarmId") ?? "");
  return id && world.store.get(id);
}

/** The tier of a plan. */
export function tierOfPlan(plan: Resource | undefined): Tier | undefined {
  return plan && tierOf(textAt(objectAt(plan.members, "sku"), "name") ?? "");
}
