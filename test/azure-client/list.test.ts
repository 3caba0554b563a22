import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childId, groupScope, subscriptionScope } from "../../src/api/arm-id.ts";
import { TransportError } from "../../src/azure/transport.ts";
import { ENDPOINT, IDENTITY, SUBSCRIPTION, azureClientOver, idOf, inTurn, requestOf } from "./fake-azure.ts";
import type { Scripted } from "./fake-azure.ts";
import { openSimulatedAzure } from "./simulated-azure.ts";
import type { SimulatedAzure } from "./simulated-azure.ts";

const COLLECTION = "federatedIdentityCredentials";
const REQUEST = requestOf("2023-01-31");
const FIRST = `${IDENTITY}/${COLLECTION}?api-version=2023-01-31`;
const linkTo = (token: string) => `${ENDPOINT}${IDENTITY}/${COLLECTION}?api-version=2023-01-31&%24skiptoken=${token}`;
const page = (value: unknown, nextLink?: string): Scripted => ({ status: 200, body: { value, nextLink } });
const failed = (status: number, code: string): Scripted => ({ status, body: { error: { code, message: "m" } } });

async function listOver(...answers: readonly (Scripted | Error)[]) {
  const client = inTurn(...answers);
  return { list: await azureClientOver(client).list(IDENTITY, COLLECTION, REQUEST), client };
}

describe("a list", () => {
  test("has the items of all pages, also after an empty one, by links taken verbatim", async () => {
    const { list, client } = await listOver(page([], linkTo("a%2Fb")), page([{ name: "x", future: 1 }], linkTo("c")), page([{ name: "y" }], ""));
    expect(list).toEqual({ is: "found", items: [{ name: "x", future: 1 }, { name: "y" }] });
    expect(client.lines).toEqual([`GET ${FIRST}`, `GET ${FIRST}&%24skiptoken=a%2Fb`, `GET ${FIRST}&%24skiptoken=c`]);
  });

  test("is asked with a filter and further parameters, at any scope", async () => {
    const client = inTurn(page([]));
    const azure = azureClientOver(client);
    const collection = "providers/Microsoft.Authorization/roleAssignments";
    const request = requestOf("2022-04-01");
    await azure.list(subscriptionScope(SUBSCRIPTION), collection, { ...request, filter: "principalId eq 'it''s'" });
    await azure.list(groupScope(SUBSCRIPTION, "g"), collection, { ...request, query: { $top: "5" } });
    expect(client.lines).toEqual([
      `GET /subscriptions/${SUBSCRIPTION}/${collection}?api-version=2022-04-01&$filter=principalId%20eq%20'it''s'`,
      `GET /subscriptions/${SUBSCRIPTION}/resourceGroups/g/${collection}?api-version=2022-04-01&$top=5`,
    ]);
  });

  test.each(["ResourceNotFound", "ParentResourceNotFound", "ResourceGroupNotFound"])("of a parent that is gone is absent: %s", async (code) => {
    expect((await listOver(failed(404, code))).list).toEqual({ is: "absent", code });
  });

  const broken: readonly (readonly [string, Scripted | Error, object])[] = [
    ["an unknown subscription", failed(404, "SubscriptionNotFound"), { class: "missing" }],
    ["a page that is throttled", { ...failed(429, "429"), headers: { "retry-after": "7" } }, { class: "throttled", afterSeconds: 7 }],
    ["a connection that is cut", new TransportError("connection", "ECONNRESET", "m"), { class: "unavailable" }],
    ["a page of HTML", { status: 200, body: "<html>" }, { code: "UnreadableResponse" }],
    ["a page without items", { status: 200, body: {} }, { code: "UnreadableResponse" }],
    ["an item that is none", page([{ name: "x" }, null]), { code: "UnreadableResponse" }],
    ["a success without a body", { status: 204 }, { class: "unavailable" }],
  ];

  test.each(broken)("fails as a whole with %s", async (_, answer, failure) => {
    expect((await listOver(page([{ name: "x" }], linkTo("c")), answer)).list).toMatchObject({ is: "failed", failure });
  });

  test("without an end is given up", async () => {
    const { list, client } = await listOver(page([], linkTo("again")));
    expect(list).toMatchObject({ is: "failed", failure: { class: "invalid", code: "ListTooLong" } });
    expect(client.requests).toHaveLength(100);
  });

  test("of huge pages is given up", async () => {
    const { list, client } = await listOver(page([{ text: "x".repeat(7 * 1024 * 1024) }], linkTo("again")));
    expect(list).toMatchObject({ failure: { code: "ListTooLong" } });
    expect(client.requests).toHaveLength(10);
  });

  test.each([[60_000, 60_000], [100_001]])("of more items than can be kept is given up: %i and more", async (...counts) => {
    const pages = counts.map((count) => page(Array.from({ length: count }, () => ({})), linkTo("again")));
    const { list, client } = await listOver(...pages);
    expect(list).toMatchObject({ failure: { code: "ListTooLong" } });
    expect(client.requests).toHaveLength(counts.length);
  });

  test("of as many items as can be kept is kept", async () => {
    const { list } = await listOver(page(Array.from({ length: 100_000 }, () => ({}))));
    expect(list.is === "found" && list.items.length).toBe(100_000);
  });

  test.each([
    linkTo("c").replace("arm.test", "evil.test"),
    linkTo("c").replace("https://", "http://"),
    linkTo("c").replace("https://", "https://evil.test@"),
    linkTo("c").replace(SUBSCRIPTION, "22222222-2222-4222-8222-222222222222"),
    linkTo("c").replace(`${SUBSCRIPTION}/`, `${SUBSCRIPTION}/../22222222-2222-4222-8222-222222222222/`),
    `${ENDPOINT}/providers/Microsoft.Management/managementGroups`,
    "//evil.test/subscriptions/x/y",
    "https://",
  ])("does not follow a link to %s", async (nextLink) => {
    const { list, client } = await listOver(page([{ name: "x" }], nextLink));
    expect(list).toMatchObject({ is: "failed", failure: { class: "invalid", code: "UntrustedNextLink" } });
    expect(client.requests).toHaveLength(1);
  });
});

