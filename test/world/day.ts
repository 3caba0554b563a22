import { isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { GROUP, SUBSCRIPTION } from "./azure.ts";
import { type Faults, NO_FAULTS } from "./faults.ts";
import { Chance } from "./random.ts";
import { readyOf } from "./seen.ts";
import { identityId } from "./specs.ts";
import { Universe } from "./universe.ts";

/** How a day goes. */
export interface DayOptions {
  readonly seed: number;
  readonly objects: number;
  readonly hours: number;
  readonly syncIntervalSeconds: number;
}

/** What a day came to. */
export interface Day {
  readonly requests: number;
  /** Changes that others made behind the operator's back, and how many of them were still there after two sync intervals. */
  readonly drifts: number;
  readonly missed: readonly string[];
  /** What the engine remembers besides its objects, after each hour, and when every object is gone. */
  readonly remembered: readonly Readonly<Record<string, number>>[];
  readonly afterwards: Readonly<Record<string, number>>;
  readonly defects: readonly string[];
}

const STEP_MS = 5 * 60_000;

/** Time for each object to be made or to go: every fourth is a federated credential, of which Azure takes one in four seconds (arm.md 4). */
const PACE_MS = 1100;
const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" };

/** What goes wrong in the background of a long day. */
const BACKGROUND: Faults = { ...NO_FAULTS, unavailable: 0.01, throttled: 0.005, resetBefore: 0.005, lostAnswer: 0.01, lateEvent: 0.05, doubledEvent: 0.02, droppedEvent: 0.0005, refusedWrite: 0.01 };

interface Drift {
  readonly name: string;
  readonly atMs: number;
}

/** What is wrong about a day: a drift that was missed, an object that did not go, a pass that threw, or something that grew. */
export function faultsOfDay({ defects, missed, remembered, afterwards }: Day, objects: number): readonly string[] {
  const [afterAnHour] = remembered;
  const grown = Object.entries(remembered.at(-1) ?? {}).filter(([what, count]) => count > Math.ceil((afterAnHour?.[what] ?? 0) * 1.05) + 8);
  // Lists and answers leave when the next of their kind comes.
  const left = Object.entries(afterwards).filter(([what, count]) => (["snapshots", "lookups"].includes(what) ? count > objects / 4 + 8 : count > 0));
  return [
    ...defects.map((defect) => `a pass threw: ${defect}`),
    ...missed,
    ...grown.map(([what, count]) => `${what} grew from ${afterAnHour?.[what] ?? 0} to ${count} in a day`),
    ...left.map(([what, count]) => `${count} ${what} are left when every object is gone`),
  ];
}

/** Lets many objects live for many hours of a world's time, while others change things and some objects come and go. */
export async function dayOf({ seed, objects, hours, syncIntervalSeconds }: DayOptions): Promise<Day> {
  const chance = new Chance(seed + 1);
  const universe = new Universe(seed, BACKGROUND, { policy: { syncIntervalSeconds }, maxSteps: Number.POSITIVE_INFINITY });
  for (let index = 0; index < objects; index += 1) declare(universe, index);
  await universe.clock.advance(objects * PACE_MS + STEP_MS);
  const open: Drift[] = [];
  const missed: string[] = [];
  const remembered: Readonly<Record<string, number>>[] = [];
  let drifts = 0;
  for (let step = 0; step < (hours * 3_600_000) / STEP_MS; step += 1) {
    const drift = drifted(universe, `id-${4 * chance.below(objects / 4)}`);
    if (drift !== undefined && !open.some(({ name }) => name === drift.name)) open.push(drift);
    drifts += drift === undefined ? 0 : 1;
    replace(universe, `id-${4 * chance.below(objects / 4)}`, chance);
    await universe.clock.advance(STEP_MS);
    missed.push(...overdue(universe, open, syncIntervalSeconds));
    universe.forget();
    if ((step + 1) % 12 === 0) remembered.push(universe.operator.engine.remembered());
  }
  const { requests } = universe.azure;
  for (const { kind, metadata } of universe.api.list()) universe.api.delete(`${kind}/${metadata.namespace}/${metadata.name}`);
  await universe.calm(objects * PACE_MS + 3_600_000);
  const left = universe.api.list().map((object) => `${object.metadata.name} does not go: ${readyOf(object)?.message ?? ""}`);
  universe.close();
  return { requests, drifts, missed: [...missed, ...left.slice(0, 5)], remembered, afterwards: universe.operator.engine.remembered(), defects: universe.defects };
}

/** In each four objects there are two identities, a grant of the first, and a federated credential of it. */
function declare(universe: Universe, index: number): void {
  const identityRef = { name: `id-${index - (index % 4)}` };
  switch (index % 4) {
    case 2:
      return universe.api.apply("RoleAssignment", `grant-${index}`, { principal: { identityRef }, scope: { armId: GROUP }, roleDefinitionName: "Reader" });
    case 3:
      return universe.api.apply("FederatedIdentityCredential", `fic-${index}`, { identityRef, serviceAccountRef: { name: "app" } });
    default:
      return universe.api.apply("UserAssignedIdentity", `id-${index}`, { ...PLACE, tags: { team: "web" } });
  }
}

/** Somebody changes a tag. */
function drifted(universe: Universe, name: string): Drift | undefined {
  const { portal } = universe.azure.simulator;
  const body = portal.get(identityId(name));
  if (stringAt(objectAt(body, "tags"), "team") !== "web") return undefined;
  portal.patch(identityId(name), { tags: { ...objectAt(body, "tags"), team: "nobody" } });
  return { name, atMs: universe.clock.now() };
}

/** An identity that nothing refers to goes, or comes again under its name. */
function replace(universe: Universe, name: string, chance: Chance): void {
  const alone = name.replace(/\d+$/, (digits) => String(Number(digits) + 1));
  if (chance.happens(0.5)) universe.api.delete(`UserAssignedIdentity/default/${alone}`);
  else if (universe.api.get(`UserAssignedIdentity/default/${alone}`) === undefined) universe.api.apply("UserAssignedIdentity", alone, { ...PLACE, tags: { team: "web" } });
}

/** Takes what is healed off the list, and returns what should have been. */
function overdue(universe: Universe, open: Drift[], syncIntervalSeconds: number): readonly string[] {
  const now = universe.clock.now();
  const late: string[] = [];
  for (const drift of open.slice()) {
    const tags: unknown = universe.azure.simulator.portal.get(identityId(drift.name))?.["tags"];
    const isHealed = isJsonObject(tags) && tags["team"] === "web";
    const isLate = now - drift.atMs > 2 * syncIntervalSeconds * 1000;
    if (!isHealed && !isLate) continue;
    if (!isHealed) late.push(`the tag of ${drift.name} was not healed within two sync intervals`);
    open.splice(open.indexOf(drift), 1);
  }
  return late;
}
