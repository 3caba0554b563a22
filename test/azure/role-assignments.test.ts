import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2022-04-01";
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
const PRINCIPAL = "11111111-2222-4333-8444-555555555555";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ settings: { principalReplicationSeconds: 30 } });
});
afterAll(() => bench.stop());

const roleId = (guid: string, on: Bench = bench): string => `${on.subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
const at = (scope: string, name: string): string => `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}${V}`;

interface Grant {
  readonly scope?: string;
  readonly name?: string;
  readonly on?: Bench;
  readonly properties?: JsonObject;
}

function put({ scope, name = randomUUID(), on = bench, properties = {} }: Grant): Promise<RawAnswer> {
  const body = {
    properties: { roleDefinitionId: roleId(READER, on), principalId: PRINCIPAL, principalType: "ServicePrincipal", ...properties },
  };
  return on.send("PUT", at(scope ?? on.group, name), { body });
}

async function emptyGroup(name: string): Promise<string> {
  bench.azure.portal.createResourceGroup(bench.azure.subscriptionIds[0] ?? "", name, "westeurope");
  return `${bench.subscription}/resourceGroups/${name}`;
}

describe("a role assignment (arm.md 13)", () => {
  it("PUT answers 201 in the recorded shape, with createdBy null; GET has it filled and a later createdOn", async () => {
    const scope = await emptyGroup("shape");
    const name = randomUUID();
    const written = await put({ scope, name, properties: { description: "why" } });
    expect([written.status, Object.keys(written.body)]).toEqual([201, ["properties", "id", "type", "name"]]);
    const properties = objectAt(written.body, "properties");
    expect(Object.keys(properties)).toEqual([
      "roleDefinitionId",
      "principalId",
      "principalType",
      "scope",
      "condition",
      "conditionVersion",
      "createdOn",
      "updatedOn",
      "createdBy",
      "updatedBy",
      "delegatedManagedIdentityResourceId",
      "description",
    ]);
    expect(properties).toMatchObject({
      roleDefinitionId: roleId(READER),
      scope,
      createdBy: null,
      updatedBy: bench.principal.principalId,
      condition: null,
      description: "why",
    });
    const read = await bench.send("GET", at(scope, name));
    expect(objectAt(read.body, "properties")["createdBy"]).toBe(bench.principal.principalId);
    const createdOn = (of: JsonObject): number => Date.parse(textAt(of, "createdOn") ?? "");
    expect(createdOn(objectAt(read.body, "properties"))).toBeGreaterThan(createdOn(properties));
  });

  it("PUT is 201 for a change of description too, and for a repeat (18: or 200)", async () => {
    const scope = await emptyGroup("changed");
    const name = randomUUID();
    await put({ scope, name });
    expect((await put({ scope, name, properties: { description: "new" } })).status).toBe(201);
    expect((await put({ scope, name, properties: { description: "new" } })).status).toBe(201);
    expect(objectAt((await bench.send("GET", at(scope, name))).body, "properties")["description"]).toBe("new");
    await withBench({ switches: { roleAssignmentRepeatStatus: 200 } }, async (on) => {
      const first = await put({ on, name });
      const second = await put({ on, name });
      expect([first.status, second.status]).toEqual([201, 200]);
    });
  });

  it("DELETE answers 200 with the body, then 204; GET is the provider's own 404", async () => {
    const scope = await emptyGroup("deleted");
    const name = randomUUID();
    await put({ scope, name });
    const first = await bench.send("DELETE", at(scope, name));
    expect([first.status, first.body["name"]]).toEqual([200, name]);
    expect((await bench.send("DELETE", at(scope, name))).status).toBe(204);
    const missing = await bench.send("GET", at(scope, name));
    expect([missing.status, codeOf(missing), missing.headers["x-ms-failure-cause"]]).toEqual([404, "RoleAssignmentNotFound", undefined]);
  });

  it("hangs on the subscription, a group, a resource, an identity whose casing it echoes (2.2), and what is below", async () => {
    const identity = `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/scope`.replace(
      "/resourceGroups/",
      "/resourcegroups/",
    );
    bench.azure.portal.put(identity, {});
    const vault = `${bench.group}/providers/Microsoft.KeyVault/vaults/my-vault`;
    bench.azure.portal.put(vault, { properties: { tenantId: bench.azure.tenantId, sku: { family: "A", name: "standard" } } });
    for (const scope of [bench.subscription, bench.group, identity, vault, `${vault}/secrets/s`]) {
      const answer = await put({ scope, properties: { principalId: randomUUID() } });
      expect([answer.status, objectAt(answer.body, "properties")["scope"]]).toEqual([201, scope]);
      expect(answer.body["id"]).toMatch(new RegExp(`^${scope}/providers/Microsoft.Authorization/roleAssignments/`));
    }
  });

  it("needs its scope to be there", async () => {
    expect(codeOf(await put({ scope: `${bench.subscription}/resourceGroups/none` }))).toBe("ResourceGroupNotFound");
    expect(codeOf(await put({ scope: `${bench.group}/providers/Microsoft.Web/sites/none` }))).toBe("ResourceNotFound");
  });

  it("spells a built-in role below the subscription, or at the tenant (13: either prefix)", async () => {
    await withBench({ switches: { roleDefinitionIdPrefix: "tenant" } }, async (on) => {
      const { body } = await put({ on });
      expect(objectAt(body, "properties")["roleDefinitionId"]).toBe(`/providers/Microsoft.Authorization/roleDefinitions/${READER}`);
    });
  });

  it("stays when its principal goes, and goes with its scope", async () => {
    const scope = await emptyGroup("orphans");
    const identity = `${scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/`;
    const { properties } = bench.azure.portal.put(`${identity}gone`, {});
    bench.azure.portal.put(`${identity}scope`, {});
    const principalId = objectAt(properties)["principalId"];
    const [orphan, below] = [randomUUID(), randomUUID()];
    await put({ scope, name: orphan, properties: { principalId } });
    await put({ scope: `${identity}scope`, name: below, properties: { principalId } });
    bench.azure.portal.delete(`${identity}gone`);
    expect((await bench.send("GET", at(scope, orphan))).status).toBe(200);
    bench.azure.portal.delete(`${identity}scope`);
    expect((await bench.send("GET", at(`${identity}scope`, below))).status).toBe(404);
  });
});

describe("refusals of a role assignment (arm.md 13)", () => {
  it.each([
    { name: "no principal", properties: { principalId: "" }, status: 400, code: "InvalidPrincipalId" },
    { name: "a principal that is no GUID", properties: { principalId: "me" }, status: 400, code: "InvalidPrincipalId" },
    {
      name: "an unknown role",
      properties: { roleDefinitionId: "/providers/Microsoft.Authorization/roleDefinitions/00000000-0000-4000-8000-000000000000" },
      status: 404,
      code: "RoleDefinitionDoesNotExist",
    },
    {
      name: "a condition without version 2.0",
      properties: { condition: "@Resource[x] StringEquals 'y'" },
      status: 400,
      code: "InvalidConditionVersion",
    },
    { name: "an unknown principal without a type", properties: { principalType: undefined }, status: 400, code: "PrincipalNotFound" },
  ])("$name: $status $code", async ({ properties, status, code }) => {
    const answer = await put({ properties: { ...properties } });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it("a name that is no GUID: 400 InvalidRoleAssignmentId", async () => {
    const answer = await put({ name: "grant" });
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidRoleAssignmentId"]);
  });

  it("an unknown principal is taken where the type is given", async () => {
    expect((await put({ properties: { principalId: randomUUID() } })).status).toBe(201);
  });

  it("a type that the principal does not have: 400 UnmatchedPrincipalType", async () => {
    const { principalId } = bench.principal;
    bench.clock.advance(30_000);
    expect(codeOf(await put({ properties: { principalId, principalType: "User" } }))).toBe("UnmatchedPrincipalType");
  });

  it("the same GUID with another principal, role or scope: 400 RoleAssignmentUpdateNotPermitted", async () => {
    const scope = await emptyGroup("fixed");
    const name = randomUUID();
    await put({ scope, name });
    const attempts = [
      await put({ scope, name, properties: { principalId: randomUUID() } }),
      await put({ scope, name, properties: { roleDefinitionId: roleId(BLOB_READER) } }),
      await put({ scope: await emptyGroup("elsewhere"), name }),
    ];
    expect(attempts.map((answer) => [answer.status, codeOf(answer)])).toEqual(
      attempts.map(() => [400, "RoleAssignmentUpdateNotPermitted"]),
    );
  });

  it("an equal one under another GUID: 409 RoleAssignmentExists with the other's id as 32 hex digits", async () => {
    const scope = await emptyGroup("equal");
    const name = randomUUID();
    await put({ scope, name });
    const answer = await put({ scope: scope.toUpperCase().replace("/SUBSCRIPTIONS", "/subscriptions") });
    expect([answer.status, codeOf(answer)]).toEqual([409, "RoleAssignmentExists"]);
    expect(messageOf(answer)).toContain(`${name.replaceAll("-", "")}.`);
    expect((await put({ scope, properties: { roleDefinitionId: roleId(BLOB_READER) } })).status).toBe(201);
  });

  it("a new principal is not found for some seconds, unless its type is given", async () => {
    const identity = `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/young`;
    const principalId = textAt(objectAt(bench.azure.portal.put(identity, {}), "properties"), "principalId") ?? "";
    const untyped = (): Promise<RawAnswer> => put({ properties: { principalId, principalType: undefined } });
    const refused = await untyped();
    expect([refused.status, codeOf(refused)]).toEqual([400, "PrincipalNotFound"]);
    expect(messageOf(refused)).toContain(principalId.replaceAll("-", ""));
    expect((await put({ properties: { principalId, roleDefinitionId: roleId(BLOB_READER) } })).status).toBe(201);
    bench.clock.advance(30_000);
    const taken = await untyped();
    expect([taken.status, objectAt(taken.body, "properties")["principalType"]]).toEqual([201, "ServicePrincipal"]);
  });

  it.each([400, 409] as const)("one more than a subscription may have: %d RoleAssignmentLimitExceeded (18)", async (status) => {
    await withBench({ settings: { roleAssignmentLimit: 1 }, switches: { roleAssignmentLimitStatus: status } }, async (on) => {
      await put({ on });
      const answer = await put({ on, properties: { principalId: randomUUID() } });
      expect([answer.status, codeOf(answer)]).toEqual([status, "RoleAssignmentLimitExceeded"]);
    });
  });
});

describe("LIST of role assignments (arm.md 13, 15)", () => {
  const names = { above: randomUUID(), here: randomUUID(), below: randomUUID(), beside: randomUUID(), other: randomUUID() };
  const mine = randomUUID();
  let group: string;
  beforeAll(async () => {
    group = await emptyGroup("listed");
    const site = `${group}/providers/Microsoft.Web/sites/listed`;
    bench.azure.portal.put(site, {});
    const properties = { principalId: mine };
    await put({ scope: bench.subscription, name: names.above, properties });
    await put({ scope: group, name: names.here, properties });
    await put({ scope: site, name: names.below, properties });
    await put({ scope: await emptyGroup("listed-too"), name: names.beside, properties });
    await put({ scope: group, name: names.other });
  });

  it.each([
    { filter: undefined, want: ["above", "here", "below", "other"] },
    { filter: "atScope()", want: ["above", "here", "other"] },
    { filter: `principalId eq '${mine}'`, want: ["above", "here", "below"] },
    { filter: `assignedTo('${mine.toUpperCase()}')`, want: ["above", "here", "below"] },
    { filter: `atScope() and assignedTo('${mine}')`, want: ["above", "here"] },
  ] as const)("at a group with $filter", async ({ filter, want }) => {
    const query = filter === undefined ? "" : `&$filter=${encodeURIComponent(filter)}`;
    const { body } = await bench.send("GET", `${group}/providers/Microsoft.Authorization/roleAssignments${V}${query}`);
    const found = objectsAt(body, "value").map((one) => textAt(one, "name"));
    const known = Object.entries(names)
      .filter(([, name]) => found.includes(name))
      .map(([key]) => key);
    expect(known).toEqual(want);
  });

  it("at the subscription has all below", async () => {
    const { body } = await bench.send("GET", `${bench.subscription}/providers/Microsoft.Authorization/roleAssignments${V}`);
    const found = objectsAt(body, "value").map((one) => textAt(one, "name"));
    expect(found).toEqual(expect.arrayContaining(Object.values(names)));
  });

  it("refuses another filter", async () => {
    const answer = await bench.send(
      "GET",
      `${group}/providers/Microsoft.Authorization/roleAssignments${V}&$filter=${encodeURIComponent("roleName eq 'x'")}`,
    );
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidFilter"]);
  });

  it("comes in pages", async () => {
    await withBench({ pageSize: 1 }, async (on) => {
      await put({ on });
      await put({ on, properties: { principalId: randomUUID() } });
      const first = await on.send("GET", `${on.group}/providers/Microsoft.Authorization/roleAssignments${V}`);
      const second = await on.send("GET", textAt(first.body, "nextLink") ?? "");
      expect([objectsAt(first.body, "value").length, objectsAt(second.body, "value").length, second.body["nextLink"]]).toEqual([
        1,
        1,
        undefined,
      ]);
    });
  });
});
