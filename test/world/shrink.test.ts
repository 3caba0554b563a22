import { expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { asTest } from "./as-test.ts";
import { oracleOf, ORACLES } from "./oracles.ts";
import { judge, type Tale, taleOf } from "./run.ts";
import { shrunk } from "./shrink.ts";

/** As if an operator lost what it held when it is started anew while somebody deletes: whatever else happens plays no part. */
async function faultsOf({ steps, faults }: Tale): Promise<readonly string[]> {
  const [restart, relist] = ["restart", "relist"].map((verb) => steps.some(({ act }) => act.do === verb));
  if (restart === true && relist === true && faults.lostAnswer > 0) return ["group carries our mark and belongs to no object (leak)"];
  return restart === true ? ["a pass threw: something else"] : [];
}

const LONG = taleOf(5);
const TALE: Tale = { ...LONG, steps: [{ afterMs: 5, act: { do: "restart" } }, ...LONG.steps, { afterMs: 7, act: { do: "relist" } }], faults: { ...LONG.faults, lostAnswer: 0.2, crash: 0.1 } };

test("a tale is shrunk to what it takes to fail in the same way", async () => {
  const { steps, faults } = await shrunk(TALE, faultsOf);
  expect(steps.map(({ act }) => act.do)).toEqual(["restart", "relist"]);
  expect(Object.entries(faults).filter(([, likelihood]) => likelihood > 0)).toEqual([["lostAnswer", 0.2]]);
});

test("a tale that ends well stays as it is", async () => expect(await shrunk(TALE, async () => [])).toBe(TALE));

test("a tale is printed as a test that tells the same again", async () => {
  const tale = { ...TALE, seed: 1, steps: [TALE.steps[0], TALE.steps.at(-1)].filter((step) => step !== undefined) };
  const [title, , , head, body, end] = asTest(tale).split("\n");
  expect([title, head, end]).toEqual(["// seed=1", 'test("seed 1", async () => {', "});"]);
  const told = /judge\((.*)\)\)\.faults\)\.toEqual\(\[\]\);$/.exec(body ?? "")?.[1] ?? "";
  expect(JSON.parse(told)).toEqual(tale);
  expect((await judge(JSON.parse(told) as Tale)).faults).toEqual([]);
});

test("whatever an oracle says is known to be its word, and the README says what each proves", () => {
  expect(oracleOf("a look at a settled world made 1 writes to Azure (invariant 4)").name).toBe("stillness");
  expect(oracleOf("DELETE of x: others made it (invariant 2)").name).toBe("foreign");
  expect(() => oracleOf("nobody says this")).toThrow('no oracle says "nobody says this"');
  const readme = readFileSync(new URL("./README.md", import.meta.url), "utf8");
  for (const { name, proves } of ORACLES) expect(readme).toContain(`| ${name} | ${proves} |`);
});
