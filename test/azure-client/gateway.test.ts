import { describe, expect, test } from "vitest";
import { createAzure } from "../../src/azure/gateway.ts";
import { TransportError } from "../../src/azure/transport.ts";
import { AzureError } from "../../src/azure/errors.ts";
import { ENDPOINT, FakeHttpClient, GROUP, IDENTITY, MACHINE, SITE, SUBSCRIPTION, TestClock, azureOver, idOf, inTurn, requestOf, testCredential } from "./fake-azure.ts";

const identity = {
  id: IDENTITY.replace("resourceGroups", "resourcegroups"),
  name: "app",
  location: "westeurope",
  tags: { a: "b" },
  systemData: { createdBy: "x" },
  properties: { principalId: "p", clientId: "c", tenantId: "t", futureField: 1 },
};
const MSI = requestOf("2024-11-30");

describe("identities, through @azure/arm-msi", () => {
  test("are read as ARM shows them, with what the SDK does not know", async () => {
    const client = inTurn({ status: 200, body: identity });
    expect(await azureOver(client).read(IDENTITY, MSI)).toEqual({ is: "found", body: identity });
    expect(client.lines).toEqual([`GET ${IDENTITY}?api-version=2024-11-30`]);
  });

  test("are created", async () => {
    const client = inTurn({ status: 201, body: identity, headers: { location: identity.id } });
    const body = { location: "westeurope", tags: { a: "b" }, properties: { isolationScope: "Regional" } };
    expect(await azureOver(client).put(IDENTITY, body, MSI)).toEqual({ is: "done", status: 201, body: identity });
    expect(client.sent(0)).toEqual(body);
  });

  test("are updated and deleted", async () => {
    const client = inTurn({ status: 200, body: identity }, { status: 204 });
    const azure = azureOver(client);
    expect(await azure.patch(IDENTITY, { tags: { c: "d" } }, MSI)).toMatchObject({ is: "done", status: 200 });
    expect(await azure.delete(IDENTITY, MSI)).toEqual({ is: "done", status: 204 });
    expect(client.sent(0)).toEqual({ tags: { c: "d" } });
    expect(client.lines).toEqual([`PATCH ${IDENTITY}?api-version=2024-11-30`, `DELETE ${IDENTITY}?api-version=2024-11-30`]);
  });

  test("fail as everything else does", async () => {
    const refused = { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } }, headers: { "retry-after": "3" } };
    expect(await azureOver(inTurn(refused)).put(IDENTITY, { location: "l" }, MSI)).toMatchObject({ is: "failed", failure: { class: "forbidden", afterSeconds: 3 } });
    const gone = { status: 404, body: { error: { code: "ResourceNotFound", message: "no" } } };
    expect(await azureOver(inTurn(gone)).delete(IDENTITY, MSI)).toEqual({ is: "absent", code: "ResourceNotFound" });
    expect(await azureOver(inTurn({ status: 502, body: "<html>" })).read(IDENTITY, MSI)).toMatchObject({ is: "failed", failure: { class: "unavailable" } });
    expect(await azureOver(inTurn({ status: 200, body: "<html>" })).read(IDENTITY, MSI)).toMatchObject({ is: "failed", failure: { code: "UnreadableResponse" } });
  });

  test("a member that the SDK does not know is sent all the same", async () => {
    const client = inTurn({ status: 200, body: identity });
    const body = { location: "l", zones: ["1"], properties: { assignmentRestrictions: { providers: ["Microsoft.Web"] } } };
    expect(await azureOver(client).put(IDENTITY, body, MSI)).toMatchObject({ is: "done" });
    expect(client.sent(0)).toEqual(body);
  });
});

