import { nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { webError } from "../kernel/errors.ts";
import { identityAfter, identityDiffers } from "../kernel/host-identity.ts";
import { patchRules } from "../kernel/host-switches.ts";
import type { IdentityRules } from "../kernel/identity-rules.ts";
import { objectAt, objectsAt, sameJson, textAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { destroy, merged, picked, tagsOf } from "../kernel/lifecycle.ts";
import { regionDisplayName, regions } from "../kernel/regions.ts";
import { requestedIdentity } from "../kernel/requested-identity.ts";
import type { Call, CallOnExisting, NameRule, ResourceType, View } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { shownIdentity } from "../kernel/shown-identity.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { checkPlanExists, occupantsOf, WEB_API_VERSIONS, WEB_RESOURCE_REQUESTS } from "./web-plans.ts";

const MEMBERS = ["kind"];
/** What no GET of a site shows (arm.md 6). */
const HIDDEN_SETTINGS = ["appSettings", "connectionStrings"];

const name: NameRule = { pattern: /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,58}[\p{L}\p{N}])$/u, says: "2 to 60 letters, digits or '-', not beginning or ending with '-'" };

/** Web and function apps (arm.md 6). */
export const sites = siteType("Microsoft.Web/sites", ["subscription", "resourceGroup"]);
/** Deployment slots; identity is per slot (arm.md 6). */
export const slots = siteType("Microsoft.Web/sites/slots", ["parent"]);

function siteType(type: string, lists: NonNullable<ResourceType["lists"]>): ResourceType {
  return {
    type,
    apiVersions: WEB_API_VERSIONS,
    resourceRequests: WEB_RESOURCE_REQUESTS,
    locations: regions,
    name,
    identity: rulesOf,
    show,
    headers: (site) => ({ etag: etagOf(site) }),
    put,
    patch: onExisting(patch),
    delete: remove,
    lists,
    actions: { restart: onExisting(restart) },
  };
}

/** The matrix row of arm.md 1; what section 18 leaves open is a switch. */
function rulesOf({ switches }: World): IdentityRules {
  return {
    combined: "SystemAssigned, UserAssigned",
    keys: "canonical",
    afterNone: "absent",
    patch: patchRules[switches.webPatchIdentity],
    patchNullKey: switches.webPatchNullKey,
    putWithoutIdentity: switches.webPutWithoutIdentity,
    fresh: "details",
    tenantIdAlways: false,
    refuse: (status, { code, message }) => webError(status, code, message),
  };
}

function show(site: Resource, view: View): JsonObject {
  const identity = shownIdentity(site, rulesOf(view.world), view.world.tenantId);
  const hostName = `${site.id.names.join("-").toLowerCase()}.azurewebsites.net`;
  return {
    id: textOf(site.id),
    name: site.id.names.join("/"),
    type: `${site.id.namespace}/${site.id.types.join("/")}`,
    ...site.members,
    location: view.as === "write" ? site.location : regionDisplayName(site.location ?? ""),
    ...(site.tags ? { tags: site.tags } : {}),
    ...(identity ? { identity } : {}),
    properties: {
      enabled: true,
      ...site.properties,
      name: nameOf(site.id),
      state: "Running",
      hostNames: [hostName],
      defaultHostName: hostName,
      resourceGroup: site.id.resourceGroup,
      siteConfig: { ...objectAt(site.properties, "siteConfig"), appSettings: null, connectionStrings: null },
    },
  };
}

function put(call: Call): Answer {
  const { existing, world, id, body } = call;
  checkNameIsFree(call);
  checkIfMatch(call);
  const site = existing ?? blankResource(id, undefined);
  const properties = writtenProperties(call, site, objectAt(body, "properties"));
  const stored = store(call, site, {
    ...site,
    ...properties,
    location: textAt(body, "location") ?? site.location,
    tags: tagsOf(body),
    members: picked(body, MEMBERS),
    identity: identityAfter({ world, rules: rulesOf(world), host: site, method: "PUT", requested: requestedIdentity(body, rulesOf(world)) }),
  });
  const etag = existing ? etagOf(stored) : `"${etagOf(stored)}"`;
  return { status: 200, headers: { etag }, body: show(stored, viewOf(call, "write")) };
}

