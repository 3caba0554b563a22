import { nameOf, parentOf, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { webError } from "../kernel/errors.ts";
import { objectAt, sameJson } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { regionDisplayName } from "../kernel/regions.ts";
import type { Call, ResourceType } from "../kernel/resource-type.ts";
import type { Resource } from "../kernel/store.ts";
import { WEB_API_VERSIONS, WEB_RESOURCE_REQUESTS } from "./web-plans.ts";

/** The settings that are read by POST …/list and written whole by PUT (arm.md 6), by their place in the site. */
const settings: Readonly<Record<string, string>> = { appsettings: "appSettings", connectionstrings: "connectionStrings" };

/** Settings of a site. */
export const siteConfig = configType("Microsoft.Web/sites/config");
/** Settings of a slot. */
export const slotConfig = configType("Microsoft.Web/sites/slots/config");

function configType(type: string): ResourceType {
  return {
    type,
    apiVersions: WEB_API_VERSIONS,
    resourceRequests: WEB_RESOURCE_REQUESTS,
    name: { pattern: /^(appsettings|connectionstrings|web)$/i, says: "'appsettings', 'connectionstrings' or 'web'" },
    virtual: true,
    show: () => ({}),
    get,
    put,
    actions: { list },
  };
}

function siteOf(call: Call): Resource {
  const id = parentOf(call.id);
  const site = id && call.world.store.get(id);
  if (!site) throw new Error(`cannot reach ${textOf(call.id)}: the gateway lets nobody through to a missing site`);
  return site;
}

/** Settings are not readable by GET, only `config/web` is. */
function get(call: Call): Answer {
  if (nameOf(call.id).toLowerCase() !== "web") throw webError(405, "MethodNotAllowed", "The requested resource does not support http method 'GET'.");
  const site = siteOf(call);
  return { status: 200, body: { ...frame(call, site), properties: { ...objectAt(site.properties, "siteConfig"), appSettings: null } } };
}

function list(call: Call): Answer {
  const site = siteOf(call);
  return { status: 200, body: { ...frame(call, site), properties: objectAt(site.hidden, memberOf(call)) } };
}

function put(call: Call): Answer {
  const site = siteOf(call);
  const member = memberOf(call);
  const sent = objectAt(call.body, "properties");
  const changed = !sameJson(objectAt(site.hidden, member), sent);
  call.world.store.set({ ...site, hidden: { ...site.hidden, [member]: sent }, recycles: site.recycles + (changed ? 1 : 0) });
  return { status: 200, body: { ...frame(call, site), properties: sent } };
}

function memberOf(call: Call): string {
  const member = settings[nameOf(call.id).toLowerCase()];
  if (member === undefined) throw webError(405, "MethodNotAllowed", `'${nameOf(call.id)}' does not support this method.`);
  return member;
}

function frame(call: Call, site: Resource): JsonObject {
  return { id: textOf(call.id), name: nameOf(call.id), type: call.type.type, location: regionDisplayName(site.location ?? ""), tags: site.tags };
}
