import { describe, expect, test } from "vitest";
import { type ArmId, parseScope } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { FederationRule, RoleRule } from "../../src/api/policy-rules.ts";
import { refusalFor } from "../../src/reconcile/allow-lists.ts";
import { POLICY } from "./hosts.ts";

const SUBSCRIPTION = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const GROUP = `${SUBSCRIPTION}/resourceGroups/msdocs-identity-example`;
const GUID = "aaaaaaaa-0000-4000-8000-000000000001";

function scopeOf(text: string): ArmId {
  const parsed = parseScope(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.id;
}

interface Set {
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
}

function definition(...permissions: readonly Set[]): JsonObject {
  return { name: GUID, properties: { roleName: "Shop reader", permissions: permissions.map((set) => ({ ...set })) } };
}

const rule = (more: Partial<RoleRule> = {}): RoleRule => ({ role: "shop READER", byId: false, scope: SUBSCRIPTION, namespaces: undefined, ...more });
const byId = rule({ role: GUID.toUpperCase(), byId: true });

function askedFor(role: JsonObject, rules: readonly RoleRule[], scope = GROUP): string {
  const asked = { is: "role", scope: scopeOf(scope), definition: role, name: "Shop reader" } as const;
  return refusalFor(asked, "shop", { ...POLICY, rules: { roles: rules, federation: [] } })?.message ?? "allowed";
}

const harmless = definition({ actions: ["*/read"], dataActions: ["*"] });
const notListed = 'role "Shop reader" at %s is not allowed for namespace "shop": an administrator can list it in the roles of --policy-file';

describe("whether a role may be granted", () => {
  const rows: readonly { readonly name: string; readonly rules: readonly RoleRule[]; readonly scope?: string; readonly want: string }[] = [
    { name: "an empty list allows nothing", rules: [], want: notListed.replace("%s", GROUP) },
    { name: "by its name, in any case, below the scope of the rule", rules: [rule()], want: "allowed" },
    { name: "by its GUID, in any case", rules: [byId], want: "allowed" },
    { name: "another role is not", rules: [rule({ role: "Reader" })], want: notListed.replace("%s", GROUP) },
    { name: "at the scope of the rule itself", rules: [rule({ scope: GROUP.toUpperCase() })], want: "allowed" },
    { name: "not above the scope of the rule", rules: [rule({ scope: GROUP })], scope: SUBSCRIPTION, want: `role "Shop reader" at ${SUBSCRIPTION} is only at other scopes allowed for namespace "shop": an administrator can list it in the roles of --policy-file` },
    { name: "not in a group whose name begins alike", rules: [rule({ scope: GROUP })], scope: `${GROUP}-other`, want: `role "Shop reader" at ${GROUP}-other is only at other scopes allowed for namespace "shop": an administrator can list it in the roles of --policy-file` },
    { name: "for the namespaces of the rule", rules: [rule({ namespaces: ["a", "shop"] })], want: "allowed" },
    { name: "and no others", rules: [rule({ namespaces: ["a", "shop-2"] })], want: notListed.replace("%s", GROUP) },
  ];

  test.each(rows)("$name", ({ rules, scope, want }) => {
    expect(askedFor(harmless, rules, scope)).toBe(want);
  });
});

describe("a role by which more could be granted is allowed by its GUID only, when it holds", () => {
  const AUTHORIZATION = "Microsoft.Authorization";
  const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";
  const dangerous: readonly (readonly [string, readonly Set[]])[] = [
    ["everything", [{ actions: ["*"] }]],
    ["role assignments, in any case", [{ actions: ["microsoft.authorization/ROLEASSIGNMENTS/write"] }]],
    ["role assignments by a wildcard in the middle", [{ actions: [`${AUTHORIZATION}/*/write`] }]],
    ["role definitions", [{ actions: [`${AUTHORIZATION}/roleDefinitions/*`] }]],
    ["requests of privileged identity management", [{ actions: [`${AUTHORIZATION}/roleEligibilityScheduleRequests/write`] }]],
    ["elevation", [{ actions: [`${AUTHORIZATION}/elevateAccess/Action`] }]],
    ["federated credentials", [{ actions: [`${IDENTITIES}/federatedIdentityCredentials/write`] }]],
    ["federated credentials, as every action of identities", [{ actions: [`${IDENTITIES}/*`] }]],
    ["assigning of any identity, as it is documented", [{ actions: [`${IDENTITIES}/*/assign/action`] }]],
    ["assigning of any identity, as errors name it", [{ actions: [`${IDENTITIES}/assign/action`] }]],
    ["assigning of any identity, as every action", [{ actions: ["Microsoft.ManagedIdentity/*/action"] }]],
    ["settings of privileged identity management", [{ actions: [`${AUTHORIZATION}/roleManagementPolicies/*`] }]],
    ["classic administrators", [{ actions: [`${AUTHORIZATION}/classicAdministrators/write`] }]],
    ["delegation to another tenant", [{ actions: ["Microsoft.ManagedServices/registrationAssignments/write"] }]],
    ["blueprints, which act for who assigns them", [{ actions: ["Microsoft.Blueprint/*"] }]],
    ["what only notDataActions take out", [{ actions: ["*"], notActions: [], notDataActions: ["*"] }]],
    ["what notActions spell by another wildcard that does not reach it", [{ actions: [`${AUTHORIZATION}/*`], notActions: [`${AUTHORIZATION}/roleAssignments/*/write`, `${AUTHORIZATION}/roleAssignment/write`] }]],
    ["data roles of Cosmos DB", [{ actions: ["Microsoft.DocumentDB/databaseAccounts/*"] }]],
    ["what notActions take out of one set, in another", [{ actions: ["*"], notActions: ["*"] }, { actions: [`${AUTHORIZATION}/*`] }]],
    ["one form of assigning, when notActions take out the other", [{ actions: ["Microsoft.ManagedIdentity/*"], notActions: [`${IDENTITIES}/assign/action`, `${IDENTITIES}/federatedIdentityCredentials/*`] }]],
  ];

  test.each(dangerous)("%s", (_what, permissions) => {
    const role = definition(...permissions);
    expect(askedFor(role, [rule()])).toMatch(/^role "Shop reader" at .* allows microsoft\.\S+, by which more could be granted: an administrator can allow it by the GUID of its definition/);
    expect(askedFor(role, [byId])).toBe("allowed");
    expect(askedFor(role, [rule(), byId])).toBe("allowed");
  });

  const harmlessOnes: readonly (readonly [string, readonly Set[]])[] = [
    ["reads of everything", [{ actions: ["*/read"] }]],
    ["everything but what notActions take out", [{ actions: ["*"], notActions: [`${AUTHORIZATION}/*`, "Microsoft.ManagedIdentity/*", "Microsoft.DocumentDB/*", "Microsoft.ManagedServices/*", "Microsoft.Blueprint/*"] }]],
    ["deletion of role assignments", [{ actions: [`${AUTHORIZATION}/roleAssignments/delete`] }]],
    ["writing of identities themselves", [{ actions: [`${IDENTITIES}/write`] }]],
    ["data actions of any name", [{ dataActions: ["*"] }]],
    ["a dangerous action among data actions only, which reach no resource manager", [{ dataActions: [`${AUTHORIZATION}/roleAssignments/write`] }]],
    ["no actions at all", [{}]],
    ["an action that only begins alike", [{ actions: [`${AUTHORIZATION}/roleAssignments/writeX`] }]],
  ];

  test.each(harmlessOnes)("not: %s", (_what, permissions) => {
    expect(askedFor(definition(...permissions), [rule()])).toBe("allowed");
  });
});

describe("whether a subject may be federated", () => {
  const CLUSTER = "https://issuer.example.com/cluster";
  const policy = { ...POLICY, clusterIssuer: CLUSTER };
  const federation = (more: Partial<FederationRule> = {}): FederationRule => ({ issuer: "cluster", subject: "system:serviceaccount:{namespace}:*", namespaces: undefined, ...more });
  const rows: readonly { readonly name: string; readonly rules: readonly FederationRule[]; readonly issuer?: string; readonly subject?: string; readonly want: boolean }[] = [
    { name: "an empty list allows nobody", rules: [], want: false },
    { name: "a ServiceAccount of the object's namespace", rules: [federation()], want: true },
    { name: "not of another namespace", rules: [federation()], subject: "system:serviceaccount:kube-system:app", want: false },
    { name: "not of a namespace whose name begins alike", rules: [federation()], subject: "system:serviceaccount:shop-2:app", want: false },
    { name: "not by an issuer that differs in a slash", rules: [federation()], issuer: `${CLUSTER}/`, want: false },
    { name: "nor in case", rules: [federation()], issuer: CLUSTER.toUpperCase(), want: false },
    { name: "by the issuer's own name", rules: [federation({ issuer: CLUSTER })], want: true },
    { name: "the subject in its case only", rules: [federation({ subject: "system:serviceaccount:shop:App" })], want: false },
    { name: "for the namespaces of the rule only", rules: [federation({ namespaces: ["a"] })], want: false },
  ];

  test.each(rows)("$name: $want", ({ rules, issuer = CLUSTER, subject = "system:serviceaccount:shop:app", want }) => {
    const refusal = refusalFor({ is: "federation", issuer, subject }, "shop", { ...policy, rules: { roles: [], federation: rules } });
    expect(refusal?.reason).toBe(want ? undefined : "SubjectNotAllowed");
  });

  test("a rule for the cluster allows nobody while its issuer is not known", () => {
    const refusal = refusalFor({ is: "federation", issuer: "", subject: "system:serviceaccount:shop:app" }, "shop", { ...POLICY, rules: { roles: [], federation: [federation()] } });
    expect(refusal?.reason).toBe("SubjectNotAllowed");
  });
});
