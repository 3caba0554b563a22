import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Crash, Mortal } from "./crash.ts";
import { type Fixture, FIXTURES } from "./fixtures.ts";
import { setStage, type Stage } from "./stage.ts";

const mortal = new Mortal();
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({ between: mortal.between, grants: [{ role: "Reader" }] });
});
afterAll(() => stage.close());
afterEach(async () => {
  mortal.dieAt(undefined);
  stage.cluster.clear();
  await stage.restart();
});

function prepared(fixture: Fixture): string {
  count += 1;
  const name = `w${String(count).padStart(3, "0")}`;
  fixture.prepareOne?.(stage, name);
  return name;
}

/** Applies the fixture's object and ends the process at an effect. Returns false when it had no such effect. */
async function endedAt(fixture: Fixture, name: string, at: { readonly effect: number; readonly when: "before" | "after" }): Promise<boolean> {
  mortal.dieAt(at);
  try {
    await stage.apply(fixture.kind, name, fixture.spec(stage, name));
    return false;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    return true;
  } finally {
    mortal.dieAt(undefined);
  }
}

const POINTS = Array.from({ length: 12 }, (_, index) => index + 1).flatMap((effect) => [{ effect, when: "before" } as const, { effect, when: "after" } as const]);

describe.each(FIXTURES.map((fixture) => [fixture.kind, fixture] as const))("%s", (kind, fixture) => {
  test("converges when it is changed while the process that was creating it is away", async () => {
    let deaths = 0;
    for (const point of POINTS) {
      const name = prepared(fixture);
      if (!(await endedAt(fixture, name, point))) break;
      deaths += 1;
      stage.cluster.apply(kind, name, fixture.edited(stage, name));
      await stage.restart();
      expect([point, stage.state(kind, name), stage.message(kind, name)]).toEqual([point, "True Succeeded", expect.any(String)]);
      await stage.remove(kind, name);
      expect([point, stage.state(kind, name), fixture.inAzure(stage, name)]).toEqual([point, "gone", undefined]);
    }
    expect(deaths).toBeGreaterThan(3);
  });

  test("leaves nothing when it is changed and deleted while the process that was creating it is away", async () => {
    for (const point of POINTS) {
      const name = prepared(fixture);
      if (!(await endedAt(fixture, name, point))) break;
      stage.cluster.apply(kind, name, fixture.edited(stage, name));
      stage.cluster.delete(kind, name);
      await stage.restart();
      expect([point, stage.state(kind, name), fixture.inAzure(stage, name)]).toEqual([point, "gone", undefined]);
    }
  });

  test("is kept when it is set to ObserveOnly and deleted while the process is away", async () => {
    const name = prepared(fixture);
    await stage.apply(kind, name, fixture.spec(stage, name));
    const before = fixture.inAzure(stage, name);
    stage.bench.azure.clearRequests();
    stage.cluster.apply(kind, name, { ...fixture.spec(stage, name), managementPolicy: "ObserveOnly" });
    stage.cluster.delete(kind, name);
    await stage.restart();
    expect([stage.state(kind, name), stage.writes(), fixture.inAzure(stage, name)]).toEqual(["gone", [], before]);
  });

  test("leaves when it is deleted while the process is away, beside another one of its kind that stays", async () => {
    const [staying, leaving] = [prepared(fixture), prepared(fixture)];
    for (const name of [staying, leaving]) await stage.apply(kind, name, fixture.spec(stage, name));
    stage.cluster.delete(kind, leaving);
    await stage.restart();
    expect([stage.state(kind, staying), stage.state(kind, leaving), fixture.inAzure(stage, leaving)]).toEqual(["True Succeeded", "gone", undefined]);
  });
});
