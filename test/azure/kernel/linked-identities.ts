import { keyOf, lowerGroupsText, textOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import { gatewayError } from "./errors.ts";
import type { IdentityRules } from "./identity-rules.ts";
import { objectAt } from "./json.ts";
import { checkIdentityRate } from "./identity-rates.ts";
import { locationOf } from "./lifecycle.ts";
import { regionName } from "./regions.ts";
import { requestedIdentity } from "./requested-identity.ts";
import type { RequestedIdentity } from "./requested-identity.ts";
import type { Call } from "./resource-type.ts";

/** The attach action, in the operation's form and in the documents' form (arm.md 16). */
export const ASSIGN_ACTION = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

/**
 * ARM's checks of the user-assigned identities that a host write names with a value: the caller may assign each
 * (LinkedAuthorizationFailed), each exists, and none is kept from the host by its isolation scope or its restrictions
 * (FailedIdentityOperation; for these two the code is a guess, arm.md 3.3). Keys sent with null are not checked.
 */
export function checkLinkedIdentities(call: Call, rules: IdentityRules): void {
  const requested = requestedIdentity(call.body, rules);
  const named = (requested?.keys ?? []).filter(({ value }) => value !== null).map((key) => key.id);
  const removed = requested && call.world.switches.removedIdentityAssign === "checked" ? removedBy(call, rules, requested) : [];
  const denied = [...named, ...removed].filter((id) => !mayAssign(call, id));
  if (denied.length > 0) throw linkedAuthorizationFailed(call, ASSIGN_ACTION, denied.map(textOf));
  const vanished = named.filter((id) => !call.world.directory.findByOwner(keyOf(id)));
  const [first] = vanished;
  if (first && call.world.switches.vanishedIdentity === "LinkedAuthorizationFailed") throw linkedAuthorizationFailed(call, ASSIGN_ACTION, vanished.map(textOf));
  if (first) throw failedIdentityOperation(call.id, `Resource '${lowerGroupsText(first)}' was not found.`);
  for (const id of named) checkRestrictions(call, id);
  const isNew = (id: ResourceId): boolean => !call.existing?.identity?.user.has(keyOf(id));
  if (named.some(isNew)) checkIdentityRate(call.world, "attach", { subscriptionId: call.id.subscriptionId, region: regionName(locationOf(call)) });
}

/** The identities of the host that are not there any more after the write. */
function removedBy(call: Call, rules: IdentityRules, { keys, user }: RequestedIdentity): readonly ResourceId[] {
  const attached = [...(call.existing?.identity?.user.values() ?? [])].map(({ id }) => id);
  const isNamed = (id: ResourceId, withValue: boolean): boolean => keys.some((key) => keyOf(key.id) === keyOf(id) && (key.value !== null) === withValue);
  const replaces = call.method === "PUT" || rules.patch === "replaces";
  return attached.filter((id) => !user || isNamed(id, false) || (replaces && !isNamed(id, true)));
}

function checkRestrictions(call: Call, identity: ResourceId): void {
  const stored = call.world.store.get(identity);
  if (!stored) return;
  const { isolationScope, assignmentRestrictions } = stored.properties;
  const name = lowerGroupsText(identity);
  if (isolationScope === "Regional" && stored.location !== regionName(locationOf(call))) {
    throw restricted(call, identity, `Resource '${name}' is isolated to the region '${stored.location ?? ""}'.`);
  }
  const providers = objectAt(assignmentRestrictions)["providers"];
  const isAmong = (provider: unknown): boolean => typeof provider === "string" && provider.toLowerCase() === call.id.namespace.toLowerCase();
  if (!Array.isArray(providers) || providers.length === 0 || providers.some(isAmong)) return;
  throw restricted(call, identity, `Resource '${name}' is not to be assigned to resources of '${call.id.namespace}'.`);
}

/** The error is not known (arm.md 3.3). */
function restricted(call: Call, identity: ResourceId, message: string): Error {
  if (call.world.switches.restrictedIdentity === "LinkedAuthorizationFailed") return linkedAuthorizationFailed(call, ASSIGN_ACTION, [textOf(identity)]);
  return failedIdentityOperation(call.id, message);
}

function mayAssign(call: Call, identity: ResourceId): boolean {
  const spellings = [ASSIGN_ACTION, ASSIGN_ACTION.replace("/assign/", "/*/assign/")];
  return call.world.authorization.allows(call.caller.principalId, spellings, textOf(identity));
}

/** Refuses a write that names another resource on which the caller may not do what that takes. */
export function checkLinkedScopes(call: Call): void {
  for (const { scope, action } of call.type.linked?.(call) ?? []) {
    if (!call.world.authorization.allows(call.caller.principalId, [action], scope)) throw linkedAuthorizationFailed(call, action, [scope]);
  }
}

function linkedAuthorizationFailed(call: Call, action: string, linked: readonly string[]): Error {
  const { caller, type, id } = call;
  const scopes = linked.join(",");
  return gatewayError(
    403,
    "LinkedAuthorizationFailed",
    `The client '${caller.clientId}' with object id '${caller.principalId}' has permission to perform action '${type.type}/write' ` +
      `on scope '${textOf(id)}'; however, it does not have permission to perform action '${action}' ` +
      `on the linked scope(s) '${scopes}' or the linked scope(s) are invalid.`,
  );
}

/** The shape of arm.md 3.5: the inner error of the identity service is embedded as escaped JSON. */
function failedIdentityOperation(host: ResourceId, message: string): Error {
  const inner = JSON.stringify({ error: { code: "BadRequest", message } });
  return gatewayError(
    400,
    "FailedIdentityOperation",
    `Identity operation for resource '${textOf(host)}' failed with error ` +
      `'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '${inner}'.'.`,
  );
}
