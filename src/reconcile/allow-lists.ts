import { type ArmId, isWithinScope } from "../api/arm-id.ts";
import { sourceOf } from "../api/credential.ts";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { FederationRule, RoleRule } from "../api/policy-rules.ts";
import { matchesWildcard } from "../api/wildcard.ts";
import type { Asked } from "../kinds/kind.ts";
import type { Policy } from "./ports.ts";
import type { Refusal } from "./refusal.ts";

/**
 * Actions by which a role could be used to become or to grant more than it says: writing role assignments (of Cosmos DB, too),
 * role definitions, federated credentials, PIM requests and the rules by which these are approved, assigning identities, elevating
 * access (DESIGN 6); and handing it to classic administrators, to another tenant, or to a blueprint that acts for whoever assigns it.
 * Assigning an identity appears in two forms (arm.md 16).
 */
const DANGEROUS = [
  "Microsoft.Authorization/roleAssignments/write",
  "Microsoft.Authorization/roleDefinitions/write",
  "Microsoft.Authorization/roleAssignmentScheduleRequests/write",
  "Microsoft.Authorization/roleEligibilityScheduleRequests/write",
  "Microsoft.Authorization/roleManagementPolicies/write",
  "Microsoft.Authorization/roleManagementPolicyAssignments/write",
  "Microsoft.Authorization/classicAdministrators/write",
  "Microsoft.Authorization/elevateAccess/action",
  "Microsoft.ManagedServices/registrationDefinitions/write",
  "Microsoft.ManagedServices/registrationAssignments/write",
  "Microsoft.Blueprint/blueprintAssignments/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
  "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
  "Microsoft.ManagedIdentity/userAssignedIdentities/name/assign/action",
  "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments/write",
  "Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions/write",
].map((action) => action.toLowerCase());

/** Why the administrator's allow-lists refuse what a spec asks for; undefined when they allow it. What is not listed is refused. */
export function refusalFor(asked: Asked, namespace: string, policy: Policy): Refusal | undefined {
  switch (asked.is) {
    case "role":
      return roleRefusal(asked, namespace, policy);
    case "federation":
      return federationRefusal(asked, namespace, policy);
  }
}

type RoleAsked = Extract<Asked, { is: "role" }>;

function roleRefusal(asked: RoleAsked, namespace: string, policy: Policy): Refusal | undefined {
  const rules = policy.rules.roles.filter((rule) => isFor(rule, namespace) && isRole(rule, asked));
  const inScope = rules.filter(({ scope }) => isWithinScope(asked.scope, scope));
  const dangerous = dangerousAction(asked.definition);
  if (inScope.some(({ byId }) => byId || dangerous === undefined)) return undefined;
  const what = `role "${asked.name}" at ${asked.scope}`;
  if (inScope.length > 0) {
    return refused(`${what} allows ${dangerous ?? ""}, by which more could be granted: an administrator can allow it by the GUID of its definition in the roles of --policy-file`);
  }
  const where = rules.length > 0 ? "only at other scopes" : "not";
  return refused(`${what} is ${where} allowed for namespace "${namespace}": an administrator can list it in the roles of --policy-file`);
}

function federationRefusal(asked: Extract<Asked, { is: "federation" }>, namespace: string, policy: Policy): Refusal | undefined {
  const isListed = policy.rules.federation.some((rule) => isFor(rule, namespace) && isFederation(rule, { asked, namespace, policy }));
  if (isListed) return undefined;
  const message = `issuer "${asked.issuer}" with subject "${asked.subject}" is not allowed for namespace "${namespace}": an administrator can list it in the federation of --policy-file`;
  return { reason: "SubjectNotAllowed", message };
}

function isFederation(rule: FederationRule, { asked, namespace, policy }: { readonly asked: Extract<Asked, { is: "federation" }>; readonly namespace: string; readonly policy: Policy }): boolean {
  const issuer = rule.issuer === "cluster" ? policy.clusterIssuer : rule.issuer;
  return issuer === asked.issuer && matchesWildcard(asked.subject, rule.subject.replaceAll("{namespace}", namespace));
}

/** Whether a rule is for the objects of a namespace. */
export function isFor({ namespaces }: { readonly namespaces: readonly string[] | undefined }, namespace: string): boolean {
  return namespaces === undefined || namespaces.includes(namespace);
}

function isRole({ role, byId }: RoleRule, { definition, name }: RoleAsked): boolean {
  const wanted = role.toLowerCase();
  return byId ? stringAt(definition, "name")?.toLowerCase() === wanted : name.toLowerCase() === wanted;
}

/** The first dangerous action that a role definition has in effect: of its actions, less its notActions, set by set. */
function dangerousAction(definition: JsonObject): string | undefined {
  const properties = objectAt(definition, "properties");
  const sets = (properties ?? definition)["permissions"];
  // A data role of Cosmos DB has no definition in Azure Resource Manager, and reaches only data.
  if (properties === undefined && sets === undefined) return undefined;
  if (!Array.isArray(sets) || !sets.every(isPermission)) return "actions that cannot be read";
  return DANGEROUS.find((action) => sets.some((set) => listed(set, "actions", action) && !listed(set, "notActions", action)));
}

/** A set of permissions that can be judged: its lists are lists of texts. */
function isPermission(set: unknown): boolean {
  if (!isJsonObject(set)) return false;
  return [set["actions"] ?? [], set["notActions"] ?? []].every((list) => Array.isArray(list) && list.every((pattern) => typeof pattern === "string"));
}

function listed(set: unknown, member: "actions" | "notActions", action: string): boolean {
  const patterns = isJsonObject(set) ? set[member] : undefined;
  return Array.isArray(patterns) && patterns.some((pattern) => typeof pattern === "string" && matchesWildcard(action, pattern.toLowerCase()));
}

function refused(message: string): Refusal {
  return { reason: "RoleNotAllowed", message };
}

/** Whether a credential may be used for an ARM id, be it to read: one that is shared only within its scopes (DESIGN 6). */
export function isInScopes(id: ArmId, credential: string | undefined, policy: Policy): boolean {
  if (credential === undefined) return false;
  return sourceOf(credential) !== "Shared" || policy.sharedScopes.some((scope) => isWithinScope(id, scope));
}
