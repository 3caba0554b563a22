import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { objectAt } from "./kernel/json.ts";
import { codeOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ durations: { "Microsoft.Compute/virtualMachineScaleSets": 5 } });
});
beforeEach(() => {
  bench.azure.portal.delete(vm());
  bench.azure.portal.put(vm(), {});
});
afterAll(() => bench.stop());

const vm = (): string => `${bench.group}/providers/Microsoft.Compute/virtualMachines/vm`;
const vmUrl = (): string => `${vm()}?api-version=2024-07-01`;
const patch = (): Promise<RawAnswer> => bench.send("PATCH", vmUrl(), { body: { tags: { a: "b" } } });
const statusUrl = (answer: RawAnswer): string => answer.headers["azure-asyncoperation"] ?? "";
const stateOf = async (): Promise<unknown> => objectAt((await bench.send("GET", vmUrl())).body, "properties")["provisioningState"];

describe("long-running operations (arm.md 2.3, 7)", () => {
  it("run in clock time: InProgress with Retry-After, then Succeeded", async () => {
    const accepted = await patch();
    expect([accepted.status, accepted.headers["retry-after"], await stateOf()]).toEqual([200, "10", "Updating"]);
    const running = await bench.send("GET", statusUrl(accepted));
    expect([running.status, running.headers["retry-after"], running.body["status"]]).toEqual([200, "30", "InProgress"]);
    bench.clock.advance(59_999);
    expect((await bench.send("GET", statusUrl(accepted))).body["status"]).toBe("InProgress");
    bench.clock.advance(1);
    const ended = await bench.send("GET", statusUrl(accepted));
    expect([ended.body["status"], ended.headers["retry-after"], await stateOf()]).toEqual(["Succeeded", undefined, "Succeeded"]);
  });

  it("take as long as the type's setting says", async () => {
    const set = `${bench.group}/providers/Microsoft.Compute/virtualMachineScaleSets/set`;
    const accepted = await bench.send("PUT", `${set}?api-version=2024-07-01`, { body: { location: "westeurope" } });
    bench.clock.advance(5000);
    expect((await bench.send("GET", statusUrl(accepted))).body["status"]).toBe("Succeeded");
  });

  it("are to be asked for as often as a setting says", async () => {
    const impatient = await startBench({ settings: { operationRetryAfterSeconds: 1 } });
    const id = `${impatient.group}/providers/Microsoft.Compute/virtualMachines/vm`;
    impatient.azure.portal.put(id, {});
    const accepted = await impatient.send("PATCH", `${id}?api-version=2024-07-01`, { body: { tags: { a: "b" } } });
    const running = await impatient.send("GET", statusUrl(accepted));
    await impatient.stop();
    expect([accepted.headers["retry-after"], running.headers["retry-after"], running.body["status"]]).toEqual(["1", "1", "InProgress"]);
  });

  it("have URLs signed by t, c, s and h, some kilobytes long", async () => {
    const url = new URL(statusUrl(await patch()));
    expect([...url.searchParams.keys()]).toEqual(["p", "api-version", "t", "c", "s", "h"]);
    expect(url.href.length).toBeGreaterThan(2000);
  });

  const rebuilt: readonly { name: string; change: (url: string) => string }[] = [
    { name: "without its signature", change: (url) => url.replace(/&t=.*/, "") },
    { name: "with another api-version", change: (url) => url.replace("2024-07-01", "2024-11-01") },
    { name: "with its members in another order", change: (url) => url.replace(/(p=[^&]+)&(api-version=[^&]+)/, "$2&$1") },
    { name: "with one character more", change: (url) => `${url}A` },
  ];
  it.each(rebuilt)("are not known by a URL $name (17.6)", async ({ change }) => {
    const answer = await bench.send("GET", change(statusUrl(await patch())));
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidOperationUrl"]);
  });

  it("answer Location with 202 and then 200 for DELETE, until the resource is gone", async () => {
    const accepted = await bench.send("DELETE", vmUrl());
    const location = accepted.headers["location"] ?? "";
    expect([accepted.status, location.includes("&monitor=true&"), statusUrl(accepted).includes("monitor")]).toEqual([202, true, false]);
    const running = await bench.send("GET", location);
    expect([running.status, running.headers["location"], running.text, await stateOf()]).toEqual([202, location, "", "Deleting"]);
    bench.clock.advance(60_000);
    expect((await bench.send("GET", location)).status).toBe(200);
    expect(codeOf(await bench.send("GET", vmUrl()))).toBe("ResourceNotFound");
  });

  it("exclude each other: 409 while one runs (7)", async () => {
    await patch();
    const second = await patch();
    expect([second.status, codeOf(second)]).toEqual([409, "Conflict"]);
    bench.clock.advance(60_000);
    expect((await patch()).status).toBe(200);
  });

  it("can end as failed, with the error in the status and the state on the resource (17.6)", async () => {
    bench.azure.failOperation(({ type, method }) => type.endsWith("/virtualMachines") && method === "PATCH", { code: "InternalOperationError", message: "It broke." });
    const accepted = await patch();
    bench.clock.advance(60_000);
    const ended = await bench.send("GET", statusUrl(accepted));
    expect([ended.status, ended.body["status"], ended.body["error"]]).toEqual([200, "Failed", { code: "InternalOperationError", message: "It broke." }]);
    expect(await stateOf()).toBe("Failed");
    await patch();
    bench.clock.advance(60_000);
    expect(await stateOf()).toBe("Succeeded");
  });

  it("may be polled by whoever holds the action anywhere in the subscription, and by nobody else (16)", async () => {
    const accepted = await patch();
    const { principalId } = bench.principal;
    bench.azure.setPermissions([{ principalId, actions: ["Microsoft.Compute/virtualMachines/*"], scope: bench.group }]);
    const refused = await bench.send("GET", statusUrl(accepted));
    bench.azure.setPermissions([{ principalId, actions: ["Microsoft.Compute/*/read"], scope: bench.group }]);
    const allowed = await bench.send("GET", statusUrl(accepted));
    bench.azure.setPermissions([{ principalId, actions: ["*"], scope: "/" }]);
    expect([codeOf(refused), allowed.status]).toEqual(["AuthorizationFailed", 200]);
  });

  it("are logged without the signature, as reads of operations", async () => {
    const accepted = await patch();
    bench.azure.clearRequests();
    await bench.send("GET", statusUrl(accepted));
    const [logged] = bench.azure.requests;
    expect(logged).toMatchObject({ type: "Microsoft.Compute/virtualMachines", action: "Microsoft.Compute/locations/operations/read" });
    expect([logged?.query["h"], logged?.query["c"]]).toEqual(["REDACTED", "REDACTED"]);
  });
});

