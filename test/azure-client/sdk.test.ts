import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { ArmId } from "../../src/api/arm-id.ts";
import { childId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { AzureOperation, AzureWrite } from "../../src/azure/contract.ts";
import type { Azure } from "../../src/azure/gateway.ts";
import { TransportError } from "../../src/azure/transport.ts";
import { ENDPOINT, FakeHttpClient, GROUP, IDENTITY, SITE, SUBSCRIPTION, azureClientOver, idOf, inTurn, requestOf } from "./fake-azure.ts";
import type { Scripted } from "./fake-azure.ts";

const PLAN = idOf("Microsoft.Web/serverfarms", "plan");
const SLOT = childId(SITE, "slots", "stage (1)");
const CREDENTIAL = childId(IDENTITY, "federatedIdentityCredentials", "pod");
const SETTINGS = childId(SITE, "config", "appsettings");
const never = new AbortController().signal;

const typed = (apiVersion: string) => requestOf(apiVersion, { typed: true });
/** Nested, unknown to every SDK, and with a value that a typed model would leave out. */
const body: JsonObject = {
  future: { x: [1, null] },
  properties: { future: "y", audiences: [], zones: null },
  identity: { userAssignedIdentities: { [IDENTITY]: null } },
};

type Call = (azure: Azure, id: ArmId) => Promise<unknown>;

const rows: readonly (readonly [ArmId, string, readonly string[]])[] = [
  [IDENTITY, "2024-11-30", ["GET", "PUT", "PATCH", "DELETE"]],
  [CREDENTIAL, "2025-05-31-preview", ["GET", "PUT", "DELETE"]],
  [GROUP, "2026-07-01", ["GET", "PUT", "PATCH", "DELETE"]],
  [PLAN, "2025-03-01", ["GET", "PUT", "PATCH", "DELETE"]],
  [SITE, "2025-05-01", ["GET", "PUT", "PATCH", "DELETE", "POST start", "POST stop"]],
  [SLOT, "2025-05-01", ["GET", "PUT", "PATCH", "DELETE", "POST start", "POST stop"]],
  [SETTINGS, "2025-05-01", ["PUT", "POST list"]],
  [childId(SLOT, "config", "appsettings"), "2025-05-01", ["PUT", "POST list"]],
  [childId(SITE, "config", "slotConfigNames"), "2025-05-01", ["GET", "PUT"]],
];

function callOf(verb: string, apiVersion: string): Call {
  const request = typed(apiVersion);
  const [method, action = ""] = verb.split(" ");
  switch (method) {
    case "GET":
      return (azure, id) => azure.read(id, request);
    case "PUT":
      return (azure, id) => azure.put(id, body, request);
    case "PATCH":
      return (azure, id) => azure.patch(id, body, request);
    case "DELETE":
      return (azure, id) => azure.delete(id, request);
    default:
      return (azure, id) => (action === "list" ? azure.readAction(id, action, request) : azure.act(id, action, {}, request));
  }
}

const calls = rows.flatMap(([id, apiVersion, verbs]) => verbs.map((verb) => ({ id, apiVersion, verb })));

describe("what an SDK sends is the call", () => {
  test.each(calls)("$verb $id", async ({ id, apiVersion, verb }) => {
    const client = inTurn({ status: 200, body: { id, name: "x", future: 1, properties: { future: 2 } } });
    const answered = await callOf(verb, apiVersion)(azureClientOver(client), id);
    const [method, action] = verb.split(" ");
    // The SDKs encode one character more than needed, or less.
    expect(client.lines.map(decodeURIComponent)).toEqual([`${method} ${id}${action === undefined ? "" : `/${action}`}?api-version=${apiVersion}`]);
    if (method === "PUT" || method === "PATCH") expect(client.sent(0)).toEqual(body);
    expect(answered).toMatchObject({ body: { future: 1, properties: { future: 2 } } });
    expect(client.requests[0]?.headers.get("user-agent")).toBe("azid/test");
    expect(client.requests[0]?.headers.get("authorization")).toBe("Bearer token-1");
  });

  test.each(calls)("$verb $id fails as everything else does", async ({ id, apiVersion, verb }) => {
    const refused = { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } }, headers: { "retry-after": "3" } };
    const failure = { class: "forbidden", code: "AuthorizationFailed", afterSeconds: 3 };
    expect(await callOf(verb, apiVersion)(azureClientOver(inTurn(refused)), id)).toMatchObject({ is: "failed", failure });
    const cut = new TransportError("connection", "ECONNRESET", "cut");
    expect(await callOf(verb, apiVersion)(azureClientOver(inTurn(cut)), id)).toMatchObject({
      is: "failed", failure: { class: "unavailable", code: "ECONNRESET" },
    });
    const html = inTurn({ status: 502, body: "<html>" });
    expect(await callOf(verb, apiVersion)(azureClientOver(html), id)).toMatchObject({ is: "failed", failure: { class: "unavailable" } });
    expect(html.requests).toHaveLength(1);
  });

  test("with If-Match and further parameters", async () => {
    const client = inTurn({ status: 200 });
    await azureClientOver(client).delete(SITE, { ...typed("2025-05-01"), ifMatch: '"7"', query: { deleteEmptyServerFarm: "false" } });
    expect(client.lines).toEqual([`DELETE ${SITE}?api-version=2025-05-01&deleteEmptyServerFarm=false`]);
    expect(client.requests[0]?.headers.get("if-match")).toBe('"7"');
  });

  test("unless it is larger than ARM takes", async () => {
    const client = inTurn({ status: 200, body: {} });
    const write = await azureClientOver(client).put(GROUP, { text: "x".repeat(8 * 1024 * 1024) }, typed("2026-07-01"));
    expect(write).toMatchObject({ is: "failed", failure: { class: "invalid", code: "RequestTooLarge" } });
    expect(client.requests).toEqual([]);
  });

  test("ends with the caller's signal", async () => {
    const aborting = new AbortController();
    const client = new FakeHttpClient((request) => {
      aborting.abort();
      return request.abortSignal?.aborted === true ? new TransportError("aborted", "RequestAborted", "given up") : { status: 200, body: {} };
    });
    expect(await azureClientOver(client).put(GROUP, {}, { ...typed("2026-07-01"), signal: aborting.signal })).toMatchObject({
      failure: { code: "RequestAborted" },
    });
  });
});

