import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt } from "./kernel/json.ts";
import { codeOf, startBench, withBench } from "./raw-client.ts";
import type { Bench } from "./raw-client.ts";

const V = "?api-version=2023-12-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => prepared(bench));
afterAll(() => bench.stop());

const app = (on: Bench = bench): string => `${on.group}/providers/Microsoft.AppPlatform/Spring/service/apps/web-app`;
const uai = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const users = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name), {}])) });
const identity = async (): Promise<JsonObject> => objectAt((await bench.send("GET", app() + V)).body["identity"]);
const names = (block: JsonObject): readonly string[] => Object.keys(objectAt(block, "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");

function prepared(on: Bench): void {
  for (const name of ["a", "b"]) on.azure.portal.put(uai(name), {});
  on.azure.portal.put(app(on).replace("/apps/web-app", ""), {});
  on.azure.portal.put(app(on), { identity: users("a") });
}

describe("Spring apps (arm.md 10)", () => {
  it("show the previous identity in the answer and until the operation has ended", async () => {
    const answer = await bench.send("PATCH", app() + V, { body: { identity: { ...users("b"), type: "SystemAssigned,UserAssigned" } } });
    expect([names(objectAt(answer.body["identity"])), objectAt(answer.body["properties"])["provisioningState"]]).toEqual([["a"], "Updating"]);
    expect(names(await identity())).toEqual(["a"]);
    bench.clock.advance(30_000);
    expect([(await identity())["type"], names(await identity())]).toEqual(["SystemAssigned,UserAssigned", ["a", "b"]]);
  });

  it("keep the previous identity, and mint no principal, when the operation fails", async () => {
    bench.azure.failOperation(({ type }) => type.endsWith("/apps"), { code: "InternalServerError", message: "It broke." });
    await bench.send("PATCH", app() + V, { body: { identity: { type: "SystemAssigned" } } });
    bench.clock.advance(30_000);
    expect(names(await identity())).toEqual(["a"]);
    expect((await bench.send("GET", `${app()}/providers/Microsoft.ManagedIdentity/identities/default?api-version=2023-01-31`)).status).toBe(404);
  });

  it("do not change by a write that is accepted and has no effect", async () => {
    bench.azure.intercept(({ method }) => method === "PATCH", { do: "ignore" });
    expect((await bench.send("PATCH", app() + V, { body: { identity: users("b") } })).status).toBe(202);
    bench.clock.advance(30_000);
    expect(names(await identity())).toEqual(["a"]);
  });

  it("keep what somebody else attached while the operation ran", async () => {
    await bench.send("PATCH", app() + V, { body: { identity: users("b") } });
    bench.azure.portal.put(uai("c"), {});
    bench.azure.portal.patch(app(), { identity: users("c") });
    bench.clock.advance(30_000);
    expect(names(await identity()).toSorted()).toEqual(["a", "b", "c"]);
  });

  it("are followed at a URL that names the app, whose body's id lacks the leading slash", async () => {
    const { headers } = await bench.send("PATCH", app() + V, { body: { tags: { a: "b" } } });
    const { body } = await bench.send("GET", headers["azure-asyncoperation"] ?? "");
    expect(body["id"]).toMatch(/^subscriptions\/[^/]+\/providers\/Microsoft\.AppPlatform\/locations\/westeurope\/operationStatus\/web-app\/operationId\//);
    bench.clock.advance(30_000);
  });

  it("need a location, unless the switch says otherwise", async () => {
    const answer = await bench.send("PUT", app() + V, { body: {} });
    expect([answer.status, codeOf(answer)]).toEqual([400, "LocationRequired"]);
    await withBench({ switches: { springAppLocation: "optional" } }, async (on) => {
      prepared(on);
      expect((await on.send("PUT", app(on) + V, { body: {} })).status).toBe(202);
    });
  });
});
