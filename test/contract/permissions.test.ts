import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { Access } from "./access.ts";
import { at, below, get, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const ASSIGNMENT = "IdentityAssignment";
const NAMESPACE = "default";

let access: Access;
let stage: Stage;
let count = 0;

beforeAll(async () => {
  access = new Access();
  stage = await setStage({ access });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
  access.granted.clear();
  access.asked.length = 0;
  access.isAway = false;
});

const on = (verb: string, id: string) => `${NAMESPACE} ${verb} azureresources ${id.toLowerCase()}`;
const said = (name: string, kind = ASSIGNMENT) => [stage.state(kind, name), stage.message(kind, name)];

/** A web app and identities of somebody else, and an object that attaches them. */
function scene(...names: readonly string[]) {
  count += 1;
  const app = `permissions${count}`;
  const site = below(stage, `Microsoft.Web/sites/${app}`);
  stage.bench.azure.portal.put(below(stage, `Microsoft.Web/serverfarms/${app}`), { location: "westeurope", sku: { name: "B1" } });
  stage.bench.azure.portal.put(site, { location: "westeurope", properties: { serverFarmId: below(stage, `Microsoft.Web/serverfarms/${app}`) } });
  for (const name of names) stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope" });
  stage.bench.azure.clearRequests();
  const spec = (...ids: readonly string[]): JsonObject => ({ target: { armId: site }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })) });
  const attached = () => Object.keys(objectAt(objectAt(get(stage, site), "identity"), "userAssignedIdentities") ?? {}).map((key) => key.split("/").at(-1) ?? "").toSorted((left, right) => left.localeCompare(right));
  return { site, spec, attached };
}

describe("what an object names by its ARM id", () => {
  test("is attached once the namespace may attach to the host and use the identity", async () => {
    const { site, spec, attached } = scene("payroll");
    access.granted.add(on("attach", site)).add(on("use", uai(stage, "payroll")));
    await stage.apply(ASSIGNMENT, "web", spec("payroll"));
    expect([said("web")[0], attached()]).toEqual(["True Succeeded", ["payroll"]]);
  });

  test("is not even read on a host to which the namespace may not attach", async () => {
    const { site, spec } = scene("payroll");
    access.granted.add(on("use", uai(stage, "payroll")));
    await stage.apply(ASSIGNMENT, "web", spec("payroll"));
    expect(said("web")).toEqual([
      "False PermissionDenied",
      `spec.target.armId: namespace "default" needs the verb attach on azureresources.azureidentity.dev ${site.toLowerCase()}: an administrator can grant it to the group system:serviceaccounts:default by a ClusterRole and a ClusterRoleBinding`,
    ]);
    expect(stage.requests()).toEqual([]);
    expect(stage.holds(ASSIGNMENT, "web")).toBeUndefined();
  });

  test("is refused alone when it may not be used: the others are attached", async () => {
    const { site, spec, attached } = scene("payroll", "reports");
    access.granted.add(on("attach", site)).add(on("use", uai(stage, "reports")));
    await stage.apply(ASSIGNMENT, "web", spec("payroll", "reports"));
    expect([said("web")[0], attached()]).toEqual(["False PermissionDenied", ["reports"]]);
    expect(said("web")[1]).toContain(`needs the verb use on azureresources.azureidentity.dev ${uai(stage, "payroll").toLowerCase()}`);
  });

  test.each([{ ownership: "Exclusive" }, { systemAssignedRemoval: "Destroy" }, { allowDisruption: "Restart" }])("needs manage for %j", async (asked) => {
    const { site, spec, attached } = scene("payroll");
    access.granted.add(on("attach", site)).add(on("use", uai(stage, "payroll")));
    await stage.apply(ASSIGNMENT, "web", { ...spec("payroll"), ...asked });
    expect([said("web")[0], attached()]).toEqual(["False PermissionDenied", []]);
    expect(said("web")[1]).toContain(`spec.${Object.keys(asked)[0] ?? ""}: namespace "default" needs the verb manage on`);
    access.granted.add(on("manage", site));
    await stage.recheckPermissions();
    expect([said("web")[0], attached()]).toEqual(["True Succeeded", ["payroll"]]);
  });
});

