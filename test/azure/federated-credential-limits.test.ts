import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codeOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2023-01-31";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ settings: { federatedCredentialRates: "documented" } });
});
afterAll(() => bench.stop());

const identity = (name: string, on: Bench = bench): string =>
  `${on.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const credential = (of: string, name: string): string => `${identity(of)}/federatedIdentityCredentials/${name}${V}`;
const put = (of: string, name: string, on: Bench = bench): Promise<RawAnswer> =>
  on.send("PUT", credential(of, name), { body: { properties: { issuer: "https://issuer.example/", subject: name, audiences: ["a"] } } });
const told = (answer: RawAnswer): readonly unknown[] => [answer.status, codeOf(answer), answer.headers["retry-after"]];

async function fresh(name: string): Promise<void> {
  bench.azure.portal.put(identity(name), {});
  bench.clock.advance(60_000);
}

describe("rates of federated identity credentials (arm.md 4)", () => {
  it("one write in 4 s to an identity, PUT and DELETE together; then 429 with the number as code", async () => {
    await fresh("writes");
    expect((await put("writes", "one")).status).toBe(201);
    expect(told(await put("writes", "two"))).toEqual([429, "429", "4"]);
    bench.clock.advance(3000);
    expect(told(await bench.send("DELETE", credential("writes", "one")))).toEqual([429, "429", "1"]);
    bench.clock.advance(1000);
    expect((await put("writes", "two")).status).toBe(201);
  });

  it("one GET in 2 s and one LIST in 4 s", async () => {
    await fresh("reads");
    bench.azure.portal.put(credential("reads", "one").replace(V, ""), { properties: { issuer: "i", subject: "s", audiences: ["a"] } });
    const list = (): Promise<RawAnswer> => bench.send("GET", `${identity("reads")}/federatedIdentityCredentials${V}`);
    expect([(await bench.send("GET", credential("reads", "one"))).status, (await list()).status]).toEqual([200, 200]);
    expect(told(await bench.send("GET", credential("reads", "one")))).toEqual([429, "429", "2"]);
    expect(told(await list())).toEqual([429, "429", "4"]);
  });

  it("two writes in a second in a subscription, to whatever identities", async () => {
    for (const name of ["first", "second", "third"]) await fresh(name);
    const statuses = [(await put("first", "one")).status, (await put("second", "one")).status];
    expect([...statuses, ...told(await put("third", "one"))]).toEqual([201, 201, 429, "429", "1"]);
    bench.clock.advance(1000);
    expect((await put("third", "one")).status).toBe(201);
  });

  it("what ARM refuses itself costs nothing", async () => {
    await fresh("spared");
    for (let turn = 0; turn < 3; turn += 1) expect((await put("spared", "!")).status).toBe(400);
    expect((await put("spared", "one")).status).toBe(201);
  });

  it("twenty credentials of one identity take 19 times 4 s", async () => {
    await fresh("twenty");
    let waitedMs = 0;
    for (let number = 1; number <= 20; number += 1) {
      let answer = await put("twenty", `c-${number}`);
      while (answer.status === 429) {
        const ms = Number(answer.headers["retry-after"]) * 1000;
        bench.clock.advance(ms);
        waitedMs += ms;
        answer = await put("twenty", `c-${number}`);
      }
      expect(answer.status).toBe(201);
    }
    expect(waitedMs).toBe(76_000);
  });
});

describe("regions without them (arm.md 4)", () => {
  it("answer 405", async () => {
    await withBench({ settings: { regionsWithoutFederatedCredentials: ["West Europe"] } }, async (on) => {
      on.azure.portal.put(identity("west", on), {});
      on.azure.portal.put(identity("north", on), { location: "northeurope" });
      expect([(await put("west", "one", on)).status, (await put("north", "one", on)).status]).toEqual([405, 201]);
    });
  });
});
