import { randomUUID } from "node:crypto";
import { nameOf, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import { identityAfter } from "../kernel/host-identity.ts";
import type { IdentityRules } from "../kernel/identity-rules.ts";
import { objectAt, textAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { continueLater, destroy, isBusy, merged, picked, tagsOf } from "../kernel/lifecycle.ts";
import type { OperationStyle } from "../kernel/operations.ts";
import { regionName, regions } from "../kernel/regions.ts";
import { requestedIdentity } from "../kernel/requested-identity.ts";
import type { Call, CallOnExisting, ResourceType, View } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { shownIdentity } from "../kernel/shown-identity.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";

/** The matrix row of arm.md 1 and section 7: PATCH merges, null removes, a new key is `{}` until the operation has ended. */
const rules: IdentityRules = {
  combined: "SystemAssigned, UserAssigned",
  keys: "as-sent",
  afterNone: "absent",
  patch: "merges",
  patchNullKey: "removes",
  putWithoutIdentity: "keeps",
  fresh: "empty-until-finished",
  tenantIdAlways: false,
  mostKeys: 150,
};

const style: OperationStyle = {
  path: ({ subscriptionId, location, operationId }) =>
    `/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/operations/${operationId}`,
  query: (operationId, apiVersion) => `p=${operationId}&api-version=${apiVersion}`,
  pollAction: "Microsoft.Compute/locations/operations/read",
  runningWords: ["InProgress"],
  firstRetryAfterSeconds: 10,
  pollRetryAfterSeconds: 30,
};

/** The first api-version whose body has an etag (arm.md 7). */
const ETAG_SINCE = "2024-11-01";
const MEMBERS = ["sku", "plan", "zones", "extendedLocation"];
const SECRETS = ["adminPassword", "customData"];

/** Virtual machines (arm.md 7). */
export const virtualMachines = computeType("Microsoft.Compute/virtualMachines", "vmId");
/** Virtual machine scale sets (arm.md 7). */
export const virtualMachineScaleSets = computeType("Microsoft.Compute/virtualMachineScaleSets", "uniqueId");

function computeType(type: string, uniqueIdMember: string): ResourceType {
  return {
    type,
    apiVersions: [
      "2021-03-01", "2021-07-01", "2021-11-01", "2022-03-01", "2022-08-01", "2022-11-01", "2023-03-01", "2023-07-01",
      "2023-09-01", "2024-03-01", "2024-07-01", "2024-11-01", "2025-04-01", "2026-04-01",
    ],
    locations: regions,
    name: { pattern: /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$/, says: "1 to 64 letters, digits, '_', '.' or '-'" },
    identity: () => rules,
    show,
    put: (call) => put(call, uniqueIdMember),
    patch: onExisting(patch),
    delete: remove,
    lists: ["subscription", "resourceGroup"],
    actions: { restart: onExisting(restart) },
  };
}

function show(host: Resource, view: View): JsonObject {
  const identity = shownIdentity(host, rules, view.world.tenantId);
  return {
    name: nameOf(host.id),
    id: textOf(host.id),
    type: `${host.id.namespace}/${host.id.types.join("/")}`,
    location: host.location,
    ...(host.tags ? { tags: host.tags } : {}),
    ...(identity ? { identity } : {}),
    ...host.members,
    properties: { ...host.properties, provisioningState: host.provisioning ?? "Succeeded" },
    ...(view.apiVersion >= ETAG_SINCE ? { etag: etagOf(host) } : {}),
  };
}

function etagOf(host: Resource): string {
  return `"${host.version}"`;
}

function put(call: Call, uniqueIdMember: string): Answer {
  const { existing, world, id, body } = call;
  checkPreconditions(call);
  checkIdle(existing);
  const host = existing ?? blankResource(id, regionName(textAt(body, "location") ?? ""));
  const identity = identityAfter({ world, rules, host, method: "PUT", requested: requestedIdentity(body, rules) });
  const uniqueId = textAt(host.properties, uniqueIdMember) ?? randomUUID();
  const stored = world.store.set({
    ...host,
    identity,
    tags: tagsOf(body),
    members: picked(body, MEMBERS),
    properties: { ...withoutSecrets(objectAt(body, "properties")), [uniqueIdMember]: uniqueId },
    hidden: { ...host.hidden, ...secretsOf(objectAt(body, "properties")) },
    provisioning: existing ? "Updating" : "Creating",
  });
  return accepted(call, stored, "PUT", existing ? 200 : 201);
}

function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  checkPreconditions(call);
  checkIdle(existing);
  const identity = identityAfter({ world, rules, host: existing, method: "PATCH", requested: requestedIdentity(body, rules) });
  const stored = world.store.set({
    ...existing,
    identity,
    tags: tagsOf(body) ?? existing.tags,
    members: { ...existing.members, ...picked(body, MEMBERS) },
    properties: withoutSecrets(merged(existing.properties, objectAt(body, "properties"))),
    provisioning: "Updating",
  });
  return accepted(call, stored, "PATCH", 200);
}

function accepted(call: Call, stored: Resource, method: "PUT" | "PATCH", status: number): Answer {
  const operation = continueLater({ call, method, style, headers: "azure-asyncoperation" });
  const headers = { ...operation, "x-ms-ratelimit-remaining-resource": "Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/UpdateVMResource;11" };
  return { status, headers, body: show(stored, viewOf(call, "write")) };
}

function remove(call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  checkPreconditions(call);
  world.store.set({ ...existing, provisioning: "Deleting" });
  return { status: 202, headers: continueLater({ call, method: "DELETE", style, headers: "both", finish: () => destroy(world, id) }) };
}

function restart(call: CallOnExisting): Answer {
  checkIdle(call.existing);
  call.world.store.set({ ...call.existing, restarts: call.existing.restarts + 1 });
  return { status: 202, headers: continueLater({ call, method: "POST", style, headers: "both" }) };
}

/** One write at a time; the code is that of Compute's conflicts (arm.md 2.5). */
function checkIdle(host: Resource | undefined): void {
  if (!host || !isBusy(host.provisioning)) return;
  const message = `The operation is not allowed on '${nameOf(host.id)}' while another one is in progress.`;
  throw providerError(409, { code: "Conflict", message });
}

function checkPreconditions(call: Call): void {
  if (call.world.switches.computeIfMatch === "ignored") return;
  const { existing, headers } = call;
  const ifMatch = headers["if-match"];
  const unmet = ifMatch !== undefined && (!existing || (ifMatch !== "*" && ifMatch !== etagOf(existing)));
  const mustBeNew = headers["if-none-match"] === "*" && existing !== undefined;
  if (unmet || mustBeNew) throw providerError(412, { code: "PreconditionFailed", message: "The condition of the request's If-Match or If-None-Match header is not met." });
}

function withoutSecrets(properties: JsonObject): JsonObject {
  if (properties["osProfile"] === undefined) return without(properties, "userData");
  return { ...without(properties, "userData"), osProfile: without(objectAt(properties, "osProfile"), ...SECRETS) };
}

function secretsOf(properties: JsonObject): JsonObject {
  return { ...picked(properties, ["userData"]), ...picked(objectAt(properties, "osProfile"), SECRETS) };
}
