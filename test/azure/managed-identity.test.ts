import { ClientSecretCredential } from "@azure/identity";
import { ManagedServiceIdentityClient } from "@azure/arm-msi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, objectsAt } from "./kernel/json.ts";
import { codeOf, messageOf, SECRET, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ durations: { "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials": 2 } });
});
afterAll(() => bench.stop());

const V = "?api-version=2023-01-31";
const identity = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const put = (name: string, body: JsonObject = {}): Promise<RawAnswer> => bench.send("PUT", identity(name) + V, { body: { location: "westeurope", ...body } });

describe("user-assigned identities (arm.md 3.1)", () => {
  it("PUT 201 with a relative Location, in the recorded shape and order", async () => {
    const answer = await put("shape");
    const lower = identity("shape").replace("/resourceGroups/", "/resourcegroups/");
    expect([answer.status, answer.headers["location"]]).toEqual([201, lower]);
    expect(Object.keys(answer.body)).toEqual(["location", "tags", "id", "name", "type", "properties"]);
    expect(answer.body).toMatchObject({ location: "westeurope", tags: {}, id: lower, name: "shape", type: "Microsoft.ManagedIdentity/userAssignedIdentities" });
    expect(Object.keys(objectAt(answer.body, "properties"))).toEqual(["tenantId", "principalId", "clientId"]);
  });

  it("PUT 200 on an existing one keeps the ids; PATCH sets tags; a PUT without tags empties them", async () => {
    const first = await put("kept");
    const second = await put("kept", { tags: { a: "b" } });
    expect([second.status, second.headers["location"], second.body["properties"]]).toEqual([200, undefined, first.body["properties"]]);
    const patched = await bench.send("PATCH", identity("kept") + V, { body: { tags: { c: "d" } } });
    expect([patched.status, patched.body["tags"]]).toEqual([200, { c: "d" }]);
    expect((await put("kept")).body["tags"]).toEqual({});
  });

  it("is found by a path in any case, and keeps its own", async () => {
    await put("Cased");
    const { status, body } = await bench.send("GET", identity("cased").toUpperCase().replace("/SUBSCRIPTIONS", "/subscriptions") + V);
    expect([status, body["name"]]).toEqual([200, "Cased"]);
  });

  it("DELETE 200 without a body, 204 when absent, never blocked by use (3.4)", async () => {
    await put("used");
    bench.azure.portal.put(`${bench.group}/providers/Microsoft.Web/sites/user`, { identity: { type: "UserAssigned", userAssignedIdentities: { [identity("used")]: {} } } });
    const first = await bench.send("DELETE", identity("used") + V);
    expect([first.status, first.text]).toEqual([200, ""]);
    expect((await bench.send("DELETE", identity("used") + V)).status).toBe(204);
  });

  it("gets new ids when it is created again (3.2)", async () => {
    const first = await put("again");
    await bench.send("DELETE", identity("again") + V);
    const second = await put("again");
    const ids = (answer: RawAnswer): readonly unknown[] => [objectAt(answer.body, "properties")["principalId"], objectAt(answer.body, "properties")["clientId"]];
    expect(ids(second)).not.toContain(ids(first)[0]);
    expect(ids(second)).not.toContain(ids(first)[1]);
  });

  it.each(["ab", "-abc", "a.b", "a".repeat(129)])("refuses the name %s (3.2)", async (name) => {
    expect(codeOf(await put(name))).toBe("InvalidResourceName");
  });

  it("takes isolationScope and assignmentRestrictions (3.3)", async () => {
    const properties = { isolationScope: "Regional", assignmentRestrictions: { providers: ["Microsoft.Web"] }, principalId: "forged" };
    const { body } = await bench.send("PUT", `${identity("restricted")}?api-version=2026-05-31`, { body: { location: "westeurope", properties } });
    expect(body["properties"]).toMatchObject({ isolationScope: "Regional", assignmentRestrictions: { providers: ["Microsoft.Web"] } });
    expect(objectAt(body, "properties")["principalId"]).not.toBe("forged");
  });

  it.each([
    { version: "2023-01-31", shows: [] },
    { version: "2024-11-30", shows: ["isolationScope"] },
    { version: "2026-05-31", shows: ["isolationScope", "assignmentRestrictions"] },
  ])("at api-version $version has $shows, and an older one leaves what it does not know (3.3)", async ({ version, shows }) => {
    const both = { isolationScope: "Regional", assignmentRestrictions: { providers: ["Microsoft.Web"] } };
    bench.azure.portal.put(identity("dated"), { properties: both });
    const ids = ["tenantId", "principalId", "clientId"];
    const { body } = await bench.send("GET", `${identity("dated")}?api-version=${version}`);
    expect(Object.keys(objectAt(body, "properties")).filter((member) => !ids.includes(member))).toEqual(shows);
    await bench.send("PUT", `${identity("dated")}?api-version=2023-01-31`, { body: { location: "westeurope", properties: { isolationScope: "None" } } });
    expect(bench.azure.portal.get(identity("dated"))).toMatchObject({ properties: both });
  });
});

