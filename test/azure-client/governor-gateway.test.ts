import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { Governor } from "../../src/azure/governor.ts";
import { demandOf, drawsOf } from "../../src/azure/quota-draws.ts";
import { azureOver, FakeHttpClient, idOf, inTurn, MACHINE, requestOf, type Scripted, SITE, SUBSCRIPTION, TestClock } from "./fake-azure.ts";

const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";
const uai = (name: string) => idOf(IDENTITIES, name);
const fic = (identity: string, name: string) => idOf(`${IDENTITIES}/federatedIdentityCredentials`, identity, name);
const FOUND: Scripted = { status: 200, body: { id: "x", location: "westeurope" } };
const OWN = { class: "throttled", code: "QuotaExhausted", isUnsent: true };

function governed(client: FakeHttpClient, share?: number | "off") {
  const clock = new TestClock();
  const governor = new Governor({ clock, share: share === "off" ? undefined : (share ?? 1) });
  return { clock, governor, client, azure: azureOver(client, { clock, governor }) };
}

const refusedBy = (code: string, more: Partial<Scripted> = {}): Scripted => ({ status: 429, headers: { "retry-after": "7" }, body: { error: { code, message: "later" } }, ...more });

/** Answers that say how many tokens are left, from so many on. */
function countingDown(header: string, from: number, text: (left: number) => string): FakeHttpClient {
  return new FakeHttpClient((_, index) => ({ ...FOUND, headers: { [header]: text(Math.max(0, from - index)) } }));
}

describe("a burst without turns", () => {
  test("is sent until the documented bucket is empty, and the rest is not sent at all", async () => {
    const { azure, client, clock } = governed(inTurn(FOUND));
    const reads = () => Promise.all(Array.from({ length: 260 }, (_, index) => azure.read(SITE, requestOf("1", { unit: `u${index}` }))));
    const first = await reads();
    expect([client.requests.length, first.filter(({ is }) => is === "failed").length]).toEqual([250, 10]);
    expect(first.find(({ is }) => is === "failed")).toMatchObject({ failure: OWN });
    clock.advance(1000);
    await reads();
    expect(client.requests.length).toBe(275);
  });

  test("leaves others their share", async () => {
    const { azure, client } = governed(inTurn(FOUND), 0.4);
    for (let index = 0; index < 120; index += 1) await azure.read(SITE, requestOf("1", { unit: `u${index}` }));
    expect(client.requests.length).toBe(100);
  });

  test("goes as it comes when quotas are not foreseen", async () => {
    const { azure, client } = governed(inTurn(FOUND), "off");
    for (let index = 0; index < 300; index += 1) await azure.read(SITE, requestOf("1"));
    expect(client.requests.length).toBe(300);
  });

  test("of a larger bucket goes on as far as the headers say", async () => {
    const left = { "x-ms-ratelimit-remaining-subscription-reads": "1099", "x-ms-ratelimit-remaining-subscription-global-reads": "16499" };
    const { azure, client } = governed(inTurn({ ...FOUND, headers: left }));
    for (let index = 0; index < 400; index += 1) await azure.read(SITE, requestOf("1", { unit: `u${index}` }));
    expect(client.requests.length).toBe(400);
  });

  test("stops where the headers say that others took the rest", async () => {
    const { azure, client } = governed(inTurn({ ...FOUND, headers: { "x-ms-ratelimit-remaining-subscription-reads": "0" } }));
    for (let index = 0; index < 5; index += 1) await azure.read(SITE, requestOf("1", { unit: `u${index}` }));
    expect(client.requests.length).toBe(1);
  });
});

describe("429", () => {
  test("of ARM closes the principal's bucket of that kind in the subscription, and no other", async () => {
    const { azure, client, clock } = governed(inTurn(refusedBy("SubscriptionRequestsThrottled"), FOUND));
    expect(await azure.read(SITE, requestOf("1"))).toMatchObject({ failure: { code: "SubscriptionRequestsThrottled", afterSeconds: 7 } });
    expect(await azure.read(MACHINE, requestOf("1"))).toMatchObject({ failure: { ...OWN, afterSeconds: 7 } });
    expect(await azure.patch(SITE, {}, requestOf("1"))).toMatchObject({ is: "done" });
    expect(await azure.read(MACHINE, requestOf("1", { credential: "other" }))).toMatchObject({ is: "found" });
    clock.advance(7000);
    expect(await azure.read(MACHINE, requestOf("1"))).toMatchObject({ is: "found" });
    expect(client.requests.length).toBe(4);
  });

  test("of the identity provider closes creations of that region only", async () => {
    const { azure } = governed(inTurn(refusedBy("429"), { status: 201, body: { id: "x" } }));
    const body = (location: string): JsonObject => ({ location });
    await azure.put(uai("a"), body("westeurope"), requestOf("1"));
    expect(await azure.put(uai("b"), body("West Europe"), requestOf("1"))).toMatchObject({ failure: OWN });
    expect(await azure.put(uai("c"), body("northeurope"), requestOf("1"))).toMatchObject({ is: "done" });
    expect(await azure.patch(uai("b"), {}, requestOf("1"))).toMatchObject({ is: "done" });
  });

  test("of a provider without documented limits closes that resource only", async () => {
    const { azure } = governed(inTurn(refusedBy("429"), FOUND));
    await azure.patch(SITE, {}, requestOf("1"));
    expect(await azure.patch(SITE, {}, requestOf("1"))).toMatchObject({ failure: { ...OWN, afterSeconds: 7 } });
    expect(await azure.patch(idOf("Microsoft.Web/sites", "another"), {}, requestOf("1"))).toMatchObject({ is: "done" });
  });

  test("inside of a FailedIdentityOperation closes the host, for as long as the text says", async () => {
    const message = "Identity operation failed with error 'Status: 429. Response: {\"error\":{\"code\":\"TooManyRequests\"}}', retry after 20 seconds";
    const { azure, clock } = governed(inTurn({ status: 400, body: { error: { code: "FailedIdentityOperation", message } } }, FOUND));
    expect(await azure.patch(MACHINE, {}, requestOf("1"))).toMatchObject({ failure: { class: "throttled", afterSeconds: 20 } });
    expect(await azure.patch(MACHINE, {}, requestOf("1"))).toMatchObject({ failure: { ...OWN, afterSeconds: 20 } });
    expect(await azure.patch(idOf("Microsoft.Compute/virtualMachines", "other"), {}, requestOf("1"))).toMatchObject({ is: "done" });
    clock.advance(20_000);
    expect(await azure.patch(MACHINE, {}, requestOf("1"))).toMatchObject({ is: "done" });
  });
});

