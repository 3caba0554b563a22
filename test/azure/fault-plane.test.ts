import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { FaultRule } from "./kernel/fault-rules.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { latencyMs } from "./kernel/latencies.ts";
import { codeOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer, RawRequest } from "./raw-client.ts";

const KEY = randomUUID();
let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ controlKey: KEY });
});
beforeEach(async () => {
  await control("DELETE", "faults");
  await control("DELETE", "settings");
  bench.azure.portal.delete(identity());
  bench.azure.portal.delete(set());
});
afterAll(() => bench.stop());

const V = "?api-version=2023-01-31";
const identity = (): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/target`;
const set = (): string => `${bench.group}/providers/Microsoft.Compute/virtualMachineScaleSets/set`;
const setUrl = (): string => `${set()}?api-version=2024-07-01`;
const control = (method: string, path: string, raw: RawRequest = {}): Promise<RawAnswer> =>
  bench.send(method, `/simulator/${path}`, { token: null, headers: { "x-simulator-key": KEY }, ...raw });
const disturb = (rule: FaultRule): Promise<RawAnswer> => control("POST", "faults", { body: JSON.parse(JSON.stringify(rule)) as RawRequest["body"] & object });
const put = (): Promise<RawAnswer> => bench.send("PUT", identity() + V, { body: { location: "westeurope" } });
const get = (): Promise<RawAnswer> => bench.send("GET", identity() + V);
const exists = (): boolean => bench.azure.portal.get(identity()) !== undefined;

describe("the control plane over HTTP", () => {
  it("takes a rule, shows how often it was met, and calls it off", async () => {
    const made = await disturb({ match: { methods: ["PUT"], path: "/userassignedidentities/target$" }, fault: { do: "throttle", retryAfterSeconds: 3 }, times: "always", skip: 1 });
    expect(made.status).toBe(201);
    expect([(await put()).status, (await put()).status, (await get()).status]).toEqual([201, 429, 200]);
    expect((await control("GET", "faults")).body).toEqual({ value: [{ id: made.body["id"], fault: { do: "throttle", retryAfterSeconds: 3 }, met: 1 }] });
    expect((await control("DELETE", `faults/${textAt(made.body, "id") ?? ""}`)).status).toBe(204);
    expect([(await put()).status, (await control("DELETE", "faults/999")).status]).toEqual([200, 404]);
  });

  it("is not there for who does not know the key, nor in the request log", async () => {
    bench.azure.clearRequests();
    for (const headers of [{}, { "x-simulator-key": "guess" }]) {
      const answer = await bench.send("POST", "/simulator/faults?api-version=2023-01-31", { headers, body: { fault: { do: "ignore" } } });
      expect([answer.status, codeOf(answer)]).toEqual([404, "MissingSubscription"]);
    }
    await control("GET", "faults");
    expect(bench.azure.requests.map(({ path }) => path)).toEqual(["/simulator/faults", "/simulator/faults"]);
    await withBench({}, async (closed) => {
      expect((await closed.send("GET", "/simulator/faults?api-version=2023-01-31", { headers: { "x-simulator-key": KEY } })).status).toBe(404);
    });
  });

  it.each([
    { name: "an unknown fault", body: { fault: { do: "explode" } } },
    { name: "an unknown member", body: { fault: { do: "ignore" }, sometimes: true } },
    { name: "a broken expression", body: { match: { path: "(" }, fault: { do: "ignore" } } },
    { name: "no JSON", body: undefined },
  ])("refuses $name with 400", async ({ body }) => {
    const answer = await control("POST", "faults", body === undefined ? { text: "{" } : { body });
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidControl"]);
    expect((await control("GET", "faults")).body["value"]).toEqual([]);
  });

  it("draws likelihoods from the seed: the same seed, the same faults", async () => {
    const statuses = async (seed: number): Promise<readonly number[]> => {
      const seen: number[] = [];
      await withBench({ seed, controlKey: KEY }, async (on) => {
        on.azure.intercept(({ method }) => method === "GET", { do: "answer", status: 503 }, { times: Infinity, likelihood: 0.5 });
        for (let request = 0; request < 24; request += 1) seen.push((await on.send("GET", `${on.group}?api-version=2021-04-01`)).status);
      });
      return seen;
    };
    const first = await statuses(1);
    expect(new Set(first)).toEqual(new Set([200, 503]));
    expect(await statuses(1)).toEqual(first);
    expect(await statuses(2)).not.toEqual(first);
  });
});

describe("answers that are of no use (arm.md 2.1, 17.12)", () => {
  const rows = ([500, 502, 503, 504] as const).flatMap((status) =>
    (["html", "empty"] as const).flatMap((body) => (["none", "done"] as const).map((effect) => ({ status, body, effect }))),
  );
  it.each(rows)("$status with $body, effect: $effect", async ({ status, body, effect }) => {
    await disturb({ match: { methods: ["PUT"] }, fault: { do: "break", status, body, effect } });
    const answer = await put();
    expect([answer.status, body === "html" ? answer.text.startsWith("<!DOCTYPE html>") : answer.text]).toEqual([status, body === "html" ? true : ""]);
    expect(exists()).toBe(effect === "done");
  });

  it.each(["none", "done"] as const)("half a body and then nothing, effect: %s", async (effect) => {
    await disturb({ match: { methods: ["PUT"] }, fault: { do: "break", status: 500, body: "half", effect } });
    await expect(put()).rejects.toThrow();
    expect(exists()).toBe(effect === "done");
  });

  it.each([
    { flavour: "arm" as const, code: "SubscriptionRequestsThrottled", cause: "gateway", members: ["error"] },
    { flavour: "msi" as const, code: "429", cause: undefined, members: ["error"] },
    { flavour: "web" as const, code: "429", cause: undefined, members: ["Code", "Message", "Target", "Details", "Innererror"] },
  ])("429 as $flavour says it (2.6, 3.6, 6)", async ({ flavour, code, cause, members }) => {
    await disturb({ fault: { do: "throttle", retryAfterSeconds: 2, flavour } });
    const answer = await put();
    expect([answer.status, answer.headers["retry-after"], codeOf(answer), answer.headers["x-ms-failure-cause"], Object.keys(answer.body)]).toEqual([429, "2", code, cause, members]);
  });

  it("drained buckets refuse once they are enforced (2.6)", async () => {
    await put();
    await control("PATCH", "settings", { body: { quotas: "enforced", federatedCredentialRates: "documented" } });
    const credential = (): Promise<RawAnswer> =>
      bench.send("PUT", `${identity()}/federatedIdentityCredentials/one${V}`, { body: { properties: { issuer: "https://a.example", subject: "s", audiences: ["api://AzureADTokenExchange"] } } });
    expect([(await credential()).status, (await credential()).status]).toEqual([201, 429]);
    const statuses: number[] = [];
    for (let request = 0; request < 260 && statuses.at(-1) !== 429; request += 1) statuses.push((await get()).status);
    expect([statuses.at(-1), statuses.length]).toEqual([429, expect.toSatisfy((count: number) => count > 240 && count <= 251)]);
    bench.clock.advance(60_000);
  });
});

describe("time", () => {
  it("latencies go by the recorded distributions, and together with another fault", async () => {
    expect([latencyMs("recorded", "reads", 0), latencyMs("recorded", "writes", 1), latencyMs("slow", "deletes", 0)]).toEqual([206, 3300, 3900]);
    await disturb({ match: { methods: ["PUT"] }, fault: { do: "latency", of: "recorded" } });
    await disturb({ match: { methods: ["PUT"] }, fault: { do: "answer", status: 503, text: "" } });
    const late = put();
    await bench.clock.awaited();
    bench.clock.advance(369);
    expect(bench.azure.requests.at(-1)?.status).toBe(0);
    bench.clock.advance(3300 - 369);
    expect((await late).status).toBe(503);
  });

  it("a read may be answered from the past, a write may not", async () => {
    await put();
    bench.clock.advance(30_000);
    await bench.send("PATCH", identity() + V, { body: { tags: { a: "b" } } });
    const before = (await get()).body;
    bench.clock.advance(5000);
    await disturb({ fault: { do: "stale", seconds: 20 }, times: 2 });
    const stale = await get();
    expect(stale.body).toEqual({ ...before, tags: {} });
    expect((await bench.send("PATCH", identity() + V, { body: { tags: { c: "d" } } })).body["tags"]).toEqual({ c: "d" });
    bench.azure.portal.delete(identity());
    await disturb({ fault: { do: "stale", seconds: 1 } });
    bench.clock.advance(500);
    expect((await get()).body["properties"]).toEqual(before["properties"]);
    expect((await get()).status).toBe(404);
  });

  it("lists and the directory lag as far as the settings say", async () => {
    bench.clock.advance(60_000);
    await control("PATCH", "settings", { body: { listLagSeconds: 10, resourcesLagSeconds: 60 } });
    await put();
    const listed = async (path: string): Promise<readonly unknown[]> => objectsAt((await bench.send("GET", path)).body, "value").map((one) => one["name"]);
    const identities = (): Promise<readonly unknown[]> => listed(`${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities${V}`);
    const resources = (): Promise<readonly unknown[]> => listed(`${bench.group}/resources?api-version=2021-04-01`);
    expect([(await get()).status, await identities(), await resources()]).toEqual([200, [], []]);
    bench.clock.advance(10_000);
    expect([await identities(), await resources()]).toEqual([["target"], []]);
    bench.clock.advance(50_000);
    expect(await resources()).toEqual(["target"]);
    await bench.send("DELETE", identity() + V);
    expect([(await get()).status, await identities()]).toEqual([404, ["target"]]);
  });
});

describe("operations (arm.md 2.3)", () => {
  const begin = (): Promise<RawAnswer> => bench.send("PUT", setUrl(), { body: { location: "westeurope" } });
  const next = (answer: RawAnswer): string => answer.headers["azure-asyncoperation"] ?? "";

  it("fail after they were accepted", async () => {
    await disturb({ match: { type: "microsoft.compute/virtualmachinescalesets" }, fault: { do: "fail-operation", error: { code: "AllocationFailed", message: "no room" } } });
    const accepted = await begin();
    bench.clock.advance(60_000);
    const { status, body } = await bench.send("GET", next(accepted));
    expect([accepted.status, status, body["status"], objectAt(body, "error")["code"]]).toEqual([201, 200, "Failed", "AllocationFailed"]);
    expect(objectAt((await bench.send("GET", setUrl())).body, "properties")["provisioningState"]).toBe("Failed");
  });

  it.each([
    { old: "works" as const, status: 200 },
    { old: "gone" as const, status: 400 },
  ])("hand out a new URL at each poll; the old one: $old", async ({ old, status }) => {
    await disturb({ match: { methods: ["PUT"] }, fault: { do: "move-operation", old } });
    const urls = [next(await begin())];
    for (let poll = 0; poll < 3; poll += 1) urls.push(next(await bench.send("GET", urls.at(-1) ?? "")));
    expect(new Set(urls).size).toBe(4);
    expect((await bench.send("GET", urls[0] ?? "")).status).toBe(status);
    bench.clock.advance(60_000);
    expect((await bench.send("GET", urls.at(-1) ?? "")).body["status"]).toBe("Succeeded");
  });
});

describe("other people", () => {
  const zone = (answer: RawAnswer): unknown => objectAt(answer.body, "tags")["zone"];
  const patch = (): Promise<RawAnswer> => bench.send("PATCH", identity() + V, { body: { tags: { zone: "ours" } } });

  it("change things between a GET and the PUT that follows", async () => {
    await put();
    await disturb({ match: { methods: ["GET"] }, fault: { do: "edit", when: "after", patch: { tags: { zone: "theirs" } } } });
    expect([zone(await get()), zone(await get())]).toEqual([undefined, "theirs"]);
  });

  it("change things right before a write, here or elsewhere", async () => {
    await put();
    bench.azure.portal.put(`${identity()}2`, {});
    await disturb({ match: { methods: ["PATCH"] }, fault: { do: "edit", when: "before", id: `${identity()}2`, patch: { tags: { zone: "theirs" } } } });
    expect(zone(await patch())).toBe("ours");
    expect(objectAt(bench.azure.portal.get(`${identity()}2`), "tags")["zone"]).toBe("theirs");
  });

  it("keep changing things back, after a while", async () => {
    await put();
    await disturb({ match: { methods: ["PATCH"] }, fault: { do: "revert", afterSeconds: 5 }, times: "always" });
    for (let round = 0; round < 3; round += 1) {
      expect([zone(await patch()), zone(await get())]).toEqual(["ours", "ours"]);
      bench.clock.advance(5000);
      expect(zone(await get())).toBe(undefined);
    }
  });

  it("have writes accepted and ignored", async () => {
    await put();
    await disturb({ match: { methods: ["PATCH"] }, fault: { do: "ignore" } });
    expect([zone(await patch()), zone(await get())]).toEqual(["ours", undefined]);
  });

  describe.each([
    { what: "ignored", fault: { do: "ignore" } as const, afterSeconds: 0 },
    { what: "undone while it still runs", fault: { do: "revert", afterSeconds: 5 } as const, afterSeconds: 90 },
    { what: "undone later", fault: { do: "revert", afterSeconds: 300 } as const, afterSeconds: 300 },
  ])("a deletion that is $what", ({ fault, afterSeconds }) => {
    it("leaves an identity, its credentials and its principal, which can be attached", async () => {
      await put();
      const credential = `${identity()}/federatedIdentityCredentials/one${V}`;
      await bench.send("PUT", credential, { body: { properties: { issuer: "https://a.example", subject: "s", audiences: ["api://AzureADTokenExchange"] } } });
      const before = (await get()).body;
      await disturb({ match: { methods: ["DELETE"] }, fault });
      expect((await bench.send("DELETE", identity() + V)).status).toBe(200);
      bench.clock.advance(afterSeconds * 1000);
      expect([(await get()).body, (await bench.send("GET", credential)).status]).toEqual([before, 200]);
      const attached = await bench.send("PUT", setUrl(), { body: { location: "westeurope", identity: { type: "UserAssigned", userAssignedIdentities: { [identity()]: {} } } } });
      expect(attached.status).toBe(201);
      bench.clock.advance(60_000);
    });

    it("leaves what is deleted by an operation, which ends well", async () => {
      await bench.send("PUT", setUrl(), { body: { location: "westeurope", tags: { a: "b" } } });
      bench.clock.advance(60_000);
      await disturb({ match: { methods: ["DELETE"] }, fault });
      const accepted = await bench.send("DELETE", setUrl());
      bench.clock.advance(Math.max(60, afterSeconds) * 1000);
      const status = await bench.send("GET", accepted.headers["azure-asyncoperation"] ?? "");
      const { body } = await bench.send("GET", setUrl());
      expect([accepted.status, status.body["status"], body["tags"], objectAt(body, "properties")["provisioningState"]]).toEqual([202, "Succeeded", { a: "b" }, "Succeeded"]);
    });
  });

  it.each([
    { effect: "none" as const, there: false },
    { effect: "done" as const, there: true },
  ])("cut a cable: reset, effect $effect", async ({ effect, there }) => {
    await disturb({ match: { methods: ["PUT"] }, fault: { do: "reset", effect } });
    await expect(put()).rejects.toThrow();
    expect(exists()).toBe(there);
  });

  it("time out at the gateway, behind which the write happened", async () => {
    await disturb({ fault: { do: "gateway-timeout" } });
    const answer = await put();
    expect([answer.status, codeOf(answer), textAt(objectAt((await get()).body, "properties"), "principalId")]).toEqual([504, "GatewayTimeout", expect.any(String)]);
  });
});
