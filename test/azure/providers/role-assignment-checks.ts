import { keyOf, nameOf } from "../kernel/arm-id.ts";
import { providerError } from "../kernel/errors.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import type { Call } from "../kernel/resource-type.ts";
import type { Resource } from "../kernel/store.ts";
import { isReplicated } from "./replication.ts";
import { findRole, roleDoesNotExist } from "./role-definitions.ts";
import { isGuid, ROLE_ASSIGNMENT_TYPE } from "./role-names.ts";

/** What a PUT of a role assignment asks for. */
export interface RequestedAssignment {
  readonly roleGuid: string;
  readonly principalId: string;
  readonly principalType: string | undefined;
}

const PRINCIPAL_TYPES = ["User", "Group", "ServicePrincipal", "ForeignGroup", "Device"];

/** Reads the body of a PUT. Refuses what cannot be understood, and a role that is not there (arm.md 13). */
export function requestedAssignment(call: Call): RequestedAssignment {
  const sent = objectAt(call.body, "properties");
  const principalId = (textAt(sent, "principalId") ?? "").toLowerCase();
  if (!isGuid(principalId))
    throw badRequest("InvalidPrincipalId", `A valid principal ID must be provided for role assignment, not '${principalId}'.`);
  const roleGuid = /\/roleDefinitions\/([^/]+)$/i.exec(textAt(sent, "roleDefinitionId") ?? "")?.[1]?.toLowerCase();
  if (roleGuid === undefined) throw badRequest("InvalidRoleDefinitionId", "A valid roleDefinitionId must be provided for role assignment.");
  if (!findRole(call.world.store, roleGuid)) throw roleDoesNotExist(roleGuid);
  const principalType = textAt(sent, "principalType");
  if (principalType !== undefined && !PRINCIPAL_TYPES.includes(principalType)) {
    throw badRequest("InvalidPrincipalType", `The principal type '${principalType}' is not one of ${PRINCIPAL_TYPES.join(", ")}.`);
  }
  if (textAt(sent, "condition") !== undefined && sent["conditionVersion"] !== "2.0") {
    throw badRequest("InvalidConditionVersion", "A condition needs the conditionVersion '2.0'.");
  }
  return { roleGuid, principalId, principalType };
}

function badRequest(code: string, message: string): Error {
  return providerError(400, { code, message });
}

/**
 * Refuses another assignment under a GUID that is taken anywhere, because GUIDs are one namespace, and an equal
 * assignment under another GUID (arm.md 13).
 */
export function checkConflicts(call: Call, requested: RequestedAssignment): void {
  const equals = (one: Resource): boolean =>
    one.properties["principalId"] === requested.principalId &&
    one.properties["roleDefinitionId"] === requested.roleGuid &&
    one.id.scope.toLowerCase() === call.id.scope.toLowerCase();
  const all = call.world.store.ofType(ROLE_ASSIGNMENT_TYPE);
  const namesake = all.find((one) => nameOf(one.id).toLowerCase() === nameOf(call.id).toLowerCase());
  if (namesake && !equals(namesake)) {
    throw badRequest(
      "RoleAssignmentUpdateNotPermitted",
      "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    );
  }
  const equal = namesake ? undefined : all.find(equals);
  if (!equal) return;
  const hexDigits = nameOf(equal.id).toLowerCase().replaceAll("-", "");
  throw providerError(409, {
    code: "RoleAssignmentExists",
    message: `The role assignment already exists. The ID of the conflicting role assignment is ${hexDigits}.`,
  });
}

/**
 * The principal is only looked up where the body has no principalType: every recorded PrincipalNotFound came so, and
 * none with one (arm.md 13). A type that is given is compared with that of a principal that is there.
 */
export function checkPrincipal(call: Call, { principalId, principalType }: RequestedAssignment): void {
  const { world } = call;
  const principal = world.directory.findByPrincipalId(principalId);
  const isKnown = principal !== undefined && isReplicated(world, principal);
  if (principalType === undefined && !isKnown) {
    throw badRequest(
      "PrincipalNotFound",
      `Principal ${principalId.replaceAll("-", "")} does not exist in the directory ${world.tenantId}. Check that you have the correct principal ID. ` +
        "If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. " +
        "In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.",
    );
  }
  if (!isKnown || principalType === undefined || principalType === "ServicePrincipal") return;
  throw badRequest(
    "UnmatchedPrincipalType",
    `The PrincipalId '${principalId.replaceAll("-", "")}' has type 'ServicePrincipal' , which is different from specified PrinciaplType '${principalType}'.`,
  );
}

/** Refuses one more than a subscription may have (arm.md 13). */
export function checkLimit(call: Call): void {
  const { store, settings, switches } = call.world;
  const prefix = `/subscriptions/${call.id.subscriptionId}/`.toLowerCase();
  const count = store.ofType(ROLE_ASSIGNMENT_TYPE).filter((one) => keyOf(one.id).startsWith(prefix)).length;
  if (count < settings.roleAssignmentLimit) return;
  throw providerError(switches.roleAssignmentLimitStatus, {
    code: "RoleAssignmentLimitExceeded",
    message: "No more role assignments can be created.",
  });
}