describe("a permission that was taken back", () => {
  test("undoes nothing and heals nothing, until it is given back", async () => {
    const { site, spec, attached } = scene("payroll", "reports");
    for (const name of ["payroll", "reports"]) access.granted.add(on("use", uai(stage, name)));
    access.granted.add(on("attach", site));
    await stage.apply(ASSIGNMENT, "web", spec("payroll", "reports"));
    access.granted.delete(on("use", uai(stage, "payroll")));
    stage.bench.azure.clearRequests();
    await stage.recheckPermissions();
    expect([said("web")[0], attached(), stage.writes()]).toEqual(["False PermissionDenied", ["payroll", "reports"], []]);
    expect(stage.holds(ASSIGNMENT, "web")?.["userAssigned"]).toHaveLength(2);
    stage.bench.azure.portal.put(site, { ...get(stage, site), identity: { type: "None" } });
    await stage.look();
    expect(attached()).toEqual(["reports"]);
    access.granted.add(on("use", uai(stage, "payroll")));
    await stage.recheckPermissions();
    expect([said("web")[0], attached()]).toEqual(["True Succeeded", ["payroll", "reports"]]);
  });

  test("does not keep an object from being deleted, nor its share on the host", async () => {
    const { site, spec, attached } = scene("payroll");
    access.granted.add(on("attach", site)).add(on("use", uai(stage, "payroll")));
    await stage.apply(ASSIGNMENT, "web", spec("payroll"));
    access.granted.clear();
    await stage.recheckPermissions();
    expect([said("web")[0], attached()]).toEqual(["False PermissionDenied", ["payroll"]]);
    await stage.remove(ASSIGNMENT, "web");
    expect([stage.state(ASSIGNMENT, "web"), attached()]).toEqual(["gone", []]);
  });
});

describe("an object that takes over or looks at what exists", () => {
  test.each([
    ["UserAssignedIdentity", { managementPolicy: "ObserveOnly" }, "use"],
    ["UserAssignedIdentity", { adoptionPolicy: "IfExists" }, "use"],
  ] as const)("%s with %j needs %s, and shows and does nothing without", async (kind, policy, verb) => {
    count += 1;
    const name = `claimed${count}`;
    stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope" });
    stage.bench.azure.clearRequests();
    await stage.apply(kind, name, { ...at(stage), ...policy });
    expect([said(name, kind)[0], stage.requests(), stage.object(kind, name)?.status]).toEqual(["False PermissionDenied", [], expect.not.objectContaining({ principalId: expect.anything() as unknown }) as unknown]);
    access.granted.add(on(verb, uai(stage, name)));
    await stage.recheckPermissions();
    expect(said(name, kind)[0]).toMatch(/^True/);
  });
});

describe("a host that the namespace only observes", () => {
  test("is no host of its own: who attaches to it by reference, decides about it, or makes slots of it is asked as for its ARM id", async () => {
    const { site, attached } = scene("payroll");
    const name = site.split("/").at(-1) ?? "";
    access.granted.add(on("attach", site));
    await stage.apply("WebApp", "observed", { ...at(stage), azureName: name, managementPolicy: "ObserveOnly", plan: { planArmId: site.replace("sites", "serverfarms") } });
    access.granted.add(on("attach", site.replace("sites", "serverfarms")));
    await stage.recheckPermissions();
    expect(said("observed", "WebApp")[0]).toMatch(/^True/);
    stage.bench.azure.portal.put(site, { ...get(stage, site), identity: { type: "UserAssigned", userAssignedIdentities: { [uai(stage, "payroll")]: {} } } });
    stage.bench.azure.clearRequests();
    await stage.apply(ASSIGNMENT, "web", { target: { webAppRef: { name: "observed" } }, ownership: "Exclusive", userAssigned: [] });
    await stage.apply("WebApp", "slot", { slotOf: { webAppRef: { name: "observed" } } });
    expect(said("web")).toEqual(["False PermissionDenied", expect.stringContaining(`spec.ownership: namespace "default" needs the verb manage on azureresources.azureidentity.dev ${site.toLowerCase()}`)]);
    expect(said("slot", "WebApp")).toEqual(["False PermissionDenied", expect.stringContaining("spec.slotOf.webAppRef: namespace \"default\" needs the verb manage")]);
    expect([stage.writes(), attached()]).toEqual([[], ["payroll"]]);
    access.granted.add(on("manage", site));
    await stage.recheckPermissions();
    expect([said("web")[0], attached()]).toEqual(["True Succeeded", []]);
  });
});

