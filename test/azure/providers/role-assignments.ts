import { keyOf, nameOf, textOf } from "../kernel/arm-id.ts";
import { isWithin } from "../kernel/authorization.ts";
import type { Answer } from "../kernel/errors.ts";
import { gatewayError, providerError } from "../kernel/errors.ts";
import { objectAt, sameJson, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Call, ResourceType, ScopeListing, View } from "../kernel/resource-type.ts";
import { viewOf } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import { checkConflicts, checkLimit, checkPrincipal, requestedAssignment } from "./role-assignment-checks.ts";
import type { RequestedAssignment } from "./role-assignment-checks.ts";
import { findRole, roleDefinitionId } from "./role-definitions.ts";
import { AUTHORIZATION_API_VERSIONS, guidName, ROLE_ASSIGNMENT_TYPE } from "./role-names.ts";

/** Role assignments at any scope (arm.md 13). They stay when their principal goes, and go with their scope. */
export const roleAssignments: ResourceType = {
  type: ROLE_ASSIGNMENT_TYPE,
  apiVersions: AUTHORIZATION_API_VERSIONS,
  name: guidName((name) =>
    providerError(400, {
      code: "InvalidRoleAssignmentId",
      message: `The role assignment ID '${name}' is not valid. The role assignment ID must be a GUID.`,
    }),
  ),
  show,
  notFound: (id) => providerError(404, { code: "RoleAssignmentNotFound", message: `The role assignment '${nameOf(id)}' is not found.` }),
  put,
  delete: remove,
  extension: { list },
};

/** A PUT's answer does not know who created it, and its createdOn is the time of the request (arm.md 13). */
function show(assignment: Resource, view: View): JsonObject {
  const { properties, hidden, id } = assignment;
  const guid = textAt(properties, "roleDefinitionId") ?? "";
  const prefix = view.world.switches.roleDefinitionIdPrefix === "subscription" || !isBuiltIn(view, guid) ? id.subscriptionId : "";
  const written = view.as === "write" ? { createdOn: hidden["requestedOn"], createdBy: null } : {};
  return {
    properties: { ...properties, roleDefinitionId: roleDefinitionId(guid, prefix), ...written },
    id: textOf(id),
    type: ROLE_ASSIGNMENT_TYPE,
    name: nameOf(id),
  };
}

function isBuiltIn(view: View, guid: string): boolean {
  return findRole(view.world.store, guid)?.properties["type"] === "BuiltInRole";
}

function put(call: Call): Answer {
  const { world, id, existing } = call;
  const requested = requestedAssignment(call);
  checkConflicts(call, requested);
  checkPrincipal(call, requested);
  if (!existing) checkLimit(call);
  const stored = world.store.set({ ...(existing ?? blankResource(id, undefined)), ...written(call, requested) });
  const isRepeat = existing !== undefined && sameJson(mutable(existing.properties), mutable(stored.properties));
  return { status: isRepeat ? world.switches.roleAssignmentRepeatStatus : 201, body: show(stored, viewOf(call, "write")) };
}

function mutable(properties: JsonObject): JsonObject {
  return { description: properties["description"], condition: properties["condition"] };
}

/** What is stored; it is later than the request by some hundred milliseconds, as in the recordings. */
function written(call: Call, requested: RequestedAssignment): Pick<Resource, "properties" | "hidden"> {
  const { existing, caller, id, world } = call;
  const nowMs = world.clock.now();
  const storedOn = new Date(nowMs + 700).toISOString();
  const sent = objectAt(call.body, "properties");
  return {
    properties: {
      roleDefinitionId: requested.roleGuid,
      principalId: requested.principalId,
      principalType: requested.principalType ?? "ServicePrincipal",
      scope: id.scope === "" ? "/" : id.scope,
      condition: sent["condition"] ?? null,
      conditionVersion: sent["conditionVersion"] ?? null,
      createdOn: existing?.properties["createdOn"] ?? storedOn,
      updatedOn: storedOn,
      createdBy: existing?.properties["createdBy"] ?? caller.principalId,
      updatedBy: caller.principalId,
      delegatedManagedIdentityResourceId: sent["delegatedManagedIdentityResourceId"] ?? null,
      description: sent["description"] ?? null,
    },
    hidden: { requestedOn: new Date(nowMs).toISOString(), grantedAtMs: existing?.hidden["grantedAtMs"] ?? nowMs },
  };
}

function remove(call: Call): Answer {
  const { existing, world } = call;
  if (!existing) return { status: 204 };
  world.store.delete(existing.id);
  return { status: 200, body: show(existing, viewOf(call, "get")) };
}

/** Those at the scope, above it, and, unless the filter says `atScope()`, below it (arm.md 13, 15). */
function list({ world, scope, query, apiVersion, page }: ScopeListing): Answer {
  const matches = filterOf(query.get("$filter") ?? "", scope);
  const found = world.store.list(ROLE_ASSIGNMENT_TYPE, "/").filter(matches);
  return page(found.map((one) => ({ key: keyOf(one.id), body: () => show(one, { world, apiVersion, as: "list" }) })));
}

type Matches = (assignment: Resource) => boolean;

function filterOf(filter: string, scope: string): Matches {
  const clauses = filter
    .split(/\s+and\s+/i)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "");
  const isAtScope = clauses.some((clause) => /^atScope\(\)$/i.test(clause));
  const inScope: Matches = ({ id }) => isWithin(scope, id.scope) || (!isAtScope && isWithin(id.scope, scope));
  const others = clauses.filter((clause) => !/^atScope\(\)$/i.test(clause)).map(principalClause);
  return (assignment) => inScope(assignment) && others.every((matches) => matches(assignment));
}

/** `assignedTo` follows group memberships too; managed identities here are in none. */
function principalClause(clause: string): Matches {
  const principalId = /^principalId eq '([^']*)'$/i.exec(clause)?.[1] ?? /^assignedTo\('([^']*)'\)$/i.exec(clause)?.[1];
  if (principalId === undefined) throw gatewayError(400, "InvalidFilter", `The filter '${clause}' is not supported on role assignments.`);
  return ({ properties }) => properties["principalId"] === principalId.toLowerCase();
}
