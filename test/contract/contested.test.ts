import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FIXTURES } from "./fixtures.ts";
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

describe.each(FIXTURES.map((fixture) => [fixture.kind, fixture] as const))("%s", (kind, fixture) => {
  async function made(): Promise<string> {
    count += 1;
    const name = `ct${String(count).padStart(3, "0")}`;
    fixture.prepareOne?.(stage, name);
    await stage.apply(kind, name, fixture.spec(stage, name));
    return name;
  }

  test("is not fought over: the third reversal within an hour is left, until somebody asks", async () => {
    const name = await made();
    for (let reversal = 1; reversal <= 2; reversal += 1) {
      fixture.drift(stage, name);
      await stage.look();
      expect([reversal, stage.state(kind, name), stage.message(kind, name)]).toEqual([reversal, "True Succeeded", expect.any(String)]);
    }
    fixture.drift(stage, name);
    stage.bench.azure.clearRequests();
    await stage.look();
    expect([stage.state(kind, name), stage.writes()]).toEqual(["False Contested", []]);
    stage.cluster.annotate(kind, name, { "azureidentity.dev/reconcile-requested-at": "1" });
    await stage.settle();
    expect(stage.state(kind, name)).toBe("True Succeeded");
  });

  test("is healed as often as it is changed once an hour", async () => {
    const name = await made();
    for (let change = 1; change <= 4; change += 1) {
      fixture.drift(stage, name);
      stage.bench.clock.advance(60 * 60_000);
      await stage.look();
      expect([change, stage.state(kind, name)]).toEqual([change, "True Succeeded"]);
    }
  });
});
