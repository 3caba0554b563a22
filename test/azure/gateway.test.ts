import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { textAt } from "./kernel/json.ts";
import { codeOf, messageOf, secretForm, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer, RawRequest } from "./raw-client.ts";

let bench: Bench;
/** A principal without any right, and its token. */
let nobody: { readonly principalId: string; readonly clientId: string; readonly token: string };

beforeAll(async () => {
  bench = await startBench();
  const registered = bench.azure.registerPrincipal({ name: "nobody", secret: "n" });
  const { body } = await bench.logIn(secretForm(registered.clientId, "n"));
  nobody = { ...registered, token: textAt(body, "access_token") ?? "" };
});
beforeEach(() => {
  bench.azure.setPermissions([{ principalId: bench.principal.principalId, actions: ["*"], scope: "/" }]);
  bench.azure.clearRequests();
});
afterAll(() => bench.stop());

const identity = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const V = "?api-version=2023-01-31";

interface Row {
  readonly name: string;
  readonly method: string;
  readonly path: () => string;
  readonly raw?: () => RawRequest;
  readonly status: number;
  readonly code: string;
}

const body = { location: "westeurope" };
const rows: readonly Row[] = [
  { name: "no api-version", method: "GET", path: () => identity("x"), status: 400, code: "MissingApiVersionParameter" },
  { name: "an unknown subscription", method: "GET", path: () => `/subscriptions/00000000-0000-0000-0000-00000000dead/resourceGroups/rg${V}`, status: 404, code: "SubscriptionNotFound" },
  { name: "a missing resource group", method: "GET", path: () => `${identity("x").replace("/rg/", "/gone/")}${V}`, status: 404, code: "ResourceGroupNotFound" },
  { name: "DELETE in a missing resource group", method: "DELETE", path: () => `${identity("x").replace("/rg/", "/gone/")}${V}`, status: 404, code: "ResourceGroupNotFound" },
  { name: "an unknown namespace", method: "GET", path: () => `${bench.group}/providers/Contoso.Nothing/things/x${V}`, status: 404, code: "InvalidResourceNamespace" },
  { name: "an unknown type", method: "GET", path: () => `${bench.group}/providers/Microsoft.Web/nothings/x${V}`, status: 400, code: "InvalidResourceType" },
  { name: "an api-version that the type does not have", method: "GET", path: () => `${identity("x")}?api-version=1999-01-01`, status: 400, code: "NoRegisteredProviderFound" },
  { name: "an api-version that a core route does not have", method: "GET", path: () => `${bench.group}?api-version=1999-01-01`, status: 400, code: "InvalidApiVersionParameter" },
  { name: "no location", method: "PUT", path: () => `${identity("xyz")}${V}`, raw: () => ({ body: {} }), status: 400, code: "LocationRequired" },
  { name: "an unknown location", method: "PUT", path: () => `${identity("xyz")}${V}`, raw: () => ({ body: { location: "atlantis" } }), status: 400, code: "LocationNotAvailableForResourceType" },
  { name: "a resource that is not there", method: "GET", path: () => `${identity("xyz")}${V}`, status: 404, code: "ResourceNotFound" },
  { name: "PATCH of a resource that is not there", method: "PATCH", path: () => `${identity("xyz")}${V}`, raw: () => ({ body: {} }), status: 404, code: "ResourceNotFound" },
  { name: "a child of a missing parent", method: "PUT", path: () => `${identity("xyz")}/federatedIdentityCredentials/abc${V}`, raw: () => ({ body: {} }), status: 404, code: "ParentResourceNotFound" },
  { name: "DELETE of a child of a missing parent", method: "DELETE", path: () => `${identity("xyz")}/federatedIdentityCredentials/abc${V}`, status: 404, code: "ParentResourceNotFound" },
  { name: "a body that is no JSON", method: "PUT", path: () => `${identity("xyz")}${V}`, raw: () => ({ text: "{" }), status: 400, code: "InvalidRequestContent" },
  { name: "a PATCH body that is no JSON object", method: "PATCH", path: () => `${bench.group}?api-version=2021-04-01`, raw: () => ({ text: "[]" }), status: 400, code: "InvalidRequestContent" },
  { name: "a method that the type does not have", method: "PUT", path: () => `${bench.group}/providers/Microsoft.ManagedIdentity/identities/default${V}`, raw: () => ({ body }), status: 405, code: "MethodNotAllowed" },
  { name: "an action that nobody knows", method: "POST", path: () => `${identity("xyz")}/juggle${V}`, status: 404, code: "NotFound" },
  { name: "a path that is nobody's", method: "GET", path: () => `/nowhere${V}`, status: 404, code: "MissingSubscription" },
  { name: "an unknown namespace of the tenant", method: "GET", path: () => "/providers/Contoso.Nothing?api-version=2021-04-01", status: 404, code: "InvalidResourceNamespace" },
];

