import { nameOf, parentOf, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { webError } from "../kernel/errors.ts";
import { isObject, objectAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { regionDisplayName } from "../kernel/regions.ts";
import type { Call, ResourceType } from "../kernel/resource-type.ts";
import type { Resource } from "../kernel/store.ts";
import { checkConfig } from "./web-config-checks.ts";
import { configDefaults } from "./web-config-defaults.ts";
import { checkSettingName } from "./web-function-app-config.ts";
import { planOf, tierOfPlan, WEB_API_VERSIONS, WEB_RESOURCE_REQUESTS } from "./web-plans.ts";
import { HIDDEN_SETTINGS, storeSite, timeText } from "./web-site-write.ts";

/** The settings that are read by POST …/list and written whole by PUT (arm.md 6), by their place in the site. */
const settings: Readonly<Record<string, string>> = { appsettings: "appSettings", connectionstrings: "connectionStrings" };

/** Which settings stay with a slot when slots are swapped; nothing is where nobody said so. */
const NO_SLOT_NAMES: JsonObject = { connectionStringNames: null, appSettingNames: null, azureStorageConfigNames: null };

/** Settings of a site. */
export const siteConfig = configType("Microsoft.Web/sites/config", ["appsettings", "connectionstrings", "web", "slotConfigNames"]);
/** Settings of a slot; which ones are a slot's own is the site's to say. */
export const slotConfig = configType("Microsoft.Web/sites/slots/config", ["appsettings", "connectionstrings", "web"]);

function configType(type: string, names: readonly string[]): ResourceType {
  return {
    type,
    apiVersions: WEB_API_VERSIONS,
    resourceRequests: WEB_RESOURCE_REQUESTS,
    name: { pattern: new RegExp(`^(${names.join("|")})$`, "i"), says: names.join(", ") },
    virtual: true,
    show: () => ({}),
    get,
    put: (call) => write(call, "PUT"),
    patch: (call) => write(call, "PATCH"),
    actions: { list },
  };
}

function siteOf(call: Call): Resource {
  const id = parentOf(call.id);
  const site = id && call.world.store.get(id);
  if (!site) throw new Error(`cannot reach ${textOf(call.id)}: the gateway lets nobody through to a missing site`);
  return site;
}

const kindOf = (call: Call): string => nameOf(call.id).toLowerCase();

/** `config/web` and `config/slotConfigNames` are readable; settings have to be listed by POST. */
function get(call: Call): Answer {
  const site = siteOf(call);
  switch (kindOf(call)) {
    case "web":
      return { status: 200, body: shownWeb(call, site) };
    case "slotconfignames":
      return { status: 200, body: shownSlotNames(call, site) };
    default:
      throw notAllowed("GET");
  }
}

/** Named after the site, not after itself (CLI:appservice/test_webapp_linux_acr_use_identity). */
function shownWeb(call: Call, site: Resource): JsonObject {
  const hidden = { appSettings: null, connectionStrings: null, publishingUsername: `$${nameOf(site.id)}` };
  return {
    ...frame(call, site),
    name: nameOf(site.id),
    properties: { ...configDefaults, ...objectAt(site.properties, "siteConfig"), ...hidden },
  };
}

function shownSlotNames(call: Call, site: Resource): JsonObject {
  return {
    ...frame(call, site),
    name: nameOf(site.id),
    type: "Microsoft.Web/sites",
    properties: { ...NO_SLOT_NAMES, ...objectAt(site.hidden, "slotConfigNames") },
  };
}

function list(call: Call): Answer {
  const site = siteOf(call);
  return { status: 200, body: { ...frame(call, site), properties: objectAt(site.hidden, memberOf(call, "POST")) } };
}

function write(call: Call, method: "PUT" | "PATCH"): Answer {
  if (kindOf(call) === "web") return writeWeb(call, method);
  if (method === "PATCH") throw notAllowed(method);
  return kindOf(call) === "slotconfignames" ? putSlotNames(call) : putSettings(call);
}

/** PATCH changes what it names; PUT puts everything else back to its default. */
function writeWeb(call: Call, method: "PUT" | "PATCH"): Answer {
  const site = siteOf(call);
  const sent = objectAt(call.body, "properties");
  const named = Object.fromEntries(Object.entries(without(sent, ...HIDDEN_SETTINGS)).filter(([, value]) => value !== null));
  const config = method === "PUT" ? named : { ...objectAt(site.properties, "siteConfig"), ...named };
  checkConfig(call.world, site, config);
  const stored = storeSite(call, site, modified(call, { ...site, properties: { ...site.properties, siteConfig: config } }));
  return { status: 200, body: shownWeb(call, stored) };
}

function putSlotNames(call: Call): Answer {
  const site = siteOf(call);
  const stored = call.world.store.set({ ...site, hidden: { ...site.hidden, slotConfigNames: objectAt(call.body, "properties") } });
  return { status: 200, body: shownSlotNames(call, stored) };
}

function putSettings(call: Call): Answer {
  const site = siteOf(call);
  const member = memberOf(call, "PUT");
  const sent = call.body["properties"];
  if (!isObject(sent)) throw webError(400, "BadRequest", "The parameter properties has an invalid value.", "01007");
  if (tierOfPlan(planOf(call.world, site))?.tier === "FlexConsumption") Object.keys(sent).forEach(checkSettingName);
  storeSite(call, site, modified(call, { ...site, hidden: { ...site.hidden, [member]: sent } }));
  return { status: 200, body: { ...frame(call, site), properties: sent } };
}

function modified(call: Call, site: Resource): Resource {
  return { ...site, properties: { ...site.properties, lastModifiedTimeUtc: timeText(call) } };
}

function memberOf(call: Call, method: string): string {
  const member = settings[kindOf(call)];
  if (member === undefined) throw notAllowed(method);
  return member;
}

function notAllowed(method: string): Error {
  return webError(405, "MethodNotAllowed", `The requested resource does not support http method '${method}'.`);
}

function frame(call: Call, site: Resource): JsonObject {
  return {
    id: textOf(call.id),
    name: nameOf(call.id),
    type: call.type.type,
    location: regionDisplayName(site.location ?? ""),
    tags: site.tags,
  };
}
