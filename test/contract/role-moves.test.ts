import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { AzurePort } from "../../src/reconcile/ports.ts";
import { grantsOf, roleId, ROLES, somePrincipal } from "./grants.ts";
import { at, below, get, makeIdentity, principalOfIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const KIND = "RoleAssignment";
let stage: Stage;
let count = 0;
/** What happens while Azure is listing. */
let whileListing: () => void = () => undefined;

const between = <Ports extends { readonly azure: AzurePort }>(ports: Ports): Ports => ({
  ...ports,
  azure: {
    ...ports.azure,
    list: async (...call: Parameters<AzurePort["list"]>) => {
      const answer = await ports.azure.list(...call);
      whileListing();
      return answer;
    },
  },
});

beforeAll(async () => {
  stage = await setStage({ between, grants: [{ role: "Reader" }, { role: "Storage Blob Data Reader" }] });
});
afterAll(() => stage.close());
afterEach(async () => {
  whileListing = () => undefined;
  stage.cluster.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `rm${String(count).padStart(3, "0")}`;
}

const ended = (name: string) => [stage.state(KIND, name), stage.message(KIND, name)];
const rolesOf = (principalId: string) => grantsOf(stage, principalId).map((grant) => stringAt(objectAt(grant, "properties"), "roleDefinitionId"));
const spec = (principal: JsonObject, more: JsonObject = {}): JsonObject => ({ scope: { armId: stage.bench.group }, principal, roleDefinitionName: "Reader", ...more });
const verbs = () => stage.writes().map(({ method }) => method);

describe("a grant whose spec changes", () => {
  test.each<[string, (of: Stage) => JsonObject]>([
    ["the role", () => ({ roleDefinitionName: "Storage Blob Data Reader" })],
    ["the scope", (of) => ({ scope: { armId: uai(of, "elsewhere") } })],
    ["the principal", () => ({ principal: { id: somePrincipal() } })],
  ])("moves with %s: the old one is removed and that confirmed, then the new one made", async (_what, change) => {
    const [name, principalId] = [fresh(), somePrincipal()];
    makeIdentity(stage, "elsewhere");
    await stage.apply(KIND, name, spec({ id: principalId }));
    const before = stringAt(stage.holds(KIND, name), "target");
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, { ...spec({ id: principalId }), ...change(stage) });
    expect([ended(name)[0], verbs(), get(stage, before ?? "")]).toEqual(["True Succeeded", ["DELETE", "PUT"], undefined]);
    expect(stage.holds(KIND, name)?.["target"]).not.toBe(before);
    await stage.remove(KIND, name);
    expect(stage.bench.azure.portal.list("Microsoft.Authorization/roleAssignments")).toEqual([]);
  });

  test("stays where it is while the new one may not be made", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    await stage.apply(KIND, name, spec({ id: principalId }));
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, spec({ id: principalId }, { roleDefinitionName: "Contributor" }));
    expect([ended(name)[0], verbs(), rolesOf(principalId)]).toEqual(["False RoleNotAllowed", [], [roleId(stage, ROLES.reader)]]);
    await stage.apply(KIND, name, spec({ identityRef: { name: "missing" } }));
    expect([ended(name)[0], verbs(), rolesOf(principalId)]).toEqual(["False RefNotFound", [], [roleId(stage, ROLES.reader)]]);
  });

  test("is not made anew before the old one is gone", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    await stage.apply(KIND, name, spec({ id: principalId }));
    stage.bench.azure.portal.put(below(stage, "Microsoft.Authorization/locks/keep"), { properties: { level: "CanNotDelete" } });
    await stage.apply(KIND, name, spec({ id: principalId }, { roleDefinitionName: "Storage Blob Data Reader" }));
    expect([ended(name)[0], rolesOf(principalId)]).toEqual(["False ScopeLocked", [roleId(stage, ROLES.reader)]]);
    stage.bench.azure.portal.delete(below(stage, "Microsoft.Authorization/locks/keep"));
    await stage.look();
    expect([ended(name)[0], rolesOf(principalId)]).toEqual(["True Succeeded", [roleId(stage, ROLES.blobReader)]]);
  });

  test("under Retain leaves the old one where it is", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    await stage.apply(KIND, name, spec({ id: principalId }, { deletionPolicy: "Retain" }));
    await stage.apply(KIND, name, spec({ id: principalId }, { deletionPolicy: "Retain", roleDefinitionName: "Storage Blob Data Reader" }));
    expect([ended(name)[0], rolesOf(principalId).length]).toEqual(["True Succeeded", 2]);
  });
});

