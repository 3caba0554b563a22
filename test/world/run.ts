import type { Setting } from "./administrators.ts";
import { RunAway } from "./clock.ts";
import { ending, remains } from "./ending.ts";
import { type Faults, drawnFaults, NO_FAULTS } from "./faults.ts";
import { oracleOf } from "./oracles.ts";
import { Chance } from "./random.ts";
import { faultsAtRest, faultsSoon, lostForeign } from "./rest-oracles.ts";
import { RIVALRY_MS } from "./rivals.ts";
import { readyOf } from "./seen.ts";
import type { Declared } from "./specs.ts";
import { StatusWatch } from "./status-oracles.ts";
import { isMeddling, isTimely, type Step, toldBy } from "./story.ts";
import { toldOfTeams } from "./teams.ts";
import { keysOf, Universe } from "./universe.ts";
import { faultOfWrite } from "./write-oracles.ts";

/** A story with what goes wrong in it; the same tale always runs alike. */
export interface Tale {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly faults: Faults;
  /** What administrators decided before it begins; without it there is only the namespace default. */
  readonly setting?: Setting;
  /** Where Azure enforces its quotas: the part of them that the operator takes for its own. */
  readonly quotaShare?: number;
}

/** How a tale ended. */
export interface Verdict {
  /** Empty when every oracle is content. */
  readonly faults: readonly string[];
  readonly trace: readonly string[];
  readonly ending: string;
  readonly requests: number;
}

/** How many of the stories are about two namespaces, and which seeds tell them. */
const TEAM_SHARE = 0.25;
const TEAM_SEEDS = 5_555_555;

/** In how many of the stories quotas are enforced, and in which seeds. */
const QUOTA_SHARE = 0.12;
const QUOTA_SEEDS = 9_999_991;

/** The tale that a seed tells. */
export function taleOf(seed: number): Tale {
  const chance = new Chance(seed);
  const story = new Chance(seed + TEAM_SEEDS).happens(TEAM_SHARE) ? toldOfTeams(chance) : { steps: toldBy(chance) };
  return rationed({ seed, ...story, faults: drawnFaults(chance) });
}

/** In some of the stories Azure's quotas are enforced, of which the operator takes a small part, and somebody else uses all of it up. */
function rationed(tale: Tale): Tale {
  const chance = new Chance(tale.seed + QUOTA_SEEDS);
  if (!chance.happens(QUOTA_SHARE)) return tale;
  const drained: Step = { afterMs: 0, act: { do: "drain" } };
  const steps = tale.steps.flatMap((step) => (chance.happens(0.25) ? [drained, step] : [step]));
  return { ...tale, steps, quotaShare: chance.pick([0.1, 0.1, 0.3, 1]) };
}

/** Oracles that hold only where one operator works: two cannot know what the other is about to store (the lease sees to that). */
const ONE_LEADER: ReadonlySet<string> = new Set(["finalizer", "holds"]);

function isOfOneLeader(fault: string): boolean {
  return ONE_LEADER.has(oracleOf(fault).name);
}

const MEDDLE_MS = 15 * 60_000;
const SOON_MS = 4 * 60_000;
const REST_MS = 45 * 60_000;
/** Federated credentials are looked at by a list every six hours (DESIGN 5), give or take a tenth. */
const LONG_REST_MS = 6.7 * 60 * 60_000;
const NEXT_LOOK_MS = 12 * 60_000;

/** How many requests a story may cost, and how many writes: those that need the most come nowhere near. */
const MAX_REQUESTS = 1000;
const MAX_WRITES = 300;

/** Runs a tale to its rest, looks again, deletes everything, and asks the oracles each time. */
export async function run(tale: Tale): Promise<Verdict> {
  const universe = new Universe(tale.seed, tale.faults, { setting: tale.setting, quotaShare: tale.quotaShare });
  const statuses = new StatusWatch();
  const faults = new Set<string>();
  universe.api.beforeStatus = (object, status) => statuses.take(object, status);
  universe.others.rivals.onUndone = () => statuses.forget();
  universe.azure.beforeWrite = (write) => {
    const fault = faultOfWrite(universe, write);
    if (fault !== undefined && !(universe.areTwoLeading && isOfOneLeader(fault))) faults.add(fault);
  };
  let end = "";
  try {
    await tell(universe, tale, statuses);
    for (const fault of faultsSoon(universe)) faults.add(fault);
    if (isHealed(tale)) universe.administrators.relent();
    await universe.calm(restMs(tale));
    for (const fault of faultsAtRest(universe)) faults.add(fault);
    end = ending(universe);
    await stillness(universe, faults);
    await farewell(universe, tale, faults);
  } catch (error) {
    if (!(error instanceof RunAway)) throw error;
    faults.add(error.message);
  } finally {
    universe.close();
  }
  for (const fault of universe.others.rivals.faults) faults.add(fault);
  const { requests, writes, traffic } = universe.azure;
  // A long rest has its looks, too.
  if (requests > (restMs(tale) > REST_MS ? 2 : 1) * MAX_REQUESTS) faults.add(`a story cost ${requests} requests`);
  if (writes > MAX_WRITES) faults.add(`a story cost ${writes} writes to Azure`);
  return { faults: [...faults, ...traffic.faults, ...statuses.faults], trace: universe.trace, ending: end, requests };
}