describe("the lookup of a system-assigned identity (arm.md 3.8)", () => {
  it("gives the clientId that the host does not show; 404 without one", async () => {
    const site = `${bench.group}/providers/Microsoft.Web/sites/looked-up`;
    const url = `${site}/providers/Microsoft.ManagedIdentity/identities/default${V}`;
    bench.azure.portal.put(site, {});
    expect((await bench.send("GET", url)).status).toBe(404);
    const { identity: block } = bench.azure.portal.patch(site, { identity: { type: "SystemAssigned" } });
    const { status, body } = await bench.send("GET", url);
    expect([status, body["name"], body["type"]]).toEqual([200, "default", "Microsoft.ManagedIdentity/identities"]);
    expect(Object.keys(objectAt(body, "properties"))).toEqual(["tenantId", "principalId", "clientId", "clientSecretUrl"]);
    expect(objectAt(body, "properties")["principalId"]).toBe(objectAt(block)["principalId"]);
  });
});

describe("federated identity credentials (arm.md 4)", () => {
  const credential = (parent: string, name: string): string => `${identity(parent)}/federatedIdentityCredentials/${name}${V}`;
  const properties = (subject: string): JsonObject => ({ issuer: "https://issuer.example/", subject, audiences: ["api://AzureADTokenExchange"] });

  async function write(method: string, url: string, body: JsonObject = {}): Promise<RawAnswer> {
    const answer = bench.send(method, url, method === "PUT" ? { body } : {});
    await bench.clock.awaited();
    bench.clock.advance(2000);
    return answer;
  }

  it("PUT 201 with Location, then 200; values come back verbatim; GET; DELETE 200, then 204", async () => {
    await put("fed");
    const created = await write("PUT", credential("fed", "one"), { properties: properties("a") });
    expect([created.status, created.headers["location"]]).toEqual([201, created.body["id"]]);
    expect(created.body["properties"]).toEqual(properties("a"));
    const updated = await write("PUT", credential("fed", "one"), { properties: properties("b") });
    expect([updated.status, objectAt(updated.body, "properties")["subject"]]).toEqual([200, "b"]);
    expect((await bench.send("GET", credential("fed", "one"))).body).toEqual(updated.body);
    expect((await write("DELETE", credential("fed", "one"))).status).toBe(200);
    expect((await write("DELETE", credential("fed", "one"))).status).toBe(204);
  });

  it("GET of a missing one is the provider's own NotFound", async () => {
    await put("fed");
    const answer = await bench.send("GET", credential("fed", "missing"));
    expect([answer.status, codeOf(answer), answer.headers["x-ms-failure-cause"]]).toEqual([404, "NotFound", undefined]);
    expect(messageOf(answer)).toContain("/federatedIdentityCredentials/missing");
  });

  it.each([
    { name: "no properties", body: {} },
    { name: "an empty issuer", body: { properties: { issuer: "", subject: "s", audiences: ["a"] } } },
    { name: "a subject of 601 characters", body: { properties: { issuer: "i", subject: "s".repeat(601), audiences: ["a"] } } },
    { name: "two audiences", body: { properties: { issuer: "i", subject: "s", audiences: ["a", "b"] } } },
    { name: "no audience", body: { properties: { issuer: "i", subject: "s", audiences: [] } } },
  ])("refuses $name with 400", async ({ body }) => {
    await put("fed");
    expect((await write("PUT", credential("fed", "bad"), body)).status).toBe(400);
  });

  it("refuses a write while another one under the same identity is in flight", async () => {
    await put("serial");
    const first = bench.send("PUT", credential("serial", "one"), { body: { properties: properties("one") } });
    await bench.clock.awaited();
    const second = await bench.send("PUT", credential("serial", "two"), { body: { properties: properties("two") } });
    expect([second.status, codeOf(second)]).toEqual([409, "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"]);
    expect(messageOf(second)).toContain(`'${identity("serial").toLowerCase()}'`);
    bench.clock.advance(2000);
    expect((await first).status).toBe(201);
    expect((await write("PUT", credential("serial", "two"), { properties: properties("two") })).status).toBe(201);
  });

  it("refuses the same issuer and subject twice under one identity", async () => {
    await put("unique");
    await write("PUT", credential("unique", "one"), { properties: properties("same") });
    const answer = await write("PUT", credential("unique", "two"), { properties: properties("same") });
    expect([answer.status, codeOf(answer)]).toEqual([409, "Conflict"]);
    expect(messageOf(answer)).toContain("Issuer and subject combination already exists");
  });

  it("refuses the 21st", async () => {
    await put("many");
    for (let number = 1; number <= 20; number += 1) {
      await write("PUT", credential("many", `c-${number}`), { properties: properties(`s${number}`) });
    }
    const answer = await write("PUT", credential("many", "c-21"), { properties: properties("s21") });
    expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining("maximum of 20")]);
    const { body } = await bench.send("GET", `${identity("many")}/federatedIdentityCredentials${V}`);
    expect(objectsAt(body, "value")).toHaveLength(20);
  });

  it("vanish with their identity (3.4)", async () => {
    await put("parent");
    await write("PUT", credential("parent", "child"), { properties: properties("x") });
    await bench.send("DELETE", identity("parent") + V);
    await put("parent");
    const { body } = await bench.send("GET", `${identity("parent")}/federatedIdentityCredentials${V}`);
    expect(body["value"]).toEqual([]);
  });
});