function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  checkIfMatch(call);
  const properties = merged(existing.properties, without(objectAt(body, "properties"), "siteConfig"));
  const config = objectAt(body, "properties")["siteConfig"];
  const patched = writtenProperties(call, existing, { ...properties, ...(config === undefined ? {} : { siteConfig: config }) });
  const stored = store(call, existing, {
    ...existing,
    ...patched,
    tags: tagsOf(body) ?? existing.tags,
    identity: identityAfter({ world, rules: rulesOf(world), host: existing, method: "PATCH", requested: requestedIdentity(body, rulesOf(world)) }),
  });
  return { status: 200, headers: { etag: etagOf(stored) }, body: show(stored, viewOf(call, "get")) };
}

/** Properties as stored: `siteConfig` merges, hidden settings that are given replace the whole set and are kept when left out. */
function writtenProperties(call: Call, site: Resource, sent: JsonObject): Pick<Resource, "properties" | "hidden"> {
  const sentConfig = objectAt(sent, "siteConfig");
  const replaced = Object.fromEntries(
    HIDDEN_SETTINGS.filter((member) => Array.isArray(sentConfig[member])).map((member) => [member, settingsOf(sentConfig, member)]),
  );
  const serverFarmId = textAt(sent, "serverFarmId");
  const plan = serverFarmId === undefined ? undefined : textOf(checkPlanExists(call.world, serverFarmId, call.id));
  const siteConfig = { ...objectAt(site.properties, "siteConfig"), ...without(sentConfig, ...HIDDEN_SETTINGS) };
  const kept = plan ?? textAt(site.properties, "serverFarmId");
  return {
    properties: { ...sent, ...(kept === undefined ? {} : { serverFarmId: kept }), siteConfig },
    hidden: { ...site.hidden, ...replaced },
  };
}

function settingsOf(config: JsonObject, member: string): JsonObject {
  return Object.fromEntries(objectsAt(config, member).map((setting) => [textAt(setting, "name") ?? "", setting["value"] ?? setting["connectionString"] ?? ""]));
}

/** Stores a write and counts a recycle when it changed settings or, under the switch, the identity (arm.md 6). */
function store(call: Call, before: Resource, after: Resource): Resource {
  const identityRecycles = call.world.switches.webIdentityChange === "recycles" && identityDiffers(before.identity, after.identity);
  const settingsRecycle =
    !sameJson(before.hidden, after.hidden) || !sameJson(objectAt(before.properties, "siteConfig"), objectAt(after.properties, "siteConfig"));
  const recycled = call.existing !== undefined && (identityRecycles || settingsRecycle);
  return call.world.store.set({ ...after, recycles: after.recycles + (recycled ? 1 : 0) });
}

function checkNameIsFree(call: Call): void {
  if (call.existing || call.type !== sites) return;
  const taken = call.world.store.list(sites.type, "/").some((site) => nameOf(site.id).toLowerCase() === nameOf(call.id).toLowerCase());
  if (taken) throw webError(409, "Conflict", `Website with given name ${nameOf(call.id)} already exists.`, "54001");
}

function checkIfMatch(call: Call): void {
  const wanted = call.headers["if-match"]?.replaceAll('"', "");
  if (call.world.switches.webIfMatch === "ignored" || wanted === undefined || wanted === "*") return;
  if (!call.existing || etagOf(call.existing) !== wanted) {
    throw webError(412, "PreconditionFailed", "The condition of the If-Match header is not met.");
  }
}

/** The etag without quotes; only the creating PUT quotes it (arm.md 6). */
function etagOf(site: Resource): string {
  return `1DC${site.version.toString(16).toUpperCase().padStart(12, "0")}`;
}

/** Deletes the site, and its plan when that is left empty and nobody said otherwise (arm.md 6, 17.22). */
function remove(call: Call): Answer {
  const { existing, world, id, query } = call;
  if (!existing) return { status: 204 };
  destroy(world, id);
  const plan = parseResourceId(textAt(existing.properties, "serverFarmId") ?? "");
  const mayGo = call.type === sites && query.get("deleteEmptyServerFarm")?.toLowerCase() !== "false";
  if (plan && mayGo && occupantsOf(world, plan).length === 0) world.store.delete(plan);
  return { status: 200 };
}

function restart(call: CallOnExisting): Answer {
  call.world.store.set({ ...call.existing, restarts: call.existing.restarts + 1 });
  return { status: 200 };
}
