import { describe, expect, test } from "vitest";
import { absentCode, failureOf } from "../../src/azure/errors.ts";
import type { FailureClass, Method } from "../../src/azure/contract.ts";
import { GROUP, IDENTITY, MACHINE, SITE, START_MS, SUBSCRIPTION, answer } from "./fake-azure.ts";
import type { Scripted } from "./fake-azure.ts";
import type { ArmId } from "../../src/api/arm-id.ts";

const fail = (scripted: Scripted) => failureOf(answer(scripted), START_MS);
const standard = (status: number, code: string, message = "a text", more: object = {}): Scripted => ({
  status,
  body: { error: { code, message, ...more } },
});
const web = (status: number, code: string, message: string): Scripted => ({
  status,
  body: { Code: code, Message: message, Target: null, Details: [{ Message: message }, { Code: code }, { ErrorEntity: { Code: code, Message: message } }], Innererror: null },
});

describe("the class of a failure", () => {
  const assign = (action: string) =>
    `The client 'c' with object id 'aaaaaaaa-0000-4000-8000-000000000000' has permission to perform action 'Microsoft.Compute/virtualMachines/write' on scope '${MACHINE}'; however, it does not have permission to perform action(s) '${action}' on the linked scope(s) '${IDENTITY}' (respectively) or the linked scope(s) are invalid.`;

  const rows: readonly (readonly [string, Scripted, FailureClass])[] = [
    ["ARM's quota", standard(429, "SubscriptionRequestsThrottled"), "throttled"],
    ["MSI's quota, a number as text", standard(429, "429"), "throttled"],
    ["App Service's lock", web(429, "429", "Cannot acquire exclusive lock"), "throttled"],
    ["a 429 of any code", standard(429, "Conflict"), "throttled"],
    ["MSI's quota inside of an identity failure", standard(400, "FailedIdentityOperation", "Status: 'TooManyRequests'. retry after 20 seconds"), "throttled"],
    ["a gateway time-out", standard(504, "GatewayTimeout"), "unavailable"],
    ["a 500 of HTML", { status: 500, body: "<html><title>oops</title></html>" }, "unavailable"],
    ["a 503 without a body", { status: 503 }, "unavailable"],
    ["a redirect", { status: 302, headers: { location: "https://portal.test/login" } }, "unavailable"],
    ["another operation", standard(409, "AnotherOperationInProgress"), "busy"],
    ["App Service's conflict", web(409, "Conflict", "Cannot modify this site because another operation is in progress."), "busy"],
    ["a container group in transition", standard(409, "ContainerGroupTransitioning"), "busy"],
    ["not allowed now", standard(409, "OperationNotAllowed", "Operation is not allowed because there's an in progress update."), "busy"],
    ["a group being deleted", standard(409, "ResourceGroupBeingDeleted"), "busy"],
    ["parallel federated credentials", standard(409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"), "busy"],
    ["an unknown conflict", standard(409, "SomethingNew"), "busy"],
    ["an ETag", standard(412, "PreconditionFailed"), "busy"],
    ["a retryable error", standard(409, "RetryableError"), "busy"],
    ["no permission", standard(403, "AuthorizationFailed"), "forbidden"],
    ["a 403 of any code", standard(403, "SomethingForbidden"), "forbidden"],
    ["an identity that may not be assigned", standard(403, "LinkedAuthorizationFailed", assign("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action")), "identity"],
    ["a linked scope without an action", standard(403, "LinkedAuthorizationFailed", "the linked scope(s) are invalid"), "identity"],
    ["a subnet that may not be joined", standard(403, "LinkedAuthorizationFailed", assign("Microsoft.Network/virtualNetworks/subnets/join/action")), "forbidden"],
    ["an identity that is gone", standard(400, "FailedIdentityOperation", "Resource was not found"), "identity"],
    ["a lock", standard(409, "ScopeLocked"), "locked"],
    ["an unknown subscription", standard(404, "SubscriptionNotFound"), "missing"],
    ["a group that a write needs", standard(404, "ResourceGroupNotFound"), "missing"],
    ["a 404 without a body", { status: 404 }, "missing"],
    ["a bad token", standard(401, "InvalidAuthenticationToken"), "credential"],
    ["a 401 without a body", { status: 401 }, "credential"],
    ["a policy", standard(403, "RequestDisallowedByPolicy"), "invalid"],
    ["a provider that is not registered", standard(409, "MissingSubscriptionRegistration"), "invalid"],
    ["another location", standard(409, "InvalidResourceLocation"), "invalid"],
    ["a type that there is not", standard(404, "InvalidResourceType"), "invalid"],
    ["a provider that there is not", standard(404, "InvalidResourceNamespace"), "invalid"],
    ["a name that is taken", web(409, "Conflict", "Website with given name shop already exists."), "invalid"],
    ["an assignment that exists", standard(409, "RoleAssignmentExists"), "exists"],
    ["a quota", standard(409, "OperationNotAllowed", "Operation could not be completed as it results in exceeding approved cores quota."), "invalid"],
    ["not allowed at all", standard(400, "OperationNotAllowed"), "invalid"],
    ["a bad request", standard(400, "BadRequest"), "invalid"],
    ["a 405", { status: 405 }, "invalid"],
  ];

  test.each(rows)("%s", (_, scripted, expected) => {
    expect(fail(scripted).class).toBe(expected);
  });

  test("does not depend on the case of the code", () => {
    expect(fail(standard(409, "scopelocked")).class).toBe("locked");
  });
});

describe("envelopes of arm.md 2.1", () => {
  const rows: readonly (readonly [string, Scripted, string, string])[] = [
    ["standard", standard(400, "X", "why"), "X", "why"],
    ["flat, Pascal case", web(409, "X", "why"), "X", "why"],
    ["flat, lower case", { status: 400, body: { code: "X", message: "why", details: null, subcode: "Y" } }, "X", "why"],
    ["OData", { status: 400, body: { "odata.error": { code: "X", message: { lang: "en", value: "why" } } } }, "X", "why"],
    ["only a message", { status: 400, body: { Message: "why" } }, "400", "why"],
    ["only inner messages", { status: 400, body: { error: { code: "X", message: "", details: [{ code: "Y", message: "why" }] } } }, "X", "why"],
    ["empty", { status: 400 }, "400", "Azure answered 400 without an explanation"],
    ["HTML", { status: 502, body: "<html>\n<h1>Bad gateway</h1></html>" }, "502", "Azure answered 502 without an explanation"],
    ["a JSON list", { status: 400, body: [] }, "400", "Azure answered 400 without an explanation"],
  ];

  test.each(rows)("%s", (_, scripted, code, message) => {
    expect(fail(scripted)).toMatchObject({ code, message });
  });
});

describe("messages", () => {
  test("are one bounded line", () => {
    const { message } = fail(standard(400, "X", `a\r\nb\tc\u0000${"d".repeat(90)} `.repeat(50)));
    expect(message).toMatch(/^a b c d+/);
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message).toHaveLength(1024);
  });

  test("are the same for the same cause", () => {
    const text = (id: string, time: string) =>
      `The account is locked.\r\nActivityId: ${id}, Request Id: ${id}. Timestamp: ${time} (x-ms-correlation-request-id: ${id}), tracking id is '${id}'.`;
    const first = fail(standard(400, "X", text("11111111-2222-4333-8444-555555555555", "2026-01-01T10:00:00.123Z")));
    const second = fail(standard(400, "X", text("66666666-2222-4333-8444-555555555555", "2026-01-01 11:22:33Z")));
    expect(second).toEqual(first);
    expect(first.message).toContain("The account is locked.");
  });

  test("keep the ids of principals", () => {
    expect(fail(standard(400, "X", "object id 'aaaaaaaa-0000-4000-8000-000000000000'")).message).toContain("aaaaaaaa-0000-4000-8000-000000000000");
  });

  test("say how to register a provider", () => {
    const text = "The subscription is not registered to use namespace 'Microsoft.ContainerInstance'. See https://aka.ms/rps-not-found for how to register.";
    expect(fail(standard(409, "MissingSubscriptionRegistration", text)).message).toMatch(/; register the provider once: az provider register --namespace Microsoft\.ContainerInstance$/);
  });
});

describe("what a 403 says is missing", () => {
  test("AuthorizationFailed", () => {
    const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/g`;
    const message = `The client 'cccccccc-0000-4000-8000-000000000000' with object id 'aaaaaaaa-0000-4000-8000-000000000000' does not have authorization to perform action 'Microsoft.Web/sites/write' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
    expect(fail(standard(403, "AuthorizationFailed", message)).denied).toEqual({
      action: "Microsoft.Web/sites/write",
      scope,
      principalId: "aaaaaaaa-0000-4000-8000-000000000000",
    });
  });

  test("LinkedAuthorizationFailed names the linked action and scope, not those that are granted", () => {
    const other = IDENTITY.replace("/app", "/two");
    const message = `The client 'c' with object id 'aaaaaaaa-0000-4000-8000-000000000000' has permission to perform action 'Microsoft.Compute/virtualMachines/write' on scope '${MACHINE}'; however, it does not have permission to perform action 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '${IDENTITY},${other}' or the linked scope(s) are invalid.`;
    expect(fail(standard(403, "LinkedAuthorizationFailed", message))).toMatchObject({
      denied: { action: "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", scope: IDENTITY },
      named: [IDENTITY, other],
    });
  });

  test("nothing when the text says nothing", () => {
    expect(fail(standard(403, "AuthorizationFailed", "no"))).not.toHaveProperty("denied");
  });
});

describe("identities that a failure names", () => {
  const lower = IDENTITY.replace("resourceGroups", "resourcegroups");

  test("inside of escaped JSON, with lower-case groups", () => {
    const inner = JSON.stringify({ error: { code: "BadRequest", message: `Resource '${lower}' was not found.` } });
    const twice = JSON.stringify(inner).replaceAll("/", String.raw`\/`);
    const message = `Identity operation for resource '${MACHINE}' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '${twice}'.'.`;
    expect(fail(standard(400, "FailedIdentityOperation", message)).named).toEqual([IDENTITY]);
  });

  test("each once, never the host, and only in identity failures", () => {
    const message = `Resource '${lower}' of '${SITE}' and '${IDENTITY.toUpperCase()}' was not found`;
    expect(fail(standard(400, "FailedIdentityOperation", message)).named).toEqual([IDENTITY]);
    expect(fail(standard(400, "BadRequest", message))).not.toHaveProperty("named");
  });
});

describe("when to come back", () => {
  const after = (headers: Readonly<Record<string, string>>, message = "m") => fail({ ...standard(429, "429", message), headers }).afterSeconds;

  test.each([
    [{ "retry-after": "17" }, 17],
    [{ "retry-after": "0" }, 1],
    [{ "retry-after": "99999" }, 3600],
    [{ "retry-after": new Date(START_MS + 30_000).toUTCString() }, 30],
    [{ "retry-after": new Date(START_MS - 30_000).toUTCString() }, 1],
    [{ "retry-after-ms": "1500" }, 2],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ] as const)("header %j", (headers, expected) => {
    expect(after({ ...headers })).toBe(expected);
  });

  test.each([
    ["please retry after 20 s", 20],
    ["Please retry after '20' seconds.", 20],
    ["try again in 2 minutes", 120],
    ["retry after some time", undefined],
  ] as const)("text %j", (message, expected) => {
    expect(after({}, message)).toBe(expected);
  });

  test("the header counts more than the text", () => {
    expect(after({ "retry-after": "5" }, "retry after 20 s")).toBe(5);
  });
});

describe("a 404 that says that the resource itself is gone", () => {
  const rows: readonly (readonly [Method, ArmId, Scripted, string | undefined])[] = [
    ["GET", IDENTITY, standard(404, "ResourceNotFound"), "ResourceNotFound"],
    ["GET", IDENTITY, standard(404, "ParentResourceNotFound"), "ParentResourceNotFound"],
    ["GET", IDENTITY, standard(404, "ResourceGroupNotFound"), "ResourceGroupNotFound"],
    ["DELETE", IDENTITY, standard(404, "ResourceGroupNotFound"), "ResourceGroupNotFound"],
    ["PATCH", SITE, standard(404, "ResourceNotFound"), "ResourceNotFound"],
    ["PATCH", SITE, standard(404, "ResourceGroupNotFound"), undefined],
    ["PATCH", SITE, standard(404, "ParentResourceNotFound"), undefined],
    ["PUT", SITE, standard(404, "ResourceNotFound"), undefined],
    ["PUT", SITE, standard(404, "ResourceGroupNotFound"), undefined],
    ["GET", SITE, web(404, "NotFound", "Cannot find Site with name shop."), "NotFound"],
    ["GET", SITE, web(404, "NotFound", "Cannot find Site with name shop-two."), undefined],
    ["PATCH", SITE, web(404, "NotFound", "Cannot find ServerFarm with name shop."), undefined],
    ["GET", GROUP, standard(404, "ContainerGroupNotFound"), "ContainerGroupNotFound"],
    ["GET", SITE, standard(404, "ContainerGroupNotFound"), undefined],
    ["GET", IDENTITY, standard(404, "SubscriptionNotFound"), undefined],
    ["DELETE", IDENTITY, standard(404, "SubscriptionNotFound"), undefined],
    ["GET", IDENTITY, standard(404, "TenantNotFound"), undefined],
    ["GET", IDENTITY, { status: 404 }, undefined],
    ["GET", IDENTITY, { status: 404, body: "<html>not found: app</html>" }, undefined],
    ["GET", IDENTITY, standard(403, "ResourceNotFound"), undefined],
  ];

  test.each(rows)("%s %s %j", (method, id, scripted, expected) => {
    expect(absentCode(answer(scripted), method, id)).toBe(expected);
  });
});