describe("an action", () => {
  const settings = idOf("Microsoft.Web/sites/config", "shop", "appsettings");
  const body = { properties: { A: "1" } };

  test("that reads is a POST without a body, and absent when its resource is", async () => {
    const client = inTurn({ status: 200, body }, failed(404, "ParentResourceNotFound"), failed(403, "AuthorizationFailed"));
    const azure = azureClientOver(client);
    expect(await azure.readAction(settings, "list", requestOf("2025-05-01"))).toEqual({ is: "found", body });
    expect(await azure.readAction(settings, "list", requestOf("2025-05-01"))).toEqual({ is: "absent", code: "ParentResourceNotFound" });
    expect(await azure.readAction(settings, "list", requestOf("2025-05-01"))).toMatchObject({ is: "failed", failure: { class: "forbidden" } });
    expect(client.lines[0]).toBe(`POST ${settings}/list?api-version=2025-05-01`);
    expect(client.sent(0)).toBeUndefined();
  });

  test("that changes something carries its body and can be an operation", async () => {
    const set = idOf("Microsoft.Compute/virtualMachineScaleSets", "fleet");
    const location = `${ENDPOINT}/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Compute/locations/l/operations/o?t=1`;
    const client = inTurn({ status: 202, headers: { location } }, { status: 200 }, { status: 200 }, failed(404, "ResourceNotFound"));
    const azure = azureClientOver(client);
    const started = await azure.act(set, "manualupgrade", { instanceIds: ["0"] }, requestOf("2024-07-01"));
    if (started.is !== "running") throw new Error(`the action is ${started.is}`);
    expect(await started.operation.poll(new AbortController().signal)).toEqual({ is: "succeeded" });
    expect(await azure.act(set, "start", {}, requestOf("2024-07-01"))).toEqual({ is: "done", status: 200 });
    expect(await azure.act(set, "start", {}, requestOf("2024-07-01"))).toEqual({ is: "absent", code: "ResourceNotFound" });
    expect(client.lines[0]).toBe(`POST ${set}/manualupgrade?api-version=2024-07-01`);
    expect(client.sent(0)).toEqual({ instanceIds: ["0"] });
  });
});

test("query parameters of a write stand beside the version", async () => {
  const site = idOf("Microsoft.Web/sites", "shop");
  const client = inTurn({ status: 200 });
  await azureClientOver(client).delete(site, requestOf("2025-05-01", { query: { deleteEmptyServerFarm: "false" } }));
  expect(client.lines).toEqual([`DELETE ${site}?api-version=2025-05-01&deleteEmptyServerFarm=false`]);
});

describe("against the simulator", () => {
  let simulated: SimulatedAzure;

  beforeAll(async () => {
    simulated = await openSimulatedAzure({ pageSize: 2, switches: { emptyPages: true } });
  });

  afterAll(() => simulated.close());

  const request = requestOf("2024-11-30");
  const credential = (name: string) => ({ properties: { issuer: "https://issuer.test", subject: name, audiences: ["api://AzureADTokenExchange"] } });

  test("the credentials of an identity come in pages, the first of them empty", async () => {
    const { gateway, idOf: id, azure } = simulated;
    const identity = id("Microsoft.ManagedIdentity/userAssignedIdentities", "app");
    await gateway.put(identity, { location: "westeurope" }, request);
    const names = ["one", "three", "two"];
    for (const name of names) await gateway.put(childId(identity, COLLECTION, name), credential(name), request);
    azure.clearRequests();
    const list = await gateway.list(identity, COLLECTION, request);
    if (list.is !== "found") throw new Error(`the list is ${list.is}`);
    expect(list.items.map((item) => item["name"])).toEqual(names);
    expect(simulated.lines()).toEqual([`GET ${COLLECTION} 200`, `GET ${COLLECTION} 200`, `GET ${COLLECTION} 200`]);
  });

  test("those of an identity that is not there are absent", async () => {
    const nowhere = simulated.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "nowhere");
    expect(await simulated.gateway.list(nowhere, COLLECTION, request)).toEqual({ is: "absent", code: "ParentResourceNotFound" });
  });

  test("the settings of a site are read by their action", async () => {
    const { gateway, idOf: id } = simulated;
    const web = requestOf("2025-05-01");
    await gateway.put(id("Microsoft.Web/serverfarms", "plan"), { location: "westeurope", sku: { name: "B1" } }, web);
    const properties = { serverFarmId: id("Microsoft.Web/serverfarms", "plan"), siteConfig: { appSettings: [{ name: "A", value: "1" }] } };
    await gateway.put(id("Microsoft.Web/sites", "shop-of-a-test"), { location: "westeurope", properties }, web);
    const settings = id("Microsoft.Web/sites/config", "shop-of-a-test", "appsettings");
    expect(await gateway.readAction(settings, "list", web)).toMatchObject({ is: "found", body: { properties: { A: "1" } } });
  });
});
