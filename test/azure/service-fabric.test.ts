import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, textAt } from "./kernel/json.ts";
import { codeOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const OLD = "?api-version=2024-04-01";
const NEW = "?api-version=2026-02-01";
const CLASSIC = "?api-version=2021-06-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => prepared(bench));
afterAll(() => bench.stop());

const fabric = (path: string, on: Bench = bench): string => `${on.group}/providers/Microsoft.ServiceFabric/${path}`;
const managed = (on: Bench = bench): string => fabric("managedClusters/cluster/applications/app", on);
const classic = (on: Bench = bench): string => fabric("clusters/cluster/applications/app", on);
const uai = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const users = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name), {}])) });
const named = (name: string, on: Bench = bench): JsonObject => ({ name: `id-${name}`, principalId: textAt(objectAt(on.azure.portal.get(uai(name)), "properties"), "principalId") });
const properties = (on: Bench = bench): JsonObject => ({ version: "1", parameters: { a: "1" }, managedIdentities: [named("a", on)] });

function prepared(on: Bench): void {
  for (const name of ["a", "b"]) on.azure.portal.put(uai(name), {});
  for (const cluster of ["managedClusters/cluster", "clusters/cluster"]) on.azure.portal.put(fabric(cluster, on), {});
  for (const id of [managed(on), classic(on)]) on.azure.portal.delete(id);
  for (const id of [managed(on), classic(on)]) on.azure.portal.put(id, { properties: properties(on), identity: users("a", "b") });
}

async function send(method: string, url: string, body: JsonObject, on: Bench = bench): Promise<RawAnswer> {
  const answer = await on.send(method, url, { body: method === "PUT" ? { location: "westeurope", ...body } : body });
  on.clock.advance(60_000);
  return answer;
}

const attached = (id: string, on: Bench = bench): readonly string[] =>
  Object.keys(objectAt(on.azure.portal.get(id), "identity", "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");

describe("Service Fabric applications (arm.md 12)", () => {
  it.each([
    { name: "managed", id: managed, version: OLD },
    { name: "classic", id: classic, version: CLASSIC },
  ])("$name: an identity that has a name in managedIdentities cannot leave before the name does", async ({ id, version }) => {
    const refused = await send("PUT", id() + version, { properties: properties(), identity: users("b") });
    expect([refused.status, attached(id())]).toEqual([400, ["a", "b"]]);
    expect((await send("PUT", id() + version, { properties: { ...properties(), managedIdentities: [named("b")] }, identity: users("b") })).status).toBe(202);
    expect(attached(id())).toEqual(["b"]);
  });

  it("the system-assigned identity goes by its own name", async () => {
    const own = { ...properties(), managedIdentities: [{ name: "SystemAssigned", principalId: "" }] };
    expect((await send("PUT", managed() + OLD, { properties: own, identity: { type: "SystemAssigned" } })).status).toBe(202);
    expect((await send("PUT", managed() + OLD, { properties: own, identity: users("a") })).status).toBe(400);
  });

  it("PATCH of a managed application takes tags, and parameters in newer versions only", async () => {
    const body = { tags: { a: "b" }, identity: users("a"), properties: { version: "2", parameters: { a: "2" } } };
    expect((await send("PATCH", managed() + OLD, body)).status).toBe(200);
    expect(bench.azure.portal.get(managed())).toMatchObject({ tags: { a: "b" }, properties: { version: "1", parameters: { a: "1" } } });
    expect((await send("PATCH", managed() + NEW, body)).status).toBe(202);
    expect(bench.azure.portal.get(managed())).toMatchObject({ properties: { version: "1", parameters: { a: "2" } } });
    expect(attached(managed())).toEqual(["a", "b"]);
  });

  it("PATCH of a classic application takes managedIdentities and no identity", async () => {
    expect((await send("PATCH", classic() + CLASSIC, { identity: users("a"), properties: { managedIdentities: [named("b")] } })).status).toBe(202);
    expect([attached(classic()), objectAt(bench.azure.portal.get(classic()), "properties")["managedIdentities"]]).toEqual([["a", "b"], [named("b")]]);
  });

  it("another version or other parameters are an upgrade, an identity alone is not", async () => {
    await send("PUT", managed() + OLD, { properties: properties(), identity: users("a") });
    expect(bench.azure.portal.recycles(managed())).toBe(0);
    await send("PUT", managed() + OLD, { properties: { ...properties(), version: "2" }, identity: users("a") });
    expect(bench.azure.portal.recycles(managed())).toBe(1);
  });

  it("an operation is Created, with an end time that is none, until it has succeeded", async () => {
    const { headers } = await bench.send("PUT", managed() + OLD, { body: { location: "westeurope", properties: properties(), identity: users("a") } });
    const url = headers["azure-asyncoperation"] ?? "";
    expect([url.includes("/managedclusteroperations/"), (headers["location"] ?? "").includes("/managedclusteroperationresults/")]).toEqual([true, true]);
    expect((await bench.send("GET", url)).body).toMatchObject({ status: "Created", endTime: "0001-01-01T00:00:00" });
    bench.clock.advance(60_000);
    expect((await bench.send("GET", url)).body).toMatchObject({ status: "Succeeded", endTime: expect.stringContaining("2026-") as string });
  });

  it("have a not-found of their own, below a cluster that is there", async () => {
    const missing = await bench.send("GET", fabric(`managedClusters/cluster/applications/none${OLD}`));
    expect([missing.status, codeOf(missing), missing.headers["x-ms-failure-cause"]]).toEqual([404, "NotFound", undefined]);
    const orphan = await send("PUT", fabric(`managedClusters/none/applications/app${OLD}`), { properties: properties() });
    expect([orphan.status, codeOf(orphan)]).toEqual([404, "ParentResourceNotFound"]);
  });

  it("an identity-only PUT has no effect under the switch (18)", async () => {
    await withBench({ switches: { serviceFabricIdentityOnlyPut: "ignored" } }, async (on) => {
      prepared(on);
      expect((await send("PUT", managed(on) + OLD, { properties: properties(on), identity: users("a") }, on)).status).toBe(202);
      expect(attached(managed(on), on)).toEqual(["a", "b"]);
    });
  });
});
