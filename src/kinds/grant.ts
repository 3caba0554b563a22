import { createHash } from "node:crypto";
import { type ArmId, groupScope, parseArmId, parseScope, subscriptionScope } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { APP_SERVICE_PLAN, CONTAINER_GROUP, IDENTITY_ASSIGNMENT, USER_ASSIGNED_IDENTITY, WEB_APP } from "../api/resources.ts";
import type { RoleAssignmentSpec } from "../api/role-assignment.ts";
import type { Surroundings, Unlocated } from "./kind.ts";
import { unset } from "./located.ts";
import type { Reference } from "./reference.ts";
import { referentOf } from "./referent.ts";

/** Where a grant is made; `path` is below a Cosmos DB account. */
export interface GrantScope {
  readonly ok: true;
  readonly id: ArmId;
  /** Whether the role is one of a Cosmos DB account's data plane (arm.md 11). */
  readonly isCosmos: boolean;
  /** The scope as Azure spells it in the assignment. */
  readonly text: string;
}

/** References of a spec to objects of ours: they tell scope and principal. An identity is kept while its grants are declared. */
export function grantReferences({ scope, principal }: RoleAssignmentSpec, namespace: string): readonly Reference[] {
  return [...refs(scope, "spec.scope", namespace), ...refs(principal, "spec.principal", namespace)];
}

/** The scope of a spec; or what it waits for. */
export function scopeOf({ scope, subscriptionId }: RoleAssignmentSpec, surroundings: Surroundings): GrantScope | Unlocated {
  const [reference] = refs(scope, "spec.scope", surroundings.namespace);
  if (reference !== undefined) {
    const referent = referentOf(reference, surroundings);
    return referent.ok ? found(referent.id) : referent;
  }
  if (scope.cosmosDB !== undefined) return cosmosScope(scope.cosmosDB.accountArmId, scope.cosmosDB.path);
  if (scope.subscriptionId !== undefined) return found(subscriptionScope(scope.subscriptionId));
  if (scope.resourceGroup !== undefined) {
    const subscription = subscriptionId ?? surroundings.defaults.subscriptionId;
    return subscription === undefined ? unset("subscriptionId", "subscription-id") : found(groupScope(subscription, scope.resourceGroup));
  }
  const parsed = parseScope(scope.armId ?? "");
  return parsed.ok ? found(parsed.id) : { ok: false, message: `spec.scope.armId: ${parsed.error}` };
}

/** To whom a grant is made. `isOurs` when the resource behind the principal is one that this operator holds. */
export interface GrantPrincipal {
  readonly ok: true;
  readonly principalId: string;
  readonly isOurs: boolean;
}

/** The principal of a spec; or what it waits for. */
export function principalOf({ principal }: RoleAssignmentSpec, surroundings: Surroundings): GrantPrincipal | Unlocated {
  if (principal.id !== undefined) return { ok: true, principalId: principal.id.toLowerCase(), isOurs: true };
  const [reference] = refs(principal, "spec.principal", surroundings.namespace);
  if (reference === undefined) return { ok: false, message: "spec.principal: set exactly one of its members" };
  const referent = referentOf(reference, surroundings);
  if (!referent.ok) return referent;
  const { status, spec } = referent.object;
  const principalId = stringAt(reference.kind === USER_ASSIGNED_IDENTITY.kind ? status : objectAt(status, "identity"), "principalId");
  if (principalId === undefined) {
    const message = `${reference.path}: ${reference.kind} ${reference.namespace}/${reference.name} shows no principal: switch its system-assigned identity on`;
    return { ok: false, reason: "RefNotReady", message, waits: true };
  }
  // Who assigns identities to a host need not have switched on the host's own.
  const held = reference.kind === IDENTITY_ASSIGNMENT.kind ? objectAt(objectAt(status, "holds"), "systemAssigned") : objectAt(status, "holds");
  return { ok: true, principalId: principalId.toLowerCase(), isOurs: held !== undefined && stringAt(spec, "managementPolicy") !== "ObserveOnly" };
}

/**
 * The name of a role assignment: a GUID derived from who grants what to whom and where, so that a crash never doubles it, and a
 * principal that was made again gets another one (arm.md 13).
 */
