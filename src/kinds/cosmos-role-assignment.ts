import { armIdKey, parentOf } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { RoleAssignmentSpec } from "../api/role-assignment.ts";
import { grantingOf, roleGuid, roleNameOf } from "./grant.ts";
import type { Difference, Making, ResourceShape } from "./kind.ts";

type Spec = RoleAssignmentSpec;

/** The ARM type of data-plane role assignments of Cosmos DB, in lower case. */
export const COSMOS_ASSIGNMENTS = "microsoft.documentdb/databaseaccounts/sqlroleassignments";

/**
 * Role assignments of a Cosmos DB account's data plane (arm.md 11). Their principal and scope cannot change, and nothing in them
 * can carry a mark: what is held is ours.
 */
export const cosmosRoleAssignment: ResourceShape<Spec> = {
  is: "resource",
  apiVersion: "2024-08-15",
  proof: "record",
  moves: true,
  answersFinally: false,
  listed: { of: "parent", everySeconds: 1800 },
  collection: (target) => ({ parent: parentOf(target) ?? target, path: "sqlRoleAssignments", maxAgeSeconds: 0 }),
  tagKeys: () => [],
  desired: bodyOf,
  differences,
  steps: (spec, _have, making) => [{ method: "PUT", path: "", body: bodyOf(spec, making), disruption: "None", effect: "disturbs nothing" }],
  content: (body) => {
    const properties = objectAt(body, "properties");
    const text = (field: string) => stringAt(properties, field)?.toLowerCase() ?? "";
    return JSON.stringify([text("principalId"), roleGuid(text("roleDefinitionId")), scopeKey(text("scope"))]);
  },
  equal: (spec, siblings, making) => siblings.find((sibling) => differences(spec, sibling, making).length === 0),
  record: (spec, { surroundings }) => ({ principalId: grantingOf(spec, surroundings)?.principalId ?? "" }),
  observed: (have, spec, surroundings) => {
    const { principalId, roleDefinitionId, scope } = objectAt(have, "properties") ?? {};
    return { principalId, roleDefinitionId, scope, roleName: roleNameOf(spec, surroundings) };
  },
};

function bodyOf(spec: Spec, { surroundings }: Making): JsonObject {
  const granting = grantingOf(spec, surroundings);
  if (granting === undefined) return { properties: {} };
  const { scope, principalId } = granting;
  return { properties: { roleDefinitionId: `${scope.id}/sqlRoleDefinitions/${granting.roleGuid}`, principalId, scope: scope.text } };
}

function differences(spec: Spec, have: JsonObject, { surroundings }: Making): readonly Difference[] {
  const granting = grantingOf(spec, surroundings);
  if (granting === undefined) return [];
  const properties = objectAt(have, "properties");
  const text = (field: string) => stringAt(properties, field)?.toLowerCase() ?? "";
  return [
    { path: "properties.principalId", want: granting.principalId, have: text("principalId"), mutable: false },
    { path: "properties.roleDefinitionId", want: granting.roleGuid, have: roleGuid(text("roleDefinitionId")), mutable: true },
    { path: "properties.scope", want: scopeKey(granting.scope.text), have: scopeKey(text("scope")), mutable: false },
  ].filter((each) => each.want !== each.have);
}

function scopeKey(scope: string): string {
  return armIdKey(scope.replace(/\/$/, "") as Parameters<typeof armIdKey>[0]);
}
