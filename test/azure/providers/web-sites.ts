import { nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { webError } from "../kernel/errors.ts";
import { plannedIdentity } from "../kernel/host-identity.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import { continueLater, destroy, tagsOf } from "../kernel/lifecycle.ts";
import type { OperationStyle } from "../kernel/operations.ts";
import { regions } from "../kernel/regions.ts";
import { requestedIdentity } from "../kernel/requested-identity.ts";
import type { Call, CallOnExisting, LinkedScope, NameRule, ResourceType } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { checkSlotCount } from "./web-config-checks.ts";
import { occupantsOf, planIdOf, planOf, WEB_API_VERSIONS, WEB_RESOURCE_REQUESTS } from "./web-plans.ts";
import { shownSite, siteIdentityRules } from "./web-site-view.ts";
import { storeSite, timeText, writtenSite } from "./web-site-write.ts";

/** How a site is named. */
export const SITE_NAME: NameRule = {
  pattern: /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,58}[\p{L}\p{N}])$/u,
  says: "2 to 60 letters, digits or '-', not beginning or ending with '-'",
};

const hosted: OperationStyle = {
  path: ({ subscriptionId, resourceGroup, name: site, operationId }) =>
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Web/sites/${site}/operationresults/${operationId}`,
  query: (_operationId, apiVersion) => `api-version=${apiVersion}`,
  pollAction: "Microsoft.Web/sites/operationresults/read",
  runningWords: ["InProgress"],
};

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
    name: SITE_NAME,
    identity: siteIdentityRules,
    linked,
    show: shownSite,
    headers: (site) => ({ etag: etagOf(site) }),
    put,
    patch: onExisting(patch),
    delete: remove,
    lists,
    actions: { publishxml: onExisting(publishingProfile), restart: onExisting(restart), start: onExisting(switched(false)), stop: onExisting(switched(true)) },
  };
}

/** Whoever puts a site on a plan has to be allowed to join the plan. */
function linked({ world, body, id }: Call): readonly LinkedScope[] {
  const named = textAt(objectAt(body, "properties"), "serverFarmId");
  const plan = named === undefined ? undefined : planIdOf(named, id);
  return plan && world.switches.webPlanJoin === "checked" ? [{ scope: textOf(plan), action: "Microsoft.Web/serverfarms/join/action" }] : [];
}

function put(call: Call): Answer {
  const { existing, world, id, body } = call;
  checkNameIsFree(call);
  checkIfMatch(call);
  const site = existing ?? blankResource(id, undefined);
  const rules = siteIdentityRules(world);
  const requested = requestedIdentity(body, rules);
  const identity = plannedIdentity({ world, rules, host: site, method: "PUT", requested });
  const written = writtenSite({ call, site, method: "PUT", identity });
  if (!existing && call.type === slots) checkSlotCount(world, id, planOf(world, written));
  const stored = storeSite(call, site, {
    ...site,
    ...written,
    location: textAt(body, "location") ?? site.location,
    tags: tagsOf(body),
    members: { ...site.members, kind: kindAfter(world, textAt(body, "kind") ?? textAt(site.members, "kind") ?? "app", written) },
    identity: identity.apply(site),
  });
  const etag = existing ? etagOf(stored) : `"${etagOf(stored)}"`;
  return accepted(call, "PUT", { status: 200, headers: { etag }, body: shownSite(stored, viewOf(call, "write")) });
}

/** Functions that a container environment hosts are written later: 202 with a Location (arm.md 6). */
function accepted(call: Call, method: "PUT" | "PATCH", answer: Answer): Answer {
  const stored = call.world.store.get(call.id);
  if (!stored || textAt(stored.properties, "managedEnvironmentId") === undefined) return answer;
  const result = (): Answer => ({ status: 200, body: shownSite(call.world.store.get(call.id) ?? stored, viewOf(call, "get")) });
  const later = continueLater({ call, method, style: hosted, headers: "location", result });
  return { ...answer, status: 202, headers: { ...answer.headers, ...later } };
}

/** On a Linux plan `app` comes back as `app,linux`. */
function kindAfter(world: World, kind: string, site: Pick<Resource, "properties">): string {
  const onLinux = planOf(world, site)?.properties["reserved"] === true;
  return onLinux && !kind.split(",").includes("linux") ? `${kind},linux` : kind;
}

function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  checkIfMatch(call);
  const rules = siteIdentityRules(world);
  const requested = requestedIdentity(body, rules);
  const identity = plannedIdentity({ world, rules, host: existing, method: "PATCH", requested });
  const written = writtenSite({ call, site: existing, method: "PATCH", identity });
  const stored = storeSite(call, existing, {
    ...existing,
    ...written,
    tags: tagsOf(body) ?? existing.tags,
    identity: identity.apply(existing),
  });
  return accepted(call, "PATCH", { status: 200, headers: { etag: etagOf(stored) }, body: shownSite(stored, viewOf(call, "get")) });
}

/** Host names are unique in the world; whose subscription has the name does not matter (arm.md 6). */
function checkNameIsFree(call: Call): void {
  if (call.existing || call.type !== sites) return;
  const taken = call.world.store.ofType(sites.type).some((site) => nameOf(site.id).toLowerCase() === nameOf(call.id).toLowerCase());
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

/** The profiles by which code is deployed; no password, because nothing can be deployed here. */
function publishingProfile({ existing }: CallOnExisting): Answer {
  const site = nameOf(existing.id);
  const profile = (method: string, url: string): string =>
    `<publishProfile profileName="${site} - ${method}" publishMethod="${method}" publishUrl="${url}" userName="$${site}" userPWD="" destinationAppUrl="https://${site.toLowerCase()}.azurewebsites.net" />`;
  const profiles = [profile("MSDeploy", `${site.toLowerCase()}.scm.azurewebsites.net:443`), profile("FTP", "ftps://waws-simulated.ftp.azurewebsites.windows.net/site/wwwroot")];
  return { status: 200, headers: { "content-type": "application/xml" }, text: `<publishData>${profiles.join("")}</publishData>` };
}

function restart(call: CallOnExisting): Answer {
  call.world.store.set({ ...call.existing, restarts: call.existing.restarts + 1 });
  return { status: 200 };
}

/** The actions start and stop. */
function switched(stopped: boolean): (call: CallOnExisting) => Answer {
  return (call) => {
    const { world, existing } = call;
    const properties = { ...existing.properties, lastModifiedTimeUtc: timeText(call) };
    world.store.set({ ...existing, properties, members: { ...existing.members, stopped } });
    return { status: 200 };
  };
}
