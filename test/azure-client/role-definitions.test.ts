import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { groupScope, subscriptionScope } from "../../src/api/arm-id.ts";
import { objectAt, stringAt } from "../../src/api/json.ts";
import { TransportError } from "../../src/azure/transport.ts";
import { SUBSCRIPTION, TestClock, azureClientOver, inTurn, requestOf } from "./fake-azure.ts";
import { found, openSimulatedAzure } from "./simulated-azure.ts";
import type { SimulatedAzure } from "./simulated-azure.ts";

const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const SCOPE = groupScope(SUBSCRIPTION, "g");
const COLLECTION = `${SCOPE}/providers/Microsoft.Authorization/roleDefinitions`;
const REQUEST = requestOf("2022-04-01");
const definition = (roleName: string) => ({ name: READER, properties: { roleName, permissions: [{ actions: ["*/read"], notActions: [] }] } });
const page = (...roleNames: readonly string[]) => ({ status: 200, body: { value: roleNames.map(definition) } });

describe("a role definition", () => {
  test("by name is found by one LIST, by id by one GET", async () => {
    const client = inTurn(page("Reader"), { status: 200, body: definition("Reader") });
    const azure = azureClientOver(client);
    expect(await azure.roleDefinition(SCOPE, { name: "reader" }, REQUEST)).toEqual({ is: "found", body: definition("Reader") });
    expect(await azure.roleDefinition(SCOPE, { id: READER }, REQUEST)).toEqual({ is: "found", body: definition("Reader") });
    expect(client.lines).toEqual([
      `GET ${COLLECTION}?api-version=2022-04-01&$filter=roleName%20eq%20'reader'`,
      `GET ${COLLECTION}/${READER}?api-version=2022-04-01`,
    ]);
  });

  test("whose name has quotes is asked for as OData wants it", async () => {
    const client = inTurn(page("It's ours"));
    expect(await azureClientOver(client).roleDefinition(SCOPE, { name: "It's ours" }, REQUEST)).toMatchObject({ is: "found" });
    expect(client.lines).toEqual([`GET ${COLLECTION}?api-version=2022-04-01&$filter=roleName%20eq%20'It''s%20ours'`]);
  });

  test("is only the one that has the name, whatever the list holds", async () => {
    expect(await azureClientOver(inTurn(page("Reader and more"))).roleDefinition(SCOPE, { name: "Reader" }, REQUEST)).toEqual({
      is: "absent", code: "RoleDefinitionDoesNotExist",
    });
    expect(await azureClientOver(inTurn(page("Reader", "reader"))).roleDefinition(SCOPE, { name: "Reader" }, REQUEST)).toMatchObject({
      is: "failed",
      failure: { class: "invalid", code: "AmbiguousRoleName" },
    });
  });

  test("is asked for once in ten minutes, for each scope and credential", async () => {
    const clock = new TestClock();
    const client = inTurn(page("Reader"));
    const azure = azureClientOver(client, { clock });
    await Promise.all(["Reader", "READER", "reader"].map((name) => azure.roleDefinition(SCOPE, { name }, REQUEST)));
    expect(client.requests).toHaveLength(1);
    await azure.roleDefinition(subscriptionScope(SUBSCRIPTION), { name: "Reader" }, REQUEST);
    await azure.roleDefinition(SCOPE, { name: "Reader" }, requestOf("2022-04-01", { credential: "team" }));
    expect(client.requests).toHaveLength(3);
    clock.advance(600_000);
    await azure.roleDefinition(SCOPE, { name: "Reader" }, REQUEST);
    expect(client.requests).toHaveLength(4);
  });

  test("that is absent or cannot be had is asked for again", async () => {
    const absent = { status: 404, body: { error: { code: "RoleDefinitionDoesNotExist", message: "m" } } };
    const client = inTurn(absent, { status: 503 }, new TransportError("timeout", "RequestTimeout", "m"), { status: 200, body: definition("Reader") });
    const azure = azureClientOver(client);
    expect(await azure.roleDefinition(SCOPE, { id: READER }, REQUEST)).toEqual({ is: "absent", code: "RoleDefinitionDoesNotExist" });
    expect(await azure.roleDefinition(SCOPE, { id: READER }, REQUEST)).toMatchObject({ is: "failed", failure: { class: "unavailable" } });
    expect(await azure.roleDefinition(SCOPE, { id: READER }, REQUEST)).toMatchObject({ is: "failed", failure: { code: "RequestTimeout" } });
    expect(await azure.roleDefinition(SCOPE, { id: READER }, REQUEST)).toMatchObject({ is: "found" });
  });

  test("without a credential of that name is a failure", async () => {
    const azure = azureClientOver(inTurn(), { credential: () => undefined });
    expect(await azure.roleDefinition(SCOPE, { id: READER }, REQUEST)).toMatchObject({ is: "failed", failure: { class: "credential" } });
  });
});

describe("against the simulator", () => {
  let simulated: SimulatedAzure;

  beforeAll(async () => {
    simulated = await openSimulatedAzure();
  });

  afterAll(() => simulated.close());
  beforeEach(() => simulated.azure.clearRequests());

  const scope = () => groupScope(simulated.azure.subscriptionIds[0] ?? "", "g");

  test("a built-in role is found by name and by id, with its permissions", async () => {
    const byName = found(await simulated.gateway.roleDefinition(scope(), { name: "reader" }, REQUEST));
    expect(byName["name"]).toBe(READER);
    expect(objectAt(byName, "properties")).toMatchObject({ roleName: "Reader", permissions: [{ actions: ["*/read"] }] });
    expect(found(await simulated.gateway.roleDefinition(scope(), { id: READER }, REQUEST))).toEqual(byName);
    expect(stringAt(byName, "id")).toContain("/providers/Microsoft.Authorization/roleDefinitions/");
  });

  test("a role that nobody made is absent", async () => {
    expect(await simulated.gateway.roleDefinition(scope(), { name: "Nobody's role" }, REQUEST)).toEqual({
      is: "absent", code: "RoleDefinitionDoesNotExist",
    });
    const unknown = "00000000-0000-4000-8000-000000000009";
    expect(await simulated.gateway.roleDefinition(scope(), { id: unknown }, REQUEST)).toEqual({
      is: "absent", code: "RoleDefinitionDoesNotExist",
    });
  });
});
