import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AzureOptions, JsonObject } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2024-08-15";
const body: JsonObject = {
  location: "westeurope",
  properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westeurope", failoverPriority: 0 }] },
};

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => prepare(bench));
afterAll(() => bench.stop());

const account = (on: Bench = bench): string => `${on.group}/providers/Microsoft.DocumentDB/databaseAccounts/store`;
const uai = (name: string, on: Bench = bench): string => `${on.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const users = (...names: readonly string[]): JsonObject => ({
  type: "UserAssigned",
  userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name), {}])),
});
const defaultOf = async (on: Bench = bench): Promise<unknown> =>
  objectAt((await on.send("GET", account(on) + V)).body, "properties")["defaultIdentity"];

function prepare(on: Bench): void {
  for (const name of ["a", "b"]) on.azure.portal.put(uai(name, on), {});
  on.azure.portal.delete(account(on));
  on.azure.portal.put(account(on), body);
}

async function patch(change: JsonObject, on: Bench = bench): Promise<RawAnswer> {
  const answer = await on.send("PATCH", account(on) + V, { body: change });
  on.clock.advance(60_000);
  return answer;
}

async function under(options: AzureOptions, act: (on: Bench) => Promise<void>): Promise<void> {
  await withBench(options, async (on) => {
    prepare(on);
    await act(on);
  });
}

describe("Cosmos DB accounts (arm.md 11)", () => {
  it("are followed by the words Enqueued, Dequeued and Succeeded, which are all that the status says", async () => {
    const { headers } = await bench.send("PATCH", account() + V, { body: { tags: { a: "b" } } });
    const status = async (): Promise<JsonObject> => (await bench.send("GET", headers["azure-asyncoperation"] ?? "")).body;
    expect(headers["location"]).toContain("/databaseAccounts/store/operationResults/");
    expect(headers["azure-asyncoperation"]).toContain("/providers/Microsoft.DocumentDB/locations/westeurope/operationsStatus/");
    const seen = [await status()];
    for (let step = 0; step < 2; step += 1) {
      bench.clock.advance(30_000);
      seen.push(await status());
    }
    expect(seen).toEqual([{ status: "Enqueued" }, { status: "Dequeued" }, { status: "Succeeded" }]);
  });

  it("take one operation at a time: 412 in the flat envelope, with an activity id of its own each time", async () => {
    await bench.send("PATCH", account() + V, { body: { tags: {} } });
    const refused = [await bench.send("PATCH", account() + V, { body: { tags: {} } }), await bench.send("DELETE", account() + V)];
    for (const answer of refused) {
      expect([answer.status, Object.keys(answer.body), codeOf(answer)]).toEqual([412, ["code", "message"], "PreconditionFailed"]);
      expect(messageOf(answer)).toMatch(/requires exclusive lock on this service store\..*\r\nActivityId: [0-9a-f-]{36}, /);
    }
    expect(new Set(refused.map(messageOf)).size).toBe(2);
    bench.clock.advance(60_000);
    expect((await bench.send("DELETE", account() + V)).status).toBe(202);
    bench.clock.advance(60_000);
    expect((await bench.send("GET", account() + V)).status).toBe(404);
  });

  it("need an offer type and locations, and a name that is free everywhere", async () => {
    const url = account().replace("/store", "/new-store") + V;
    expect((await bench.send("PUT", url, { body: { location: "westeurope", properties: {} } })).status).toBe(400);
    bench.azure.portal.createResourceGroup(bench.azure.subscriptionIds[0] ?? "", "other", "westeurope");
    const taken = await bench.send("PUT", account().replace("/rg/", "/other/") + V, { body });
    expect([taken.status, messageOf(taken)]).toEqual([400, expect.stringContaining("already taken")]);
  });

  it("have endpoints by region, and keys by POST only", async () => {
    const { properties } = (await bench.send("GET", account() + V)).body;
    expect(properties).toMatchObject({
      documentEndpoint: "https://store.documents.azure.com:443/",
      locations: [{ id: "store-westeurope", locationName: "West Europe" }],
    });
    const keys = await bench.send("POST", `${account()}/listKeys${V}`);
    expect([keys.status, Object.keys(keys.body).length]).toEqual([200, 4]);
    expect(JSON.stringify(properties)).not.toContain(textAt(keys.body, "primaryMasterKey"));
  });
});

describe("the default identity of an account (arm.md 11)", () => {
  const asDefault = (name: string): JsonObject => ({ properties: { defaultIdentity: `UserAssignedIdentity=${uai(name)}` } });

  it("has to be one that the account has", async () => {
    expect((await patch(asDefault("a"))).status).toBe(400);
    expect((await patch({ properties: { defaultIdentity: "SystemAssignedIdentity" } })).status).toBe(400);
    await patch({ identity: users("a") });
    expect((await patch(asDefault("a"))).status).toBe(200);
    expect(await defaultOf()).toBe(`UserAssignedIdentity=${uai("a")}`);
  });

  it("is put back by every change of the identity, and by no other change", async () => {
    await patch({ identity: users("a") });
    await patch(asDefault("a"));
    await patch({ tags: { x: "y" } });
    await patch({ identity: users("a") });
    expect(await defaultOf()).toBe(`UserAssignedIdentity=${uai("a")}`);
    await patch({ identity: users("b") });
    expect(await defaultOf()).toBe("FirstPartyIdentity");
    await patch(asDefault("a"));
    expect(await defaultOf()).toBe(`UserAssignedIdentity=${uai("a")}`);
  });

  it.each([
    { cosmosIdentityWithDefault: "default-lost" as const, attached: true, want: "FirstPartyIdentity" },
    { cosmosIdentityWithDefault: "identity-lost" as const, attached: false, want: "UserAssignedIdentity=" },
  ])("a change of both at once loses one: $cosmosIdentityWithDefault", async ({ cosmosIdentityWithDefault, attached, want }) => {
    await under({ switches: { cosmosIdentityWithDefault } }, async (on) => {
      expect((await patch({ identity: users("a"), ...asDefault("a") }, on)).status).toBe(200);
      const { identity } = (await on.send("GET", account(on) + V)).body;
      expect(objectAt(identity, "userAssignedIdentities")[uai("a")] !== undefined).toBe(attached);
      expect(await defaultOf(on)).toContain(want);
    });
  });
});

describe("SQL role definitions (arm.md 11)", () => {
  const url = (guid = ""): string => `${account()}/sqlRoleDefinitions${guid === "" ? "" : `/${guid}`}${V}`;
  const CUSTOM = "12345678-1234-4234-8234-123456789012";

  it("are there from the beginning, and more can be put", async () => {
    const reader = await bench.send("GET", url("00000000-0000-0000-0000-000000000001"));
    expect([reader.status, reader.body["properties"]]).toMatchObject([
      200,
      { roleName: "Cosmos DB Built-in Data Reader", type: "BuiltInRole", assignableScopes: [account()] },
    ]);
    const created = await bench.send("PUT", url(CUSTOM), {
      body: { properties: { roleName: "Mine", permissions: [{ dataActions: ["Microsoft.DocumentDB/databaseAccounts/readMetadata"] }] } },
    });
    expect([created.status, created.body]).toEqual([202, { status: "Enqueued" }]);
    bench.clock.advance(15_000);
    expect(objectsAt((await bench.send("GET", url())).body, "value")).toHaveLength(3);
    expect((await bench.send("DELETE", url(CUSTOM))).status).toBe(202);
    bench.clock.advance(15_000);
    expect((await bench.send("DELETE", url(CUSTOM))).status).toBe(204);
  });

  it("that are built in stay as they are", async () => {
    expect((await bench.send("DELETE", url("00000000-0000-0000-0000-000000000002"))).status).toBe(400);
    expect(codeOf(await bench.send("GET", url(CUSTOM)))).toBe("NotFound");
  });
});
