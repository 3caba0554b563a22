import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FIXTURES, holds } from "./fixtures.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({ grants: [{ role: "Reader" }] });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

/** What nothing in Azure tells to be ours is left alone once the record of it is lost (DESIGN 3, invariant 6). */
const ONLY_RECORDED = ["FederatedIdentityCredential", "IdentityAssignment"];

describe.each(FIXTURES.map((fixture) => [fixture.kind, fixture] as const))("a cluster that was restored without the status of its %s", (kind, fixture) => {
  async function restored(): Promise<string> {
    count += 1;
    const name = `lh${String(count).padStart(3, "0")}`;
    fixture.prepareOne?.(stage, name);
    await stage.apply(kind, name, fixture.spec(stage, name));
    expect(stage.state(kind, name)).toBe("True Succeeded");
    stage.cluster.loseStatus(kind, name);
    stage.bench.azure.clearRequests();
    await stage.restart();
    return name;
  }

  test("writes nothing to Azure, and takes back what Azure tells to be ours", async () => {
    const name = await restored();
    expect([stage.state(kind, name), stage.writes(), holds(stage, fixture, name)]).toEqual(["True Succeeded", [], !ONLY_RECORDED.includes(kind)]);
  });

  test("deletes what it took back, and leaves the rest", async () => {
    const name = await restored();
    await stage.remove(kind, name);
    expect([stage.state(kind, name), fixture.inAzure(stage, name) !== undefined]).toEqual(["gone", ONLY_RECORDED.includes(kind)]);
  });

  test("of an object that was being deleted leaves it in Azure, and says so", async () => {
    count += 1;
    const name = `lh${String(count).padStart(3, "0")}`;
    fixture.prepareOne?.(stage, name);
    await stage.apply(kind, name, fixture.spec(stage, name));
    stage.cluster.delete(kind, name);
    stage.cluster.loseStatus(kind, name);
    stage.bench.azure.clearRequests();
    stage.cluster.events.length = 0;
    await stage.restart();
    expect([stage.state(kind, name), stage.writes(), fixture.inAzure(stage, name) !== undefined]).toEqual(["gone", [], true]);
    expect(stage.cluster.events.map(({ event }) => event.note)).toEqual([`${kind} default/${name}: nothing is held in Azure`]);
  });
});