describe("limits of providers", () => {
  test("a machine takes twelve updates at once, and what its header says", async () => {
    const { azure, client } = governed(inTurn(FOUND));
    for (let index = 0; index < 20; index += 1) await azure.patch(MACHINE, {}, requestOf("1", { unit: "u" }));
    expect(client.requests.length).toBe(12);
    const told = governed(countingDown("x-ms-ratelimit-remaining-resource", 2, (left) => `Microsoft.Compute/UpdateVMSubscriptionMaximum;1499,Microsoft.Compute/UpdateVMResource;${left}`));
    for (let index = 0; index < 20; index += 1) await told.azure.patch(MACHINE, {}, requestOf("1", { unit: "u" }));
    expect(told.client.requests.length).toBe(3);
  });

  test("one identity takes one write of its credentials in four seconds, after the answer", async () => {
    const { azure, client, clock } = governed(inTurn({ status: 201, body: { id: "x" } }));
    const put = (identity: string, name: string) => azure.put(fic(identity, name), { properties: {} }, requestOf("1", { unit: name }));
    await put("a", "one");
    expect(await put("a", "two")).toMatchObject({ failure: { ...OWN, afterSeconds: 4 } });
    expect(await put("b", "three")).toMatchObject({ is: "done" });
    clock.advance(4000);
    expect(await put("a", "two")).toMatchObject({ is: "done" });
    expect(client.requests.length).toBe(3);
  });

  test("attachments are counted in the region that the request names", () => {
    const body = JSON.stringify({ identity: { type: "UserAssigned", userAssignedIdentities: { a: null, b: {} } } });
    const names = (method: string, text: string, region?: string) =>
      drawsOf(demandOf({ method, url: `https://arm.test${SITE}?api-version=1`, body: text }, { credential: "c", region })).map(({ limit }) => limit.name);
    expect(names("PATCH", body, "westeurope")).toEqual(["identity-attachments", "identity-attachments-of-tenant", "writes", "writes-of-all-principals"]);
    expect(names("PATCH", body)).toEqual(["writes", "writes-of-all-principals"]);
    expect(names("PATCH", body.replace("{}", "null"), "westeurope")).toEqual(["writes", "writes-of-all-principals"]);
    expect(names("DELETE", "")).toEqual(["deletes", "deletes-of-all-principals"]);
  });

  test("a provider that counts for itself does not use up ARM's own", async () => {
    const { azure, client } = governed(countingDown("x-ms-ratelimit-remaining-subscription-resource-requests", 9, String));
    for (let index = 0; index < 30; index += 1) await azure.read(SITE, requestOf("1", { unit: `u${index}` }));
    expect(client.requests.length).toBe(10);
    expect(await azure.read(MACHINE, requestOf("1"))).toMatchObject({ is: "found" });
  });

  test("requests without a subscription have a bucket of their own", () => {
    const { operation, subscriptionId } = demandOf({ method: "GET", url: "https://arm.test/providers/Microsoft.Authorization/roleDefinitions" }, { credential: "c" });
    expect([operation, subscriptionId]).toEqual(["list", undefined]);
  });
});

test("what waits, and what Azure closed, shows in the state", async () => {
  const { azure, governor } = governed(inTurn(refusedBy("SubscriptionRequestsThrottled")));
  await azure.patch(SITE, {}, requestOf("1"));
  const ask = { unit: "u", credential: "shared", target: SITE, operations: ["write"], urgency: "user", namespace: "apps" } as const;
  expect(governor.turn(ask)).toBeGreaterThanOrEqual(7000);
  expect(governor.state().find(({ quota }) => quota === "writes")).toEqual({ quota: "writes", tokens: 0, waiting: 1, closedForSeconds: 7 });
  governor.end("u", false);
  expect(governor.state().find(({ quota }) => quota === "writes")?.waiting).toBe(0);
  expect(SITE).toContain(SUBSCRIPTION);
});
