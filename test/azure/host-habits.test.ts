import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject, Switches } from "./azure.ts";
import { objectAt, textAt } from "./kernel/json.ts";
import { codeOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ tokenLifetimeSeconds: 100_000_000 });
});
beforeEach(() => {
  for (const name of ["a", "b"]) bench.azure.portal.put(uai(name), {});
});
afterAll(() => bench.stop());

const uai = (name: string, on: Bench = bench): string => `${on.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const users = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name), {}])) });
const at = (path: string, on: Bench = bench): string => `${on.group}/providers/${path}`;

function send(method: string, idAndQuery: string, body?: JsonObject, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  return bench.send(method, idAndQuery, { ...(body ? { body } : {}), headers });
}

function under(switches: Partial<Switches>, act: (on: Bench) => Promise<void>): Promise<void> {
  return withBench({ switches, tokenLifetimeSeconds: 100_000_000 }, async (on) => {
    for (const name of ["a", "b"]) on.azure.portal.put(uai(name, on), {});
    await act(on);
  });
}

describe("storage accounts (arm.md 14)", () => {
  const V = "?api-version=2023-05-01";
  const account = (): string => at("Microsoft.Storage/storageAccounts/account1");
  const body = { location: "westeurope", sku: { name: "Standard_LRS" }, kind: "StorageV2" };

  it("answer 202 without a body while one is made; Location then has it; a write meanwhile is refused", async () => {
    bench.azure.portal.delete(account());
    const accepted = await send("PUT", account() + V, { ...body, identity: users("a") });
    const location = accepted.headers["location"] ?? "";
    expect([accepted.status, accepted.text, location.includes("/asyncoperations/"), location.includes("monitor=true")]).toEqual([202, "", true, true]);
    const early = await send("PATCH", account() + V, { tags: { a: "b" } });
    expect([early.status, codeOf(early)]).toEqual([409, "StorageAccountIsNotProvisioned"]);
    expect([(await send("GET", location)).status, (await send("GET", location)).headers["retry-after"]]).toEqual([202, "17"]);
    bench.clock.advance(60_000);
    const done = await send("GET", location);
    expect([done.status, done.body["name"], objectAt(done.body["identity"])["type"]]).toEqual([200, "account1", "UserAssigned"]);
  });

  it("leak more than the ids in the map", async () => {
    bench.azure.portal.put(account(), { ...body, identity: users("a") });
    const [value] = Object.values(objectAt((await send("GET", account() + V)).body["identity"], "userAssignedIdentities"));
    expect(Object.keys(objectAt(value)).toSorted()).toEqual(["certRenewAfter", "clientId", "identityUrl", "principalId", "tenantId"]);
  });

  it("keep the identities when the type is widened without a map", async () => {
    bench.azure.portal.put(account(), { ...body, identity: users("a", "b") });
    await send("PATCH", account() + V, { identity: { type: "SystemAssigned,UserAssigned" } });
    const identity = objectAt((await send("GET", account() + V)).body["identity"]);
    expect([identity["type"], Object.keys(objectAt(identity["userAssignedIdentities"])).length]).toEqual(["SystemAssigned,UserAssigned", 2]);
  });

  it("refuse a name, and a PUT that lacks what it has to have", async () => {
    const named = await send("PUT", at(`Microsoft.Storage/storageAccounts/Upper${V}`), body);
    const lacking = await send("PUT", at(`Microsoft.Storage/storageAccounts/account2${V}`), { location: "westeurope" });
    expect([named.status, codeOf(named), lacking.status, codeOf(lacking)]).toEqual([400, "AccountNameInvalid", 400, "MissingRequiredParameter"]);
  });

  it("give their keys to who may list them", async () => {
    bench.azure.portal.put(account(), body);
    expect((await send("POST", `${account()}/listKeys${V}`)).body).toMatchObject({ keys: [{ keyName: "key1" }, { keyName: "key2" }] });
  });
});

describe("Event Hubs and Service Bus namespaces (arm.md 14)", () => {
  const V = "?api-version=2024-01-01";
  const namespace = (on: Bench = bench): string => at("Microsoft.EventHub/namespaces/my-events", on);

  it("are in transition during a write, which throttles the next one, and no header tells when it is over", async () => {
    bench.azure.portal.put(namespace(), {});
    const accepted = await send("PATCH", namespace() + V, { identity: users("a") });
    expect([accepted.status, accepted.headers["location"], accepted.headers["azure-asyncoperation"]]).toEqual([200, undefined, undefined]);
    expect(objectAt(accepted.body["properties"])["provisioningState"]).toBe("Updating");
    const early = await send("PUT", namespace() + V, { location: "westeurope" });
    expect([early.status, codeOf(early)]).toEqual([429, "NamespaceInTransition"]);
    bench.clock.advance(60_000);
    expect((await send("PUT", namespace() + V, { location: "westeurope" })).status).toBe(200);
    bench.clock.advance(60_000);
  });

  it("have a not-found of their own", async () => {
    bench.azure.portal.delete(namespace());
    const answer = await send("GET", namespace() + V);
    expect([answer.status, codeOf(answer), answer.headers["x-ms-failure-cause"]]).toEqual([404, "NamespaceNotFound", undefined]);
  });

  it("lose what a PATCH leaves out under the switch (14)", async () => {
    for (const { messagingPatchOmissions, left } of [{ messagingPatchOmissions: "keeps", left: { name: "Standard" } }, { messagingPatchOmissions: "resets", left: undefined }] as const) {
      await under({ messagingPatchOmissions }, async (on) => {
        on.azure.portal.put(namespace(on), { sku: { name: "Standard" } });
        await on.send("PATCH", namespace(on) + V, { body: { tags: { a: "b" } } });
        expect(on.azure.portal.get(namespace(on))?.["sku"]).toEqual(left);
      });
    }
  });
});

describe("container registries and key vaults (arm.md 14)", () => {
  it("a registry shows lower camel identity types, whatever was sent", async () => {
    const registry = at("Microsoft.ContainerRegistry/registries/images");
    bench.azure.portal.put(registry, { sku: { name: "Basic" }, identity: users("a") });
    const { body } = await send("GET", `${registry}?api-version=2023-07-01`);
    expect([objectAt(body["identity"])["type"], objectAt(body["properties"])["loginServer"]]).toEqual(["userAssigned", "images.azurecr.io"]);
  });

  it("a vault has no identity block, and says whether roles or policies guard it", async () => {
    const vault = at("Microsoft.KeyVault/vaults/my-vault?api-version=2023-07-01");
    const properties = { tenantId: bench.azure.tenantId, sku: { family: "A", name: "standard" } };
    const made = await send("PUT", vault, { location: "westeurope", identity: users("a"), properties });
    expect([made.status, made.body["identity"], objectAt(made.body["properties"])["enableRbacAuthorization"]]).toEqual([200, undefined, false]);
    await send("PATCH", vault, { properties: { enableRbacAuthorization: true } });
    expect((await send("GET", vault)).body).toMatchObject({ properties: { enableRbacAuthorization: true, vaultUri: "https://my-vault.vault.azure.net/" } });
  });
});

describe("SQL servers (arm.md 14)", () => {
  const V = "?api-version=2023-08-01";
  const server = (): string => at("Microsoft.Sql/servers/db");
  const primary = (name: string): JsonObject => ({ properties: { primaryUserAssignedIdentityId: uai(name) } });

  it("have a primary identity that is one of theirs, and cannot lose it", async () => {
    bench.azure.portal.put(server(), { identity: users("a", "b") });
    bench.azure.portal.patch(server(), primary("b"));
    const dropped = await send("PATCH", server() + V, { identity: { type: "UserAssigned", userAssignedIdentities: { [uai("b")]: null } } });
    expect([dropped.status, codeOf(dropped)]).toEqual([400, "InvalidPrimaryUserAssignedIdentityId"]);
    const both = await send("PATCH", server() + V, { ...primary("a"), identity: { type: "UserAssigned", userAssignedIdentities: { [uai("b")]: null } } });
    expect([both.status, both.text]).toEqual([202, ""]);
    expect((await send("PATCH", server() + V, {})).status).toBe(409);
    bench.clock.advance(60_000);
    expect((await send("GET", server() + V)).body).toMatchObject({ properties: { primaryUserAssignedIdentityId: uai("a"), state: "Ready" } });
    expect((await send("GET", server() + V)).body).not.toHaveProperty("properties.provisioningState");
  });

  it("do not show their password, and are followed at URLs below the resource group", async () => {
    const { headers } = await send("PUT", server() + V, { location: "westeurope", properties: { administratorLogin: "u", administratorLoginPassword: "hush" } });
    expect(headers["azure-asyncoperation"]).toContain("/resourceGroups/rg/providers/Microsoft.Sql/locations/westeurope/serverAzureAsyncOperation/");
    bench.clock.advance(60_000);
    expect((await send("GET", server() + V)).text).not.toContain("hush");
  });
});

describe("etags of bodies (arm.md 14)", () => {
  it("a data factory heeds If-Match in PUT only", async () => {
    const factory = at("Microsoft.DataFactory/factories/factory?api-version=2018-06-01");
    const eTag = textAt((await send("PUT", factory, { location: "westeurope" })).body, "eTag") ?? "";
    const body = { location: "westeurope", identity: users("a") };
    expect((await send("PUT", factory, body, { "if-match": '"0"' })).status).toBe(412);
    expect((await send("PUT", factory, body, { "if-match": eTag })).status).toBe(200);
    expect((await send("PUT", factory, body, { "if-match": eTag })).status).toBe(412);
    expect((await send("PATCH", factory, { identity: users("b") }, { "if-match": eTag })).status).toBe(200);
  });

  it.each([
    { path: "Microsoft.CognitiveServices/accounts/ai", version: "2023-05-01", body: { sku: { name: "S0" }, kind: "OpenAI" } },
    { path: "Microsoft.ApiManagement/service/apim", version: "2024-05-01", body: { sku: { name: "Developer" }, properties: { publisherEmail: "api@contoso.com", publisherName: "Contoso" } } },
  ])("$path shows one", async ({ path, version, body }) => {
    bench.azure.portal.put(at(path), body);
    expect((await send("GET", `${at(path)}?api-version=${version}`)).body).toHaveProperty("etag");
  });
});

describe("api-versions (arm.md 2.8)", () => {
  const versions: Readonly<Record<string, readonly string[]>> = {
    "Microsoft.ContainerService/managedClusters": ["2024-09-01", "2025-08-01", "2026-05-01", "2026-05-02-preview"],
    "Microsoft.App/containerApps": ["2024-03-01", "2025-01-01", "2025-07-01", "2026-01-01"],
    "Microsoft.App/jobs": ["2024-03-01", "2025-01-01", "2025-07-01", "2026-01-01"],
    "Microsoft.AppPlatform/Spring": ["2023-12-01", "2024-05-01-preview"],
    "Microsoft.ServiceFabric/managedClusters": ["2024-04-01", "2026-02-01", "2026-05-01-preview"],
    "Microsoft.ServiceFabric/clusters": ["2021-06-01", "2026-03-01-preview"],
    "Microsoft.Logic/workflows": ["2019-05-01"],
    "Microsoft.ContainerRegistry/registries": ["2023-07-01", "2025-11-01"],
    "Microsoft.Storage/storageAccounts": ["2023-05-01", "2025-08-01", "2026-04-01"],
    "Microsoft.DataFactory/factories": ["2018-06-01"],
    "Microsoft.Sql/servers": ["2023-08-01", "2025-01-01"],
    "Microsoft.ApiManagement/service": ["2024-05-01"],
    "Microsoft.EventHub/namespaces": ["2024-01-01", "2026-01-01"],
    "Microsoft.ServiceBus/namespaces": ["2024-01-01", "2026-01-01"],
    "Microsoft.Batch/batchAccounts": ["2024-07-01", "2025-06-01"],
  };
  const rows = Object.entries(versions).flatMap(([type, known]) => known.map((version) => ({ type, version })));
  it.each(rows)("$type has $version", async ({ type, version }) => {
    expect((await send("GET", `${at(type)}?api-version=${version}`)).status).toBe(200);
  });

  it("no other one is taken", async () => {
    const answer = await send("GET", at("Microsoft.Storage/storageAccounts?api-version=2001-01-01"));
    expect([answer.status, codeOf(answer)]).toEqual([400, "NoRegisteredProviderFound"]);
  });
});

describe("polling URLs of every provider (arm.md 2.3)", () => {
  it.each(["operations", "operationStatuses", "containerappOperationStatuses", "asyncoperations", "serverAzureAsyncOperation", "operationStatus/app/operationId"])(
    "…/%s/{id} that was not handed out is no resource",
    async (segment) => {
      const answer = await send("GET", `${bench.subscription}/providers/Microsoft.Contoso/locations/westeurope/${segment}/b0000000-0000-4000-8000-000000000001?api-version=2024-01-01`);
      expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidOperationUrl"]);
    },
  );
});

describe("switches for types of which nothing was recorded (arm.md 18)", () => {
  const V = "?api-version=2023-07-01";
  const registry = (on: Bench): string => at("Microsoft.ContainerRegistry/registries/images", on);
  const attached = (on: Bench): readonly string[] =>
    Object.keys(objectAt(on.azure.portal.get(registry(on)), "identity", "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");

  it.each([
    { switches: { unrecordedPatchMap: "full-map-replaces" }, identity: () => users("b"), want: ["b"], status: 201 },
    { switches: { unrecordedPatchNullKey: "rejected" }, identity: () => ({ type: "UserAssigned", userAssignedIdentities: { [uai("a")]: null } }), want: ["a"], status: 400 },
    { switches: { unrecordedPatchNullKey: "ignored" }, identity: () => ({ type: "UserAssigned", userAssignedIdentities: { [uai("a")]: null } }), want: ["a"], status: 201 },
  ] as const)("$switches", async ({ switches, identity, want, status }) => {
    await under(switches, async (on) => {
      on.azure.portal.put(registry(on), { sku: { name: "Basic" }, identity: users("a") });
      expect((await on.send("PATCH", registry(on) + V, { body: { identity: identity() } })).status).toBe(status);
      expect(attached(on)).toEqual(want);
    });
  });

  it("unrecordedAfterNone", async () => {
    await under({ unrecordedAfterNone: "none-object" }, async (on) => {
      const workflow = at("Microsoft.Logic/workflows/flow", on);
      on.azure.portal.put(workflow, { identity: users("a") });
      await on.send("PATCH", `${workflow}?api-version=2019-05-01`, { body: { identity: { type: "None" } } });
      expect(on.azure.portal.get(workflow)?.["identity"]).toEqual({ type: "None" });
    });
  });

  it("unrecordedPutWithoutIdentity", async () => {
    await under({ unrecordedPutWithoutIdentity: "clears" }, async (on) => {
      on.azure.portal.put(registry(on), { sku: { name: "Basic" }, identity: users("a") });
      await on.send("PUT", registry(on) + V, { body: { location: "westeurope", sku: { name: "Basic" } } });
      expect(on.azure.portal.get(registry(on))).not.toHaveProperty("identity");
    });
  });
});
