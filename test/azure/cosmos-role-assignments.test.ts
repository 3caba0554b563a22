import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AzureOptions, JsonObject } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2024-08-15";
const [READER, CONTRIBUTOR] = ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"];
const [ONE, TWO] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"] as const;

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => prepare(bench));
afterAll(() => bench.stop());

const account = (on: Bench = bench): string => `${on.group}/providers/Microsoft.DocumentDB/databaseAccounts/store`;
const identity = (on: Bench): string => `${on.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app`;
const url = (guid: string, on: Bench = bench): string => `${account(on)}/sqlRoleAssignments/${guid}${V}`;
const principalOf = (on: Bench): string => textAt(objectAt(on.azure.portal.get(identity(on)), "properties"), "principalId") ?? "";
const get = async (guid: string = ONE): Promise<JsonObject> => objectAt((await bench.send("GET", url(guid))).body, "properties");

function prepare(on: Bench): void {
  const properties = { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope" }] };
  on.azure.portal.delete(account(on));
  on.azure.portal.put(account(on), { properties });
  on.azure.portal.put(identity(on), {});
}

const begin = (changes: JsonObject = {}, guid: string = ONE, on: Bench = bench): Promise<RawAnswer> => {
  const properties = {
    roleDefinitionId: `${account(on)}/sqlRoleDefinitions/${READER}`,
    principalId: principalOf(on),
    scope: account(on),
    ...changes,
  };
  return on.send("PUT", url(guid, on), { body: { properties } });
};

async function put(changes: JsonObject = {}, guid: string = ONE, on: Bench = bench): Promise<RawAnswer> {
  const answer = await begin(changes, guid, on);
  on.clock.advance(15_000);
  return answer;
}

async function under(options: AzureOptions, act: (on: Bench) => Promise<void>): Promise<void> {
  await withBench(options, async (on) => {
    prepare(on);
    await act(on);
  });
}

describe("SQL role assignments (arm.md 11)", () => {
  it("PUT answers 202 with both headers and a word; the assignment is there at the end, also at Location", async () => {
    const answer = await begin();
    expect([answer.status, answer.body, answer.headers["retry-after"]]).toEqual([202, { status: "Enqueued" }, undefined]);
    const missing = await bench.send("GET", url(ONE));
    expect([missing.status, Object.keys(missing.body), codeOf(missing)]).toEqual([404, ["code", "message"], "NotFound"]);
    expect(messageOf(missing)).toContain(`Unable to find a SQL Role Assignment with ID [${ONE}]`);
    bench.clock.advance(15_000);
    const want = { roleDefinitionId: `${account()}/sqlRoleDefinitions/${READER}`, principalId: principalOf(bench), scope: account() };
    expect((await bench.send("GET", answer.headers["location"] ?? "")).body["properties"]).toEqual(want);
    expect(await get()).toEqual(want);
    expect(objectsAt((await bench.send("GET", `${account()}/sqlRoleAssignments${V}`)).body, "value")).toHaveLength(1);
  });

  it("DELETE answers 202, and 204 when there is none", async () => {
    await put();
    expect((await bench.send("DELETE", url(ONE))).status).toBe(202);
    bench.clock.advance(15_000);
    expect((await bench.send("DELETE", url(ONE))).status).toBe(204);
  });

  it("an update may change the role and nothing else", async () => {
    await put();
    expect((await put({ roleDefinitionId: `${account()}/sqlRoleDefinitions/${CONTRIBUTOR}` })).status).toBe(202);
    expect((await get())["roleDefinitionId"]).toMatch(/2$/);
    const principal = await put({ principalId: bench.principal.principalId });
    expect([principal.status, messageOf(principal)]).toEqual([
      400,
      expect.stringContaining("Updating SQL Role Assignment Principal ID is not permitted"),
    ]);
    const scope = await put({ scope: `${account()}/dbs/x` });
    expect([scope.status, messageOf(scope)]).toEqual([400, expect.stringContaining("Updating SQL Role Assignment Scope is not permitted")]);
  });

  it.each([
    { name: "a principal that is no GUID", changes: { principalId: "me" } },
    {
      name: "a role of another account",
      changes: {
        roleDefinitionId: `/subscriptions/s/resourceGroups/rg/providers/Microsoft.DocumentDB/databaseAccounts/other/sqlRoleDefinitions/${READER}`,
      },
    },
    { name: "an unknown role", changes: { roleDefinitionId: TWO } },
    { name: "a scope outside of the account", changes: { scope: "/subscriptions/s" } },
  ])("$name is 400 BadRequest", async ({ changes }) => {
    const answer = await begin({ ...changes });
    expect([answer.status, codeOf(answer)]).toEqual([400, "BadRequest"]);
  });

  it("takes ids and scopes that are relative to the account", async () => {
    await put({ roleDefinitionId: READER, scope: "/dbs/x/colls/y" });
    expect(await get()).toMatchObject({
      roleDefinitionId: `${account()}/sqlRoleDefinitions/${READER}`,
      scope: `${account()}/dbs/x/colls/y`,
    });
  });

  it("has the account to itself: 412 for others, for the account, and while the account is busy", async () => {
    await begin();
    const refused = [
      await begin({}, TWO),
      await bench.send("PATCH", account() + V, { body: { tags: {} } }),
      await bench.send("DELETE", account() + V),
    ];
    expect(refused.map((answer) => [answer.status, codeOf(answer)])).toEqual(refused.map(() => [412, "PreconditionFailed"]));
    bench.clock.advance(15_000);
    await bench.send("PATCH", account() + V, { body: { tags: {} } });
    expect((await begin({}, TWO)).status).toBe(412);
    bench.clock.advance(60_000);
    expect((await begin({}, TWO)).status).toBe(202);
    bench.clock.advance(15_000);
  });

  it.each([
    { cosmosEqualAssignment: "accepted" as const, status: 202 },
    { cosmosEqualAssignment: "refused" as const, status: 409 },
  ])("an equal one under another GUID is $cosmosEqualAssignment", async ({ cosmosEqualAssignment, status }) => {
    await under({ switches: { cosmosEqualAssignment } }, async (on) => {
      await put({}, ONE, on);
      expect((await put({}, TWO, on)).status).toBe(status);
    });
  });
});

describe("a principal that Cosmos DB does not know yet (arm.md 11)", () => {
  const settings = { principalReplicationSeconds: 30 };

  it("is refused for some seconds, whatever is said of its type", async () => {
    await under({ settings }, async (on) => {
      const answer = await begin({ principalType: "ServicePrincipal" }, ONE, on);
      expect([answer.status, codeOf(answer), messageOf(answer)]).toEqual([
        400,
        "BadRequest",
        expect.stringContaining("was not found in the AAD tenant"),
      ]);
      on.clock.advance(30_000);
      expect((await begin({}, ONE, on)).status).toBe(202);
    });
  });

  it("is told by the operation, under the switch", async () => {
    await under({ settings, switches: { cosmosUnknownPrincipal: "failed-operation" } }, async (on) => {
      const answer = await put({}, ONE, on);
      expect(answer.status).toBe(202);
      const { body } = await on.send("GET", answer.headers["azure-asyncoperation"] ?? "");
      expect(body).toMatchObject({
        status: "Failed",
        error: { code: "BadRequest", message: expect.stringContaining("was not found in the AAD tenant") as string },
      });
      expect((await on.send("GET", url(ONE, on))).status).toBe(404);
    });
  });

  it("is refused for good when it was never there", async () => {
    expect((await begin({ principalId: TWO })).status).toBe(400);
  });
});
