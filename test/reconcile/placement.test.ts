import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { PolicyRules } from "../../src/api/policy-rules.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { type Claim, claimOf } from "../../src/reconcile/claim.ts";
import { resolveShare } from "../../src/reconcile/references.ts";
import { HOST, idOf, POLICY } from "./hosts.ts";
import { claimWorld, emptyCache } from "./never.ts";

const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const OTHER = "bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f";
const elsewhere = (id: string) => id.replace(SUBSCRIPTION, OTHER);
const place = { subscriptionId: SUBSCRIPTION, resourceGroup: "msdocs-identity-example" };

function claim(kindName: string, spec: JsonObject, rules: Partial<PolicyRules>, more: Partial<KubeObject> = {}): Claim {
  const kind = KINDS.find(({ type }) => type.kind === kindName);
  if (kind === undefined) throw new Error(`there is no ${kindName}`);
  const object: KubeObject = {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: kindName,
    metadata: { name: "web", namespace: "default", uid: "u", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" },
    spec,
    ...more,
  };
  return claimOf(object, kind, claimWorld(policyWith(rules)));
}

function policyWith(rules: Partial<PolicyRules>): typeof POLICY {
  const scopes = [`/subscriptions/${SUBSCRIPTION}`, `/subscriptions/${OTHER}`];
  return { ...POLICY, sharedScopes: scopes, rules: { roles: [], federation: [], ...rules } };
}

const assignment = { target: { armId: HOST }, userAssigned: [{ armId: idOf("a") }] };
const container = { name: "web", image: "nginx" };
const group = { ...place, location: "westeurope", containers: [container] };
const grant = (scope: JsonObject) => ({ scope, roleDefinitionName: "Reader", principal: { id: "cccccccc-0000-4000-8000-000000000001" } });
const here = { subscriptions: [{ id: SUBSCRIPTION, resourceGroups: undefined, namespaces: undefined }] };
const inGroup = (...resourceGroups: readonly string[]) => ({ subscriptions: [{ id: SUBSCRIPTION, resourceGroups, namespaces: undefined }] });
const sites = { hosts: [{ type: "microsoft.web/sites", namespaces: undefined }] };

const rows: readonly { readonly name: string; readonly kind: string; readonly spec: JsonObject; readonly rules: Partial<PolicyRules>; readonly want: string | undefined }[] = [
  { name: "anything without lists", kind: "IdentityAssignment", spec: assignment, rules: {}, want: undefined },
  { name: "a listed type", kind: "IdentityAssignment", spec: assignment, rules: sites, want: undefined },
  { name: "a type listed for this namespace", kind: "IdentityAssignment", spec: assignment, rules: { hosts: [{ type: "microsoft.web/sites", namespaces: ["a", "default"] }] }, want: undefined },
  { name: "a type listed for others", kind: "IdentityAssignment", spec: assignment, rules: { hosts: [{ type: "microsoft.web/sites", namespaces: ["a"] }] }, want: "HostNotAllowed" },
  { name: "a type while none is listed", kind: "IdentityAssignment", spec: assignment, rules: { hosts: [] }, want: "HostNotAllowed" },
  { name: "a slot where only sites are listed", kind: "IdentityAssignment", spec: { ...assignment, target: { armId: `${HOST}/slots/blue` } }, rules: sites, want: "HostNotAllowed" },
  { name: "a host of one's own", kind: "ContainerGroup", spec: group, rules: sites, want: "HostNotAllowed" },
  { name: "an identity, which is no host", kind: "UserAssignedIdentity", spec: place, rules: { hosts: [] }, want: undefined },
  { name: "a plan, which is no host", kind: "AppServicePlan", spec: { ...place, location: "westeurope" }, rules: { hosts: [] }, want: undefined },
  { name: "a listed subscription in another case", kind: "IdentityAssignment", spec: { ...assignment, target: { armId: HOST.replace(SUBSCRIPTION, SUBSCRIPTION.toUpperCase()) } }, rules: here, want: undefined },
  { name: "a subscription that is not listed", kind: "UserAssignedIdentity", spec: { ...place, subscriptionId: OTHER }, rules: here, want: "SubscriptionNotAllowed" },
  { name: "a subscription listed for others", kind: "UserAssignedIdentity", spec: place, rules: { subscriptions: [{ id: SUBSCRIPTION, resourceGroups: undefined, namespaces: ["a"] }] }, want: "SubscriptionNotAllowed" },
  { name: "a listed resource group in another case", kind: "UserAssignedIdentity", spec: { ...place, resourceGroup: "MSDOCS-identity-example" }, rules: inGroup("other", "msdocs-identity-example"), want: undefined },
  { name: "a resource group that is not listed", kind: "UserAssignedIdentity", spec: place, rules: inGroup("other"), want: "SubscriptionNotAllowed" },
  { name: "a resource group whose name begins alike", kind: "UserAssignedIdentity", spec: { ...place, resourceGroup: "msdocs-identity-example-2" }, rules: inGroup("msdocs-identity-example"), want: "SubscriptionNotAllowed" },
  { name: "a whole subscription where groups are listed", kind: "RoleAssignment", spec: grant({ subscriptionId: SUBSCRIPTION }), rules: inGroup("msdocs-identity-example"), want: "SubscriptionNotAllowed" },
  { name: "a subnet in another subscription", kind: "ContainerGroup", spec: { ...group, subnetIds: [{ id: `/subscriptions/${OTHER}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/s` }] }, rules: here, want: "SubscriptionNotAllowed" },
  { name: "the parent identity of a credential", kind: "FederatedIdentityCredential", spec: { identityArmId: elsewhere(idOf("a")), issuer: "https://issuer.example.com", subject: "a" }, rules: here, want: "SubscriptionNotAllowed" },
  { name: "the scope of a grant, before its role is looked up", kind: "RoleAssignment", spec: grant({ subscriptionId: OTHER }), rules: here, want: "SubscriptionNotAllowed" },
  { name: "the scope of a grant in a listed one", kind: "RoleAssignment", spec: grant({ subscriptionId: SUBSCRIPTION }), rules: here, want: "RefNotReady" },
];

describe("an administrator's lists of places meet", () => {
  test.each(rows)("$name: $want", ({ kind, spec, rules, want }) => {
    const made = claim(kind, spec, rules);
    const isRefused = want !== undefined && want !== "RefNotReady";
    expect([made.refusal?.reason, made.mode]).toEqual([want, want === undefined ? "live" : "frozen"]);
    expect(made.lookup !== undefined).toBe(want === "RefNotReady");
    if (isRefused) expect(made.refusal?.message).toMatch(/is not allowed|are not allowed for namespace "default": an administrator can list (?:it|the type) in the (?:hosts|subscriptions) of --policy-file$/);
  });

  test("what only observes, which then shows nothing", () => {
    expect(claim("IdentityAssignment", { ...assignment, managementPolicy: "ObserveOnly" }, { hosts: [] }).mode).toBe("frozen");
    expect(claim("UserAssignedIdentity", { ...place, managementPolicy: "ObserveOnly" }, { subscriptions: [] }).mode).toBe("frozen");
  });

  test("what is being deleted, which goes all the same", () => {
    const metadata = { name: "web", namespace: "default", uid: "u", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["azureidentity.dev/azure-resource"] };
    const status = { holds: { target: HOST, tenantId: POLICY.tenantId, credential: "shared", adopted: false, confirmed: true } };
    expect(claim("IdentityAssignment", assignment, { hosts: [], subscriptions: [] }, { metadata, status }).mode).toBe("leaving");
  });

  test("identities that a host is to get, one by one", () => {
    const made = claim("IdentityAssignment", { ...assignment, userAssigned: [{ armId: idOf("a") }, { armId: elsewhere(idOf("b")) }] }, here);
    if (made.spec === undefined || made.kind.shape.is !== "share") throw new Error("it is no assignment");
    const wants = resolveShare(made.kind.shape.share(made.spec, "default"), made, { cache: emptyCache(), policy: policyWith(here) });
    expect(wants.map((want) => (want.is === "resolved" ? "resolved" : want.refusal.reason))).toEqual(["resolved", "SubscriptionNotAllowed"]);
  });
});
