import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject, Switches } from "./azure.ts";
import { objectAt, objectsAt, textAt, without } from "./kernel/json.ts";
import { codeOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2025-01-01";
const OPTIONS = { tokenLifetimeSeconds: 100_000_000 };
let bench: Bench;
beforeAll(async () => {
  bench = await startBench(OPTIONS);
});
beforeEach(() => prepared(bench));
afterAll(() => bench.stop());

const at = (path: string, on: Bench = bench): string => `${on.group}/providers/Microsoft.App/${path}`;
const app = (on: Bench = bench): string => at("containerApps/app", on);
const uai = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const users = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name), {}])) });

/** An app with a registry password, a secret of the containers and a registry that is read with the identity a. */
function properties(on: Bench = bench): JsonObject {
  return {
    environmentId: at("managedEnvironments/env", on),
    configuration: {
      secrets: [{ name: "password", value: "hush" }, { name: "token", value: "hush too" }],
      registries: [{ server: "one.example", username: "u", passwordSecretRef: "password" }, { server: "two.example", identity: uai("a") }],
    },
    template: { containers: [{ name: "c", image: "i", env: [{ name: "TOKEN", secretRef: "token" }] }] },
  };
}

function prepared(on: Bench): void {
  for (const name of ["a", "b"]) on.azure.portal.put(uai(name), {});
  on.azure.portal.put(at("managedEnvironments/env", on), {});
  on.azure.portal.delete(app(on));
  on.azure.portal.put(app(on), { properties: properties(on), identity: users("a", "b") });
}

async function send(method: string, body: JsonObject, on: Bench = bench): Promise<RawAnswer> {
  const answer = await on.send(method, app(on) + V, { body: method === "PUT" ? { location: "westeurope", ...body } : body });
  on.clock.advance(60_000);
  return answer;
}

