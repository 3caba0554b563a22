import { type Faults, drawnFaults, NO_FAULTS } from "./faults.ts";
import { ending, faultOfWrite, faultsAtRest, remains } from "./oracles.ts";
import { Chance } from "./random.ts";
import { type Step, toldBy } from "./story.ts";
import { keysOf, Universe } from "./universe.ts";

/** A story with what goes wrong in it; the same tale always runs alike. */
export interface Tale {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly faults: Faults;
}

/** How a tale ended. */
export interface Verdict {
  /** Empty when every oracle is content. */
  readonly faults: readonly string[];
  readonly trace: readonly string[];
  readonly ending: string;
  readonly requests: number;
}

/** The tale that a seed tells. */
export function taleOf(seed: number): Tale {
  const chance = new Chance(seed);
  return { seed, steps: toldBy(chance), faults: drawnFaults(chance) };
}

const MEDDLE_MS = 15 * 60_000;
const REST_MS = 45 * 60_000;
const NEXT_LOOK_MS = 12 * 60_000;

/** Runs a tale to its rest, looks again, deletes everything, and asks the oracles each time. */
export async function run(tale: Tale): Promise<Verdict> {
  const universe = new Universe(tale.seed, tale.faults);
  const faults = new Set<string>();
  universe.azure.beforeWrite = (write) => {
    const fault = faultOfWrite(universe, write);
    if (fault !== undefined) faults.add(fault);
  };
  try {
    for (const { afterMs, act } of tale.steps) {
      if (isPatient(tale) || isMeddling(act)) await universe.rest(MEDDLE_MS);
      else await universe.clock.advance(afterMs);
      universe.act(act);
      if (isPatient(tale)) await universe.clock.advance(20_000);
    }
    await universe.clock.advance(20_000);
    await universe.calm(REST_MS);
    for (const fault of faultsAtRest(universe)) faults.add(fault);
    const end = ending(universe);
    await stillness(universe, faults);
    await farewell(universe, tale, faults);
    return { faults: [...faults], trace: universe.trace, ending: end, requests: universe.azure.requests };
  } finally {
    universe.close();
  }
}

/** In every second tale nobody hurries: only then must it end as it does undisturbed, for who comes first decides nothing. */
function isPatient({ seed }: Tale): boolean {
  return seed % 2 === 0;
}

/** What others do meets a world at rest, or how it ends would depend on who comes first. */
function isMeddling(act: Step["act"]): boolean {
  return ["pause", "retag", "unmake", "attachForeign", "detachAll"].includes(act.do);
}

/** A second look at a settled world writes nothing (invariant 4); what is refused may be tried again, and nothing else. */
async function stillness(universe: Universe, faults: Set<string>): Promise<void> {
  const [requests, log] = [universe.azure.writes, universe.api.log.length];
  universe.lookAgain();
  await universe.clock.advance(NEXT_LOOK_MS);
  if (universe.azure.writes > requests) faults.add(`a look at a settled world made ${universe.azure.writes - requests} writes to Azure (invariant 4)`);
  if (universe.api.log.length > log) faults.add(`a look at a settled world made ${universe.api.log.length - log} writes to Kubernetes (invariant 4)`);
}

/** Whatever is declared goes when its objects go (invariant 3). */
async function farewell(universe: Universe, tale: Tale, faults: Set<string>): Promise<void> {
  for (const object of universe.api.list()) {
    const key = keysOf([object])[0] ?? "";
    universe.api.annotate(key, {});
    universe.api.delete(key);
  }
  await universe.clock.advance(REST_MS);
  const kept = new Set(tale.steps.flatMap(({ act }) => (act.do === "apply" && act.spec["deletionPolicy"] === "Retain" ? ["still attached", "grant", act.name] : [])));
  for (const fault of remains(universe, kept)) faults.add(fault);
}

/** Runs a tale as it is and undisturbed: the oracles must be content with both, and both must end alike. */
export async function judge(tale: Tale): Promise<Verdict> {
  const disturbed = await run(tale);
  if (disturbed.faults.length > 0 || !isPatient(tale)) return disturbed;
  const calm = await run({ ...tale, faults: NO_FAULTS });
  if (calm.faults.length > 0) return calm;
  if (calm.ending === disturbed.ending) return disturbed;
  return { ...disturbed, faults: [`it ends otherwise than undisturbed:\n${disturbed.ending}\n==== undisturbed:\n${calm.ending}`] };
}