/** Lets everybody do what the tale says, while everything goes wrong, and then lets the world calm down. */
async function tell(universe: Universe, tale: Tale, statuses: StatusWatch): Promise<void> {
  for (const { afterMs, act } of tale.steps) {
    if (isPatient(tale) || isMeddling(act)) await universe.rest(MEDDLE_MS);
    else await universe.clock.advance(afterMs);
    statuses.forget();
    universe.act(act);
    if (isPatient(tale)) await universe.clock.advance(20_000);
  }
  await universe.clock.advance(20_000);
  statuses.forget();
  await universe.calm(SOON_MS);
}

/** In every second tale nobody hurries: only then must it end as it does undisturbed, for who comes first decides nothing. */
function isPatient({ seed }: Tale): boolean {
  return seed % 2 === 0;
}

/** In half of the stories everybody has every right at the end. */
function isHealed({ seed }: Tale): boolean {
  return seed % 4 < 2;
}

/** In some of the stories accounts that went do not return, so that only who may clean up can end what is left. */
function isRestored({ seed }: Tale): boolean {
  return seed % 3 > 0;
}

function hasCredentials({ steps }: Tale): boolean {
  return steps.some(({ act }) => act.do === "apply" && act.kind === "FederatedIdentityCredential");
}

/** Until nobody changes anything back any more, and what was left to others is tried again. */
function restMs(tale: Tale): number {
  if (hasCredentials(tale)) return LONG_REST_MS;
  return tale.steps.some(({ act }) => act.do === "rival" || act.do === "rivalOn") ? RIVALRY_MS + 2 * REST_MS : REST_MS;
}

/** Whether a tale must end as it does undisturbed. */
function isComparable(tale: Tale): boolean {
  return isPatient(tale) && !tale.steps.some(({ act }) => isTimely(act));
}

/** A second look at a settled world writes nothing (invariant 4); what is refused may be tried again, and nothing else. */
async function stillness(universe: Universe, faults: Set<string>): Promise<void> {
  const [requests, log] = [universe.azure.writes, universe.api.log.length];
  if (universe.others.isAnyDeaf) return;
  universe.lookAgain();
  await universe.clock.advance(NEXT_LOOK_MS);
  if (universe.azure.writes > requests) faults.add(`a look at a settled world made ${universe.azure.writes - requests} writes to Azure (invariant 4)`);
  if (universe.api.log.length > log) faults.add(`a look at a settled world made ${universe.api.log.length - log} writes to Kubernetes (invariant 4)`);
}

/** Whatever is declared goes when its objects go (invariant 3). */
async function farewell(universe: Universe, tale: Tale, faults: Set<string>): Promise<void> {
  universe.others.relent();
  universe.administrators.relent();
  if (isRestored(tale)) universe.administrators.restore();
  for (const object of universe.api.list()) {
    const key = keysOf([object])[0] ?? "";
    universe.api.annotate(key, {});
    universe.api.delete(key);
  }
  await universe.clock.advance(REST_MS);
  await cleanUp(universe);
  const kept = new Set(tale.steps.flatMap(({ act }) => (act.do === "apply" && mayKeep(act) ? keptBy(act) : [])));
  for (const fault of remains(universe, kept)) faults.add(fault);
  const mayTake = tale.steps.some(({ act }) => act.do === "apply" && (act.spec["ownership"] === "Exclusive" || act.spec["adoptionPolicy"] === "IfExists"));
  if (!mayTake) for (const fault of lostForeign(universe)) faults.add(fault);
}

/** What cannot reach Azure any more goes once somebody may clean up (DESIGN 6). */
async function cleanUp(universe: Universe): Promise<void> {
  const isGone = universe.api.list().some((object) => readyOf(object)?.message?.includes("--cleanup-credential") === true);
  if (!isGone) return;
  universe.act({ do: "cleanUp", by: "operator" });
  await universe.clock.advance(REST_MS);
}

function mayKeep({ spec }: Declared): boolean {
  return spec["deletionPolicy"] === "Retain" || spec["adoptionPolicy"] === "IfExists" || spec["managementPolicy"] === "ObserveOnly";
}

/** Words by which what an object leaves behind is known. */
function keptBy({ kind, name }: Declared): readonly string[] {
  switch (kind) {
    case "IdentityAssignment":
      return ["still attached"];
    case "RoleAssignment":
      return ["grant"];
    case "WebApp":
      return ["azid-world-app", "farm"];
    default:
      return [name === "twin" ? "ida" : name];
  }
}

/** Runs a tale as it is and undisturbed: the oracles must be content with both, and both must end alike. */
export async function judge(tale: Tale): Promise<Verdict> {
  const disturbed = await run(tale);
  if (disturbed.faults.length > 0 || !isComparable(tale)) return disturbed;
  const calm = await run({ ...tale, faults: NO_FAULTS });
  if (calm.faults.length > 0) return calm;
  if (calm.ending === disturbed.ending) return disturbed;
  return { ...disturbed, faults: [`it ends otherwise than undisturbed:\n${disturbed.ending}\n==== undisturbed:\n${calm.ending}`] };
}
