import { describe, expect, test } from "vitest";
import { type ArmId, armIdKey, parseAnyArmId } from "../../src/api/arm-id.ts";
import { ACCOUNT_KIND, credentialName } from "../../src/api/credential.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { federatedIdentityCredential } from "../../src/kinds/federated-identity-credential.ts";
import type { Kind } from "../../src/kinds/kind.ts";
import { roleAssignment } from "../../src/kinds/role-assignment.ts";
import { userAssignedIdentity } from "../../src/kinds/user-assigned-identity.ts";
import { type Claim, claimOf } from "../../src/reconcile/claim.ts";
import { Footings } from "../../src/reconcile/footing.ts";
import type { CredentialPort, TokenClaims } from "../../src/reconcile/credential-port.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import { Units } from "../../src/reconcile/units.ts";
import { decideHost } from "../../src/reconcile/decide-host.ts";
import { claim as hostClaim, factsOf, HOST, idOf, POLICY } from "./hosts.ts";
import { claimWorld, emptyCache, making } from "./never.ts";

const CLIENT = "11112222-bbbb-3333-cccc-4444dddd5555";
const PRINCIPAL = "33332222-bbbb-3333-cccc-4444dddd5555";
const SUBJECT = "system:serviceaccount:team:azure-identity";
const IDENTITY = idOf("credential");
const GRANT = `${IDENTITY.replace(/\/providers.*/, "")}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000001`;
const OWN = credentialName({ source: "Own", account: { namespace: "team", uid: "u", clientId: CLIENT, tenantId: POLICY.tenantId } });
const policy: Policy = { ...POLICY, sharedNamespaces: new Map() };
const shared: Policy = { ...POLICY, sharedNamespaces: new Map([["team", { accountNamespace: undefined }]]) };
const speaksFor: TokenClaims = { principalId: PRINCIPAL, clientId: CLIENT, resourceId: IDENTITY.toLowerCase(), hostId: undefined, subject: SUBJECT };

interface Given {
  readonly name: string;
  readonly target: string;
  readonly status?: JsonObject;
  readonly spec?: JsonObject;
  readonly deleting?: true;
  readonly deletionPolicy?: string;
}

const account: KubeObject = {
  apiVersion: "v1",
  kind: ACCOUNT_KIND,
  metadata: { name: "azure-identity", namespace: "team", uid: "u", resourceVersion: "1", generation: 0, creationTimestamp: "2026-01-01T00:00:00Z", annotations: { "azure.workload.identity/client-id": CLIENT, "azure.workload.identity/tenant-id": POLICY.tenantId } },
};

