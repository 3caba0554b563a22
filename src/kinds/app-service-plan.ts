import { type AppServicePlanSpec, appServicePlanSpec, PLAN_NAME_PATTERN } from "../api/app-service-plan.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { withoutOwnerTag } from "../api/owner-tag.ts";
import { APP_SERVICE_PLAN } from "../api/resources.ts";
import { defined, differing } from "./declared.ts";
import type { Difference, Kind, Making, Step } from "./kind.ts";
import { inGroup, type TypedName } from "./located.ts";
import { locationDifferences } from "./location.ts";
import { parseSpec } from "./parse.ts";
import { claimedIn, HOST_VERBS } from "./permissions.ts";
import { markedTags, mergedTags, tagDifferences, tagStep } from "./tags.ts";

type Spec = AppServicePlanSpec;

const typed: TypedName = {
  provider: "Microsoft.Web",
  type: "serverfarms",
  name: { pattern: new RegExp(PLAN_NAME_PATTERN), says: "1 to 60 letters, digits and hyphens" },
};

/** An App Service plan, which runs web and function apps: Microsoft.Web/serverfarms (arm.md 6). */
export const appServicePlan: Kind<Spec> = {
  type: APP_SERVICE_PLAN,
  parse: (object) => parseSpec(appServicePlanSpec, object),
  references: () => [],
  target: (spec, name, surroundings) => inGroup(spec, name, { typed, surroundings }),
  permissions: (spec, target) => claimedIn(spec, target, HOST_VERBS),
  shape: {
    is: "resource",
    apiVersion: "2025-05-01",
    proof: "tag",
    answersFinally: true,
    listed: { of: "scope" },
    location: (spec, { defaults }) => spec.location ?? defaults.location,
    tagKeys: (spec) => Object.keys(spec.tags ?? {}),
    desired,
    differences: (spec, have, making) => [
      ...locationDifferences(have, making),
      ...tagDifferences(spec.tags ?? {}, have, making),
      ...planDifferences(spec, have),
    ],
    steps,
    unmarked: (have) => tagStep(withoutOwnerTag(have)),
    observed,
  },
};

function desired(spec: Spec, { location, mark }: Making): JsonObject {
  const { osType, zoneRedundant, sku, tags = {} } = spec;
  const properties = defined({ reserved: osType === "Linux" ? true : undefined, zoneRedundant });
  return { location, kind: kindOf(spec), tags: markedTags(tags, mark), sku: defined({ ...sku }), properties };
}

/** What the documented templates send for each tier; a GET shows it again. */
function kindOf({ sku, osType }: Spec): string {
  if (/^(?:FC|Y)\d/i.test(sku.name)) return "functionapp";
  if (/^EP\d/i.test(sku.name)) return "elastic";
  return osType === "Linux" ? "linux" : "app";
}

/** `reserved` is how Azure says that the workers run Linux. */
function planDifferences({ sku, osType, zoneRedundant }: Spec, have: JsonObject): readonly Difference[] {
  const has = objectAt(have, "sku");
  const properties = objectAt(have, "properties") ?? {};
  const actual = properties["reserved"] === true ? "Linux" : "Windows";
  const fixed = [differing("properties.reserved", osType, actual)].map((each) => ({ each, mutable: false }));
  const loose = [
    isSku(sku.name, has) ? undefined : differing("sku.name", sku.name, has?.["name"]),
    sku.capacity === undefined ? undefined : differing("sku.capacity", sku.capacity, has?.["capacity"]),
    zoneRedundant === undefined ? undefined : differing("properties.zoneRedundant", zoneRedundant, properties["zoneRedundant"] ?? false),
  ].map((each) => ({ each, mutable: true }));
  return [...fixed, ...loose].flatMap(({ each, mutable }) => (each === undefined ? [] : [{ ...each, mutable }]));
}

/** PATCH takes no SKU, so that a change of it is a PUT of all that the plan has (arm.md 6). */
function steps(spec: Spec, have: JsonObject, making: Making): readonly Step[] {
  const tags = mergedTags(spec.tags ?? {}, have, making);
  const changed = planDifferences(spec, have).map(({ path }) => path);
  if (changed.length === 0) return [tagStep(tags)];
  const scaled = changed.every((path) => path === "sku.capacity");
  const effect = scaled ? SCALED_OUT : SCALED_UP;
  return [{ method: "PUT", path: "", body: { ...updatingBody(spec, have), tags }, ...effect }];
}

/** Only the workers that come and go are touched (Azure/AppService, "App Service restarts", 2021). */
const SCALED_OUT = { disruption: "None", effect: "adds or removes workers and leaves the others alone" } as const;

/** All apps of the plan move to new workers and start there (same source). */
const SCALED_UP = { disruption: "Restart", effect: "moves all apps of the plan to other workers, which restarts them" } as const;

const READ_ONLY = ["status", "provisioningState", "numberOfSites", "subscription", "resourceGroup", "geoRegion"];

/** A fresh GET as a PUT takes it: without what only Azure sets. */
function updatingBody({ sku, zoneRedundant }: Spec, have: JsonObject): JsonObject {
  const { location, kind } = have;
  const kept = Object.entries(objectAt(have, "properties") ?? {}).filter(([member]) => !READ_ONLY.includes(member));
  const properties = { ...Object.fromEntries(kept), ...(zoneRedundant === undefined ? {} : { zoneRedundant }) };
  return defined({ location, kind, sku: updatedSku(sku, objectAt(have, "sku") ?? {}), properties });
}

/** Tier, size and family follow from the name; where the name stays, so do they. Tiers that have no workers of their own show 0. */
function updatedSku({ name, capacity }: Spec["sku"], has: JsonObject): JsonObject {
  if (isSku(name, has)) return capacity === undefined ? has : { ...has, capacity };
  return defined({ name, capacity: capacity ?? (has["capacity"] === 0 ? undefined : has["capacity"]) });
}

/** Azure spells names in its own way: P1V3 comes back as P1v3. */
function isSku(name: string, has: JsonObject | undefined): boolean {
  return stringAt(has, "name")?.toLowerCase() === name.toLowerCase();
}

function observed(have: JsonObject): JsonObject {
  const properties = objectAt(have, "properties");
  const count = properties?.["numberOfSites"];
  return {
    sku: stringAt(objectAt(have, "sku"), "name"),
    provisioningState: stringAt(properties, "provisioningState"),
    planStatus: stringAt(properties, "status"),
    numberOfSites: typeof count === "number" ? count : undefined,
  };
}