test("a type without an SDK goes as raw JSON, also when it may be typed", async () => {
  const client = inTurn({ status: 200, body: {} });
  await azureClientOver(client).patch(idOf("Microsoft.Compute/virtualMachines", "vm"), body, typed("2024-07-01"));
  expect(client.requests[0]?.body).toBe(JSON.stringify(body));
});

const POLL = `${ENDPOINT}/subscriptions/${SUBSCRIPTION}/providers/Microsoft.X/locations/westeurope/operations/o`;
const signed = (name: string) => `${POLL}?api-version=2018-06-01&t=1&c=cc-${name}&s=ss%2Fx~y&h=hh`;
const byStatus: Scripted = {
  status: 201,
  body: { id: GROUP, properties: { provisioningState: "Pending" } },
  headers: { "azure-asyncoperation": signed("a") },
};
const byResult: Scripted = { status: 202, body: {}, headers: { location: signed("l"), "retry-after": "15" } };
const word = (status: string, more: object = {}): Scripted => ({ status: 200, body: { status, ...more } });

interface Begun {
  readonly operation: AzureOperation;
  readonly client: FakeHttpClient;
}

async function begin(id: ArmId, answers: readonly (Scripted | Error)[], write?: (azure: Azure) => Promise<AzureWrite>): Promise<Begun> {
  const client = inTurn(...answers);
  const azure = azureClientOver(client);
  const begun = await (write?.(azure) ?? azure.put(id, body, typed("2025-05-01")));
  if (begun.is !== "running") throw new Error(`the write is ${begun.is}`);
  return { operation: begun.operation, client };
}

