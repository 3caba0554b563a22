/** What a principal may do in Azure, as far as a story takes it away. */
export type Right = "reading" | "sites" | "machines" | "accounts" | "identities" | "assigning" | "grants";

const ACTIONS: Readonly<Record<Right, readonly string[]>> = {
  reading: ["*/read"],
  sites: ["Microsoft.Web/sites/write", "Microsoft.Web/sites/delete", "Microsoft.Web/sites/config/*"],
  machines: ["Microsoft.Compute/*/write"],
  accounts: ["Microsoft.DocumentDB/databaseAccounts/write", "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments/*"],
  identities: ["Microsoft.ManagedIdentity/userAssignedIdentities/write", "Microsoft.ManagedIdentity/userAssignedIdentities/delete", "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/*"],
  assigning: ["Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action"],
  grants: ["Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/delete"],
};

/** Every right of which a story can take one away. */
export const RIGHTS = Object.keys(ACTIONS) as readonly Right[];

/** What a role holds that has every right but some. */
export function rightsWithout(lacking: ReadonlySet<Right>): readonly string[] {
  if (lacking.size === 0) return ["*"];
  return RIGHTS.filter((right) => !lacking.has(right)).flatMap((right) => ACTIONS[right]);
}