export function grantName(installationId: string, parts: { readonly principalId: string; readonly role: string; readonly scope: string }): string {
  const text = [installationId, parts.principalId, parts.role, parts.scope].join("\n").toLowerCase();
  const hex = createHash("sha256").update(text).digest("hex");
  // Version 8 of RFC 9562: a name-based GUID of one's own making.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The GUID at the end of a role definition's id; ids of one role come with different prefixes (arm.md 13). */
export function roleGuid(id: string | undefined): string {
  return (id ?? "").slice((id ?? "").lastIndexOf("/") + 1).toLowerCase();
}

/** Built-in data roles of Cosmos DB (arm.md 11). */
const COSMOS_ROLES = [
  { name: "Cosmos DB Built-in Data Reader", guid: "00000000-0000-0000-0000-000000000001" },
  { name: "Cosmos DB Built-in Data Contributor", guid: "00000000-0000-0000-0000-000000000002" },
] as const;

/** The role definition of a spec: its GUID, its name and what it is; or what it waits for. */
export function roleOf(spec: RoleAssignmentSpec, scope: GrantScope, surroundings: Surroundings): { readonly ok: true; readonly guid: string; readonly name: string; readonly definition: JsonObject } | Unlocated {
  if (scope.isCosmos) return cosmosRole(spec);
  const { roleDefinitionId, roleDefinitionName } = spec;
  const lookup = lookupOf(spec, scope);
  const role = surroundings.role(lookup);
  const what = roleDefinitionName === undefined ? `role definition ${roleGuid(roleDefinitionId)}` : `role "${roleDefinitionName}"`;
  switch (role.is) {
    case "pending":
      return { ok: false, reason: "RefNotReady", message: `${what} is being looked up`, waits: true, lookup };
    case "absent":
      return { ok: false, reason: "RoleNotFound", message: `${what} does not exist at ${scope.id}: correct it`, lookup };
    case "found": {
      const properties = objectAt(role.body, "properties");
      return { ok: true, guid: roleGuid(stringAt(role.body, "name")), name: stringAt(properties, "roleName") ?? "", definition: role.body };
    }
  }
}

/** The lookup of a spec's role. */
export function lookupOf({ roleDefinitionId, roleDefinitionName }: RoleAssignmentSpec, { id }: GrantScope): NonNullable<Unlocated["lookup"]> {
  if (roleDefinitionName !== undefined) return { scope: id, by: { is: "name", name: roleDefinitionName } };
  return { scope: id, by: { is: "id", id: roleGuid(roleDefinitionId) } };
}

function cosmosRole({ roleDefinitionId, roleDefinitionName }: RoleAssignmentSpec): ReturnType<typeof roleOf> {
  const wanted = (roleDefinitionName ?? "").toLowerCase();
  const known = COSMOS_ROLES.find(({ name, guid }) => (roleDefinitionId === undefined ? name.toLowerCase() === wanted : guid === roleGuid(roleDefinitionId)));
  if (known === undefined && roleDefinitionId === undefined) {
    const message = `role "${roleDefinitionName ?? ""}" is no built-in data role of Cosmos DB: use Cosmos DB Built-in Data Reader or Cosmos DB Built-in Data Contributor, or set roleDefinitionId`;
    return { ok: false, reason: "RoleNotFound", message };
  }
  const guid = known?.guid ?? roleGuid(roleDefinitionId);
  return { ok: true, guid, name: known?.name ?? guid, definition: { name: guid } };
}

function cosmosScope(accountArmId: string, path: string | undefined): GrantScope | Unlocated {
  const parsed = parseArmId(accountArmId);
  if (!parsed.ok) return { ok: false, message: `spec.scope.cosmosDB.accountArmId: ${parsed.error}` };
  return { ok: true, id: parsed.id, isCosmos: true, text: `${parsed.id}${path ?? ""}` };
}

function found(id: ArmId): GrantScope {
  return { ok: true, id, isCosmos: false, text: id };
}

type Refs = Readonly<Partial<Record<"identityRef" | "webAppRef" | "containerGroupRef" | "appServicePlanRef" | "assignmentRef", { readonly name: string } | undefined>>>;

const KIND_OF = {
  identityRef: USER_ASSIGNED_IDENTITY.kind,
  webAppRef: WEB_APP.kind,
  containerGroupRef: CONTAINER_GROUP.kind,
  appServicePlanRef: APP_SERVICE_PLAN.kind,
  assignmentRef: IDENTITY_ASSIGNMENT.kind,
} as const;

function refs(fields: Refs, path: string, namespace: string): readonly Reference[] {
  return Object.entries(KIND_OF).flatMap(([field, kind]) => {
    const ref = fields[field as keyof typeof KIND_OF];
    if (ref === undefined) return [];
    return [{ kind, namespace, name: ref.name, path: `${path}.${field}`, protects: field === "identityRef" }];
  });
}

/** Everything that a grant is made of, once all of it resolves. */
export interface Granting {
  readonly scope: GrantScope;
  readonly principalId: string;
  readonly roleGuid: string;
  readonly roleName: string;
  readonly definition: JsonObject;
}

/** The grant of a spec; undefined while any part of it does not resolve. */
export function grantingOf(spec: RoleAssignmentSpec, surroundings: Surroundings): Granting | undefined {
  const scope = scopeOf(spec, surroundings);
  const principal = principalOf(spec, surroundings);
  if (!scope.ok || !principal.ok) return undefined;
  const role = roleOf(spec, scope, surroundings);
  if (!role.ok) return undefined;
  return { scope, principalId: principal.principalId, roleGuid: role.guid, roleName: role.name, definition: role.definition };
}

/** The name of a spec's role as Azure spells it; undefined while it does not resolve. */
export function roleNameOf(spec: RoleAssignmentSpec | undefined, surroundings: Surroundings): string | undefined {
  if (spec === undefined) return undefined;
  const scope = scopeOf(spec, surroundings);
  const role = scope.ok ? roleOf(spec, scope, surroundings) : undefined;
  return role?.ok === true ? role.name : undefined;
}
