import { nameOf } from "./arm-id.ts";
import { providerError } from "./errors.ts";
import type { Answer, Refusal } from "./errors.ts";
import { splitHidden, valueAt } from "./hidden-values.ts";
import { plannedIdentity, settledIdentity, unchangedIdentity } from "./host-identity.ts";
import { objectAt, without } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { continueLater, destroy, isBusy, locationOf, merged, picked, settle, tagsOf } from "./lifecycle.ts";
import { regionName, regions } from "./regions.ts";
import { requestedIdentity } from "./requested-identity.ts";
import { onExisting, viewOf } from "./resource-type.ts";
import type { Call, CallOnExisting, ResourceType } from "./resource-type.ts";
import type { Acceptance, Draft, PatchRule, ResourceRow } from "./resource-row.ts";
import { etagOf, shownRow, statesOf } from "./row-view.ts";
import { blankResource } from "./store.ts";
import type { Resource } from "./store.ts";

/** The resource type that a row describes. */
export function rowType(row: ResourceRow): ResourceType {
  return {
    type: row.type,
    ...(row.bodyType === undefined ? {} : { bodyType: row.bodyType }),
    apiVersions: row.apiVersions,
    ...(row.isChild ? {} : { locations: regions }),
    ...(row.hasLocation ? { hasLocation: row.hasLocation } : {}),
    name: row.name,
    ...(row.durationSeconds === undefined ? {} : { durationSeconds: row.durationSeconds }),
    ...(row.identity ? { identity: row.identity } : {}),
    ...(row.notFound ? { notFound: row.notFound } : {}),
    show: (resource, view) => shownRow(row, resource, view),
    put: (call) => put(row, call),
    patch: onExisting((call) => patch(row, call)),
    delete: (call) => remove(row, call),
    lists: row.isChild ? ["parent"] : ["subscription", "resourceGroup"],
    ...(row.actions ? { actions: row.actions } : {}),
  };
}

function put(row: ResourceRow, call: Call): Answer {
  const { existing, body, id } = call;
  admit(row, call, "PUT");
  checkRequired(row, body);
  const before = existing ?? blankResource(id, regionName(locationOf(call)));
  const sent = { ...row.defaults, ...without(objectAt(body, "properties"), "provisioningState") };
  const { shown, hidden } = splitHidden(sent, row.hidden ?? []);
  const keeps = row.hiddenOnPut?.(call.world.switches) !== "clears";
  const after = { ...before, tags: tagsOf(body), members: picked(body, row.members ?? []), properties: shown, hidden: { ...(keeps ? before.hidden : {}), ...hidden } };
  return write(row, drafted(row, { call, method: "PUT", before, after }), existing ? row.update : row.create);
}

function patch(row: ResourceRow, call: CallOnExisting): Answer {
  const { existing, body } = call;
  admit(row, call, "PATCH");
  const tagged = { ...existing, tags: tagsOf(body) ?? existing.tags };
  const rule: PatchRule = typeof row.patch === "function" ? row.patch(call.apiVersion) : row.patch;
  const after = rule.takes === "tags" ? tagged : patched(row, tagged, body);
  return write(row, drafted(row, { call, method: "PATCH", before: existing, after }), rule);
}

function patched(row: ResourceRow, resource: Resource, body: JsonObject): Resource {
  const sent = without(objectAt(body, "properties"), "provisioningState");
  const { shown, hidden } = splitHidden(sent, row.hidden ?? []);
  return {
    ...resource,
    members: { ...resource.members, ...picked(body, row.members ?? []) },
    properties: merged(resource.properties, shown),
    hidden: { ...resource.hidden, ...hidden },
  };
}

function drafted(row: ResourceRow, draft: Omit<Draft, "identity">): Draft {
  const { call, before: host, method } = draft;
  const { world, body } = call;
  const rules = row.identity?.(world);
  if (!rules) return { ...draft, identity: unchangedIdentity(host) };
  const requested = method === "PATCH" && rules.patch === "unsupported" ? undefined : requestedIdentity(body, rules);
  return { ...draft, identity: plannedIdentity({ world, rules: { refuse: row.refuse ?? providerError, ...rules }, host, method, requested }) };
}

