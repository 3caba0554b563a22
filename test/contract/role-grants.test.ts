import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { grantsOf, roleId, ROLES, somePrincipal, strangersGrant } from "./grants.ts";
import { at, below, get, makeIdentity, principalOfIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const KIND = "RoleAssignment";
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({
    azure: { settings: { principalReplicationSeconds: 60 } },
    grants: [{ role: "Reader" }, { role: "Storage Blob Data Reader" }],
  });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `ra${String(count).padStart(3, "0")}`;
}

const ended = (name: string) => [stage.state(KIND, name), stage.message(KIND, name)];
const propertiesOf = (grant: JsonObject | undefined) => objectAt(grant, "properties") ?? {};

async function granted(spec: JsonObject): Promise<JsonObject> {
  const name = fresh();
  await stage.apply(KIND, name, spec);
  expect(ended(name)).toEqual(["True Succeeded", expect.any(String)]);
  const grants = grantsOf(stage, stringAt(stage.object(KIND, name)?.status, "principalId") ?? "");
  expect(grants).toHaveLength(1);
  return propertiesOf(grants[0]);
}

describe("the role", () => {
  const ways: readonly (readonly [string, (of: Stage) => JsonObject])[] = [
    ["its name, in any case", () => ({ roleDefinitionName: "storage BLOB data reader" })],
    ["its GUID", () => ({ roleDefinitionId: ROLES.blobReader.toUpperCase() })],
    ["its full id", (of) => ({ roleDefinitionId: roleId(of, ROLES.blobReader) })],
    ["its id at the tenant", () => ({ roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${ROLES.blobReader}` })],
  ];

  test.each(ways)("is found by %s", async (_way, role) => {
    const grant = await granted({ scope: { armId: stage.bench.group }, principal: { id: somePrincipal() }, ...role(stage) });
    expect(grant["roleDefinitionId"]).toBe(roleId(stage, ROLES.blobReader));
  });

  test("that does not exist is refused with a remedy, and found once it was made and somebody asks", async () => {
    const name = fresh();
    const guid = crypto.randomUUID();
    const other = await setStage({ policy: { rules: { roles: [{ role: guid, byId: true, scope: stage.bench.subscription, namespaces: undefined }], federation: [] } } });
    await other.apply(KIND, name, { scope: { armId: other.bench.group }, principal: { id: somePrincipal() }, roleDefinitionId: guid });
    expect([other.state(KIND, name), other.message(KIND, name)]).toEqual(["False RoleNotFound", `role definition ${guid} does not exist at ${other.bench.group}: correct it`]);
    other.bench.azure.portal.put(roleId(other, guid), { properties: { roleName: "Shop reader", assignableScopes: [other.bench.subscription], permissions: [{ actions: ["*/read"] }] } });
    other.cluster.annotate(KIND, name, { "azureidentity.dev/reconcile-requested-at": "1" });
    await other.settle();
    expect([other.state(KIND, name), other.object(KIND, name)?.status]).toEqual(["True Succeeded", expect.objectContaining({ roleName: "Shop reader" })]);
    await other.close();
  });
});

describe("the scope", () => {
  const scopes: readonly (readonly [string, (of: Stage) => JsonObject, (of: Stage) => string])[] = [
    ["a subscription", ({ bench }) => ({ subscriptionId: bench.azure.subscriptionIds[0] ?? "" }), ({ bench }) => bench.subscription],
    ["a resource group, of the subscription that the object names", ({ bench }) => ({ resourceGroup: "rg", of: bench.azure.subscriptionIds[0] ?? "" }), ({ bench }) => bench.group],
    ["a resource", (of) => ({ armId: uai(of, "scope") }), (of) => uai(of, "scope")],
    ["an identity of the namespace", () => ({ identityRef: { name: "scope" } }), (of) => uai(of, "scope")],
  ];

  test.each(scopes)("can be %s", async (_what, scope, id) => {
    const { of, ...rest } = scope(stage);
    await stage.apply("UserAssignedIdentity", "scope", at(stage));
    const grant = await granted({ scope: rest, ...(of === undefined ? {} : { subscriptionId: of }), principal: { id: somePrincipal() }, roleDefinitionName: "Reader" });
    expect(stringAt(grant, "scope")?.toLowerCase()).toBe(id(stage).toLowerCase());
  });

  test("that lies outside of what the operator may touch is refused", async () => {
    const name = fresh();
    await stage.apply(KIND, name, { scope: { subscriptionId: "cccccccc-0000-4000-8000-000000000001" }, principal: { id: somePrincipal() }, roleDefinitionName: "Reader" });
    expect(ended(name)[0]).toBe("False ScopeNotAllowed");
  });
});

describe("the principal", () => {
  const group = { containers: [{ name: "web", image: "a:1" }], identity: { systemAssigned: true } };

  test("of an identity of ours is granted at once, although the directory does not know it yet", async () => {
    const name = fresh();
    await stage.apply("UserAssignedIdentity", name, at(stage));
    stage.bench.azure.clearRequests();
    const grant = await granted({ scope: { armId: stage.bench.group }, principal: { identityRef: { name } }, roleDefinitionName: "Reader" });
    expect(grant).toMatchObject({ principalId: principalOfIdentity(stage, name), principalType: "ServicePrincipal" });
    expect(stage.writes().map(({ method, status }) => [method, status])).toEqual([["PUT", 201]]);
  });

  test("of a container group is granted as soon as the group has it", async () => {
    const [name, grant] = [fresh(), fresh()];
    await stage.apply(KIND, grant, { scope: { armId: stage.bench.group }, principal: { containerGroupRef: { name } }, roleDefinitionName: "Reader" });
    expect(ended(grant)[0]).toBe("False RefNotFound");
    await stage.apply("ContainerGroup", name, { ...at(stage), ...group });
    const principalId = stringAt(objectAt(get(stage, below(stage, `Microsoft.ContainerInstance/containerGroups/${name}`)), "identity"), "principalId") ?? "";
    expect([ended(grant)[0], grantsOf(stage, principalId).length]).toEqual(["True Succeeded", 1]);
  });

  test("of a container group without one is waited for", async () => {
    const [name, grant] = [fresh(), fresh()];
    await stage.apply("ContainerGroup", name, { ...at(stage), containers: group.containers });
    await stage.apply(KIND, grant, { scope: { armId: stage.bench.group }, principal: { containerGroupRef: { name } }, roleDefinitionName: "Reader" });
    expect(ended(grant)).toEqual(["False RefNotReady", expect.stringContaining("shows no principal: switch its system-assigned identity on")]);
    await stage.apply("ContainerGroup", name, { ...at(stage), ...group, allowDisruption: "Restart" });
    expect(ended(grant)[0]).toBe("True Succeeded");
  });

  test("of a web app is granted as soon as the app has it", async () => {
    const [name, grant] = [fresh(), fresh()];
    const plan = below(stage, "Microsoft.Web/serverfarms/plan");
    stage.bench.azure.portal.put(plan, { location: "westeurope", sku: { name: "B1" } });
    await stage.apply(KIND, grant, { scope: { webAppRef: { name } }, principal: { webAppRef: { name } }, roleDefinitionName: "Reader" });
    expect(ended(grant)[0]).toBe("False RefNotFound");
    await stage.apply("WebApp", name, { ...at(stage), plan: { planArmId: plan }, identity: { systemAssigned: true } });
    const principalId = stringAt(objectAt(get(stage, below(stage, `Microsoft.Web/sites/${name}`)), "identity"), "principalId") ?? "";
    expect([ended(grant)[0], grantsOf(stage, principalId).length]).toEqual(["True Succeeded", 1]);
  });

  test("of the host of an assignment is granted as soon as it is switched on", async () => {
    const [name, grant] = [fresh(), fresh()];
    const site = below(stage, `Microsoft.Web/sites/${name}`);
    const plan = below(stage, "Microsoft.Web/serverfarms/plan");
    stage.bench.azure.portal.put(plan, { location: "westeurope", sku: { name: "B1" } });
    stage.bench.azure.portal.put(site, { location: "westeurope", properties: { serverFarmId: plan } });
    await stage.apply(KIND, grant, { scope: { armId: stage.bench.group }, principal: { assignmentRef: { name } }, roleDefinitionName: "Reader" });
    await stage.apply("IdentityAssignment", name, { target: { armId: site }, systemAssigned: true });
    const principalId = stringAt(objectAt(get(stage, site), "identity"), "principalId") ?? "";
    expect([ended(grant)[0], grantsOf(stage, principalId).length]).toEqual(["True Succeeded", 1]);
  });

  test("by its id is sent with the type that the spec gives", async () => {
    const grant = await granted({ scope: { armId: stage.bench.group }, principal: { id: somePrincipal() }, principalType: "Group", roleDefinitionName: "Reader" });
    expect(grant["principalType"]).toBe("Group");
  });

  test("keeps its identity from being deleted, and outlives one that goes all the same", async () => {
    const [name, grant] = [fresh(), fresh()];
    await stage.apply("UserAssignedIdentity", name, at(stage));
    const principalId = principalOfIdentity(stage, name);
    await stage.apply(KIND, grant, { scope: { armId: stage.bench.group }, principal: { identityRef: { name } }, roleDefinitionName: "Reader" });
    await stage.remove("UserAssignedIdentity", name);
    expect(stage.state("UserAssignedIdentity", name)).toBe("False InUse");
    stage.bench.azure.portal.delete(uai(stage, name));
    await stage.look();
    expect(grantsOf(stage, principalId)).toHaveLength(1);
    await stage.remove(KIND, grant);
    expect([stage.state(KIND, grant), stage.state("UserAssignedIdentity", name), grantsOf(stage, principalId)]).toEqual(["gone", "gone", []]);
  });
});

describe("an equal grant of somebody else", () => {
  const spec = (principalId: string, more: JsonObject = {}): JsonObject => ({ scope: { armId: stage.bench.group }, principal: { id: principalId }, roleDefinitionName: "Reader", ...more });

  test("satisfies, whatever it is described as, and stays", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    const theirs = strangersGrant(stage, principalId, { description: "by hand" });
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, spec(principalId, { description: "by the operator" }));
    expect([ended(name)[0], stage.holds(KIND, name), stage.object(KIND, name)?.status]).toEqual(["True Succeeded", undefined, expect.objectContaining({ resourceId: theirs })]);
    await stage.remove(KIND, name);
    expect([stage.writes(), get(stage, theirs)]).toEqual([[], expect.any(Object)]);
  });

  test("with a condition does not satisfy an object without one: it grants less, and Azure takes no second one", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    strangersGrant(stage, principalId, { condition: "@Resource[a] StringEquals 'b'", conditionVersion: "2.0" });
    await stage.apply(KIND, name, spec(principalId));
    expect(ended(name)).toEqual(["False AlreadyExists", expect.stringMatching(/the same role to the same principal.*under another condition.*delete it/)]);
  });

  test("at a scope above or below is none", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    stage.bench.azure.portal.put(`${stage.bench.subscription}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`, {
      properties: { principalId, principalType: "ServicePrincipal", roleDefinitionId: roleId(stage, ROLES.reader) },
    });
    await stage.apply(KIND, name, spec(principalId));
    expect([ended(name)[0], grantsOf(stage, principalId).length, stage.holds(KIND, name)]).toEqual(["True Succeeded", 2, expect.any(Object)]);
  });
});

describe("a condition", () => {
  const spec = (principalId: string, more: JsonObject = {}): JsonObject => ({ scope: { armId: stage.bench.group }, principal: { id: principalId }, roleDefinitionName: "Reader", ...more });
  const condition = "@Resource[a] StringEquals 'b'";

  test("is set, changed and taken away as the spec says, each by one write", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    await stage.apply(KIND, name, spec(principalId, { condition, description: "d" }));
    expect(propertiesOf(grantsOf(stage, principalId)[0])).toMatchObject({ condition, conditionVersion: "2.0", description: "d" });
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, spec(principalId));
    expect(ended(name)[0]).toBe("True Succeeded");
    expect(propertiesOf(grantsOf(stage, principalId)[0])).toMatchObject({ condition: null, conditionVersion: null, description: null });
    expect(stage.writes()).toHaveLength(1);
  });

  test("that somebody else adds to ours is taken away again", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    await stage.apply(KIND, name, spec(principalId));
    const [ours] = grantsOf(stage, principalId);
    stage.bench.azure.portal.put(stringAt(ours, "id") ?? "", { properties: { ...propertiesOf(ours), condition, conditionVersion: "2.0" } });
    await stage.look();
    expect([ended(name)[0], propertiesOf(grantsOf(stage, principalId)[0])["condition"]]).toEqual(["True Succeeded", null]);
  });
});

test("an identity that somebody else made can be granted to by its object", async () => {
  const name = fresh();
  makeIdentity(stage, name);
  await stage.apply("UserAssignedIdentity", name, { ...at(stage), managementPolicy: "ObserveOnly" });
  const grant = await granted({ scope: { armId: stage.bench.group }, principal: { identityRef: { name } }, roleDefinitionName: "Reader" });
  expect(grant["principalId"]).toBe(principalOfIdentity(stage, name));
});