describe("resource groups (arm.md 2.7)", () => {
  const group = (): string => `${bench.subscription}/resourceGroups/short?api-version=2021-04-01`;
  const child = (): string => `${bench.subscription}/resourceGroups/short/providers/Microsoft.ManagedIdentity/userAssignedIdentities/child?api-version=2023-01-31`;

  it("PUT 201, then 200; another location is refused; PATCH sets tags", async () => {
    const body = { location: "westeurope" };
    expect((await bench.send("PUT", group(), { body })).status).toBe(201);
    expect((await bench.send("PUT", group(), { body })).status).toBe(200);
    expect((await bench.send("PUT", group(), { body: { location: "northeurope" } })).status).toBe(409);
    const patched = await bench.send("PATCH", group(), { body: { tags: { a: "b" } } });
    expect([patched.status, patched.body["tags"]]).toEqual([200, { a: "b" }]);
  });

  it.each([
    { name: "no location", body: {}, code: "LocationRequired" },
    { name: "an unknown location", body: { location: "atlantis" }, code: "LocationNotAvailableForResourceGroup" },
  ])("PUT with $name: 400 $code (2.5)", async ({ body, code }) => {
    const answer = await bench.send("PUT", `${bench.subscription}/resourceGroups/other?api-version=2021-04-01`, { body });
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
  });

  it("DELETE 202 with Location and Retry-After 15; writes meanwhile are refused; then all in it is gone", async () => {
    await bench.send("PUT", group(), { body: { location: "westeurope" } });
    await bench.send("PUT", child(), { body: { location: "westeurope" } });
    const accepted = await bench.send("DELETE", group());
    expect([accepted.status, accepted.headers["retry-after"], accepted.headers["azure-asyncoperation"]]).toEqual([202, "15", undefined]);
    expect(accepted.headers["location"]).toMatch(/\/subscriptions\/[^/]+\/operationresults\//);
    expect(codeOf(await bench.send("PUT", child(), { body: { location: "westeurope" } }))).toBe("ResourceGroupBeingDeleted");
    expect((await bench.send("GET", child())).status).toBe(200);
    bench.clock.advance(15_000);
    expect((await bench.send("GET", accepted.headers["location"] ?? "")).status).toBe(200);
    expect(codeOf(await bench.send("GET", group()))).toBe("ResourceGroupNotFound");
    expect(bench.azure.portal.get(child().split("?")[0] ?? "")).toBeUndefined();
  });

  it("are listed, and found by HEAD", async () => {
    const { body } = await bench.send("GET", `${bench.subscription}/resourcegroups?api-version=2021-04-01`);
    expect(body).toMatchObject({ value: [{ name: "rg", type: "Microsoft.Resources/resourceGroups", location: "westeurope" }] });
    expect((await bench.send("HEAD", `${bench.group}?api-version=2021-04-01`)).status).toBe(204);
  });
});
