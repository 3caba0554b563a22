import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { codeOf, messageOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2023-01-31";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => {
  bench.azure.portal.delete(identity());
  bench.azure.clearRequests();
});
afterAll(() => bench.stop());

const identity = (): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/target`;
const put = (): Promise<RawAnswer> => bench.send("PUT", identity() + V, { body: { location: "westeurope" } });
const get = (): Promise<RawAnswer> => bench.send("GET", identity() + V);
const isWrite = ({ action }: { readonly action: string }): boolean => action.endsWith("/write");

describe("faults (arm.md 17.12)", () => {
  it("429 with Retry-After, in ARM's words, so many times", async () => {
    bench.azure.intercept(isWrite, { do: "throttle", retryAfterSeconds: 7 }, 2);
    const answers = [await put(), await put(), await put()];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 201]);
    expect([answers[0]?.headers["retry-after"], answers[0] && codeOf(answers[0])]).toEqual(["7", "SubscriptionRequestsThrottled"]);
    expect(answers[0] && messageOf(answers[0])).toContain("Number of 'write' requests for subscription");
  });

  it("429 with a provider's own code", async () => {
    bench.azure.intercept(isWrite, { do: "throttle", retryAfterSeconds: 2, code: "429" });
    expect(codeOf(await put())).toBe("429");
  });

  it("503 with HTML, and 500 with nothing", async () => {
    bench.azure.intercept(isWrite, { do: "answer", status: 503, text: "<html>busy</html>", headers: { "content-type": "text/html" } });
    bench.azure.intercept(isWrite, { do: "answer", status: 500, text: "" });
    const [first, second] = [await put(), await put()];
    expect([first.status, first.text, first.headers["content-type"]]).toEqual([503, "<html>busy</html>", "text/html"]);
    expect([second.status, second.text]).toEqual([500, ""]);
    expect(bench.azure.portal.get(identity())).toBeUndefined();
  });

  it("504 GatewayTimeout after which the write did happen", async () => {
    bench.azure.intercept(isWrite, { do: "gateway-timeout" });
    const answer = await put();
    expect([answer.status, codeOf(answer), answer.headers["x-ms-failure-cause"]]).toEqual([504, "GatewayTimeout", "gateway"]);
    expect(bench.azure.portal.get(identity())).toBeDefined();
  });

  it.each([
    { effect: "none" as const, exists: false },
    { effect: "done" as const, exists: true },
  ])("a connection that is cut, effect: $effect", async ({ effect, exists }) => {
    bench.azure.intercept(isWrite, { do: "reset", effect });
    await expect(put()).rejects.toThrow();
    expect(bench.azure.portal.get(identity()) !== undefined).toBe(exists);
    expect(bench.azure.requests.map(({ status }) => status)).toEqual([0]);
  });

  it("an answer that comes late, in clock time", async () => {
    bench.azure.intercept(isWrite, { do: "delay", ms: 5000 });
    const late = put();
    await bench.clock.awaited();
    expect(bench.azure.portal.get(identity())).toBeUndefined();
    bench.clock.advance(5000);
    expect((await late).status).toBe(201);
  });

  it("a write that is accepted and ignored", async () => {
    bench.azure.intercept(isWrite, { do: "ignore" });
    expect((await put()).status).toBe(201);
    expect((await get()).status).toBe(404);
    bench.azure.portal.put(identity(), { tags: { a: "b" } });
    bench.azure.intercept(isWrite, { do: "ignore" });
    expect((await bench.send("PATCH", identity() + V, { body: { tags: { c: "d" } } })).body["tags"]).toEqual({ c: "d" });
    expect((await get()).body["tags"]).toEqual({ a: "b" });
  });

  it("can be called off, and match on principal, type, query and body", async () => {
    const off = bench.azure.intercept(isWrite, { do: "throttle", retryAfterSeconds: 1 });
    off();
    const isExactly = bench.azure.intercept(
      (request) =>
        request.principalId === bench.principal.principalId &&
        request.type === "Microsoft.ManagedIdentity/userAssignedIdentities" &&
        request.query["api-version"] === "2023-01-31" &&
        JSON.stringify(request.body) === '{"location":"westeurope"}',
      { do: "answer", status: 418 },
    );
    expect((await put()).status).toBe(418);
    isExactly();
    expect((await put()).status).toBe(201);
  });
});
