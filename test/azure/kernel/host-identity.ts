import { inCasingOf, keyOf, lowerGroupsText, parseResourceId, typeOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import { gatewayError } from "./errors.ts";
import { isObject, objectAt, textAt } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Attachment, HostIdentity, Resource } from "./store.ts";
import type { World } from "./world.ts";

/** How hosts of one type take and show identities: a row of the matrix in arm.md 1. */
export interface IdentityRules {
  /** How the combined value comes back. */
  readonly combined: "SystemAssigned, UserAssigned" | "SystemAssigned,UserAssigned";
  /** How the keys of the map come back (arm.md 2.2). */
  readonly keys: "canonical" | "as-sent";
  readonly afterNone: "absent" | "none-object";
  /** What PATCH does with the block; `unsupported` is for types whose PATCH does not know it. */
  readonly patch: "merges" | "replaces" | "rejected" | "ignored" | "unsupported";
  readonly patchNullKey: "removes" | "rejected" | "ignored";
  readonly putWithoutIdentity: "keeps" | "clears";
  /** How a new attachment looks before its operation has ended. */
  readonly fresh: "details" | "empty-until-finished";
  /** Whether tenantId is shown without a system-assigned identity. */
  readonly tenantIdAlways: boolean;
  /** The most keys that one request may name; no bound when absent. */
  readonly mostKeys?: number;
}

/** One key of a requested map. */
export interface RequestedKey {
  readonly key: string;
  readonly id: ResourceId;
  /** The key came with null. */
  readonly remove: boolean;
}

/** An identity block as a client sent it. */
export interface RequestedIdentity {
  readonly system: boolean;
  readonly user: boolean;
  readonly keys: readonly RequestedKey[];
}

export const USER_ASSIGNED_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities";

const NOBODY: HostIdentity = { system: undefined, user: new Map() };

/** Reads the identity block of a body; undefined when there is none. Refuses one that cannot be understood. */
export function requestedIdentity(body: JsonObject, rules: IdentityRules): RequestedIdentity | undefined {
  const block = body["identity"];
  if (block === undefined || block === null) return undefined;
  if (!isObject(block)) throw badIdentity("The identity property must be an object.");
  const type = textAt(block, "type");
  if (type === undefined) throw badIdentity("The identity block has no type.");
  const words = type.replaceAll(" ", "").toLowerCase().split(",").toSorted().join(",");
  const known = ["none", "systemassigned", "userassigned", "systemassigned,userassigned"];
  if (!known.includes(words)) throw badIdentity(`The identity type '${type}' is not valid.`);
  const keys = Object.entries(objectAt(block, "userAssignedIdentities")).map(requestedKey);
  if (rules.mostKeys !== undefined && keys.length > rules.mostKeys) {
    throw badIdentity(`The request names ${keys.length} user assigned identities; at most ${rules.mostKeys} are allowed.`);
  }
  const requested = { system: words.includes("system"), user: words.includes("user"), keys };
  if (!requested.user && keys.some((key) => !key.remove)) {
    throw badIdentity(`The identity type '${type}' does not go with user assigned identities.`);
  }
  return requested;
}

function requestedKey([key, value]: readonly [string, JsonValue | undefined]): RequestedKey {
  const id = parseResourceId(key);
  if (!id || typeOf(id).toLowerCase() !== USER_ASSIGNED_TYPE.toLowerCase()) {
    const where = `identity.userAssignedIdentities.${key}`;
    throw gatewayError(400, "LinkedInvalidPropertyId", `Property id '${key}' at path '${where}' is invalid. Expect a fully qualified resource id.`);
  }
  if (value !== null && !isObject(value)) throw badIdentity(`The value of '${key}' must be an object or null.`);
  return { key, id: inCasingOf(id, USER_ASSIGNED_TYPE), remove: value === null };
}

function badIdentity(message: string): Error {
  return gatewayError(400, "InvalidIdentity", message);
}

/** What a write is, for the identity block. */
export interface IdentityWrite {
  readonly world: World;
  readonly rules: IdentityRules;
  readonly host: Resource;
  readonly method: "PUT" | "PATCH";
  readonly requested: RequestedIdentity | undefined;
}

