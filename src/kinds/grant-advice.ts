import { type ArmId, armIdParts, armIdType, parentOf } from "../api/arm-id.ts";
import { type JsonObject, objectAt } from "../api/json.ts";
import type { RoleAssignmentSpec } from "../api/role-assignment.ts";
import { grantReferences, scopeOf } from "./grant.ts";
import { type Part, PARTS, type Surroundings } from "./kind.ts";
import { idOfReferent } from "./referent.ts";

const VAULT = "vault";

/** What a grant at a key vault is looked up beside: the vault says whether it listens to role assignments at all. */
export function adviceParts(spec: RoleAssignmentSpec, surroundings: Surroundings): readonly Part[] {
  const vault = vaultOf(spec, surroundings);
  return vault === undefined ? [] : [{ name: VAULT, path: "", elsewhere: { id: vault, apiVersion: "2024-11-01" } }];
}

/**
 * What a person must still do although the grant is there: users of an Azure SQL database are made in the database
 * (learn.microsoft.com/azure/azure-sql/database/authentication-aad-configure), and a key vault in access-policy mode ignores roles
 * for its data (learn.microsoft.com/azure/key-vault/general/rbac-guide).
 */
export function grantAdvice(spec: RoleAssignmentSpec, have: JsonObject, surroundings: Surroundings): string | undefined {
  const scope = scopeOf(spec, surroundings);
  if (!scope.ok) return undefined;
  if (armIdType(scope.id).startsWith("microsoft.sql/servers")) return sqlAdvice(spec, surroundings);
  const vault = objectAt(objectAt(have, PARTS), VAULT);
  if (vault === undefined || objectAt(vault, "properties")?.["enableRbacAuthorization"] === true) return undefined;
  return "the vault is in access-policy mode and ignores roles for its data: set enableRbacAuthorization on it, or add an access policy for the principal";
}

function sqlAdvice(spec: RoleAssignmentSpec, surroundings: Surroundings): string {
  const user = `[${principalName(spec, surroundings).replaceAll("]", "]]")}]`;
  return (
    "a role of Azure lets nobody read or write data of Azure SQL: as an Entra administrator run in the database " +
    `CREATE USER ${user} FROM EXTERNAL PROVIDER; ALTER ROLE db_datareader ADD MEMBER ${user}; and db_datawriter where it must write`
  );
}

/** Azure SQL knows a managed identity by its name: that of the identity, or of the host whose own it is. */
function principalName(spec: RoleAssignmentSpec, surroundings: Surroundings): string {
  const [reference] = grantReferences(spec, surroundings.namespace).filter(({ path }) => path.startsWith("spec.principal"));
  const id = reference === undefined ? undefined : idOfReferent(reference, surroundings);
  return id === undefined ? `the name of principal ${spec.principal.id ?? ""}` : armIdParts(id).names.join("/slots/");
}

/** A role can be given for one secret of a vault, too: /…/vaults/v/secrets/s. */
function vaultOf(spec: RoleAssignmentSpec, surroundings: Surroundings): ArmId | undefined {
  const scope = scopeOf(spec, surroundings);
  let at: ArmId | undefined = scope.ok ? scope.id : undefined;
  while (at !== undefined && armIdType(at) !== "microsoft.keyvault/vaults") at = parentOf(at);
  return at;
}
