import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { SHARED_CREDENTIAL } from "../../src/api/credential.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { type Claim, claimOf } from "../../src/reconcile/claim.ts";
import { type Coverage, coverageOf, listKey, type SweepSurroundings } from "../../src/reconcile/sweep-list.ts";
import { POLICY } from "./hosts.ts";
import { claimWorld } from "./never.ts";

const SUBSCRIPTION = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const GROUP = `${SUBSCRIPTION}/resourceGroups/msdocs-identity-example`;
const place = { subscriptionId: "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", resourceGroup: "msdocs-identity-example" };
const site = `${GROUP}/providers/Microsoft.Web/sites/web`;
const identity = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app`;

const ANYWHERE: SweepSurroundings = { hosts: new Map(HOSTS.map((row) => [row.type.toLowerCase(), row])), isAllowed: () => true, isDenied: () => false };

function claim(kind: string, spec: JsonObject, annotations: Readonly<Record<string, string>> = {}): Claim {
  const page = KINDS.find(({ type }) => type.kind === kind);
  if (page === undefined) throw new Error(`there is no kind ${kind}`);
  const metadata = { name: "web-app", namespace: "default", uid: "u", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", annotations };
  const object: KubeObject = { apiVersion: "azureidentity.dev/v1alpha1", kind, metadata, spec };
  return claimOf(object, page, claimWorld({ ...POLICY, sharedScopes: [SUBSCRIPTION], rules: { roles: [], federation: [] } }));
}

const shown = (coverage: Coverage | undefined): string => (coverage === undefined ? "none" : `${coverage.list.scope.replace(SUBSCRIPTION, "")} ${coverage.list.collection}${coverage.list.filter === undefined ? "" : ` ${coverage.list.filter}`}`);

const uai = () => claim("UserAssignedIdentity", place);
const ida = (target: JsonObject, more: JsonObject = {}) => claim("IdentityAssignment", { target, userAssigned: [{ armId: identity }], ...more });
const group = (more: JsonObject = {}) => claim("ContainerGroup", { ...place, containers: [{ name: "web", image: "a:1", resources: { requests: { cpu: 1, memoryInGB: 1 } } }], ...more });
const below = (type: string): JsonObject => ({ armId: `${GROUP}/providers/${type}` });

describe("which LIST stands for a unit", () => {
  test.each([
    { name: "identities: their provider's", claim: uai(), list: " providers/Microsoft.ManagedIdentity/userAssignedIdentities" },
    { name: "hosts: that of all resources, by type", claim: ida({ armId: site }), list: " resources resourceType eq 'Microsoft.Web/sites'" },
    { name: "container groups: their provider's", claim: group(), list: " providers/Microsoft.ContainerInstance/containerGroups" },
    { name: "plans: their provider's", claim: claim("AppServicePlan", { ...place, sku: { name: "B1" } }), list: " providers/Microsoft.Web/serverfarms" },
    { name: "federated credentials: that of their identity", claim: claim("FederatedIdentityCredential", { identityArmId: identity, issuer: "https://a.example.com", subject: "b" }), list: `${identity.replace(SUBSCRIPTION, "")} federatedIdentityCredentials` },
    { name: "scale sets: none, for their instances", claim: ida(below("Microsoft.Compute/virtualMachineScaleSets/s")), list: "none" },
    { name: "SQL servers: none, for their primary identity", claim: ida(below("Microsoft.Sql/servers/s")), list: "none" },
    { name: "Spring apps: none, the list lacks them", claim: ida(below("Microsoft.AppPlatform/Spring/s/apps/a")), list: "none" },
    { name: "types that the catalogue lacks: none", claim: ida({ ...below("Microsoft.Example/things/t"), apiVersion: "2025-01-01" }), list: "none" },
    { name: "settings of a host: none shows them", claim: ida({ armId: site }, { followThrough: { keyVaultReferenceIdentity: { armId: identity } } }), list: "none" },
    { name: "an interval of its own: none", claim: claim("UserAssignedIdentity", place, { "azureidentity.dev/sync-interval-seconds": "60" }), list: "none" },
    { name: "a spec that is none: none", claim: claim("UserAssignedIdentity", { subscriptionId: 7 }), list: "none" },
  ])("$name", ({ claim: made, list }) => expect(shown(coverageOf([made], ANYWHERE))).toBe(list));

  test("a group of the credential's scopes is listed by itself, and a single resource by none", () => {
    const within = (scope: string): SweepSurroundings => ({ ...ANYWHERE, isAllowed: (id) => id.toLowerCase().startsWith(scope.toLowerCase()) });
    expect(shown(coverageOf([uai()], within(GROUP)))).toBe("/resourceGroups/msdocs-identity-example providers/Microsoft.ManagedIdentity/userAssignedIdentities");
    expect(coverageOf([uai()], within(site))).toBeUndefined();
  });

  test("what Azure denies in the subscription is listed in the group, and what it denies there by none", () => {
    const [whole] = [coverageOf([uai()], ANYWHERE)];
    if (whole === undefined) throw new Error("there is no list");
    const denied = new Set([listKey(whole.list)]);
    const after = coverageOf([uai()], { ...ANYWHERE, isDenied: (list) => denied.has(listKey(list)) });
    expect(shown(after)).toContain("/resourceGroups/");
    if (after !== undefined) denied.add(listKey(after.list));
    expect(coverageOf([uai()], { ...ANYWHERE, isDenied: (list) => denied.has(listKey(list)) })).toBeUndefined();
  });

  test("each credential has lists of its own, within what it may be used for", () => {
    const own: Claim = { ...uai(), credential: "own:team/azure-identity:uid:11111111-1111-1111-1111-111111111111:22222222-2222-2222-2222-222222222222" };
    const only: SweepSurroundings = { ...ANYWHERE, isAllowed: (_scope, credential) => credential === SHARED_CREDENTIAL };
    const [mine, theirs] = [coverageOf([own], ANYWHERE), coverageOf([uai()], ANYWHERE)];
    if (mine === undefined || theirs === undefined) throw new Error("there is no list");
    expect(listKey(mine.list)).not.toBe(listKey(theirs.list));
    expect([coverageOf([own], only), shown(coverageOf([uai()], only))]).toEqual([undefined, shown(theirs)]);
  });
});

describe("what is read by its own id all the same", () => {
  test.each([
    { name: "identities: nothing", claim: uai(), seconds: undefined },
    { name: "container groups: each hour, for the state of their containers", claim: group(), seconds: 3600 },
  ])("$name", ({ claim: made, seconds }) => expect(coverageOf([made], ANYWHERE)?.readEverySeconds).toBe(seconds));
});
