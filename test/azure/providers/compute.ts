import { randomUUID } from "node:crypto";
import { nameOf, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import { identityAfter } from "../kernel/host-identity.ts";
import { objectAt, textAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { continueLater, destroy, isBusy, merged, picked, settle, tagsOf } from "../kernel/lifecycle.ts";
import { regionName, regions } from "../kernel/regions.ts";
import { requestedIdentity } from "../kernel/requested-identity.ts";
import type { Call, CallOnExisting, ResourceType, View } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { shownIdentity } from "../kernel/shown-identity.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { machineRules } from "./compute-identity.ts";
import { COMPUTE_API_VERSIONS, computeOperations } from "./compute-operations.ts";
import { matchInstances, removeFlexibleInstances, upgrade, withModel } from "./scale-set-instances.ts";

/** The first api-version whose body has an etag (arm.md 7). */
const ETAG_SINCE = "2024-11-01";
const MEMBERS = ["sku", "plan", "zones", "extendedLocation"];
const SECRETS = ["adminPassword", "customData"];

/** What machines and scale sets have each of their own. */
interface Family {
  readonly type: string;
  readonly uniqueIdMember: string;
  /** The resource with what is noted beside a write; the one before is undefined for a new one. */
  readonly noted: (before: Resource | undefined, after: Resource) => Resource;
  /** Called when a write has ended well. */
  readonly ended: (world: World, id: ResourceId) => void;
  /** Called when the resource goes, before it does. */
  readonly removed: (world: World, id: ResourceId) => void;
  readonly actions: NonNullable<ResourceType["actions"]>;
}

/** Virtual machines (arm.md 7). */
export const virtualMachines = computeType({
  type: "Microsoft.Compute/virtualMachines",
  uniqueIdMember: "vmId",
  noted: (_before, after) => after,
  ended: () => {},
  removed: () => {},
  actions: { restart: onExisting(restart) },
});

/** Virtual machine scale sets (arm.md 7). */
export const virtualMachineScaleSets = computeType({
  type: "Microsoft.Compute/virtualMachineScaleSets",
  uniqueIdMember: "uniqueId",
  noted: withModel,
  ended: matchInstances,
  removed: removeFlexibleInstances,
  actions: { restart: onExisting(restart), manualupgrade: onExisting(upgrade) },
});

function computeType(family: Family): ResourceType {
  return {
    type: family.type,
    apiVersions: COMPUTE_API_VERSIONS,
    locations: regions,
    name: { pattern: /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?$/, says: "1 to 64 letters, digits, '_', '.' or '-'" },
    identity: () => machineRules,
    show,
    put: (call) => put(call, family),
    patch: onExisting((call) => patch(call, family)),
    delete: (call) => remove(call, family),
    lists: ["subscription", "resourceGroup"],
    actions: family.actions,
  };
}

function show(host: Resource, view: View): JsonObject {
  const identity = shownIdentity(host, machineRules, view.world.tenantId);
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

function put(call: Call, family: Family): Answer {
  const { existing, world, id, body } = call;
  checkPreconditions(call);
  checkIdle(existing);
  const host = existing ?? blankResource(id, regionName(textAt(body, "location") ?? ""));
  const identity = identityAfter({ world, rules: machineRules, host, method: "PUT", requested: requestedIdentity(body, machineRules) });
  const uniqueId = textAt(host.properties, family.uniqueIdMember) ?? randomUUID();
  const after: Resource = {
    ...host,
    identity,
    tags: tagsOf(body),
    members: picked(body, MEMBERS),
    properties: { ...withoutSecrets(objectAt(body, "properties")), [family.uniqueIdMember]: uniqueId },
    hidden: { ...host.hidden, ...secretsOf(objectAt(body, "properties")) },
    provisioning: existing ? "Updating" : "Creating",
  };
  return accepted(call, after, { family, method: "PUT", status: existing ? 200 : 201 });
}

function patch(call: CallOnExisting, family: Family): Answer {
  const { existing, world, body } = call;
  checkPreconditions(call);
  checkIdle(existing);
  const identity = identityAfter({ world, rules: machineRules, host: existing, method: "PATCH", requested: requestedIdentity(body, machineRules) });
  const after: Resource = {
    ...existing,
    identity,
    tags: tagsOf(body) ?? existing.tags,
    members: { ...existing.members, ...picked(body, MEMBERS) },
    properties: withoutSecrets(merged(existing.properties, objectAt(body, "properties"))),
    provisioning: "Updating",
  };
  return accepted(call, after, { family, method: "PATCH", status: 200 });
}

interface Accepting {
  readonly family: Family;
  readonly method: "PUT" | "PATCH";
  readonly status: number;
}

function accepted(call: Call, after: Resource, { family, method, status }: Accepting): Answer {
  const { world, id, existing } = call;
  const stored = world.store.set(family.noted(existing, after));
  const finish = (): void => {
    settle(world, id);
    family.ended(world, id);
  };
  const operation = continueLater({ call, method, style: computeOperations, headers: "azure-asyncoperation", finish });
  const headers = { ...operation, "x-ms-ratelimit-remaining-resource": "Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/UpdateVMResource;11" };
  return { status, headers, body: show(stored, viewOf(call, "write")) };
}

function remove(call: Call, family: Family): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  checkPreconditions(call);
  world.store.set({ ...existing, provisioning: "Deleting" });
  const finish = (): void => {
    family.removed(world, id);
    destroy(world, id);
  };
  return { status: 202, headers: continueLater({ call, method: "DELETE", style: computeOperations, headers: "both", finish }) };
}

function restart(call: CallOnExisting): Answer {
  checkIdle(call.existing);
  call.world.store.set({ ...call.existing, restarts: call.existing.restarts + 1 });
  return { status: 202, headers: continueLater({ call, method: "POST", style: computeOperations, headers: "both" }) };
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
