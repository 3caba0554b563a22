import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { defaultSwitches, type Switches } from "../azure/azure.ts";
import { switchValues } from "../azure/kernel/switch-values.ts";
import { rehearse, SCENARIOS } from "./scenarios/crash-sweep.ts";
import { SWITCHED } from "./scenarios/switch-table.ts";

const ROOT = join(import.meta.dirname, "../..");
const KNOWN = new Map(SCENARIOS.map((scenario) => [scenario.name, scenario]));
const rows = Object.entries(SWITCHED).map(([name, row]) => ({ name: name as keyof Switches, values: switchValues[name as keyof Switches] as readonly (string | number | boolean)[], by: row }));

describe("what arm.md 18 leaves open", () => {
  test("has a row for every switch of the simulator, and the value that is assumed among its values", () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(defaultSwitches).toSorted());
    expect(rows.filter(({ name, values }) => !values.includes(defaultSwitches[name]))).toEqual([]);
  });

  test("goes through scenarios that there are, and tests that name the switch with each other value", () => {
    const unknown = rows.flatMap(({ by }) => ("file" in by ? [] : by.filter((scenario) => !KNOWN.has(scenario))));
    const silent = rows.filter(({ name, values, by }) => "file" in by && !values.every((value) => value === defaultSwitches[name] || readFileSync(join(ROOT, by.file), "utf8").includes(`${name}: ${JSON.stringify(value)}`)));
    expect([unknown, silent]).toEqual([[], []]);
  });
});

const table = rows.flatMap(({ name, values, by }) => ("file" in by ? [] : values.filter((value) => value !== defaultSwitches[name]).flatMap((value) => by.map((scenario) => ({ name, value, scenario })))));

/** How a scenario goes where Azure is as it is likely to be. */
const likely = new Map<string, ReturnType<typeof rehearse>>();

test.each(table)("$name $value: $scenario, as everywhere", async ({ name, value, scenario }) => {
  const played = KNOWN.get(scenario);
  if (played === undefined) throw new Error(`there is no scenario ${scenario}`);
  const want = likely.get(scenario) ?? rehearse(played, {});
  likely.set(scenario, want);
  const have = await rehearse(played, { [name]: value });
  expect(have.states).toEqual((await want).states);
  expect(have.objects).toEqual((await want).objects);
  expect(have.states.flat().some((state) => state.endsWith("True Succeeded"))).toBe(true);
});
