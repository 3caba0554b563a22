import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isJsonObject } from "../../src/api/json.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { Crash, type CrashPoint, Mortal } from "./crash.ts";
import { FIXTURES, holds } from "./fixtures.ts";
import { setStage, type Stage } from "./stage.ts";

const mortal = new Mortal();
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({ between: mortal.between, grants: [{ role: "Reader" }] });
});
afterAll(() => stage.close());

/** What one test leaves is no other test's business. */
afterEach(async () => {
  mortal.dieAt(undefined);
  stage.cluster.clear();
  await stage.restart();
});

/** A name that no other test uses. */
function fresh(): string {
  count += 1;
  return `n${String(count).padStart(3, "0")}`;
}

test("every kind has a fixture", () => {
  expect(FIXTURES.map(({ kind }) => kind).toSorted()).toEqual(KINDS.map(({ type }) => type.kind).toSorted());
});

describe.each(FIXTURES.map((fixture) => [fixture.kind, fixture] as const))("%s", (kind, fixture) => {
  const prepared = (): string => {
    const name = fresh();
    fixture.prepareOne?.(stage, name);
    return name;
  };
  const created = async (spec: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const name = prepared();
    await stage.apply(kind, name, { ...fixture.spec(stage, name), ...(spec as object) });
    expect([stage.state(kind, name), stage.message(kind, name)]).toEqual(["True Succeeded", expect.any(String)]);
    return name;
  };

  test("is created, and then nothing is written: not on a resync, not after a restart", async () => {
    const name = await created();
    expect(fixture.inAzure(stage, name)).toBeDefined();
    expect(stage.object(kind, name)?.metadata.finalizers).toEqual(["azureidentity.dev/azure-resource"]);
    const before = stage.cluster.writes;
    stage.bench.azure.clearRequests();
    await stage.look();
    await stage.restart();
    expect(stage.writes()).toEqual([]);
    expect(stage.cluster.writes).toBe(before);
  });

  test("is changed as its spec is, by as few writes as there are changes", async () => {
    const name = await created();
    stage.bench.azure.clearRequests();
    await stage.apply(kind, name, fixture.edited(stage, name));
    expect([stage.state(kind, name), stage.writes().length]).toEqual(["True Succeeded", fixture.editWrites]);
    stage.bench.azure.clearRequests();
    await stage.look();
    expect(stage.writes()).toEqual([]);
  });

  test("is healed when others change it", async () => {
    const name = await created();
    fixture.drift(stage, name);
    await stage.look();
    expect([stage.state(kind, name), stage.message(kind, name)]).toEqual(["True Succeeded", expect.any(String)]);
    stage.bench.azure.clearRequests();
    await stage.look();
    expect(stage.writes()).toEqual([]);
  });

  test("goes with its object", async () => {
    const name = await created();
    await stage.remove(kind, name);
    expect([stage.state(kind, name), fixture.inAzure(stage, name)]).toEqual(["gone", undefined]);
  });

  test("stays under Retain", async () => {
    const name = await created({ deletionPolicy: "Retain" });
    await stage.remove(kind, name);
    expect(stage.state(kind, name)).toBe("gone");
    expect(fixture.inAzure(stage, name)).toBeDefined();
  });

  test("is left alone where somebody else made it, also when the object goes", async () => {
    const name = prepared();
    fixture.stranger(stage, name);
    const before = fixture.inAzure(stage, name);
    stage.bench.azure.clearRequests();
    await stage.apply(kind, name, fixture.spec(stage, name));
    expect(stage.state(kind, name)).toBe(fixture.strangerIs === "refused" ? "False AlreadyExists" : "True Succeeded");
    expect(holds(stage, fixture, name)).toBe(false);
    await stage.remove(kind, name);
    expect([stage.state(kind, name), stage.writes()]).toEqual(["gone", []]);
    expect(fixture.inAzure(stage, name)).toEqual(before);
  });

  test("is taken over under IfExists, and then goes only when Delete is said", async () => {
    const name = prepared();
    fixture.stranger(stage, name);
    await stage.apply(kind, name, { ...fixture.spec(stage, name), adoptionPolicy: "IfExists" });
    expect([stage.state(kind, name), holds(stage, fixture, name)]).toEqual(["True Succeeded", fixture.adopts]);
    await stage.apply(kind, name, { ...fixture.spec(stage, name), adoptionPolicy: "IfExists", deletionPolicy: "Delete" });
    await stage.remove(kind, name);
    expect([stage.state(kind, name), fixture.inAzure(stage, name) === undefined]).toEqual(["gone", fixture.adopts]);
  });

  test("is only looked at under ObserveOnly", async () => {
    const name = prepared();
    stage.bench.azure.clearRequests();
    await stage.apply(kind, name, { ...fixture.spec(stage, name), managementPolicy: "ObserveOnly" });
    expect([stage.state(kind, name), stage.writes(), holds(stage, fixture, name)]).toEqual([fixture.observes.absent, [], false]);
    expect(stage.object(kind, name)?.metadata.finalizers ?? []).toEqual([]);
    await stage.remove(kind, name);
    expect(stage.state(kind, name)).toBe("gone");
  });

  test("reports what differs under ObserveOnly, and gives up what it held", async () => {
    const name = await created();
    await stage.apply(kind, name, { ...fixture.spec(stage, name), managementPolicy: "ObserveOnly" });
    expect([stage.state(kind, name), holds(stage, fixture, name)]).toEqual(["True Observed", false]);
    fixture.drift(stage, name);
    stage.bench.azure.clearRequests();
    await stage.look();
    expect([stage.state(kind, name), stage.writes()]).toEqual(["True Drifted", []]);
    const { drift } = (stage.object(kind, name)?.status ?? {}) as { readonly drift?: readonly unknown[] };
    expect(drift?.length).toBeGreaterThan(0);
  });

  test("is left alone while paused, also while it is deleted", async () => {
    const name = await created();
    stage.cluster.annotate(kind, name, { "azureidentity.dev/paused": "true" });
    fixture.drift(stage, name);
    stage.bench.azure.clearRequests();
    stage.cluster.delete(kind, name);
    await stage.look();
    expect(stage.writes()).toEqual([]);
    expect(stage.object(kind, name)).toBeDefined();
    stage.cluster.annotate(kind, name, {});
    await stage.settle();
    expect([stage.state(kind, name), fixture.inAzure(stage, name)]).toEqual(["gone", undefined]);
  });

  test.each(fixture.missing === undefined ? [] : [fixture.missing])("waits for what it refers to, and is woken by it", async (missing) => {
    const name = prepared();
    await stage.apply(kind, name, missing.spec(stage, name));
    expect(stage.state(kind, name)).toBe("False RefNotFound");
    await missing.supply(stage, name);
    expect([stage.state(kind, name), stage.message(kind, name)]).toEqual(["True Succeeded", expect.any(String)]);
  });

  test("converges wherever the process ends while it is created, changed and deleted", async () => {
    const story = async (name: string, point: CrashPoint | undefined): Promise<number> => {
      const steps = [
        () => stage.apply(kind, name, fixture.spec(stage, name)),
        () => stage.apply(kind, name, fixture.edited(stage, name)),
        () => stage.remove(kind, name),
      ];
      mortal.dieAt(point);
      for (const [index, step] of steps.entries()) {
        await survive(step);
        if (index === 2) continue;
        expect([point, stage.state(kind, name), stage.message(kind, name)]).toEqual([point, "True Succeeded", expect.any(String)]);
      }
      expect([point, stage.state(kind, name), fixture.inAzure(stage, name)]).toEqual([point, "gone", undefined]);
      const { effects } = mortal;
      mortal.dieAt(undefined);
      return effects;
    };
    const effects = await story(prepared(), undefined);
    expect(effects).toBeGreaterThan(5);
    for (let effect = 1; effect <= effects; effect += 1) {
      for (const when of ["before", "after"] as const) await story(prepared(), { effect, when });
    }
  }, 60_000);
});

/** Does something; a process that ends meanwhile is started again. */
async function survive(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    mortal.dieAt(undefined);
    await stage.restart();
  }
}

test("no message and no status of this suite holds a token or an undefined", () => {
  const text = JSON.stringify(stage.cluster.objects());
  expect(text).not.toContain("undefined");
  expect(isJsonObject(JSON.parse(text)) || Array.isArray(JSON.parse(text))).toBe(true);
});
