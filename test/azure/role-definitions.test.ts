import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { builtInRoles } from "./providers/built-in-roles.ts";
import { codeOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2022-04-01";
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ pageSize: 2 });
});
afterAll(() => bench.stop());

const path = (scope: string, name = ""): string =>
  `${scope}/providers/Microsoft.Authorization/roleDefinitions${name === "" ? "" : `/${name}`}${V}`;
const named = async (scope: string, roleName: string): Promise<readonly JsonObject[]> =>
  objectsAt((await bench.send("GET", `${path(scope)}&$filter=${encodeURIComponent(`roleName eq '${roleName}'`)}`)).body, "value");

describe("built-in roles (arm.md 13, 16)", () => {
  it("GET by id, below the subscription and at the tenant", async () => {
    const below = await bench.send("GET", path(bench.subscription, READER.toUpperCase()));
    expect([below.status, below.body["id"]]).toEqual([
      200,
      `${bench.subscription}/providers/Microsoft.Authorization/roleDefinitions/${READER}`,
    ]);
    expect(objectAt(below.body, "properties")).toMatchObject({
      roleName: "Reader",
      type: "BuiltInRole",
      assignableScopes: ["/"],
      permissions: [{ actions: ["*/read"], notActions: [] }],
    });
    const atTenant = await bench.send("GET", path("", READER));
    expect([atTenant.status, atTenant.body["id"]]).toEqual([200, `/providers/Microsoft.Authorization/roleDefinitions/${READER}`]);
  });

  it("are all on one page, whatever the page size", async () => {
    const { body } = await bench.send("GET", path(""));
    expect([objectsAt(body, "value").length, body["nextLink"]]).toEqual([builtInRoles.length, undefined]);
  });

  it.each(["reader", "Reader", "READER"])("are found by the name %s at a group", async (name) => {
    expect((await named(bench.group, name)).map((role) => role["name"])).toEqual([READER]);
  });

  it("have names and GUIDs of their own", () => {
    expect(new Set(builtInRoles.map((role) => role.guid)).size).toBe(builtInRoles.length);
    expect(new Set(builtInRoles.map((role) => role.roleName.toLowerCase())).size).toBe(builtInRoles.length);
  });

  it("a missing one is 404 RoleDefinitionDoesNotExist; a built-in one cannot be changed", async () => {
    const missing = await bench.send("GET", path(bench.subscription, randomUUID()));
    expect([missing.status, codeOf(missing)]).toEqual([404, "RoleDefinitionDoesNotExist"]);
    const changed = await bench.send("PUT", path(bench.subscription, READER), {
      body: { properties: { roleName: "Mine", assignableScopes: ["/"] } },
    });
    expect([changed.status, codeOf(changed)]).toEqual([403, "RoleDefinitionIsBuiltIn"]);
    expect(codeOf(await bench.send("PUT", path(bench.subscription, "mine"), { body: {} }))).toBe("InvalidRoleDefinitionId");
  });
});

describe("custom roles", () => {
  const put = (guid: string, properties: JsonObject): Promise<RawAnswer> =>
    bench.send("PUT", path(bench.subscription, guid), {
      body: { properties: { assignableScopes: [bench.group], permissions: [{ actions: ["*/read"] }], ...properties } },
    });

  it("are put, found where they can be assigned, changed and deleted", async () => {
    const guid = randomUUID();
    const created = await put(guid, { roleName: "It's mine" });
    expect([created.status, objectAt(created.body, "properties")["type"]]).toEqual([201, "CustomRole"]);
    expect((await named(bench.group, "it''s MINE")).map((role) => textAt(role, "name"))).toEqual([guid]);
    expect(await named(bench.subscription, "it''s MINE")).toEqual([]);
    await put(guid, { roleName: "Renamed" });
    expect((await named(bench.group, "Renamed")).length).toBe(1);
    expect((await bench.send("DELETE", path(bench.subscription, guid))).status).toBe(200);
    expect((await bench.send("DELETE", path(bench.subscription, guid))).status).toBe(204);
  });

  it("need a name that is free, and stay while something is assigned by them", async () => {
    const guid = randomUUID();
    await put(guid, { roleName: "Taken" });
    expect(codeOf(await put(randomUUID(), { roleName: "taken" }))).toBe("RoleDefinitionWithSameNameExists");
    expect(codeOf(await put(randomUUID(), { roleName: "READER" }))).toBe("RoleDefinitionWithSameNameExists");
    const body = {
      properties: {
        roleDefinitionId: `${bench.subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
        principalId: randomUUID(),
        principalType: "ServicePrincipal",
      },
    };
    expect(
      (await bench.send("PUT", `${bench.group}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}${V}`, { body })).status,
    ).toBe(201);
    expect(codeOf(await bench.send("DELETE", path(bench.subscription, guid)))).toBe("RoleDefinitionHasAssignments");
  });
});
