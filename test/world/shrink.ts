import type { Faults } from "./faults.ts";
import { oracleOf } from "./oracles.ts";
import { judge, type Tale } from "./run.ts";

/** With how many other chances a shorter tale is told: what is left out shifts every chance after it. */
const CHANCES = 24;

/** Says what is wrong about a tale; nothing when it ends well. */
export type FaultsOf = (tale: Tale) => Promise<readonly string[]>;

const faultsByJudge: FaultsOf = async (tale) => (await judge(tale)).faults;

/**
 * A tale that still fails when anything is left out of it: fewer steps, then fewer kinds of faults. What it fails by is what the
 * whole tale failed by, and not something else that was met on the way. Returns the tale itself when it does not fail.
 */
export async function shrunk(tale: Tale, faultsOf: FaultsOf = faultsByJudge): Promise<Tale> {
  const [first] = await faultsOf(tale);
  if (first === undefined) return tale;
  const { name } = oracleOf(first);
  let shortest = tale;
  for (let shorter: Tale | undefined = tale; shorter !== undefined; shorter = await firstFailing(candidates(shortest), async (each) => (await faultsOf(each)).some((fault) => oracleOf(fault).name === name))) shortest = shorter;
  return shortest;
}

async function firstFailing(tales: readonly Tale[], fails: (tale: Tale) => Promise<boolean>): Promise<Tale | undefined> {
  for (let chance = 0; chance < CHANCES; chance += 1) {
    for (const tale of tales) {
      // Patience is the seed's parity, which stays.
      const candidate = { ...tale, seed: chance === 0 ? tale.seed : (tale.seed % 2) + 2 * chance };
      if (await fails(candidate)) return candidate;
    }
  }
  return undefined;
}

function candidates(tale: Tale): readonly Tale[] {
  const halves = tale.steps.length < 4 ? [] : [tale.steps.slice(tale.steps.length >> 1), tale.steps.slice(0, tale.steps.length >> 1)].map((steps) => ({ ...tale, steps }));
  const fewer = tale.steps.map((_, index) => ({ ...tale, steps: tale.steps.filter((_step, other) => other !== index) }));
  const kinds = Object.keys(tale.faults) as (keyof Faults)[];
  const calmer = kinds.filter((kind) => tale.faults[kind] > 0).map((kind) => ({ ...tale, faults: { ...tale.faults, [kind]: 0 } }));
  return [...halves, ...fewer, ...calmer];
}
