import type { Faults } from "./faults.ts";
import { judge, type Tale } from "./run.ts";

/** A tale that still fails when anything is left out of it: fewer steps, then fewer kinds of faults. */
export async function shrunk(tale: Tale): Promise<Tale> {
  let shortest = tale;
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    for (const candidate of candidates(shortest)) {
      if ((await judge(candidate)).faults.length === 0) continue;
      shortest = candidate;
      isShorter = true;
      break;
    }
  }
  return shortest;
}

function candidates(tale: Tale): readonly Tale[] {
  const fewer = tale.steps.map((_, index) => ({ ...tale, steps: tale.steps.filter((_step, other) => other !== index) }));
  const kinds = Object.keys(tale.faults) as (keyof Faults)[];
  const calmer = kinds.filter((kind) => tale.faults[kind] > 0).map((kind) => ({ ...tale, faults: { ...tale.faults, [kind]: 0 } }));
  return [...fewer, ...calmer];
}
