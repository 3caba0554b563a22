import type { Tale } from "./run.ts";

/** A tale as a test that can be pasted into `stories.test.ts`, with the story in words. */
export function asTest(tale: Tale): string {
  const words = tale.steps.map(({ afterMs, act }) => `//   ${(afterMs / 1000).toFixed(2)} s later: ${inWords(act)}`);
  return [`// seed=${tale.seed}`, ...words, `test("seed ${tale.seed}", async () => {`, `  expect((await judge(${JSON.stringify(tale)})).faults).toEqual([]);`, "});"].join("\n");
}

function inWords(act: Tale["steps"][number]["act"]): string {
  if (act.do === "apply") return `apply ${act.kind} ${act.name} ${JSON.stringify(act.spec)}`;
  const { do: verb, ...what } = act;
  return [verb, ...Object.values(what)].join(" ");
}
