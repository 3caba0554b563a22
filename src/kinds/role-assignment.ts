import { armIdKey, armIdParts, armIdType, childId, extensionId } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { ROLE_ASSIGNMENT } from "../api/resources.ts";
import { type RoleAssignmentSpec, roleAssignmentSpec } from "../api/role-assignment.ts";
import { cosmosRoleAssignment, COSMOS_ASSIGNMENTS } from "./cosmos-role-assignment.ts";
import { adviceParts, grantAdvice } from "./grant-advice.ts";
import { type Granting, grantingOf, grantName, grantReferences, lookupOf, principalOf, roleGuid, roleNameOf, roleOf, scopeOf } from "./grant.ts";
import type { Asked, Difference, Kind, Located, Making, ResourceShape, Surroundings } from "./kind.ts";
import { parseSpec } from "./parse.ts";

type Spec = RoleAssignmentSpec;

const COLLECTION = "providers/Microsoft.Authorization/roleAssignments";

/** Role assignments of Azure: ours by their name, which is derived from what they grant (arm.md 13). */
const shape: ResourceShape<Spec> = {
  is: "resource",
  apiVersion: "2022-04-01",
  proof: "name",
  moves: true,
  answersFinally: true,
  // At a subscription the list has all below it (arm.md 15).
  listed: { of: "scope" },
  variant: (target) => (armIdType(target) === COSMOS_ASSIGNMENTS ? cosmosRoleAssignment : shape),
  isNamedOurs: (target, have, installationId) => {
    const grant = grantOfBody(have);
    const name = grantName(installationId, { principalId: grant.principalId, role: grant.role, scope: grant.scope });
    return armIdParts(target).names.at(-1)?.toLowerCase() === name;
  },
  collection: (_target, spec, { surroundings }) => {
    const granting = grantingOf(spec, surroundings);
    if (granting === undefined) return undefined;
    return { parent: granting.scope.id, path: COLLECTION, filter: `principalId eq '${granting.principalId}'`, maxAgeSeconds: 0 };
  },
  tagKeys: () => [],
  parts: adviceParts,
  advice: grantAdvice,
  desired: bodyOf,
  differences,
  steps: (spec, have, making) => [{ method: "PUT", path: "", body: merged(bodyOf(spec, making), have), disruption: "None", effect: "disturbs nothing" }],
  // What it is described as grants nothing.
  equal: (spec, siblings, making) => siblings.find((sibling) => differences(spec, sibling, making).every(({ path }) => path === "properties.description")),
  obstacle,
  record: (spec, { surroundings }) => ({ principalId: grantingOf(spec, surroundings)?.principalId ?? "" }),
  observed: (have, spec, surroundings) => {
    const { principalId, roleDefinitionId, scope } = objectAt(have, "properties") ?? {};
    return { principalId, roleDefinitionId, scope, roleName: roleNameOf(spec, surroundings) };
  },
};

/** What an identity may do at a scope (arm.md 13; Cosmos DB data roles: arm.md 11). */
export const roleAssignment: Kind<Spec> = {
  type: ROLE_ASSIGNMENT,
  // One operation at a time runs on a Cosmos DB account (arm.md 11).
  serialisedByParent: [COSMOS_ASSIGNMENTS],
  parse: (object) => parseSpec(roleAssignmentSpec, object),
  references: grantReferences,
  target,
  asks,
  carrying: { order: 3, carries: ({ status }, { principalId }) => stringAt(status, "principalId")?.toLowerCase() === (principalId ?? ""), narrows },
  shape,
};

/** A condition takes from what a role grants, and another one may take more. */
function narrows({ condition }: Spec, have: JsonObject): boolean {
  return condition !== undefined && condition !== stringAt(objectAt(have, "properties"), "condition");
}

