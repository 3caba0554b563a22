import { nameOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { isWithin } from "../kernel/authorization.ts";
import type { Answer, Refusal } from "../kernel/errors.ts";
import { gatewayError, providerError } from "../kernel/errors.ts";
import { objectAt, objectsAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Call, ResourceType, ScopeListing } from "../kernel/resource-type.ts";
import type { Resource, Store } from "../kernel/store.ts";
import { blankResource } from "../kernel/store.ts";
import { builtInRoles } from "./built-in-roles.ts";
import type { BuiltInRole } from "./built-in-roles.ts";
import { AUTHORIZATION_API_VERSIONS, guidName, ROLE_ASSIGNMENT_TYPE } from "./role-names.ts";

export const ROLE_DEFINITION_TYPE = "Microsoft.Authorization/roleDefinitions";

/** A role, built in or custom, as its properties are shown. */
export interface RoleDefinition {
  /** Lower-cased GUID. */
  readonly guid: string;
  readonly properties: JsonObject;
}

/** Role definitions (arm.md 13): built-in ones everywhere, custom ones by PUT. */
export const roleDefinitions: ResourceType = {
  type: ROLE_DEFINITION_TYPE,
  apiVersions: [...AUTHORIZATION_API_VERSIONS, "2022-05-01-preview"],
  name: guidName((name) =>
    providerError(400, {
      code: "InvalidRoleDefinitionId",
      message: `The role definition ID '${name}' is not valid. The role definition ID must be a GUID.`,
    }),
  ),
  show: (role) => shown(custom(role), role.id.subscriptionId),
  get,
  put,
  delete: remove,
  extension: { list, ofTenant: true },
};

/** Since when built-in roles are there; the recordings show dates of 2015. */
const BUILT_IN_SINCE = "2015-02-02T21:55:09.8806423Z";

const builtIn: ReadonlyMap<string, RoleDefinition> = new Map(
  builtInRoles.map((role) => [role.guid, { guid: role.guid, properties: builtInProperties(role) }]),
);

function builtInProperties(role: BuiltInRole): JsonObject {
  const { roleName, description, actions, notActions = [], dataActions = [], notDataActions = [] } = role;
  return {
    roleName,
    type: "BuiltInRole",
    description,
    assignableScopes: ["/"],
    permissions: [{ actions, notActions, dataActions, notDataActions }],
    createdOn: BUILT_IN_SINCE,
    updatedOn: BUILT_IN_SINCE,
    createdBy: null,
    updatedBy: null,
  };
}

function custom(role: Resource): RoleDefinition {
  return { guid: nameOf(role.id).toLowerCase(), properties: role.properties };
}

/** The role of a GUID; undefined when there is none. */
export function findRole(store: Store, guid: string): RoleDefinition | undefined {
  const wanted = guid.toLowerCase();
  const found = builtIn.get(wanted);
  if (found) return found;
  const role = storedRole(store, wanted);
  return role && custom(role);
}

function storedRole(store: Store, guid: string): Resource | undefined {
  return store.ofType(ROLE_DEFINITION_TYPE).find((role) => nameOf(role.id).toLowerCase() === guid);
}

/** 404 RoleDefinitionDoesNotExist (arm.md 13); the GUID is printed without dashes. */
export function roleDoesNotExist(guid: string): Refusal {
  return providerError(404, {
    code: "RoleDefinitionDoesNotExist",
    message: `The specified role definition with ID '${guid.replaceAll("-", "")}' does not exist.`,
  });
}

/** The id below a subscription; at the tenant when the subscription is empty. */
export function roleDefinitionId(guid: string, subscriptionId: string): string {
  const prefix = subscriptionId === "" ? "" : `/subscriptions/${subscriptionId}`;
  return `${prefix}/providers/${ROLE_DEFINITION_TYPE}/${guid}`;
}

function shown(role: RoleDefinition, subscriptionId: string): JsonObject {
  return { properties: role.properties, id: roleDefinitionId(role.guid, subscriptionId), type: ROLE_DEFINITION_TYPE, name: role.guid };
}

function get(call: Call): Answer {
  const role = findRole(call.world.store, nameOf(call.id));
  if (!role) throw roleDoesNotExist(nameOf(call.id));
  return { status: 200, body: shown(role, call.id.subscriptionId) };
}

const subscriptionOf = (scope: string): string => /^\/subscriptions\/([^/]+)/i.exec(scope)?.[1] ?? "";

/** All that can be assigned at the scope, on one page (arm.md 16). Names match without regard to case (arm.md 13). */
function list({ world, scope, query }: ScopeListing): Answer {
  const matches = filterOf(query.get("$filter") ?? "");
  const roles = [...builtIn.values(), ...world.store.ofType(ROLE_DEFINITION_TYPE).map(custom)];
  const here = roles.filter((role) => isAssignable(role, scope) && matches(role));
  return { status: 200, body: { value: here.map((role) => shown(role, subscriptionOf(scope))) } };
}

function isAssignable(role: RoleDefinition, scope: string): boolean {
  const scopes = (role.properties["assignableScopes"] ?? []) as readonly string[];
  return scopes.some((assignable) => isWithin(scope, assignable));
}

function filterOf(filter: string): (role: RoleDefinition) => boolean {
  if (filter === "" || /^atScopeAndBelow\(\)$/i.test(filter)) return () => true;
  const [, member, literal = ""] = /^(roleName|type) eq '((?:[^']|'')*)'$/i.exec(filter.trim()) ?? [];
  if (member === undefined) throw gatewayError(400, "InvalidFilter", `The filter '${filter}' is not supported on role definitions.`);
  const wanted = literal.replaceAll("''", "'").toLowerCase();
  const property = member.toLowerCase() === "type" ? "type" : "roleName";
  return (role) => textAt(role.properties, property)?.toLowerCase() === wanted;
}

