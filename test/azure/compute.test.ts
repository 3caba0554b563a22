import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { objectAt, textAt } from "./kernel/json.ts";
import { codeOf, startBench } from "./raw-client.ts";
import type { Bench } from "./raw-client.ts";

const V = "?api-version=2024-11-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => {
  bench.azure.portal.delete(vm());
  bench.azure.portal.put(vm(), { properties: { hardwareProfile: { vmSize: "Standard_B1s" }, osProfile: { computerName: "vm", adminPassword: "hush", customData: "hush" }, userData: "hush" } });
});
afterAll(() => bench.stop());

const vm = (): string => `${bench.group}/providers/Microsoft.Compute/virtualMachines/vm`;

describe("virtual machines (arm.md 7)", () => {
  it("PUT 201 with Creating, then 200 with Updating; PUT keeps the vmId", async () => {
    bench.azure.portal.delete(vm());
    const body = { location: "westeurope", properties: {} };
    const created = await bench.send("PUT", vm() + V, { body });
    bench.clock.advance(60_000);
    const updated = await bench.send("PUT", vm() + V, { body });
    bench.clock.advance(60_000);
    const summary = [created, updated].map(({ status, body: shown }) => [status, objectAt(shown, "properties")["provisioningState"]]);
    expect(summary).toEqual([[201, "Creating"], [200, "Updating"]]);
    expect(objectAt(updated.body, "properties")["vmId"]).toBe(objectAt(created.body, "properties")["vmId"]);
  });

  it("PATCH merges properties and leaves out what it does not name", async () => {
    await bench.send("PATCH", vm() + V, { body: { properties: { securityProfile: { encryptionAtHost: true } } } });
    bench.clock.advance(60_000);
    expect(bench.azure.portal.get(vm())).toMatchObject({ properties: { hardwareProfile: { vmSize: "Standard_B1s" }, securityProfile: { encryptionAtHost: true } } });
  });

  it("hides passwords, custom data and user data", async () => {
    expect((await bench.send("GET", vm() + V)).text).not.toContain("hush");
  });

  it("counts updates in x-ms-ratelimit-remaining-resource", async () => {
    const { headers } = await bench.send("PATCH", vm() + V, { body: {} });
    expect(headers["x-ms-ratelimit-remaining-resource"]).toMatch(/UpdateVMResource;\d+/);
    bench.clock.advance(60_000);
  });

  it("shows an etag from 2024-11-01 on", async () => {
    expect((await bench.send("GET", vm() + V)).body).toHaveProperty("etag");
    expect((await bench.send("GET", `${vm()}?api-version=2024-07-01`)).body).not.toHaveProperty("etag");
  });

  it("honours If-Match and If-None-Match with 412, unless the switch says otherwise (18)", async () => {
    const etag = textAt((await bench.send("GET", vm() + V)).body, "etag") ?? "";
    const stale = await bench.send("PATCH", vm() + V, { body: {}, headers: { "if-match": '"0"' } });
    expect([stale.status, codeOf(stale)]).toEqual([412, "PreconditionFailed"]);
    expect((await bench.send("PUT", vm() + V, { body: { location: "westeurope" }, headers: { "if-none-match": "*" } })).status).toBe(412);
    expect((await bench.send("PATCH", vm() + V, { body: {}, headers: { "if-match": etag } })).status).toBe(200);
    bench.clock.advance(60_000);
    expect((await bench.send("PATCH", vm() + V, { body: {}, headers: { "if-match": etag } })).status).toBe(412);
    const lax = await startBench({ switches: { computeIfMatch: "ignored" } });
    lax.azure.portal.put(vm(), {});
    expect((await lax.send("PATCH", vm() + V, { body: {}, headers: { "if-match": '"0"' } })).status).toBe(200);
    await lax.stop();
  });

  it("is not restarted by an identity change; POST restart does", async () => {
    await bench.send("PATCH", vm() + V, { body: { identity: { type: "SystemAssigned" } } });
    bench.clock.advance(60_000);
    expect(bench.azure.portal.restarts(vm())).toBe(0);
    expect((await bench.send("POST", `${vm()}/restart${V}`)).status).toBe(202);
    bench.clock.advance(60_000);
    expect(bench.azure.portal.restarts(vm())).toBe(1);
  });

  it("goes on being deleted when an earlier write ends meanwhile", async () => {
    await bench.send("PATCH", vm() + V, { body: { tags: { a: "b" } } });
    bench.clock.advance(30_000);
    await bench.send("DELETE", vm() + V);
    bench.clock.advance(30_000);
    expect(bench.azure.portal.get(vm())).toMatchObject({ properties: { provisioningState: "Deleting" } });
    bench.clock.advance(30_000);
    expect(bench.azure.portal.get(vm())).toBeUndefined();
  });

  it("DELETE of a missing one: 204", async () => {
    bench.azure.portal.delete(vm());
    expect((await bench.send("DELETE", vm() + V)).status).toBe(204);
  });

  it("somebody else can change it in the middle of an operation, which goes on", async () => {
    await bench.send("PATCH", vm() + V, { body: { tags: { a: "b" } } });
    bench.azure.portal.patch(vm(), { identity: { type: "SystemAssigned" } });
    expect(bench.azure.portal.get(vm())).toMatchObject({ identity: { type: "SystemAssigned" }, properties: { provisioningState: "Updating" } });
    bench.clock.advance(60_000);
    expect(bench.azure.portal.get(vm())).toMatchObject({ tags: { a: "b" }, properties: { provisioningState: "Succeeded" } });
  });
});
