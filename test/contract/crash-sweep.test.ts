import { readdirSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { SCENARIOS, sweep, sweepPairs, type Swept } from "./scenarios/crash-sweep.ts";

/** Files of the suite without a scenario, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  "crash-sweep": "this one",
};

/** All points are tried by `npm run test:crashes`; here one of so many of each scenario, beginning with another one for each, and a few of a long one. */
const SHARE = { oneOf: 5, atMost: 10 };

/** Of the ends of two processes, one soon after the other, all are tried by `npm run test:crashes -- --pairs 2`; here a few of some scenarios. */
const PAIRS = { oneOf: 1, atMost: 2 };
const SOME = SCENARIOS.filter((_, index) => index % 5 === 2);

const FILES = readdirSync(import.meta.dirname).flatMap((file) => (file.endsWith(".test.ts") ? [file.slice(0, -".test.ts".length)] : []));

const swept: Swept[] = [];

afterAll(() => {
  const lines = swept.map(({ name, effects, crashes }) => `${name}: ${effects} effects, ${crashes} crashes`);
  const sum = (of: (one: Swept) => number) => swept.reduce((total, one) => total + of(one), 0);
  console.log([...lines, `total: ${swept.length} scenarios, ${sum(({ effects }) => effects)} effects, ${sum(({ crashes }) => crashes)} crashes`].join("\n"));
});

/** Files of the suite that have neither a scenario nor a reason. */
function unswept(): readonly string[] {
  const named = new Set(SCENARIOS.flatMap(({ of }) => of));
  return FILES.filter((file) => !named.has(file) && !(file in WITHOUT));
}

test("every file of the suite has a scenario that is swept, or a reason not to, and no other file is named", () => {
  expect(unswept(), "tell a scenario of it in test/contract/scenarios, or give a reason in WITHOUT").toEqual([]);
  expect([...SCENARIOS.flatMap(({ of }) => of), ...Object.keys(WITHOUT)].filter((file) => !FILES.includes(file))).toEqual([]);
  expect(SCENARIOS.map(({ name }) => name).filter((name, index, all) => all.indexOf(name) !== index)).toEqual([]);
});

describe("a process that ends before or after any of its effects ends as one that was never disturbed", () => {
  test.each(SCENARIOS.map((scenario, index) => [scenario.name, scenario, index] as const))("%s", async (_name, scenario, index) => {
    const result = await sweep(scenario, { ...SHARE, from: index });
    swept.push(result);
    expect(result.faults).toEqual([]);
    expect([result.effects > 0, result.crashes]).toEqual([true, result.points]);
  });
});

describe("a process that ends, and its successor soon after it, end as one that was never disturbed", () => {
  test.each(SOME.map((scenario, index) => [scenario.name, scenario, index] as const))("%s", async (_name, scenario, index) => {
    const { faults, points, crashes } = await sweepPairs(scenario, { seconds: 2, share: { ...PAIRS, from: index } });
    expect(faults).toEqual([]);
    expect(crashes).toBeGreaterThanOrEqual(points);
  });
});
