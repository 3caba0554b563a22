import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, objectsAt, textAt } from "./kernel/json.ts";
import { codeOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2024-11-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ tokenLifetimeSeconds: 100_000_000 });
});
beforeEach(() => {
  bench.azure.portal.delete(set());
  for (const name of ["a", "b"]) bench.azure.portal.put(uai(name), {});
});
afterAll(() => bench.stop());

const compute = (path: string): string => `${bench.group}/providers/Microsoft.Compute/${path}`;
const set = (): string => compute("virtualMachineScaleSets/set");
const uai = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const users = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name), {}])) });
const sku = (capacity: number): JsonObject => ({ name: "Standard_B1s", capacity });

async function send(method: string, path: string, body?: JsonObject): Promise<RawAnswer> {
  const answer = await bench.send(method, path + V, body ? { body } : {});
  bench.clock.advance(120_000);
  return answer;
}

/** Each instance: its number, whether it has the model, and the names of its identities. */
async function instances(): Promise<readonly string[]> {
  const { body } = await bench.send("GET", `${set()}/virtualMachines${V}`);
  return objectsAt(body, "value").map((one) => {
    const names = Object.keys(objectAt(one["identity"], "userAssignedIdentities")).map((key) => key.split("/").at(-1));
    return [textAt(one, "instanceId"), objectAt(one["properties"])["latestModelApplied"] === true, ...names].join(" ");
  });
}

function given(mode: string | undefined, capacity = 2): void {
  bench.azure.portal.put(set(), { sku: sku(capacity), identity: users("a"), properties: mode === undefined ? {} : { upgradePolicy: { mode } } });
}

describe("instances of a uniform scale set (arm.md 7)", () => {
  it.each([
    { mode: "Manual", after: ["0 false a", "1 false a"] },
    { mode: "Automatic", after: ["0 true a b", "1 true a b"] },
    { mode: "Rolling", after: ["0 true a b", "1 true a b"] },
  ])("get a changed identity under $mode: $after", async ({ mode, after }) => {
    given(mode);
    expect(await instances()).toEqual(["0 true a", "1 true a"]);
    await send("PATCH", set(), { identity: users("b") });
    expect(await instances()).toEqual(after);
  });

  it("get the model only when the operation has ended", async () => {
    given("Automatic");
    await bench.send("PATCH", set() + V, { body: { identity: users("b") } });
    expect(await instances()).toEqual(["0 false a", "1 false a"]);
    bench.clock.advance(120_000);
    expect(await instances()).toEqual(["0 true a b", "1 true a b"]);
  });

  it("are brought to the model by POST manualupgrade, one by one or all", async () => {
    given("Manual", 3);
    await send("PATCH", set(), { identity: users("b") });
    const accepted = await bench.send("POST", `${set()}/manualupgrade${V}`, { body: { instanceIds: ["1"] } });
    expect([accepted.status, accepted.headers["azure-asyncoperation"] === undefined]).toEqual([202, false]);
    expect(await instances()).toEqual(["0 false a", "1 false a", "2 false a"]);
    bench.clock.advance(120_000);
    expect(await instances()).toEqual(["0 false a", "1 true a b", "2 false a"]);
    await send("POST", `${set()}/manualupgrade`, { instanceIds: ["*"] });
    expect(await instances()).toEqual(["0 true a b", "1 true a b", "2 true a b"]);
  });

  it.each([
    { name: "no instance", body: {}, status: 400 },
    { name: "an unknown instance", body: { instanceIds: ["9"] }, status: 400 },
  ])("POST manualupgrade of $name is refused", async ({ body, status }) => {
    given("Manual");
    const answer = await send("POST", `${set()}/manualupgrade`, body);
    expect([answer.status, codeOf(answer)]).toEqual([status, "InvalidParameter"]);
  });

  it("stay as they are when tags change, and a new one has the model", async () => {
    given("Manual", 1);
    await send("PATCH", set(), { tags: { a: "b" } });
    expect(await instances()).toEqual(["0 true a"]);
    await send("PATCH", set(), { identity: users("b"), sku: sku(2) });
    expect(await instances()).toEqual(["0 false a", "1 true a b"]);
  });

  it("come and go with the capacity; numbers are not used again", async () => {
    given("Automatic", 2);
    await send("DELETE", `${set()}/virtualMachines/1`);
    expect([await instances(), objectAt(bench.azure.portal.get(set())?.["sku"])["capacity"]]).toEqual([["0 true a"], 1]);
    await send("PATCH", set(), { sku: sku(2) });
    expect(await instances()).toEqual(["0 true a", "2 true a"]);
    await send("DELETE", set());
    expect((await bench.send("GET", `${set()}/virtualMachines/0${V}`)).status).toBe(404);
  });
});

describe("instances of a flexible scale set (arm.md 7)", () => {
  const machines = async (): Promise<readonly JsonObject[]> => {
    const { body } = await bench.send("GET", compute(`virtualMachines${V}`));
    return objectsAt(body, "value").filter((one) => objectAt(one["properties"], "virtualMachineScaleSet")["id"] === set());
  };
  const identities = async (): Promise<readonly number[]> => (await machines()).map((one) => Object.keys(objectAt(one["identity"], "userAssignedIdentities")).length);

  it("are virtual machines of their own; only new ones get a changed identity; all go with the set", async () => {
    bench.azure.portal.put(set(), { sku: sku(1), identity: users("a"), properties: { orchestrationMode: "Flexible" } });
    await send("PATCH", set(), { identity: users("b"), sku: sku(2) });
    expect((await identities()).toSorted((a, b) => a - b)).toEqual([1, 2]);
    expect(await instances()).toEqual([]);
    const refused = await send("POST", `${set()}/manualupgrade`, { instanceIds: ["*"] });
    expect([refused.status, codeOf(refused)]).toEqual([409, "OperationNotAllowed"]);
    await send("DELETE", set());
    expect(await machines()).toEqual([]);
  });
});