describe("gateway errors (arm.md 2.5)", () => {
  it.each(rows)("$name: $status $code", async ({ method, path, raw, status, code }) => {
    const answer = await bench.send(method, path(), raw?.() ?? {});
    expect([answer.status, codeOf(answer), answer.headers["x-ms-failure-cause"]]).toEqual([status, code, "gateway"]);
    expect(Object.keys(answer.body)).toEqual(["error"]);
  });

  it("InvalidResourceLocation, because a location never changes (3.2)", async () => {
    bench.azure.portal.put(identity("placed"), { location: "westeurope" });
    const answer = await bench.send("PUT", `${identity("placed")}${V}`, { body: { location: "northeurope" } });
    expect([answer.status, codeOf(answer)]).toEqual([409, "InvalidResourceLocation"]);
    expect((await bench.send("PUT", `${identity("placed")}${V}`, { body: { location: "West Europe" } })).status).toBe(200);
  });

  it("a request over 8 MB is refused (2.1)", async () => {
    const answer = await bench.send("PUT", `${identity("big")}${V}`, { text: " ".repeat(8 * 1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
  });

  it("doubled slashes count as one", async () => {
    expect((await bench.send("GET", `/${bench.group}?api-version=2021-04-01`)).status).toBe(200);
  });
});

describe("the order of checks (arm.md 2.5)", () => {
  /** Each request is wrong in what its row says and in all that the later rows say. */
  const gone = (): string => `${bench.subscription}/resourceGroups/gone/providers/Microsoft.ManagedIdentity/nothings/x`;
  it.each([
    { first: "token", path: () => gone(), raw: (): RawRequest => ({ token: null }), code: "AuthenticationFailed" },
    { first: "api-version present", path: () => "/subscriptions/dead/resourceGroups/gone", raw: (): RawRequest => ({ token: nobody.token }), code: "MissingApiVersionParameter" },
    { first: "subscription", path: () => `/subscriptions/dead/resourceGroups/gone${V}`, raw: (): RawRequest => ({ token: nobody.token }), code: "SubscriptionNotFound" },
    { first: "authorization", path: () => `${gone()}${V}`, raw: (): RawRequest => ({ token: nobody.token }), code: "AuthorizationFailed" },
    { first: "resource group", path: () => `${gone()}${V}`, raw: (): RawRequest => ({}), code: "ResourceGroupNotFound" },
    { first: "type", path: () => `${bench.group}/providers/Microsoft.ManagedIdentity/nothings/x?api-version=1999-01-01`, raw: (): RawRequest => ({}), code: "InvalidResourceType" },
    { first: "api-version known", path: () => `${identity("no")}/federatedIdentityCredentials/!?api-version=1999-01-01`, raw: (): RawRequest => ({}), code: "NoRegisteredProviderFound" },
    { first: "parent", path: () => `${identity("no")}/federatedIdentityCredentials/!${V}`, raw: (): RawRequest => ({}), code: "ParentResourceNotFound" },
    { first: "location", path: () => `${identity("!")}${V}`, raw: (): RawRequest => ({}), code: "LocationRequired" },
    { first: "name", path: () => `${identity("!")}${V}`, raw: (): RawRequest => ({ body }), code: "InvalidResourceName" },
  ])("$first comes before what follows", async ({ path, raw, code }) => {
    expect(codeOf(await bench.send("PUT", path(), { body: {}, ...raw() }))).toBe(code);
  });

  it("linked authorization comes before the identity's existence, and that before the provider", async () => {
    const vm = `${bench.group}/providers/Microsoft.Compute/virtualMachines/busy`;
    bench.azure.portal.put(vm, {});
    expect((await bench.send("PATCH", `${vm}?api-version=2024-07-01`, { body: { tags: {} } })).status).toBe(200);
    const attach = { body: { identity: { type: "UserAssigned", userAssignedIdentities: { [identity("missing")]: {} } } } };
    bench.azure.setPermissions([{ principalId: bench.principal.principalId, actions: ["Microsoft.Compute/*"], scope: "/" }]);
    expect(codeOf(await bench.send("PATCH", `${vm}?api-version=2024-07-01`, attach))).toBe("LinkedAuthorizationFailed");
    bench.azure.grant({ principalId: "*", actions: ["*"], scope: "/" });
    expect(codeOf(await bench.send("PATCH", `${vm}?api-version=2024-07-01`, attach))).toBe("FailedIdentityOperation");
    bench.azure.portal.put(identity("missing"), {});
    expect(codeOf(await bench.send("PATCH", `${vm}?api-version=2024-07-01`, attach))).toBe("Conflict");
  });
});

describe("authorization (arm.md 2.5, 16)", () => {
  const get = (raw: RawRequest = {}): Promise<RawAnswer> => bench.send("GET", `${identity("seen")}${V}`, { token: nobody.token, ...raw });

  it("denies by default, naming client, object, action and scope", async () => {
    const answer = await get();
    expect([answer.status, codeOf(answer), answer.headers["x-ms-failure-cause"]]).toEqual([403, "AuthorizationFailed", "gateway"]);
    for (const part of [nobody.clientId, nobody.principalId, "Microsoft.ManagedIdentity/userAssignedIdentities/read", identity("seen"), "refresh your credentials"]) {
      expect(messageOf(answer)).toContain(part);
    }
  });

  it.each([
    { name: "an exact action on a group", actions: ["microsoft.managedidentity/USERASSIGNEDIDENTITIES/read"], scope: () => bench.group.toUpperCase(), status: 200 },
    { name: "a wildcard", actions: ["*/read"], scope: () => bench.subscription, status: 200 },
    { name: "another action", actions: ["Microsoft.ManagedIdentity/userAssignedIdentities/write"], scope: () => "/", status: 403 },
    { name: "another scope", actions: ["*"], scope: () => `${bench.group}x`, status: 403 },
    { name: "a scope below", actions: ["*"], scope: () => `${identity("seen")}/x`, status: 403 },
  ])("$name gives $status", async ({ actions, scope, status }) => {
    bench.azure.portal.put(identity("seen"), {});
    bench.azure.grant({ principalId: nobody.principalId, actions, scope: scope() });
    expect((await get()).status).toBe(status);
  });

  it("is taken back by revoke", async () => {
    bench.azure.portal.put(identity("seen"), {});
    bench.azure.grant({ principalId: nobody.principalId, actions: ["*"], scope: "/" });
    expect((await get()).status).toBe(200);
    bench.azure.revoke((permission) => permission.principalId === nobody.principalId);
    expect((await get()).status).toBe(403);
  });

  it.each(["Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"])(
    "attaching needs an assign action on the identity: %s",
    async (action) => {
      const site = `${bench.group}/providers/Microsoft.Web/sites/linked`;
      bench.azure.portal.put(identity("linked"), {});
      bench.azure.portal.put(site, {});
      bench.azure.setPermissions([{ principalId: nobody.principalId, actions: ["Microsoft.Web/sites/*"], scope: "/" }]);
      const attach = { token: nobody.token, body: { identity: { type: "UserAssigned", userAssignedIdentities: { [identity("linked")]: {} } } } };
      const refused = await bench.send("PATCH", `${site}?api-version=2023-12-01`, attach);
      expect([refused.status, codeOf(refused)]).toEqual([403, "LinkedAuthorizationFailed"]);
      for (const part of [nobody.clientId, nobody.principalId, identity("linked"), "userAssignedIdentities/assign/action"]) expect(messageOf(refused)).toContain(part);
      bench.azure.grant({ principalId: nobody.principalId, actions: [action], scope: identity("linked") });
      expect((await bench.send("PATCH", `${site}?api-version=2023-12-01`, attach)).status).toBe(200);
    },
  );

  it("detaching needs no assign action", async () => {
    const site = `${bench.group}/providers/Microsoft.Web/sites/detached`;
    bench.azure.portal.put(identity("linked"), {});
    bench.azure.portal.put(site, { identity: { type: "SystemAssigned, UserAssigned", userAssignedIdentities: { [identity("linked")]: {} } } });
    bench.azure.setPermissions([{ principalId: nobody.principalId, actions: ["Microsoft.Web/sites/*"], scope: "/" }]);
    const detach = { token: nobody.token, body: { identity: { type: "SystemAssigned", userAssignedIdentities: { [identity("linked")]: null } } } };
    expect((await bench.send("PATCH", `${site}?api-version=2023-12-01`, detach)).status).toBe(200);
  });
});

describe("headers (arm.md 2.1, 2.6)", () => {
  it("has ids of its own and echoes the client's", async () => {
    const headers = { "x-ms-client-request-id": "mine", "x-ms-return-client-request-id": "true", "x-ms-correlation-request-id": "c0ffee" };
    const answer = await bench.send("GET", `${bench.group}?api-version=2021-04-01`, { headers });
    expect(answer.headers).toMatchObject({ "x-ms-client-request-id": "mine", "x-ms-correlation-request-id": "c0ffee", "x-cache": "CONFIG_NOCACHE", "cache-control": "no-cache" });
    expect(answer.headers["x-ms-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers["x-ms-routing-request-id"]).toContain(answer.headers["x-ms-request-id"]);
  });

  it("does not echo the client's id unasked", async () => {
    const answer = await bench.send("GET", `${bench.group}?api-version=2021-04-01`, { headers: { "x-ms-client-request-id": "mine" } });
    expect(answer.headers["x-ms-client-request-id"]).toBeUndefined();
  });

  it("counts the remaining quota down and fills it up in clock time", async () => {
    const other = await startBench();
    const left = async (method: string): Promise<readonly unknown[]> => {
      const { headers } = await other.send(method, `${other.group}?api-version=2021-04-01`, method === "GET" ? {} : { body: {} });
      const kind = method === "GET" ? "reads" : "writes";
      return [headers[`x-ms-ratelimit-remaining-subscription-${kind}`], headers[`x-ms-ratelimit-remaining-subscription-global-${kind}`]];
    };
    expect([await left("GET"), await left("GET"), await left("PATCH")]).toEqual([["249", "3749"], ["248", "3748"], ["199", "2999"]]);
    other.clock.advance(1000);
    expect(await left("GET")).toEqual(["249", "3749"]);
    await other.stop();
  });
});

describe("the request log", () => {
  it("has type, action, principal, status and body of every request, without its token", async () => {
    await bench.send("PUT", `${identity("logged")}${V}`, { body });
    await bench.send("GET", `${identity("logged")}${V}`, { token: nobody.token });
    expect(bench.azure.requests).toMatchObject([
      { method: "PUT", path: identity("logged"), query: { "api-version": "2023-01-31" }, type: "Microsoft.ManagedIdentity/userAssignedIdentities", action: "Microsoft.ManagedIdentity/userAssignedIdentities/write", principalId: bench.principal.principalId, status: 201, body, at: bench.clock.now() },
      { method: "GET", principalId: nobody.principalId, status: 403 },
    ]);
    expect(JSON.stringify(bench.azure.requests)).not.toContain(nobody.token);
  });
});