describe("every other type, as raw JSON", () => {
  test("is read with its ETag, from the header or the body", async () => {
    const body = { id: SITE, kind: "app", futureMember: [1] };
    expect(await azureOver(inTurn({ status: 200, body, headers: { etag: '"1"' } })).read(SITE, requestOf("2025-05-01"))).toEqual({ is: "found", body, etag: '"1"' });
    expect(await azureOver(inTurn({ status: 200, body: { etag: "2" } })).read(SITE, requestOf("2025-05-01"))).toMatchObject({ etag: "2" });
    expect(await azureOver(inTurn({ status: 200, body: { properties: { eTag: "3" } } })).read(SITE, requestOf("2025-05-01"))).toMatchObject({ etag: "3" });
  });

  test("is written with If-Match and exactly the body that was given", async () => {
    const client = inTurn({ status: 200, body: { id: MACHINE } });
    const body = { identity: { type: "UserAssigned", userAssignedIdentities: { [IDENTITY]: null } } };
    expect(await azureOver(client).patch(MACHINE, body, requestOf("2024-07-01", { ifMatch: "7" }))).toEqual({ is: "done", status: 200, body: { id: MACHINE } });
    const [request] = client.requests;
    expect(request?.body).toBe(JSON.stringify(body));
    expect(request?.headers.get("if-match")).toBe("7");
    expect(request?.headers.get("content-type")).toBe("application/json");
  });

  test("names are encoded into the address", async () => {
    const client = inTurn({ status: 200, body: {} });
    await azureOver(client).read(idOf("Microsoft.Web/sites", "a (b) c"), requestOf("2025-05-01"));
    expect(client.requests[0]?.url).toContain("/sites/a%20(b)%20c?api-version=2025-05-01");
  });

  test("a body that is larger than ARM takes is not sent", async () => {
    const client = inTurn({ status: 200, body: {} });
    const body = { text: "x".repeat(8 * 1024 * 1024) };
    expect(await azureOver(client).put(SITE, body, requestOf("2025-05-01"))).toMatchObject({ is: "failed", failure: { class: "invalid", code: "RequestTooLarge" } });
    expect(client.requests).toEqual([]);
  });

  test("an outage is a failure, not an exception", async () => {
    const cut = new TransportError("connection", "ECONNRESET", "the connection failed (ECONNRESET)");
    expect(await azureOver(inTurn(cut)).put(GROUP, {}, requestOf("2025-09-01"))).toEqual({
      is: "failed",
      failure: { class: "unavailable", code: "ECONNRESET", message: "the connection failed (ECONNRESET)" },
    });
  });

  test("a mistake of this program is an exception", async () => {
    await expect(azureOver(inTurn(new TypeError("a mistake"))).read(SITE, requestOf("2025-05-01"))).rejects.toThrow("a mistake");
  });

  test("a write that timed out at the gateway is unavailable, a write into a missing group is missing", async () => {
    const timedOut = { status: 504, body: { error: { code: "GatewayTimeout", message: "m" } } };
    expect(await azureOver(inTurn(timedOut)).put(SITE, {}, requestOf("2025-05-01"))).toMatchObject({ failure: { class: "unavailable" } });
    const missing = { status: 404, body: { error: { code: "ResourceGroupNotFound", message: "m" } } };
    expect(await azureOver(inTurn(missing)).put(SITE, {}, requestOf("2025-05-01"))).toMatchObject({ is: "failed", failure: { class: "missing" } });
  });
});

describe("what every request carries", () => {
  test("a user agent, its own id and the id of the pass", async () => {
    const client = inTurn({ status: 200, body: {} });
    let pass: string | undefined = "pass-1";
    const azure = azureOver(client, { correlationId: () => pass });
    await azure.read(IDENTITY, MSI);
    await azure.read(SITE, requestOf("2025-05-01"));
    pass = undefined;
    await azure.read(SITE, requestOf("2025-05-01"));
    const header = (name: string) => client.requests.map((request) => request.headers.get(name));
    expect(header("user-agent")).toEqual(["azid/test", "azid/test", "azid/test"]);
    expect(header("x-ms-correlation-request-id")).toEqual(["pass-1", "pass-1", undefined]);
    expect(new Set(header("x-ms-client-request-id")).size).toBe(3);
  });

  test("a token of the right audience and credential", async () => {
    const clock = new TestClock();
    const scopes: string[] = [];
    const named = (name: string) =>
      testCredential(clock, async (scope) => {
        scopes.push(scope);
        return { token: name, lifetimeMs: 1000 };
      });
    const client = inTurn({ status: 200, body: {} });
    const credentials = new Map([["shared", named("shared-token")], ["team", named("team-token")]]);
    const azure = azureOver(client, { audience: "https://management.core.test/", credential: (name) => credentials.get(name), clock });
    await azure.read(IDENTITY, MSI);
    await azure.read(IDENTITY, requestOf("2024-11-30", { credential: "team" }));
    expect(client.requests.map((request) => request.headers.get("authorization"))).toEqual(["Bearer shared-token", "Bearer team-token"]);
    expect(new Set(scopes)).toEqual(new Set(["https://management.core.test/.default"]));
  });

  test("no credential of that name is a failure", async () => {
    expect(await azureOver(inTurn(), { credential: () => undefined }).read(SITE, requestOf("2025-05-01"))).toMatchObject({
      is: "failed",
      failure: { class: "credential", message: "the operator has no credential named shared" },
    });
  });

  test("a failure of the token is the failure of the request", async () => {
    const failure = { class: "credential", code: "AADSTS70021", message: "cannot get a token" } as const;
    const credential = testCredential(new TestClock(), async () => {
      throw new AzureError(failure);
    });
    const azure = azureOver(inTurn(), { credential: () => credential });
    expect(await azure.read(IDENTITY, MSI)).toEqual({ is: "failed", failure });
    expect(await azure.put(SITE, {}, requestOf("2025-05-01"))).toEqual({ is: "failed", failure });
  });
});