const read = async (on: Bench = bench): Promise<JsonObject> => (await on.send("GET", app(on) + V)).body;
const secrets = async (on: Bench = bench): Promise<readonly JsonObject[]> => objectsAt((await on.send("POST", `${app(on)}/listSecrets${V}`)).body, "value");
const attached = async (on: Bench = bench): Promise<readonly string[]> =>
  Object.keys(objectAt((await read(on))["identity"], "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");

describe("secrets of container apps (arm.md 9)", () => {
  it("are hidden from every body, and listed by POST listSecrets", async () => {
    const { text } = await bench.send("GET", app() + V);
    expect(text).not.toContain("hush");
    expect(text).toContain('"secrets":[{"name":"password"},{"name":"token"}]');
    expect(await secrets()).toEqual([{ name: "password", value: "hush" }, { name: "token", value: "hush too" }]);
  });

  it("are refused in a PUT that has their names without values, as a GET shows them", async () => {
    const answer = await send("PUT", await read());
    expect([answer.status, codeOf(answer)]).toEqual([400, "ContainerAppSecretInvalid"]);
  });

  it.each([
    { name: "a registry's password", left: "token", code: "ContainerAppRegistriesPasswordSecretRefNotFound" },
    { name: "a variable", left: "password", code: "ContainerAppSecretRefNotFound" },
  ])("are missed by $name when a PUT leaves one out", async ({ left, code }) => {
    const sent = properties();
    const configuration = { ...objectAt(sent["configuration"]), secrets: [{ name: left, value: "hush" }] };
    const answer = await send("PUT", { identity: users("a"), properties: { ...sent, configuration } });
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
  });

  it("survive a PUT that merges what listSecrets says, and a PATCH that does not name them", async () => {
    const body = await read();
    const merged = { ...objectAt(body["properties"]), configuration: { ...objectAt(body["properties"], "configuration"), secrets: await secrets() } };
    expect((await send("PUT", { identity: users("a"), properties: merged })).status).toBe(201);
    expect((await send("PATCH", { identity: users("a", "b") })).status).toBe(202);
    expect(await secrets()).toEqual([{ name: "password", value: "hush" }, { name: "token", value: "hush too" }]);
  });

  it("may come from a Key Vault by an identity of the app", async () => {
    const kept = { ...properties(), configuration: { secrets: [{ name: "kv", keyVaultUrl: "https://v.vault.azure.net/secrets/s", identity: uai("b") }] }, template: {} };
    expect((await send("PUT", { identity: users("b"), properties: kept })).status).toBe(201);
    const answer = await send("PUT", { identity: users("a"), properties: kept });
    expect([answer.status, await attached()]).toEqual([400, ["b"]]);
  });
});

describe("identities of container apps (arm.md 9)", () => {
  it("that are used in the app cannot be detached, the others can", async () => {
    const inUse = await send("PATCH", { identity: { type: "UserAssigned", userAssignedIdentities: { [uai("a")]: null } } });
    expect([inUse.status, await attached()]).toEqual([400, ["a", "b"]]);
    expect((await send("PATCH", { identity: { type: "UserAssigned", userAssignedIdentities: { [uai("b")]: null } } })).status).toBe(202);
    expect(await attached()).toEqual(["a"]);
  });

  it("make no revision; the template does", async () => {
    const revision = async (): Promise<unknown> => objectAt((await read())["properties"])["latestRevisionName"];
    const before = await revision();
    await send("PATCH", { identity: users("b") });
    expect(await revision()).toBe(before);
    await send("PATCH", { properties: { template: { revisionSuffix: "two" } } });
    expect(await revision()).not.toBe(before);
  });

  it.each([
    { name: "identity: null", body: { identity: null } },
    { name: "a null map", body: { identity: { type: "SystemAssigned", userAssignedIdentities: null } } },
  ])("are cleared by $name in a PUT", async ({ body }) => {
    const plain = without(properties(), "configuration");
    expect((await send("PUT", { ...body, properties: { ...plain, template: {} } })).status).toBe(201);
    expect(objectAt((await read())["identity"])["type"]).toBe(body.identity === null ? "None" : "SystemAssigned");
    expect(await attached()).toEqual([]);
  });
});

describe("operations of container apps (arm.md 9)", () => {
  it("answer PATCH with two URLs, of which Location ends with the app", async () => {
    const accepted = await bench.send("PATCH", app() + V, { body: { tags: { a: "b" } } });
    const [status, result] = [accepted.headers["azure-asyncoperation"] ?? "", accepted.headers["location"] ?? ""];
    expect([accepted.text, status.includes("/containerappOperationStatuses/"), status.includes("azureAsyncOperation=true"), result.includes("/containerappOperationResults/")]).toEqual(["", true, true, true]);
    const early = await bench.send("PATCH", app() + V, { body: {} });
    expect([early.status, codeOf(early)]).toEqual([409, "ContainerAppOperationInProgress"]);
    expect((await bench.send("GET", result)).status).toBe(202);
    bench.clock.advance(60_000);
    expect((await bench.send("GET", status)).body["status"]).toBe("Succeeded");
    expect((await bench.send("GET", result)).body).toMatchObject({ tags: { a: "b" } });
  });

  it("end DELETE with 204 at Location", async () => {
    const accepted = await bench.send("DELETE", app() + V);
    bench.clock.advance(60_000);
    expect((await bench.send("GET", accepted.headers["location"] ?? "")).status).toBe(204);
    const gone = await bench.send("GET", app() + V);
    expect([gone.status, codeOf(gone), gone.headers["x-ms-failure-cause"]]).toEqual([404, "ResourceNotFound", "gateway"]);
  });

  it("need an environment that is there and ready", async () => {
    const missing = await send("PUT", { properties: { environmentId: at("managedEnvironments/none") } });
    expect([missing.status, codeOf(missing)]).toEqual([404, "ManagedEnvironmentNotFound"]);
    await bench.send("PUT", at("managedEnvironments/young") + V, { body: { location: "westeurope" } });
    const early = await send("PUT", { properties: { environmentId: at("managedEnvironments/young") } });
    expect([early.status, codeOf(early)]).toEqual([400, "ManagedEnvironmentNotProvisioned"]);
  });

  it("tell in systemData who made and who changed the app", async () => {
    const { systemData } = await read();
    await send("PATCH", { tags: { a: "b" } });
    const after = objectAt((await read())["systemData"]);
    expect(after["createdBy"]).toBe(objectAt(systemData)["createdBy"]);
    expect([after["lastModifiedBy"], textAt(after, "lastModifiedAt")]).toEqual([bench.principal.clientId, expect.stringContaining("Z")]);
  });
});

describe("switches of container apps (arm.md 18)", () => {
  const nulled = (): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: { [uai("b")]: null } });

  it.each([
    { switches: { containerAppPatchIdentity: "full-map-replaces" }, identity: () => users("a"), status: 202, want: ["a"] },
    { switches: { containerAppPatchIdentity: "ignored" }, identity: () => users("a"), status: 202, want: ["a", "b"] },
    { switches: { containerAppPatchIdentity: "rejected" }, identity: () => users("a"), status: 400, want: ["a", "b"] },
    { switches: { containerAppPatchNullKey: "rejected" }, identity: nulled, status: 400, want: ["a", "b"] },
    { switches: { containerAppPatchNullKey: "ignored" }, identity: nulled, status: 202, want: ["a", "b"] },
  ] satisfies readonly { switches: Partial<Switches>; identity: () => JsonObject; status: number; want: readonly string[] }[])("$switches", async ({ switches, identity, status, want }) => {
    await withBench({ ...OPTIONS, switches }, async (on) => {
      prepared(on);
      expect((await send("PATCH", { identity: identity() }, on)).status).toBe(status);
      expect(await attached(on)).toEqual(want);
    });
  });

  it("containerAppPutWithoutIdentity and containerAppJobPatchMap", async () => {
    await withBench({ ...OPTIONS, switches: { containerAppPutWithoutIdentity: "keeps", containerAppJobPatchMap: "full-map-replaces" } }, async (on) => {
      prepared(on);
      expect((await send("PUT", { properties: properties(on) }, on)).status).toBe(201);
      expect(await attached(on)).toEqual(["a", "b"]);
      const job = at("jobs/job", on);
      on.azure.portal.put(job, { properties: { environmentId: at("managedEnvironments/env", on) }, identity: users("a") });
      await on.send("PATCH", job + V, { body: { identity: users("b") } });
      expect(Object.keys(objectAt(on.azure.portal.get(job), "identity", "userAssignedIdentities"))).toHaveLength(1);
    });
  });
});
