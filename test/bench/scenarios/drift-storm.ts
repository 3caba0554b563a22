import { objectAt } from "../../../src/api/json.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { identityId, identityOf, mixOf, mixText } from "../fleet/mix.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";
import { settledFleet } from "./settled-day.ts";

const STEP_MS = 250;

const DEADLINE_MS = 7_200_000;

/** ARM takes 200 writes at once and 10 a second from then on, of a principal in a subscription (arm.md 2.6). */
const BUCKET = { capacity: 200, perSecond: 10 };

/** How a storm went, in seconds of virtual time. */
export interface Storm {
  /** Until the pages that tell the last of them. */
  readonly foundSeconds: number;
  /** From the first page that tells of it until the last is healed. */
  readonly healedSeconds: number;
  readonly writes: number;
  readonly reads: number;
}

/** Changes a tag of so many identities behind the operator's back, at once, and waits until all are healed. Throws after two hours. */
export async function stormOver(fleet: Fleet, count: number): Promise<Storm> {
  await untilRead(fleet);
  fleet.azure.count();
  fleet.compared = { same: 0, differs: 0, absent: 0 };
  for (let index = 0; index < count; index += 1) tamper(fleet, index);
  fleet.azure.changed();
  let [beganAtMs, foundAtMs] = [0, 0];
  for (let atMs = STEP_MS; atMs <= DEADLINE_MS; atMs += STEP_MS) {
    await fleet.wait(STEP_MS);
    if (fleet.compared.differs === 0) continue;
    if (beganAtMs === 0) beganAtMs = atMs;
    if (foundAtMs === 0 && fleet.compared.differs >= count) foundAtMs = atMs;
    if (foundAtMs > 0 && isHealed(fleet, count)) {
      const { writes, reads } = fleet.azure.count();
      return { foundSeconds: foundAtMs / 1000, healedSeconds: (atMs - beganAtMs) / 1000, writes, reads };
    }
  }
  throw new Error(`the storm is not over after two hours: ${fleet.compared.differs} of ${count} were found`);
}

/** Between two sweeps: what is changed in the middle of one would be found in two. */
async function untilRead(fleet: Fleet): Promise<void> {
  for (let before = -1; before !== fleet.compared.same; ) {
    before = fleet.compared.same;
    await fleet.wait(10_000);
  }
}

/** The fewest seconds in which Azure takes so many writes. */
export function boundSeconds(writes: number): number {
  return Math.max(1, (writes - BUCKET.capacity) / BUCKET.perSecond);
}

/** A tenth of the objects are changed at once: each is found by a page, read once and written once. */
export async function driftStorm(objects: number): Promise<readonly Figure[]> {
  const mix = mixOf(objects);
  const count = objects / 10;
  console.error(`drift-storm: ${mixText(mix)}, of which the tags of ${count} identities are changed`);
  let storm: Storm = { foundSeconds: 0, healedSeconds: 0, writes: 0, reads: 0 };
  await timed("drift-storm", async () => {
    storm = await stormOver(await settledFleet(mix), count);
  });
  const scenario = "drift-storm";
  return [
    figure({ scenario, time: "virtual", figure: `${count} of ${objects} found, virtual time; bound: one sweep and its jitter`, value: storm.foundSeconds, unit: "s", bound: 330 + 50 }),
    figure({ scenario, time: "virtual", figure: "healed after the first was found, virtual time; bound: 200 writes at once, then 10 a second", value: storm.healedSeconds, unit: "s", bound: boundSeconds(count) }),
    figure({ scenario, figure: "writes at ARM", value: storm.writes, unit: "requests", bound: count }),
    figure({ scenario, figure: "GETs", value: storm.reads, unit: "requests", bound: count }),
  ];
}

function tamper({ azure: { simulator } }: Fleet, index: number): void {
  const tags = objectAt(simulator.portal.get(identityId(index)), "tags") ?? {};
  simulator.portal.patch(identityId(index), { tags: { ...tags, team: `nobody-${identityOf(index)}` } });
}

function isHealed({ azure: { simulator } }: Fleet, count: number): boolean {
  for (let index = count - 1; index >= 0; index -= 1) if (objectAt(simulator.portal.get(identityId(index)), "tags")?.["team"] !== "web") return false;
  return true;
}