describe("no policy of an SDK interferes", () => {
  test.each([IDENTITY, SITE])("one attempt, also for what could be retried: %s", async (id) => {
    for (const status of [408, 429, 500, 503]) {
      const client = inTurn({ status, headers: { "retry-after": "1" } });
      await azureOver(client).read(id, MSI);
      expect(client.requests).toHaveLength(1);
    }
  });

  test.each([IDENTITY, SITE])("redirects are not followed: %s", async (id) => {
    const client = inTurn({ status: 307, headers: { location: "https://evil.test/" } });
    expect(await azureOver(client).read(id, MSI)).toMatchObject({ failure: { class: "unavailable", code: "307" } });
    expect(client.requests).toHaveLength(1);
  });
});

describe("the location of a group", () => {
  const found = { status: 200, body: { location: "westeurope" } };
  const locate = (azure: ReturnType<typeof azureOver>, group = "g", more = {}) => azure.groupLocation(SUBSCRIPTION, group, requestOf("ignored", more));

  test("is asked for once, however many wait, and remembered for ten minutes", async () => {
    const clock = new TestClock();
    const client = inTurn(found);
    const azure = azureOver(client, { clock });
    await Promise.all([locate(azure), locate(azure, "G"), locate(azure)]);
    clock.advance(599_999);
    expect(await locate(azure)).toEqual({ is: "found", body: { location: "westeurope" } });
    expect(client.lines).toEqual([`GET /subscriptions/${SUBSCRIPTION}/resourceGroups/g?api-version=2021-04-01`]);
    clock.advance(1);
    await locate(azure);
    expect(client.requests).toHaveLength(2);
  });

  test("what is absent or failed is asked for again", async () => {
    const absent = { status: 404, body: { error: { code: "ResourceGroupNotFound", message: "m" } } };
    const client = inTurn(absent, { status: 404, body: { error: { code: "SubscriptionNotFound", message: "m" } } }, new TransportError("timeout", "RequestTimeout", "m"), found);
    const azure = azureOver(client);
    expect(await locate(azure)).toEqual({ is: "absent", code: "ResourceGroupNotFound" });
    expect(await locate(azure)).toMatchObject({ is: "failed", failure: { class: "missing" } });
    expect(await locate(azure)).toMatchObject({ is: "failed", failure: { class: "unavailable" } });
    expect(await locate(azure)).toMatchObject({ is: "found" });
  });

  test("one who gives up does not fail the others", async () => {
    const gate = Promise.withResolvers<void>();
    const client = new FakeHttpClient(async () => {
      await gate.promise;
      return found;
    });
    const azure = azureOver(client);
    const aborting = new AbortController();
    const first = locate(azure, "g", { signal: aborting.signal });
    const second = locate(azure);
    aborting.abort();
    gate.resolve();
    await first;
    expect(await second).toMatchObject({ is: "found" });
  });

  test("is asked for by each credential", async () => {
    const client = inTurn(found);
    const azure = azureOver(client);
    await locate(azure);
    await locate(azure, "g", { credential: "team" });
    expect(client.requests).toHaveLength(2);
  });
});

test("an endpoint without https is refused", () => {
  const options = { httpClient: inTurn(), credential: () => undefined, clock: new TestClock(), userAgent: "azid/test" };
  expect(() => createAzure({ ...options, endpoint: "http://arm.test" })).toThrow("it must be an https URL");
  expect(() => createAzure({ ...options, endpoint: `${ENDPOINT}/` })).not.toThrow();
});