function claimAs(kind: Kind, given: Given, under: Policy = policy): Claim {
  const { name, target, status = {}, spec = {}, deleting, deletionPolicy } = given;
  const holds = { target, tenantId: POLICY.tenantId, credential: under === policy ? OWN : "shared", adopted: false, confirmed: true };
  const metadata = { name, namespace: "team", uid: name, resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", finalizers: ["azureidentity.dev/azure-resource"], ...(deleting ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {}) };
  const object: KubeObject = { apiVersion: "azureidentity.dev/v1alpha1", kind: kind.type.kind, metadata, spec: { ...spec, ...(deletionPolicy === undefined ? {} : { deletionPolicy }) }, status: { ...status, holds } };
  return claimOf(object, kind, { ...claimWorld(under), cache: { ...emptyCache(), get: (key) => (key === `${ACCOUNT_KIND}/team/azure-identity` ? account : undefined) } });
}

const identity = (parts: Partial<Given> = {}, under?: Policy) => claimAs(userAssignedIdentity, { name: "credential", target: IDENTITY, status: { clientId: CLIENT, principalId: PRINCIPAL }, ...parts }, under);
const federation = (parts: Partial<Given> = {}, under?: Policy) => claimAs(federatedIdentityCredential, { name: "federation", target: `${IDENTITY}/federatedIdentityCredentials/cluster`, status: { subject: SUBJECT }, ...parts }, under);
const grant = (parts: Partial<Given> = {}, under?: Policy) => claimAs(roleAssignment, { name: "grant", target: GRANT, status: { principalId: PRINCIPAL }, ...parts }, under);
const other = (parts: Partial<Given> = {}) => claimAs(userAssignedIdentity, { name: "app", target: idOf("app"), status: { clientId: "another" }, ...parts });
const leaving = { deleting: true } as const;

function footings(claims: readonly Claim[], { under = policy, tokens = speaksFor }: { readonly under?: Policy; readonly tokens?: TokenClaims | undefined } = {}): Footings {
  const units = new Units();
  for (const claim of claims) units.set(claim.key, claim);
  const credentials: CredentialPort = { isHeld: () => true, forget: () => undefined, claims: () => tokens };
  return new Footings(units, { credentials, policy: under });
}

const reasons = (claims: readonly Claim[], given?: Parameters<typeof footings>[1]) => claims.map((claim) => footings(claims, given).keeps(claim)?.reason ?? "goes");

describe("what a credential in use stands on", () => {
  test.each([
    ["the identity", identity(leaving)],
    ["its federated credential", federation(leaving)],
    ["its grants", grant(leaving)],
  ])("%s stays while an object needs it", (_name, claim) => {
    expect(reasons([claim, other()])).toEqual(["InUseByCredential", "goes"]);
    expect(reasons([claim, other(leaving)])).toEqual(["InUseByCredential", "goes"]);
    expect(reasons([claim, other({ deleting: true, deletionPolicy: "Retain" })])).toEqual(["goes", "goes"]);
    expect(reasons([claim])).toEqual(["goes"]);
  });

  test("goes last with its namespace: who may become the identity, then the identity, then what it was granted", () => {
    const all = [grant(leaving), identity(leaving), federation(leaving), other(leaving)];
    expect(reasons(all)).toEqual(["InUseByCredential", "InUseByCredential", "InUseByCredential", "goes"]);
    expect(reasons(all.slice(0, 3))).toEqual(["InUseByCredential", "InUseByCredential", "goes"]);
    expect(reasons(all.slice(0, 2))).toEqual(["InUseByCredential", "goes"]);
    expect(reasons(all.slice(0, 1))).toEqual(["goes"]);
  });

  test("is known by the object that declares the identity, before a token was had", () => {
    const claims = [identity(), federation(leaving), grant(leaving)];
    expect(reasons(claims, { tokens: undefined }).slice(1)).toEqual(["InUseByCredential", "InUseByCredential"]);
  });

  test("is nothing else: other identities, subjects and principals go", () => {
    const claims = [other(), federation({ ...leaving, status: { subject: "system:serviceaccount:team:app" } }), grant({ ...leaving, status: { principalId: "another" } })];
    expect(reasons(claims)).toEqual(["goes", "goes", "goes"]);
  });

  test("of the operator itself it never goes, and the message says the way out", () => {
    const claims = [identity(leaving, shared), federation(leaving, shared), grant(leaving, shared)];
    expect(reasons(claims, { under: shared })).toEqual(["InUseByCredential", "InUseByCredential", "InUseByCredential"]);
    const told = footings(claims, { under: shared }).keeps(identity(leaving, shared));
    expect(told?.message).toBe("the operator itself signs in by what this object holds: set deletionPolicy to Retain to leave it in Azure as it is");
  });

  test("the message to another namespace does not name the account", () => {
    const claims = [other(), identity(leaving)];
    const text = footings(claims).keeps(identity(leaving))?.message;
    expect(text).toBe("ServiceAccount team/azure-identity signs in by what this object holds, and 1 object needs that: it goes after them; or set deletionPolicy to Retain to leave it in Azure as it is");
    const foreign = { ...identity(leaving), object: { ...identity(leaving).object, metadata: { ...identity(leaving).object.metadata, namespace: "elsewhere" } } };
    expect(footings(claims).keeps(foreign)?.message).not.toContain("team");
  });
});

describe("a write that would take from it", () => {
  const steps = [{ method: "PUT", path: "", body: {}, disruption: "None", effect: "" }] as const;
  const have = { properties: { issuer: "https://issuer.example.com", subject: SUBJECT, audiences: ["api://AzureADTokenExchange"], condition: "true" } };
  const kept = (claim: Claim) => footings([claim, other()]).keepsAsIs(claim, have, { making: making({ surroundings: claim.surroundings }), steps })?.reason;
  const federated = (subject: string) => federation({ spec: { identityArmId: IDENTITY, issuer: "https://issuer.example.com", subject } });
  const granted = (condition?: string) => grant({ spec: { scope: { armId: IDENTITY }, principal: { id: PRINCIPAL }, principalType: "ServicePrincipal", roleDefinitionName: "Reader", ...(condition === undefined ? {} : { condition }) } });

  test("another subject, or another condition, is not written; what is declared as it is, or wider, is", () => {
    expect([kept(federated("system:serviceaccount:team:app")), kept(federated(SUBJECT))]).toEqual(["InUseByCredential", undefined]);
    expect([kept(granted("false")), kept(granted("true")), kept(granted())]).toEqual(["InUseByCredential", undefined, undefined]);
  });
});

describe("the host on which the operator signs in", () => {
  const target = parseAnyArmId(HOST);
  const host = target.ok ? target.id : ("" as ArmId);
  const onHost = (resourceId: string): TokenClaims => ({ ...speaksFor, resourceId, hostId: HOST });

  test("keeps its identity, and only there", () => {
    const held = footings([], { under: shared, tokens: onHost(IDENTITY) });
    expect([...held.ofHost(host).userAssigned]).toEqual([armIdKey(IDENTITY)]);
    expect(held.ofHost(idOf("elsewhere"))).toEqual({ userAssigned: new Set(), systemAssigned: false });
    expect(footings([], { under: shared, tokens: onHost(HOST) }).ofHost(host).systemAssigned).toBe(true);
  });

  test("so that neither its holder nor an Exclusive claim detaches it", () => {
    const footing = { userAssigned: new Set([armIdKey(idOf("x"))]), systemAssigned: false };
    for (const entry of [hostClaim("a", { ids: ["x"], holdsNames: ["x"], deleting: true }), hostClaim("b", { ids: [], spec: { ownership: "Exclusive", userAssigned: [] } })]) {
      const decision = decideHost(factsOf([entry], ["x"], { footing }));
      expect([decision.change, [...decision.problems.values()].flat().map(({ reason }) => reason)]).toEqual([undefined, ["InUseByCredential"]]);
    }
  });

});
