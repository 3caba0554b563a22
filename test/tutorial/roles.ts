import type { Azure } from "../azure/azure.ts";
import { builtInRoles } from "../azure/providers/built-in-roles.ts";
import { GROUP, SUBSCRIPTION } from "../e2e/stage.ts";

/** The built-in roles that the README asks for, by which the operator does everything of the tutorial. */
export const OPERATOR_ROLES = [
  "Managed Identity Contributor",
  "Managed Identity Operator",
  "Azure Container Instances Contributor Role",
  "Web Plan Contributor",
  "Website Contributor",
  "DocumentDB Account Contributor",
  "Role Based Access Control Administrator",
] as const;

/** The tutorial's host for which no built-in role but Contributor is. */
export const SPRING_ACTIONS = ["Microsoft.AppPlatform/Spring/apps/*"];

/** The resource group of the tutorial. */
export const SCOPE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}`;

/** Grants {@link OPERATOR_ROLES} in the resource group, as an administrator would. */
export function grantRoles({ portal }: Azure, principalId: string): void {
  for (const [index, name] of OPERATOR_ROLES.entries()) {
    const role = builtInRoles.find(({ roleName }) => roleName === name);
    const roleDefinitionId = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${role?.guid ?? name}`;
    const id = `${SCOPE}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-00000000000${index}`;
    portal.put(id, { properties: { principalId, principalType: "ServicePrincipal", roleDefinitionId } });
  }
}