function write(row: ResourceRow, sent: Draft, acceptance: Acceptance): Answer {
  const draft = row.review?.(sent) ?? sent;
  const { call, method, identity, after } = draft;
  const { world, id } = call;
  const later = acceptance.operation !== undefined;
  const deferred = later && row.identity?.(world).fresh === "previous-until-finished";
  const states = statesOf(row);
  const applied = deferred ? after.identity : identity.apply(after);
  const stored = world.store.set({
    ...after,
    history: written(call),
    identity: later ? applied : settledIdentity(applied),
    provisioning: later ? (call.existing ? states.updating : states.creating) : undefined,
  });
  const finish = (): void => {
    if (deferred) applyLater(draft, stored.version);
    settle(world, id);
    row.ended?.(draft);
  };
  if (!later) row.ended?.(draft);
  const headers = later ? begin(row, call, { method, headers: acceptance.operation, finish, result: () => shownLater(row, call) }) : {};
  return { status: acceptance.status, headers, ...(acceptance.body === "resource" ? { body: shownRow(row, stored, viewOf(call, "write")) } : {}) };
}

function written({ world, existing, caller }: Call): NonNullable<Resource["history"]> {
  const last = { by: caller.clientId, atMs: world.clock.now() };
  return { created: existing?.history?.created ?? last, modified: last };
}

/** The identity changes when the operation ends, unless the write was undone meanwhile. */
function applyLater({ call, identity }: Draft, version: number): void {
  const { world, id } = call;
  const now = world.store.get(id);
  if (now && now.version >= version) world.store.set({ ...now, identity: settledIdentity(identity.apply(now)) });
}

function shownLater(row: ResourceRow, call: Call): Answer {
  const resource = call.world.store.get(call.id);
  return resource ? { status: 200, body: shownRow(row, resource, viewOf(call, "get")) } : { status: 404 };
}

function remove(row: ResourceRow, call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  row.guard?.(call);
  checkPreconditions(row, call, "DELETE");
  const { status, operation, endStatus = 200 } = row.remove;
  const finish = (): void => {
    row.removed?.(call, existing);
    destroy(world, id);
  };
  if (operation === undefined) {
    finish();
    return { status };
  }
  world.store.set({ ...existing, provisioning: statesOf(row).deleting });
  return { status, headers: begin(row, call, { method: "DELETE", headers: operation, finish, result: () => ({ status: endStatus }) }) };
}

type Beginning = Pick<Parameters<typeof continueLater>[0], "method" | "finish" | "result"> & { readonly headers: Acceptance["operation"] };

function begin(row: ResourceRow, call: Call, beginning: Beginning): NonNullable<Answer["headers"]> {
  const { headers = "none", ...rest } = beginning;
  return continueLater({ call, style: row.style ?? unfollowed, headers, ...rest });
}

/** For operations that no URL follows. */
const unfollowed = { path: () => "", query: () => "", pollAction: "", runningWords: ["InProgress"] };

function admit(row: ResourceRow, call: Call, method: "PUT" | "PATCH"): void {
  const { existing, world } = call;
  row.guard?.(call);
  checkPreconditions(row, call, method);
  if (!existing || !isBusy(existing.provisioning)) return;
  if (row.busy) throw row.busy(existing, world.switches);
  throw refuse(row, 409, "Conflict", `Another operation on '${nameOf(existing.id)}' is in progress.`);
}

function checkRequired(row: ResourceRow, body: JsonObject): void {
  const missing = (row.required ?? []).find((path) => valueAt(body, path) === undefined);
  if (missing !== undefined) throw refuse(row, 400, "MissingRequiredParameter", `The required property '${missing}' is missing.`);
}

function checkPreconditions(row: ResourceRow, call: Call, method: "PUT" | "PATCH" | "DELETE"): void {
  const { existing, headers } = call;
  if (!row.etag?.heeded.includes(method)) return;
  const ifMatch = headers["if-match"];
  const unmet = ifMatch !== undefined && (!existing || (ifMatch !== "*" && ifMatch !== etagOf(existing)));
  const mustBeNew = headers["if-none-match"] === "*" && existing !== undefined;
  if (unmet || mustBeNew) throw refuse(row, 412, "PreconditionFailed", "The condition of the request's If-Match or If-None-Match header is not met.");
}

function refuse(row: ResourceRow, status: number, code: string, message: string): Refusal {
  return (row.refuse ?? providerError)(status, { code, message });
}