describe("an identity of another namespace", () => {
  test("needs use of that object, beside its consent", async () => {
    await stage.close();
    stage = await setStage({ access, policy: { sharedNamespaces: new Map([NAMESPACE, "team-blue"].map((name) => [name, { accountNamespace: undefined }])) } });
    const { site } = scene();
    await stage.apply("UserAssignedIdentity", "payroll", { ...at(stage), allowedNamespaces: { from: "All" } }, "team-blue");
    access.granted.add(on("attach", site));
    await stage.apply(ASSIGNMENT, "web", { target: { armId: site }, userAssigned: [{ identityRef: { name: "payroll", namespace: "team-blue" } }] });
    expect(said("web")).toEqual(["False PermissionDenied", expect.stringContaining("needs the verb use on userassignedidentities.azureidentity.dev payroll in namespace team-blue: an administrator can grant it")]);
    access.granted.add(`${NAMESPACE} use userassignedidentities team-blue payroll`);
    await stage.recheckPermissions();
    expect(said("web")[0]).toBe("True Succeeded");
  });
});

describe("the API server", () => {
  test("is asked once a minute for all objects of a namespace, and never for what a namespace declares itself", async () => {
    const { site, spec } = scene("payroll");
    access.granted.add(on("attach", site)).add(on("use", uai(stage, "payroll")));
    await stage.apply("UserAssignedIdentity", "own", at(stage));
    expect(access.asked).toEqual([]);
    for (const name of ["a", "b", "c"]) await stage.apply(ASSIGNMENT, name, spec("payroll"));
    expect(access.asked).toEqual([on("attach", site), on("use", uai(stage, "payroll"))]);
    await stage.recheckPermissions();
    expect(access.asked).toHaveLength(4);
    for (const name of ["a", "b", "c"]) await stage.remove(ASSIGNMENT, name);
    await stage.recheckPermissions();
    expect(access.asked).toHaveLength(4);
  });

  test("is asked at once when somebody asks to look anew", async () => {
    const { site, spec, attached } = scene("payroll");
    access.granted.add(on("attach", site));
    await stage.apply(ASSIGNMENT, "web", spec("payroll"));
    access.granted.add(on("use", uai(stage, "payroll")));
    await stage.look();
    access.granted.delete(on("use", uai(stage, "payroll")));
    stage.cluster.annotate(ASSIGNMENT, "web", { "azureidentity.dev/reconcile-requested-at": "now" });
    await stage.settle();
    expect([said("web")[0], attached()]).toEqual(["False PermissionDenied", ["payroll"]]);
  });

  test("permits nothing while it does not answer: objects wait, and nothing is undone", async () => {
    const { site, spec, attached } = scene("payroll");
    access.granted.add(on("attach", site)).add(on("use", uai(stage, "payroll")));
    await stage.apply(ASSIGNMENT, "web", spec("payroll"));
    access.isAway = true;
    stage.bench.azure.clearRequests();
    await stage.recheckPermissions();
    expect([said("web")[0], attached(), stage.writes()]).toEqual(["False PermissionDenied", ["payroll"], []]);
    expect(said("web")[1]).toContain("the API server did not say yet whether");
    access.isAway = false;
    await stage.recheckPermissions();
    expect(said("web")[0]).toBe("True Succeeded");
  });
});