describe("the real @azure/arm-msi", () => {
  it("creates, gets, lists, updates and deletes", async () => {
    const tlsOptions = { ca: bench.azure.caPem };
    const credential = new ClientSecretCredential(bench.azure.tenantId, bench.principal.clientId, SECRET, {
      authorityHost: bench.azure.authorityHost,
      disableInstanceDiscovery: true,
      tlsOptions,
    });
    const client = new ManagedServiceIdentityClient(credential, bench.azure.subscriptionIds[0] ?? "", { endpoint: bench.azure.endpoint, tlsOptions, credentialScopes: [`${bench.azure.endpoint}/.default`], retryOptions: { maxRetries: 0 } });
    const identities = client.userAssignedIdentities;
    const created = await identities.createOrUpdate("rg", "typed", { location: "westeurope", tags: { a: "b" } });
    expect(created).toMatchObject({ name: "typed", tags: { a: "b" }, tenantId: bench.azure.tenantId });
    expect(await identities.get("rg", "typed")).toEqual(created);
    expect((await identities.update("rg", "typed", { tags: { c: "d" } })).tags).toEqual({ c: "d" });
    const names: unknown[] = [];
    for await (const item of identities.listByResourceGroup("rg")) names.push(item.name);
    expect(names).toContain("typed");
    await identities.delete("rg", "typed");
    await expect(identities.get("rg", "typed")).rejects.toMatchObject({ statusCode: 404, code: "ResourceNotFound" });
  });
});