function target(spec: Spec, _name: string, surroundings: Surroundings): Located {
  const scope = scopeOf(spec, surroundings);
  if (!scope.ok) return scope;
  const principal = principalOf(spec, surroundings);
  if (!principal.ok) return principal;
  const held = surroundings.holds?.principalId?.toLowerCase();
  if (surroundings.isSettled && held !== undefined && held !== principal.principalId && !principal.isOurs) {
    const message = `the principal behind spec.principal was replaced, and its resource is not managed by this operator: look at it, then change this object, or delete it and create it again`;
    return { ok: false, reason: "PrincipalReplaced", message };
  }
  const role = roleOf(spec, scope, surroundings);
  if (!role.ok) return role;
  const name = grantName(surroundings.installationId, { principalId: principal.principalId, role: role.guid, scope: scope.text });
  if (scope.isCosmos) return { ok: true, target: childId(scope.id, "sqlRoleAssignments", name) };
  const id = extensionId(scope.id, { provider: "Microsoft.Authorization", type: "roleAssignments", name });
  return { ok: true, target: id, lookup: lookupOf(spec, scope) };
}

function asks(spec: Spec, surroundings: Surroundings): readonly Asked[] {
  const granting = grantingOf(spec, surroundings);
  if (granting === undefined) return [];
  return [{ is: "role", scope: granting.scope.id, definition: granting.definition, name: granting.roleName }];
}

/** Without principalType a principal that was just made is refused (arm.md 13). */
function bodyOf(spec: Spec, { surroundings }: Making): JsonObject {
  const granting = grantingOf(spec, surroundings);
  const { description, condition, conditionVersion = "2.0", principalType } = spec;
  return {
    properties: {
      roleDefinitionId: granting === undefined ? "" : definitionIdOf(granting),
      principalId: granting?.principalId ?? "",
      principalType,
      ...(description === undefined ? {} : { description }),
      ...(condition === undefined ? {} : { condition, conditionVersion }),
    },
  };
}

function definitionIdOf({ scope, roleGuid: guid }: Granting): string {
  return `/subscriptions/${armIdParts(scope.id).subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
}

/** A PUT replaces the whole: what no spec can speak of stays. */
function merged(body: JsonObject, have: JsonObject): JsonObject {
  const { delegatedManagedIdentityResourceId = null } = objectAt(have, "properties") ?? {};
  const kept = delegatedManagedIdentityResourceId === null ? {} : { delegatedManagedIdentityResourceId };
  return { properties: { ...kept, ...objectAt(body, "properties") } };
}

const FIXED = ["properties.principalId", "properties.roleDefinitionId", "properties.scope"];

/** A condition that nobody declared is a difference, too: with it the role grants less than the spec says. */
function differences(spec: Spec, have: JsonObject, { surroundings }: Making): readonly Difference[] {
  const granting = grantingOf(spec, surroundings);
  if (granting === undefined) return [];
  const has = grantOfBody(have);
  const properties = objectAt(have, "properties");
  const text = (field: "description" | "condition") => ({ path: `properties.${field}`, want: spec[field] ?? "(absent)", have: stringAt(properties, field) ?? "(absent)" });
  const all = [
    { path: "properties.principalId", want: granting.principalId, have: has.principalId },
    { path: "properties.roleDefinitionId", want: granting.roleGuid, have: has.role },
    { path: "properties.scope", want: armIdKey(granting.scope.id), have: has.scope },
    text("description"),
    text("condition"),
  ];
  return all.filter(({ want, have: had }) => want !== had).map((each) => ({ ...each, mutable: !FIXED.includes(each.path) }));
}

/** Azure takes one assignment of a role to a principal at a scope, whatever its condition (arm.md 13). */
function obstacle(spec: Spec, siblings: readonly JsonObject[], making: Making): ReturnType<NonNullable<ResourceShape<Spec>["obstacle"]>> {
  const other = siblings.find((sibling) => differences(spec, sibling, making).every(({ path }) => !FIXED.includes(path)));
  if (other === undefined) return undefined;
  const message = `role assignment ${stringAt(other, "name") ?? ""} of somebody else grants the same role to the same principal at this scope, under another condition, and Azure takes one only: delete it, or declare its condition`;
  return { reason: "AlreadyExists", message };
}

interface GrantOfBody {
  readonly principalId: string;
  readonly role: string;
  readonly scope: string;
}

function grantOfBody(have: JsonObject): GrantOfBody {
  const properties = objectAt(have, "properties");
  const text = (field: string) => stringAt(properties, field)?.toLowerCase() ?? "";
  return { principalId: text("principalId"), role: roleGuid(text("roleDefinitionId")), scope: text("scope").replace(/\/$/, "") };
}
