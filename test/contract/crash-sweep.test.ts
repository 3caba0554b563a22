import { readdirSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { SCENARIOS, sweep, type Swept } from "./scenarios/crash-sweep.ts";

/** Files of the suite whose scenarios have no effect of which a crash could make something else, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  "crash-sweep": "this one",
  "sweep-hindrances": "what hinders the reading of lists; nothing is written",
  switches: "the same scenarios and others, without crashes",
  "grant-advice": "what a status says beside a grant; the grant itself is swept",
  placement: "what is refused before any request",
  permissions: "what is asked of the API server before anything is done",
  samples: "all samples together; each kind is swept alone",
};

/** All points are tried by `npm run test:crashes`; here one of so many of each scenario, beginning with another one for each. */
const ONE_OF = 4;

const FILES = readdirSync(import.meta.dirname).flatMap((file) => (file.endsWith(".test.ts") ? [file.slice(0, -".test.ts".length)] : []));

const swept: Swept[] = [];

afterAll(() => {
  const lines = swept.map(({ name, effects, crashes }) => `${name}: ${effects} effects, ${crashes} crashes`);
  const sum = (of: (one: Swept) => number) => swept.reduce((total, one) => total + of(one), 0);
  console.log([...lines, `not swept: ${unswept().join(", ") || "nothing"}`, `total: ${swept.length} scenarios, ${sum(({ effects }) => effects)} effects, ${sum(({ crashes }) => crashes)} crashes`].join("\n"));
});

/** Files of the suite that came since without a scenario and without a reason: the summary names them. */
function unswept(): readonly string[] {
  const named = new Set(SCENARIOS.flatMap(({ of }) => of));
  return FILES.filter((file) => !named.has(file) && !(file in WITHOUT));
}

test("what is said to be swept, or not to be, is there", () => {
  expect([...SCENARIOS.flatMap(({ of }) => of), ...Object.keys(WITHOUT)].filter((file) => !FILES.includes(file))).toEqual([]);
  expect(FILES.length - unswept().length).toBeGreaterThan(25);
});

describe("a process that ends before or after any of its effects ends as one that was never disturbed", () => {
  test.each(SCENARIOS.map((scenario, index) => [scenario.name, scenario, index] as const))("%s", async (_name, scenario, index) => {
    const result = await sweep(scenario, { oneOf: ONE_OF, from: index });
    swept.push(result);
    expect(result.faults).toEqual([]);
    expect([result.effects > 0, result.crashes]).toEqual([true, result.points]);
  });
});
