import { keyOf, lowerGroupsText, textOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import { gatewayError } from "./errors.ts";
import type { IdentityRules } from "./identity-rules.ts";
import { requestedIdentity } from "./requested-identity.ts";
import type { Call } from "./resource-type.ts";

/** The attach action, in the operation's form and in the documents' form (arm.md 16). */
export const ASSIGN_ACTION = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

/**
 * ARM's two checks of the user-assigned identities that a host write names with a value: the caller may assign each
 * (LinkedAuthorizationFailed), and each exists (FailedIdentityOperation). Keys sent with null are not checked.
 */
export function checkLinkedIdentities(call: Call, rules: IdentityRules): void {
  const named = (requestedIdentity(call.body, rules)?.keys ?? []).filter(({ value }) => value !== null).map((key) => key.id);
  const denied = named.filter((id) => !mayAssign(call, id));
  if (denied.length > 0) throw linkedAuthorizationFailed(call, denied);
  const vanished = named.filter((id) => !call.world.directory.findByOwner(keyOf(id)));
  const [first] = vanished;
  if (!first) return;
  if (call.world.switches.vanishedIdentity === "LinkedAuthorizationFailed") throw linkedAuthorizationFailed(call, vanished);
  throw failedIdentityOperation(call.id, first);
}

function mayAssign(call: Call, identity: ResourceId): boolean {
  const spellings = [ASSIGN_ACTION, ASSIGN_ACTION.replace("/assign/", "/*/assign/")];
  return call.world.authorization.allows(call.caller.principalId, spellings, textOf(identity));
}

function linkedAuthorizationFailed(call: Call, identities: readonly ResourceId[]): Error {
  const { caller, type, id } = call;
  const scopes = identities.map((identity) => textOf(identity)).join(",");
  return gatewayError(
    403,
    "LinkedAuthorizationFailed",
    `The client '${caller.clientId}' with object id '${caller.principalId}' has permission to perform action '${type.type}/write' ` +
      `on scope '${textOf(id)}'; however, it does not have permission to perform action '${ASSIGN_ACTION}' ` +
      `on the linked scope(s) '${scopes}' or the linked scope(s) are invalid.`,
  );
}

/** The shape of arm.md 3.5: the inner error of the identity service is embedded as escaped JSON. */
function failedIdentityOperation(host: ResourceId, identity: ResourceId): Error {
  const inner = JSON.stringify({ error: { code: "BadRequest", message: `Resource '${lowerGroupsText(identity)}' was not found.` } });
  return gatewayError(
    400,
    "FailedIdentityOperation",
    `Identity operation for resource '${textOf(host)}' failed with error ` +
      `'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '${inner}'.'.`,
  );
}
