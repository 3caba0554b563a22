import { Fleet } from "../fleet/fleet.ts";
import { declare, type Mix, mixOf, mixText } from "../fleet/mix.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

const HOUR_MS = 3_600_000;

/** 1 % of the 25 reads by which ARM refills a principal's bucket in a subscription each second (arm.md 2.6). */
export const DAILY_BOUND = 0.01 * 25 * 86_400;

/** What a peer asks that reads each object every ten minutes. */
const GET_EACH_PER_DAY = 144;

/** What a settled day costs. */
export interface Day {
  /** Pages of lists. */
  readonly pages: number;
  /** Other requests that change nothing. */
  readonly reads: number;
  readonly writes: number;
  readonly kubernetesWrites: number;
}

/** Objects that are all as declared, made by the operator itself. */
export async function settledFleet(mix: Mix): Promise<Fleet> {
  const fleet = new Fleet();
  declare(fleet, mix);
  await fleet.settle();
  // Whatever the last writes have set in motion.
  await fleet.wait(HOUR_MS);
  return fleet;
}

/** Lets a day pass in which nobody does anything. */
export async function dayOf(fleet: Fleet): Promise<Day> {
  fleet.azure.count();
  const before = fleet.cluster.writes;
  await fleet.wait(24 * HOUR_MS);
  return { ...fleet.azure.count(), kubernetesWrites: fleet.cluster.writes - before };
}

/** A day of virtual time over objects that nobody touches: the engine in this process, the simulator without a network. */
export async function settledDay(objects: number): Promise<readonly Figure[]> {
  const mix = mixOf(objects);
  console.error(`settled-day: ${mixText(mix)}; one credential, one subscription; 100 a page for providers' lists, 1000 for that of all resources`);
  let fleet = new Fleet();
  await timed("settled-day, making the objects", async () => {
    fleet = await settledFleet(mix);
  });
  let day: Day = { pages: 0, reads: 0, writes: 0, kubernetesWrites: 0 };
  const seconds = await timed("settled-day, 24 h of virtual time", async () => {
    day = await dayOf(fleet);
  });
  const scenario = "settled-day";
  return [
    figure({ scenario, time: "virtual", figure: `${objects} objects: requests at ARM in 24 virtual hours; bound: 1 % of the read quota`, value: day.pages + day.reads, unit: "requests", bound: DAILY_BOUND }),
    figure({ scenario, time: "virtual", figure: "the same; peer: a GET of each every ten minutes, by its formula", value: day.pages + day.reads, unit: "requests", peer: objects * GET_EACH_PER_DAY }),
    figure({ scenario, time: "virtual", figure: "requests besides pages", value: day.reads, unit: "requests", bound: 0 }),
    figure({ scenario, time: "virtual", figure: "writes at ARM", value: day.writes, unit: "requests", bound: 0 }),
    figure({ scenario, time: "virtual", figure: "writes at Kubernetes", value: day.kubernetesWrites, unit: "requests", bound: 0 }),
    figure({ scenario, figure: "real seconds that the virtual day took, simulator included", value: seconds, unit: "s" }),
  ];
}
