import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { roleAssignmentSpec } from "../../src/api/role-assignment.ts";
import { cosmosRoleAssignment } from "../../src/kinds/cosmos-role-assignment.ts";
import type { Surroundings } from "../../src/kinds/kind.ts";
import { roleAssignment } from "../../src/kinds/role-assignment.ts";
import { surroundings } from "../reconcile/never.ts";
import { resourceShapeOf } from "./objects.ts";

const GROUP = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example";
const ACCOUNT = `${GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/reports`;
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const principal = { id: "cccccccc-dddd-eeee-3333-444444444444" };
const have: JsonObject = { properties: { principalId: principal.id, roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${READER}`, scope: GROUP } };
const knowingReader = surroundings({ role: () => ({ is: "found", body: { name: READER, properties: { roleName: "Reader" } } }) });

interface Row {
  readonly name: string;
  readonly spec: JsonObject;
  readonly around: Surroundings;
  readonly want: string | undefined;
}

const shape = resourceShapeOf(roleAssignment);
const atGroup = { principal, scope: { armId: GROUP } };
const atCosmos = { principal, scope: { cosmosDB: { accountArmId: ACCOUNT } } };

const rows: readonly Row[] = [
  { name: "as Azure spells it", spec: { ...atGroup, roleDefinitionName: "reader" }, around: knowingReader, want: "Reader" },
  { name: "also where the spec names it by id", spec: { ...atGroup, roleDefinitionId: READER }, around: knowingReader, want: "Reader" },
  { name: "not before it was looked up", spec: { ...atGroup, roleDefinitionName: "reader" }, around: surroundings(), want: undefined },
];

describe("the status of a role assignment", () => {
  test.each(rows)("names the role $name", ({ spec, around, want }) => {
    const shown = shape.observed(have, roleAssignmentSpec.parse(spec), around);
    expect(shown).toEqual({ principalId: principal.id, roleDefinitionId: expect.stringContaining(READER), scope: GROUP, roleName: want });
  });

  test.each([
    { name: "by name", spec: { ...atCosmos, roleDefinitionName: "cosmos db built-in data reader" } },
    { name: "by id", spec: { ...atCosmos, roleDefinitionId: "00000000-0000-0000-0000-000000000001" } },
  ])("names a data role of Cosmos DB as Azure spells it, given $name", ({ spec }) => {
    const shown = cosmosRoleAssignment.observed({ properties: {} }, roleAssignmentSpec.parse(spec), surroundings());
    expect(shown).toMatchObject({ roleName: "Cosmos DB Built-in Data Reader" });
  });

  test("shows what Azure has where the spec cannot be understood", () => {
    expect(shape.observed(have, undefined, surroundings())).toMatchObject({ principalId: principal.id, scope: GROUP });
  });
});
