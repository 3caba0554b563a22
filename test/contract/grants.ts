import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { below } from "./places.ts";
import type { Stage } from "./stage.ts";

/** Built-in roles by their names. */
export const ROLES = {
  reader: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
  contributor: "b24988ac-6180-42a0-ab88-20f7382dd24c",
  blobReader: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
} as const;

/** The full id of a role's definition. */
export function roleId({ bench }: Stage, guid: string): string {
  return `${bench.subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
}

/** Role assignments of a principal. */
export function grantsOf({ bench }: Stage, principalId: string): readonly JsonObject[] {
  return bench.azure.portal.list("Microsoft.Authorization/roleAssignments").filter((each) => stringAt(objectAt(each, "properties"), "principalId") === principalId.toLowerCase());
}

/** Makes a role assignment at the resource group as somebody else would; returns its id. */
export function strangersGrant(stage: Stage, principalId: string, more: JsonObject = {}): string {
  const id = below(stage, `Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`);
  stage.bench.azure.portal.put(id, { properties: { principalId, principalType: "ServicePrincipal", roleDefinitionId: roleId(stage, ROLES.reader), ...more } });
  return id;
}

/** A principal that nobody else of the suite has; the simulator's directory need not know it. */
export function somePrincipal(): string {
  return crypto.randomUUID();
}