/** The identity of the host after a write. Mints and destroys the system-assigned principal on the way. */
export function identityAfter(write: IdentityWrite): HostIdentity | undefined {
  const { host, requested, rules, method } = write;
  if (requested === undefined) {
    return method === "PATCH" || rules.putWithoutIdentity === "keeps" ? host.identity : cleared(write);
  }
  if (method === "PATCH" && (rules.patch === "ignored" || rules.patch === "unsupported")) return host.identity;
  const user = userAfter(write, requested);
  if (requested.user && user.size === 0) throw badIdentity("The identity type names user assigned identities, but none would remain.");
  return { system: systemAfter(write, requested.system), user };
}

function cleared(write: IdentityWrite): HostIdentity | undefined {
  return write.host.identity && { system: systemAfter(write, false), user: new Map() };
}

function systemAfter(write: IdentityWrite, wanted: boolean): HostIdentity["system"] {
  const { host, world } = write;
  const had = host.identity?.system;
  if (wanted && had) return had;
  if (had) world.directory.destroyOwnedBy(keyOf(host.id));
  if (!wanted) return undefined;
  const { principalId, clientId } = world.directory.mint({
    name: host.id.names.join("/"),
    kind: "systemAssigned",
    owner: keyOf(host.id),
  });
  return { principalId, clientId };
}

function userAfter(write: IdentityWrite, requested: RequestedIdentity): ReadonlyMap<string, Attachment> {
  if (!requested.user) return new Map();
  const had = (write.host.identity ?? NOBODY).user;
  const merges = write.method === "PATCH" && write.rules.patch === "merges";
  const after = new Map(merges ? had : []);
  for (const key of requested.keys) {
    if (!key.remove) after.set(keyOf(key.id), attachment(write, key));
    else if (write.method === "PUT" || write.rules.patchNullKey === "removes") after.delete(keyOf(key.id));
  }
  return after;
}

function attachment(write: IdentityWrite, key: RequestedKey): Attachment {
  const had = write.host.identity?.user.get(keyOf(key.id));
  if (had && write.world.switches.reattachedIdentity === "stays-stale") return had;
  const principal = write.world.directory.findByOwner(keyOf(key.id));
  if (!principal) throw new Error(`cannot attach ${key.key}: it has no principal, which the linked check should have refused`);
  const { principalId, clientId } = principal;
  const id = write.world.store.get(key.id)?.id ?? key.id;
  return { id, key: had?.key ?? key.key, principalId, clientId, settled: write.rules.fresh === "details" || had?.settled === true };
}

/** The identity with every attachment finished. */
export function settledIdentity(identity: HostIdentity | undefined): HostIdentity | undefined {
  if (!identity) return undefined;
  const user = [...identity.user].map(([key, one]) => [key, { ...one, settled: true }] as const);
  return { ...identity, user: new Map(user) };
}

/** The identity block as the type shows it; undefined when it shows none. */
export function shownIdentity(host: Resource, rules: IdentityRules, tenantId: string): JsonObject | undefined {
  const { system, user } = host.identity ?? NOBODY;
  if (!system && user.size === 0) return rules.afterNone === "absent" ? undefined : { type: "None" };
  const combined = system && user.size > 0;
  return {
    type: combined ? rules.combined : system ? "SystemAssigned" : "UserAssigned",
    ...(system ? { principalId: system.principalId } : {}),
    ...(system || rules.tenantIdAlways ? { tenantId } : {}),
    ...(user.size > 0 ? { userAssignedIdentities: shownMap(user, rules) } : {}),
  };
}

function shownMap(user: ReadonlyMap<string, Attachment>, rules: IdentityRules): JsonObject {
  const entries = [...user.values()].map((one) => {
    const details = one.settled ? { principalId: one.principalId, clientId: one.clientId } : {};
    return [rules.keys === "canonical" ? lowerGroupsText(one.id) : one.key, details];
  });
  return Object.fromEntries(entries) as JsonObject;
}

/** Says whether two identities differ in what is attached. */
export function identityDiffers(before: HostIdentity | undefined, after: HostIdentity | undefined): boolean {
  const shape = (identity: HostIdentity | undefined): string =>
    JSON.stringify([identity?.system?.principalId ?? null, ...[...(identity ?? NOBODY).user.keys()].toSorted()]);
  return shape(before) !== shape(after);
}
