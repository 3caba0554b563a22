import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { grantsOf, roleId, ROLES, somePrincipal } from "./grants.ts";
import { at, below, fic, get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({ grants: [{ role: "Reader" }] });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `rf${String(count).padStart(3, "0")}`;
}

const ended = (kind: string, name: string, on = stage) => [on.state(kind, name), on.message(kind, name)];
const grant = (principal: string, more: JsonObject = {}): JsonObject => ({ scope: { armId: stage.bench.group }, principal: { id: principal }, roleDefinitionName: "Reader", ...more });
const credential = (name: string): JsonObject => ({ identityArmId: uai(stage, name), serviceAccountRef: { name: "app" } });

interface Row {
  readonly kind: string;
  readonly spec: (name: string) => JsonObject;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const rows: readonly Row[] = [
  { kind: "UserAssignedIdentity", spec: () => at(stage), status: 403, code: "RequestDisallowedByPolicy", message: "Resource was disallowed by policy." },
  { kind: "UserAssignedIdentity", spec: () => at(stage), status: 409, code: "MissingSubscriptionRegistration", message: "The subscription is not registered to use namespace 'Microsoft.ManagedIdentity'." },
  { kind: "UserAssignedIdentity", spec: () => ({ ...at(stage), location: "nowhere" }), status: 400, code: "LocationNotAvailableForResourceType", message: "The provided location 'nowhere' is not available." },
  { kind: "UserAssignedIdentity", spec: () => at(stage), status: 409, code: "InvalidResourceLocation", message: "The resource already exists in location 'northeurope'." },
  { kind: "FederatedIdentityCredential", spec: credential, status: 405, code: "MethodNotAllowed", message: "Federated identity credentials are not supported in 'somewhere'." },
  { kind: "FederatedIdentityCredential", spec: credential, status: 403, code: "RequestDisallowedByPolicy", message: "Resource was disallowed by policy." },
  { kind: "FederatedIdentityCredential", spec: credential, status: 400, code: "BadRequest", message: "The property 'issuer' is not valid." },
  { kind: "RoleAssignment", spec: () => grant(somePrincipal()), status: 400, code: "RoleAssignmentLimitExceeded", message: "No more role assignments can be created." },
  { kind: "RoleAssignment", spec: () => grant(somePrincipal()), status: 409, code: "RoleAssignmentLimitExceeded", message: "No more role assignments can be created." },
  { kind: "RoleAssignment", spec: () => grant(somePrincipal()), status: 400, code: "InvalidPrincipalId", message: "A valid principal ID must be provided." },
  { kind: "RoleAssignment", spec: () => grant(somePrincipal()), status: 403, code: "RequestDisallowedByPolicy", message: "Resource was disallowed by policy." },
  { kind: "RoleAssignment", spec: () => grant(somePrincipal(), { condition: "nonsense" }), status: 400, code: "InvalidCondition", message: "The condition cannot be parsed." },
];

const isPut = ({ method, path }: { readonly method: string; readonly path: string }) => method === "PUT" && /federatedIdentityCredentials|roleAssignments|userAssignedIdentities/.test(path);

describe("what Azure refuses for good", () => {
  test.each(rows.map((row) => [row.kind, row.status, row.code, row] as const))("%s: %i %s ends Stalled, with Azure's reason and a remedy, and heals once Azure takes it", async (kind, status, code, row) => {
    const name = fresh();
    makeIdentity(stage, name);
    if (kind === "UserAssignedIdentity") stage.bench.azure.portal.delete(uai(stage, name));
    const stop = stage.bench.azure.intercept(isPut, { do: "answer", status, body: { error: { code, message: row.message } } }, 100);
    await stage.apply(kind, name, row.spec(name));
    stop();
    expect(ended(kind, name)).toEqual(["False AzureRefused", expect.stringMatching(new RegExp(`^cannot create ${kind} default/${name}: ${code}: .+: correct the spec, or what Azure complains about$`))]);
    expect(JSON.stringify(stage.object(kind, name)?.status)).toContain('"type":"Stalled"');
    stage.bench.clock.advance(35 * 60_000);
    if (row.spec(name)["location"] !== undefined) return;
    await stage.look();
    expect(ended(kind, name)[0]).toBe("True Succeeded");
  });

  test("a type of principal that the principal has not", async () => {
    const name = fresh();
    await stage.apply("RoleAssignment", name, grant(stage.bench.principal.principalId, { principalType: "User" }));
    expect(ended("RoleAssignment", name)).toEqual(["False AzureRefused", expect.stringContaining("UnmatchedPrincipalType")]);
  });

  test("an identity in a region without federated credentials", async () => {
    const other = await setStage({ azure: { settings: { regionsWithoutFederatedCredentials: ["westeurope"] } } });
    makeIdentity(other, "here");
    await other.apply("FederatedIdentityCredential", "here", { identityArmId: uai(other, "here"), serviceAccountRef: { name: "app" } });
    expect(ended("FederatedIdentityCredential", "here", other)).toEqual(["False AzureRefused", expect.stringMatching(/MethodNotAllowed: .*not supported/)]);
    await other.close();
  });
});

describe("what time or somebody else mends", () => {
  test("a permission that is missing names the action, the scope, and the line that grants it; after 15 minutes it counts as stalled", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    const action = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write";
    const message = `The client 'c' with object id '11111111-1111-4111-8111-111111111111' does not have authorization to perform action '${action}' over scope '${fic(stage, name, name)}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
    const stop = stage.bench.azure.intercept(isPut, { do: "answer", status: 403, body: { error: { code: "AuthorizationFailed", message } } }, 1000);
    await stage.apply("FederatedIdentityCredential", name, credential(name));
    expect(ended("FederatedIdentityCredential", name)).toEqual(["False AuthorizationFailed", expect.stringMatching(new RegExp(`lacks ${action}; grant it with: az role assignment create .*--role "Managed Identity Contributor"`))]);
    const stalled = () => JSON.stringify(stage.object("FederatedIdentityCredential", name)?.status).includes('"type":"Stalled"');
    expect(stalled()).toBe(false);
    stage.bench.clock.advance(16 * 60_000);
    await stage.look();
    stop();
    expect(stalled()).toBe(true);
    await stage.look();
    expect(ended("FederatedIdentityCredential", name)[0]).toBe("True Succeeded");
  });

  test("a lock of the group", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    await stage.apply("FederatedIdentityCredential", name, credential(name));
    const lock = below(stage, "Microsoft.Authorization/locks/keep");
    stage.bench.azure.portal.put(lock, { properties: { level: "CanNotDelete" } });
    await stage.remove("FederatedIdentityCredential", name);
    expect(ended("FederatedIdentityCredential", name)).toEqual(["False ScopeLocked", expect.stringContaining("remove the lock")]);
    stage.bench.azure.portal.delete(lock);
    await stage.look();
    expect([stage.state("FederatedIdentityCredential", name), get(stage, fic(stage, name, name))]).toEqual(["gone", undefined]);
  });

  test("an identity, named by its ARM id, that is not there yet", async () => {
    const name = fresh();
    await stage.apply("FederatedIdentityCredential", name, credential(name));
    expect(ended("FederatedIdentityCredential", name)).toEqual(["False AzureNotFound", expect.stringMatching(/create what is missing/)]);
    makeIdentity(stage, name);
    await stage.look();
    expect(ended("FederatedIdentityCredential", name)[0]).toBe("True Succeeded");
  });
});

describe("a role that changes after it was granted", () => {
  const guid = "dddddddd-0000-4000-8000-000000000001";
  const define = (actions: readonly string[]) => stage.bench.azure.portal.put(roleId(stage, guid), { properties: { roleName: "Shop operator", assignableScopes: [stage.bench.subscription], permissions: [{ actions }] } });

  test("by which more could be granted from now on, is refused and keeps what it has; the rule by GUID allows it", async () => {
    const roles = [{ role: "Shop operator", byId: false, scope: stage.bench.subscription, namespaces: undefined }];
    const other = await setStage({ policy: { rules: { roles, federation: [] } } });
    const put = (actions: readonly string[]) => other.bench.azure.portal.put(roleId(other, guid), { properties: { roleName: "Shop operator", assignableScopes: [other.bench.subscription], permissions: [{ actions }] } });
    put(["*/read"]);
    const principal = somePrincipal();
    await other.apply("RoleAssignment", "grant", { ...grant(principal), roleDefinitionName: "Shop operator" });
    expect(ended("RoleAssignment", "grant", other)[0]).toBe("True Succeeded");
    put(["*/read", "Microsoft.Authorization/roleAssignments/write"]);
    for (let looks = 0; looks < 3; looks += 1) await other.look();
    expect(ended("RoleAssignment", "grant", other)).toEqual(["False RoleNotAllowed", expect.stringContaining("allows microsoft.authorization/roleassignments/write, by which more could be granted")]);
    expect(grantsOf(other, principal)).toHaveLength(1);
    await other.remove("RoleAssignment", "grant");
    expect([other.state("RoleAssignment", "grant"), grantsOf(other, principal)]).toEqual(["gone", []]);
    await other.close();
  });

  test("is not what a built-in one of another name does", async () => {
    define(["*"]);
    const name = fresh();
    await stage.apply("RoleAssignment", name, { ...grant(somePrincipal()), roleDefinitionName: "Shop operator" });
    expect(ended("RoleAssignment", name)[0]).toBe("False RoleNotAllowed");
    await stage.apply("RoleAssignment", name, { scope: { armId: stage.bench.group }, principal: { id: somePrincipal() }, roleDefinitionId: ROLES.reader });
    expect(ended("RoleAssignment", name)[0]).toBe("True Succeeded");
  });
});
