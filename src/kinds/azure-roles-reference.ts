import { code, table } from "../api/markdown.ts";
import { AZURE_ROLES, type AzureRole, type RoleAction } from "./azure-roles.ts";

const FOLDER = "deploy/azure-roles";

/** `docs/azure-roles.md`, and each role as a file that `az role definition create` takes. */
export function azureRoleFiles(): ReadonlyMap<string, string> {
  const definitions = AZURE_ROLES.map((role) => [`${FOLDER}/${role.file}.json`, `${JSON.stringify(definitionOf(role), undefined, 2)}\n`] as const);
  return new Map([["docs/azure-roles.md", `${sections().join("\n\n")}\n`], ...definitions]);
}

/** A role has at most one name in a tenant, and must say where it can be assigned: whoever creates it puts their own scope there. */
function definitionOf({ file, title, actions }: AzureRole): object {
  return {
    Name: `azure-identity-operator ${file}`,
    IsCustom: true,
    Description: `What azure-identity-operator needs for ${title.replaceAll("`", "")}`,
    Actions: [...new Set(actions.map(({ action }) => action))],
    NotActions: [],
    AssignableScopes: ["/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example"],
  };
}

function sections(): readonly string[] {
  return [
    '<!-- Generated from src/kinds by "npm run generate"; changes made here are lost. -->',
    "# Roles for the operator in Azure",
    `The smallest role for each thing that the operator does. Assign those that you use, in the resource groups that ${code("--shared-credential-scopes")} names. Each is also a file in ${code(FOLDER)}, for ${code("az role definition create --role-definition @FILE")} after its ${code("AssignableScopes")} are yours. What is marked is needed only for what stands beside it, and can be taken out.`,
    "`assign/action` counts on the identity: assign that role where the identities are, when they are not in the group of the host.",
    table(["For", "File", "Actions"], AZURE_ROLES.map(({ title, file, actions }) => [title, code(file), actions.map(actionText).join("<br>")])),
    "How to let the operator grant only certain roles, by a condition, is in [security.md](security.md).",
  ];
}

function actionText({ action, onlyFor }: RoleAction): string {
  return onlyFor === undefined ? code(action) : `${code(action)} (${onlyFor})`;
}