describe.each([
  ["a container group", GROUP],
  ["a plan", PLAN],
  ["a site", SITE],
  ["a slot", SLOT],
])("an operation on %s, through the SDK's poller", (_, id) => {
  test("is one request for the write and one for each question, at the address as it was given", async () => {
    const moved = { ...word("Running"), headers: { "azure-asyncoperation": signed("b") } };
    const { operation, client } = await begin(id, [byStatus, word("Pending"), moved, word("Succeeded")]);
    expect(client.requests).toHaveLength(1);
    for (const expected of ["running", "running", "succeeded"]) expect((await operation.poll(never)).is).toBe(expected);
    expect(client.requests.map((request) => request.url).slice(1)).toEqual([signed("a"), signed("a"), signed("b")]);
    expect(client.requests.slice(1).map((request) => request.body)).toEqual([undefined, undefined, undefined]);
    // The poller has ended; raw JSON would be asked again.
    expect(await operation.poll(never)).toEqual({ is: "unknown" });
    expect(client.requests).toHaveLength(4);
  });

  test("survives outages, and one who gives up asking", async () => {
    const trouble = [{ status: 503 }, { status: 429, headers: { "retry-after": "7" } }, new TransportError("connection", "ECONNRESET", "m")];
    const { operation, client } = await begin(id, [byStatus, ...trouble, word("Succeeded")]);
    expect(await operation.poll(never)).toEqual({ is: "running", afterSeconds: 10 });
    expect(await operation.poll(never)).toEqual({ is: "running", afterSeconds: 7 });
    expect(await operation.poll(never)).toEqual({ is: "running", afterSeconds: 10 });
    expect(await operation.poll(AbortSignal.abort())).toEqual({ is: "running", afterSeconds: 10 });
    expect(client.requests).toHaveLength(4);
    expect(await operation.poll(never)).toEqual({ is: "succeeded" });
  });

  test("does not end with the signal of the write", async () => {
    const aborting = new AbortController();
    const request = { ...typed("2025-05-01"), signal: aborting.signal };
    const { operation } = await begin(id, [byStatus, word("Succeeded")], (azure) => azure.put(id, body, request));
    aborting.abort();
    expect(await operation.poll(never)).toEqual({ is: "succeeded" });
  });

  test("tells why it failed", async () => {
    const { operation } = await begin(id, [byStatus, word("Failed", { error: { code: "InaccessibleImage", message: "no image" } })]);
    expect(await operation.poll(never)).toEqual({ is: "failed", failure: { class: "invalid", code: "InaccessibleImage", message: "no image" } });
  });

  test("is unknown when Azure forgot it, or the operator may not look", async () => {
    const gone = { status: 404, body: { error: { code: "NotFound", message: "m" } } };
    const denied = { status: 403, body: { error: { code: "AuthorizationFailed", message: "m" } } };
    const { operation } = await begin(id, [byStatus, gone, denied, word("Succeeded")]);
    for (const expected of ["unknown", "unknown", "succeeded"]) expect((await operation.poll(never)).is).toBe(expected);
  });

  test.each(["https://evil.test/x", signed("a").replace(SUBSCRIPTION, "22222222-2222-4222-8222-222222222222")])("never goes to %s", async (pointer) => {
    const client = inTurn({ ...byStatus, headers: { "azure-asyncoperation": pointer } });
    expect(await azureClientOver(client).put(id, body, typed("2025-05-01"))).toMatchObject({
      is: "failed", failure: { code: "UntrustedOperationUrl" },
    });
    const { operation, client: later } = await begin(id, [byStatus, { ...word("Running"), headers: { "azure-asyncoperation": pointer } }]);
    expect(await operation.poll(never)).toMatchObject({ is: "failed", failure: { code: "UntrustedOperationUrl" } });
    expect([client.requests.length, later.requests.length]).toEqual([1, 2]);
  });

  test("follows no resourceLocation of an answer", async () => {
    const { operation, client } = await begin(id, [byStatus, word("Succeeded", { resourceLocation: "https://evil.test/x" })]);
    expect(await operation.poll(never)).toEqual({ is: "succeeded" });
    expect(client.requests).toHaveLength(2);
  });

  test("cannot be printed", async () => {
    const secret = { properties: { secureValue: "not to be seen" } };
    const { operation } = await begin(id, [byStatus], (azure) => azure.put(id, secret, typed("2025-05-01")));
    for (const text of [JSON.stringify(operation), inspect(operation, { depth: 9, showHidden: true })]) expect(text).not.toMatch(/cc-a|ss%2Fx|not to be seen/);
  });
});

test("a site that is made by a result is asked for at its Location", async () => {
  const { operation, client } = await begin(SITE, [byResult, { status: 202, headers: { location: signed("m") } }, { status: 200, body: { id: SITE } }]);
  expect(await operation.poll(never)).toEqual({ is: "running", afterSeconds: 10 });
  expect(await operation.poll(never)).toEqual({ is: "succeeded" });
  expect(client.requests.map((request) => request.url).slice(1)).toEqual([signed("l"), signed("m")]);
});

test("the removal of a container group can be an operation", async () => {
  const { operation, client } = await begin(GROUP, [byResult, { status: 202 }, { status: 204 }], (azure) => azure.delete(GROUP, typed("2026-07-01")));
  expect((await operation.poll(never)).is).toBe("running");
  expect(await operation.poll(never)).toEqual({ is: "succeeded" });
  expect(client.requests.map((request) => request.method)).toEqual(["DELETE", "GET", "GET"]);
});

test("operations of one type do not get into each other's way", async () => {
  const client = new FakeHttpClient((request) => {
    const name = /group-(\d)/.exec(request.url)?.[1] ?? "";
    if (request.method === "GET") return word(name === "1" ? "Succeeded" : "Pending");
    return { ...byStatus, headers: { "azure-asyncoperation": `${POLL}-group-${name}?t=1` } };
  });
  const azure = azureClientOver(client);
  const ids = [0, 1, 2].map((index) => idOf("Microsoft.ContainerInstance/containerGroups", `group-${index}`));
  const writes = await Promise.all(ids.map((id, index) => azure.put(id, { index }, typed("2026-07-01"))));
  const progress = await Promise.all(writes.flatMap((write) => (write.is === "running" ? [write.operation.poll(never)] : [])));
  expect(progress.map((one) => one.is)).toEqual(["running", "succeeded", "running"]);
  expect([0, 1, 2].map((index) => client.sent(index))).toEqual([{ index: 0 }, { index: 1 }, { index: 2 }]);
});