describe("a principal that was replaced", () => {
  const again = (name: string, tags: JsonObject): void => {
    stage.bench.azure.portal.delete(uai(stage, name));
    stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope", tags });
  };

  test("by an identity of ours: the new one is granted, the orphan removed, and an event says so", async () => {
    const name = fresh();
    await stage.apply("UserAssignedIdentity", name, at(stage));
    await stage.apply(KIND, name, spec({ identityRef: { name } }));
    const before = principalOfIdentity(stage, name);
    again(name, objectAt(get(stage, uai(stage, name)), "tags") ?? {});
    stage.cluster.events.length = 0;
    await stage.look();
    await stage.look();
    expect([ended(name)[0], grantsOf(stage, before), grantsOf(stage, principalOfIdentity(stage, name)).length]).toEqual(["True Succeeded", [], 1]);
    const notes = stage.cluster.events.filter(({ object }) => object.startsWith(KIND)).map(({ event }) => event.note);
    expect(notes).toEqual([expect.stringMatching(/^Deleted .*: what this object declares now is /), expect.stringMatching(/^Created /)]);
  });

  test("by one that is not ours: nothing is touched until a person decides, and a changed object is the decision", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    await stage.apply("UserAssignedIdentity", name, { ...at(stage), managementPolicy: "ObserveOnly" });
    await stage.apply(KIND, name, spec({ identityRef: { name } }));
    const before = principalOfIdentity(stage, name);
    again(name, {});
    stage.bench.azure.clearRequests();
    await stage.look();
    await stage.look();
    expect(ended(name)).toEqual(["False PrincipalReplaced", expect.stringContaining("was replaced, and its resource is not managed by this operator")]);
    expect([stage.writes(), grantsOf(stage, before).length]).toEqual([[], 1]);
    await stage.restart();
    await stage.look();
    expect([ended(name)[0], stage.writes()]).toEqual(["False PrincipalReplaced", []]);
    await stage.apply(KIND, name, spec({ identityRef: { name } }, { description: "the new one is right" }));
    expect([ended(name)[0], grantsOf(stage, before), grantsOf(stage, principalOfIdentity(stage, name)).length]).toEqual(["True Succeeded", [], 1]);
  });

  test("or it is deleted, and the orphan goes with its object", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    await stage.apply("UserAssignedIdentity", name, { ...at(stage), managementPolicy: "ObserveOnly" });
    await stage.apply(KIND, name, spec({ identityRef: { name } }));
    const before = principalOfIdentity(stage, name);
    again(name, {});
    await stage.look();
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), grantsOf(stage, before)]).toEqual(["gone", []]);
  });

  const plan = (): string => {
    const id = below(stage, "Microsoft.Web/serverfarms/plan");
    stage.bench.azure.portal.put(id, { location: "westeurope", sku: { name: "B1" } });
    return id;
  };

  test("on a host whose assignment attached something else only is not ours", async () => {
    const name = fresh();
    const site = below(stage, `Microsoft.Web/sites/${name}`);
    const body = { location: "westeurope", properties: { serverFarmId: plan() }, identity: { type: "SystemAssigned" } };
    stage.bench.azure.portal.put(site, body);
    makeIdentity(stage, name);
    await stage.apply("IdentityAssignment", name, { target: { armId: site }, systemAssigned: true, userAssigned: [{ armId: uai(stage, name) }] });
    await stage.apply(KIND, name, spec({ assignmentRef: { name } }));
    const principal = () => stringAt(objectAt(get(stage, site), "identity"), "principalId") ?? "";
    const before = principal();
    stage.bench.azure.portal.delete(site);
    stage.bench.azure.portal.put(site, body);
    await stage.look();
    await stage.look();
    expect([principal() === before, ended(name)[0], grantsOf(stage, before).length, grantsOf(stage, principal())]).toEqual([false, "False PrincipalReplaced", 1, []]);
  });
});

test("a principal that changes while a pass runs is granted under its own name or not at all", async () => {
  const name = fresh();
  const other = somePrincipal();
  await stage.apply("UserAssignedIdentity", name, at(stage));
  whileListing = () => {
    whileListing = () => undefined;
    const object = stage.object("UserAssignedIdentity", name);
    const status = isJsonObject(object?.status) ? object.status : {};
    if (object !== undefined) void stage.cluster.applyStatus({} as never, object, { ...status, principalId: other });
  };
  await stage.apply(KIND, name, spec({ identityRef: { name } }));
  await stage.look();
  await stage.look();
  expect([ended(name)[0], grantsOf(stage, other), grantsOf(stage, principalOfIdentity(stage, name)).length]).toEqual(["True Succeeded", [], 1]);
});

describe("a grant that goes", () => {
  test("does not wait for its role to be found", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    await stage.apply(KIND, name, spec({ id: principalId }));
    stage.cluster.delete(KIND, name);
    const called = stage.bench.azure.intercept(({ type }) => type.endsWith("roleDefinitions"), { do: "answer", status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } }, 100);
    await stage.restart();
    called();
    expect([stage.state(KIND, name), grantsOf(stage, principalId)]).toEqual(["gone", []]);
  });

  test("is gone when its scope went before", async () => {
    const [name, principalId] = [fresh(), somePrincipal()];
    makeIdentity(stage, name);
    await stage.apply(KIND, name, spec({ id: principalId }, { scope: { armId: uai(stage, name) } }));
    stage.bench.azure.portal.delete(uai(stage, name));
    await stage.remove(KIND, name);
    expect(stage.state(KIND, name)).toBe("gone");
  });
});