/** Creates or changes a custom role. It belongs to the subscription, wherever it was put. */
function put(call: Call): Answer {
  const { world, body, caller } = call;
  const guid = nameOf(call.id).toLowerCase();
  if (builtIn.has(guid))
    throw providerError(403, {
      code: "RoleDefinitionIsBuiltIn",
      message: `The role definition '${guid}' is built in and cannot be changed.`,
    });
  const sent = objectAt(body, "properties");
  const roleName = textAt(sent, "roleName");
  const scopes = sent["assignableScopes"];
  if (roleName === undefined || !Array.isArray(scopes) || scopes.length === 0) {
    throw providerError(400, { code: "InvalidRoleDefinition", message: "A role definition needs a roleName and assignableScopes." });
  }
  checkRoleName(world.store, roleName, guid);
  const existing = storedRole(world.store, guid);
  const now = new Date(world.clock.now()).toISOString();
  const stored = world.store.set({
    ...(existing ?? blankResource(ownIdOf(call.id), undefined)),
    properties: {
      roleName,
      type: "CustomRole",
      description: textAt(sent, "description") ?? "",
      assignableScopes: scopes,
      permissions: objectsAt(sent, "permissions").map(permission),
      createdOn: existing?.properties["createdOn"] ?? now,
      updatedOn: now,
      createdBy: existing?.properties["createdBy"] ?? caller.principalId,
      updatedBy: caller.principalId,
    },
  });
  return { status: 201, body: shown(custom(stored), call.id.subscriptionId) };
}

function permission(sent: JsonObject): JsonObject {
  const { actions = [], notActions = [], dataActions = [], notDataActions = [] } = sent;
  return { actions, notActions, dataActions, notDataActions };
}

function ownIdOf(id: ResourceId): ResourceId {
  const scope = id.subscriptionId === "" ? "" : `/subscriptions/${id.subscriptionId}`;
  return { ...id, resourceGroup: undefined, scope };
}

function checkRoleName(store: Store, roleName: string, guid: string): void {
  const roles = [...builtIn.values(), ...store.ofType(ROLE_DEFINITION_TYPE).map(custom)];
  const isTaken = roles.some((role) => role.guid !== guid && textAt(role.properties, "roleName")?.toLowerCase() === roleName.toLowerCase());
  if (!isTaken) return;
  throw providerError(409, {
    code: "RoleDefinitionWithSameNameExists",
    message: `A custom role with the same name already exists in this directory: '${roleName}'.`,
  });
}

/** A custom role can go once nothing is assigned by it. */
function remove(call: Call): Answer {
  const { store } = call.world;
  const guid = nameOf(call.id).toLowerCase();
  const role = storedRole(store, guid);
  if (!role) return { status: 204 };
  if (store.ofType(ROLE_ASSIGNMENT_TYPE).some((one) => (textAt(one.properties, "roleDefinitionId") ?? "").toLowerCase().endsWith(guid))) {
    throw providerError(400, {
      code: "RoleDefinitionHasAssignments",
      message: "There are existing role assignments referencing this role.",
    });
  }
  store.delete(role.id);
  return { status: 200, body: shown(custom(role), call.id.subscriptionId) };
}
