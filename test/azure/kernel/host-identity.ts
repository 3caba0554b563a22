import { keyOf } from "./arm-id.ts";
import type { ArmError } from "./errors.ts";
import { gatewayError } from "./errors.ts";
import type { IdentityRules } from "./identity-rules.ts";
import { sameJson } from "./json.ts";
import type { RequestedIdentity, RequestedKey } from "./requested-identity.ts";
import { shownDetails } from "./shown-identity.ts";
import type { Attachment, HostIdentity, Resource } from "./store.ts";
import type { World } from "./world.ts";

const NOBODY: HostIdentity = { system: undefined, user: new Map() };

/** What a write is, for the identity block. */
export interface IdentityWrite {
  readonly world: World;
  readonly rules: IdentityRules;
  readonly host: Resource;
  readonly method: "PUT" | "PATCH";
  readonly requested: RequestedIdentity | undefined;
}

/** An identity change that has been found right and is not made yet. */
export interface PlannedIdentity {
  readonly system: boolean;
  readonly user: ReadonlyMap<string, Attachment>;
  /** Makes the change on the host as it is by then. Mints and destroys the system-assigned principal on the way. */
  readonly apply: (host: Resource) => HostIdentity | undefined;
}

/** What a write makes of the host's identity. Refuses what the type does not take; changes nothing. */
export function plannedIdentity(write: IdentityWrite): PlannedIdentity {
  const { host, rules, method } = write;
  const requested = write.requested ?? requestedByLeavingOut(write);
  if (requested === undefined || (method === "PATCH" && (rules.patch === "ignored" || rules.patch === "unsupported"))) {
    return unchangedIdentity(host);
  }
  checkRules(write, requested);
  const attachments = requested.keys.flatMap((key) => (key.value === null ? [] : [[keyOf(key.id), attachment(write, key)] as const]));
  const userOf = (now: Resource): ReadonlyMap<string, Attachment> => userAfter({ ...write, host: now, requested }, attachments);
  const user = userOf(host);
  if (requested.user && user.size === 0) throw badIdentity("The identity type names user assigned identities, but none would remain.");
  if (rules.mostAttached !== undefined && user.size > rules.mostAttached) {
    const message = `The count of user assigned identity specified in identity.userAssignedIdentities is ${user.size}, while expected value is ${rules.mostAttached}.`;
    throw (rules.refuse ?? refusal)(400, { code: "InvalidParameter", message });
  }
  return { system: requested.system, user, apply: (now) => ({ system: systemAfter(write.world, now, requested.system), user: userOf(now) }) };
}

/** What leaves the identity of a host as it is. */
export function unchangedIdentity(host: Resource): PlannedIdentity {
  const { system, user } = host.identity ?? NOBODY;
  return { system: system !== undefined, user, apply: (now) => now.identity };
}

/** The identity of the host after a write, at once. */
export function identityAfter(write: IdentityWrite): HostIdentity | undefined {
  return plannedIdentity(write).apply(write.host);
}

function requestedByLeavingOut({ host, rules, method }: IdentityWrite): RequestedIdentity | undefined {
  const clears = method === "PUT" && rules.putWithoutIdentity === "clears" && host.identity !== undefined;
  return clears ? { system: false, user: false, keys: [] } : undefined;
}

function checkRules(write: IdentityWrite, requested: RequestedIdentity): void {
  const { host, rules, method } = write;
  const refuse = (error: ArmError): Error => (rules.refuse ?? refusal)(400, error);
  if (rules.combined === "refused" && requested.system && requested.user) {
    throw refuse({ code: "InvalidIdentityType", message: "The identity type must be one of 'None', 'SystemAssigned' and 'UserAssigned'." });
  }
  const none = !requested.system && !requested.user && write.requested !== undefined;
  if (none && (rules.none === "refused" || (rules.none === "refused-on-update" && host.identity !== undefined))) {
    throw refuse({ code: "InvalidIdentityType", message: "The identity type 'None' is not allowed." });
  }
  if (method === "PATCH" && rules.patch === "rejected") throw refuse({ code: "BadRequest", message: "The identity cannot be changed by PATCH." });
  if (method === "PATCH" && rules.patchNullKey === "rejected" && requested.keys.some(({ value }) => value === null)) {
    throw refuse({ code: "BadRequest", message: "The value of a user assigned identity must not be null." });
  }
  if (rules.values !== "empty-or-stored") return;
  const odd = requested.keys.find((key) => !isEmptyOrStored(write, key));
  const message = "The 'UserAssignedIdentities' property keys should only be empty json objects, null or the resource existing property.";
  if (odd) throw refuse({ code: "InvalidIdentityValues", message: `Invalid value for the identities '${odd.key}'. ${message}` });
}

function isEmptyOrStored({ host, rules }: IdentityWrite, { id, value }: RequestedKey): boolean {
  if (value === null || Object.keys(value).length === 0) return true;
  const had = host.identity?.user.get(keyOf(id));
  return had !== undefined && sameJson(value, shownDetails(had, rules));
}

function refusal(status: number, { code, message }: ArmError): Error {
  return gatewayError(status, code, message);
}

function badIdentity(message: string): Error {
  return gatewayError(400, "InvalidIdentity", message);
}

function systemAfter(world: World, host: Resource, wanted: boolean): HostIdentity["system"] {
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

type Requesting = IdentityWrite & { readonly requested: RequestedIdentity };

function userAfter(write: Requesting, attachments: readonly (readonly [string, Attachment])[]): ReadonlyMap<string, Attachment> {
  const { host, method, rules, requested } = write;
  if (!requested.user) return new Map();
  const merges = method === "PATCH" && rules.patch === "merges";
  const after = new Map([...(merges ? (host.identity ?? NOBODY).user : []), ...attachments]);
  for (const { id, value } of requested.keys) {
    if (value === null && (method === "PUT" || rules.patchNullKey === "removes")) after.delete(keyOf(id));
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
  return { id, key: had?.key ?? key.key, principalId, clientId, settled: write.rules.fresh !== "empty-until-finished" || had?.settled === true };
}

/** The identity with every attachment finished. */
export function settledIdentity(identity: HostIdentity | undefined): HostIdentity | undefined {
  if (!identity) return undefined;
  const user = [...identity.user].map(([key, one]) => [key, { ...one, settled: true }] as const);
  return { ...identity, user: new Map(user) };
}

/** Says whether two identities differ in what is attached. */
export function identityDiffers(before: HostIdentity | undefined, after: HostIdentity | undefined): boolean {
  const shape = (identity: HostIdentity | undefined): string =>
    JSON.stringify([identity?.system?.principalId ?? null, ...[...(identity ?? NOBODY).user.keys()].toSorted()]);
  return shape(before) !== shape(after);
}
