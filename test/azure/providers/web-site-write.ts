import { keyOf, parentOf, textOf } from "../kernel/arm-id.ts";
import { webError } from "../kernel/errors.ts";
import { identityDiffers } from "../kernel/host-identity.ts";
import type { PlannedIdentity } from "../kernel/host-identity.ts";
import { objectAt, objectsAt, sameJson, textAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { merged } from "../kernel/lifecycle.ts";
import type { Call } from "../kernel/resource-type.ts";
import type { Resource } from "../kernel/store.ts";
import { checkConfig } from "./web-config-checks.ts";
import { configDefaults } from "./web-config-defaults.ts";
import { checkFlexApp } from "./web-function-app-config.ts";
import { checkPlanExists, planOf, tierOfPlan } from "./web-plans.ts";
import { READ_ONLY } from "./web-site-view.ts";

/** What no GET of a site shows (arm.md 6). */
export const HIDDEN_SETTINGS: readonly string[] = ["appSettings", "connectionStrings"];

/** One write of a site. */
interface SiteWrite {
  readonly call: Call;
  readonly site: Resource;
  readonly method: "PUT" | "PATCH";
  readonly identity: PlannedIdentity;
}

/**
 * Properties as stored: `siteConfig` merges, null in it says nothing, hidden settings that are given replace the whole
 * set and are kept when left out (arm.md 6). Refuses what App Service does not take.
 */
export function writtenSite(write: SiteWrite): Pick<Resource, "properties" | "hidden"> {
  const { call, site, method } = write;
  const sent = objectAt(call.body, "properties");
  const sentConfig = objectAt(sent, "siteConfig");
  const siteConfig = { ...objectAt(site.properties, "siteConfig"), ...withoutNulls(without(sentConfig, ...HIDDEN_SETTINGS)) };
  const plain = without(sent, ...READ_ONLY, "siteConfig", "serverFarmId");
  const base =
    method === "PATCH"
      ? merged(site.properties, plain)
      : { ...plain, functionAppConfig: plain["functionAppConfig"] ?? site.properties["functionAppConfig"] };
  const serverFarmId = planIdText(call, site);
  const lastModifiedTimeUtc = timeText(call);
  const properties = { ...base, lastModifiedTimeUtc, ...(serverFarmId === undefined ? {} : { serverFarmId }), siteConfig };
  checkConfig(call.world, { properties }, siteConfig);
  checkFunctionApp(write, properties, sentConfig);
  return { properties, hidden: { ...site.hidden, ...replacedSettings(sentConfig) } };
}

/** The time of a write as sites show it, without a zone. */
export function timeText({ world }: Call): string {
  return new Date(world.clock.now()).toISOString().replace("Z", "");
}

function withoutNulls(config: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== undefined));
}

/** The plan that is named, that the site has, or that the slot's site has. */
function planIdText({ world, body, id }: Call, site: Resource): string | undefined {
  const named = textAt(objectAt(body, "properties"), "serverFarmId");
  if (named !== undefined) return textOf(checkPlanExists(world, named, id));
  const parent = parentOf(id);
  return textAt(site.properties, "serverFarmId") ?? textAt((parent && world.store.get(parent))?.properties ?? {}, "serverFarmId");
}

function checkFunctionApp(write: SiteWrite, properties: JsonObject, sentConfig: JsonObject): void {
  const tier = tierOfPlan(planOf(write.call.world, { properties }))?.tier;
  const { functionAppConfig } = properties;
  if (tier === "FlexConsumption") {
    checkFlexApp({ functionAppConfig, siteConfig: sentConfig, isAttached: (identity) => write.identity.user.has(keyOf(identity)) });
  } else if (tier !== undefined && functionAppConfig !== undefined && functionAppConfig !== null) {
    throw webError(400, "BadRequest", "Site.FunctionAppConfig is invalid. It is only for Flex Consumption sites.");
  }
}

function replacedSettings(config: JsonObject): JsonObject {
  const given = HIDDEN_SETTINGS.filter((member) => Array.isArray(config[member]));
  return Object.fromEntries(given.map((member) => [member, settingsOf(config, member)]));
}

function settingsOf(config: JsonObject, member: string): JsonObject {
  return Object.fromEntries(
    objectsAt(config, member).map((setting) => [textAt(setting, "name") ?? "", setting["value"] ?? setting["connectionString"] ?? ""]),
  );
}

/** Stores a write and counts a recycle when it changed settings or, under the switch, the identity (arm.md 6). */
export function storeSite(call: Call, before: Resource, after: Resource): Resource {
  const identityRecycles = call.world.switches.webIdentityChange === "recycles" && identityDiffers(before.identity, after.identity);
  const recycled = call.world.store.get(before.id) !== undefined && (identityRecycles || !sameJson(settingsIn(before), settingsIn(after)));
  return call.world.store.set({ ...after, recycles: after.recycles + (recycled ? 1 : 0) });
}

/** What a change of recycles the workers. */
function settingsIn(site: Resource): JsonObject {
  const hidden = HIDDEN_SETTINGS.map((member) => objectAt(site.hidden, member));
  return {
    hidden,
    siteConfig: { ...configDefaults, ...objectAt(site.properties, "siteConfig") },
    functionAppConfig: site.properties["functionAppConfig"],
  };
}
