import { QuotaWorld, REGIONS } from "../../world/quota-world.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

/** What binds: the creations of one region of a subscription (arm.md 3.6), or with five regions the principal's writes (arm.md 2.6). */
const ONE_REGION = { regions: 1, burst: 80, perSecond: 4 };
const FIVE_REGIONS = { regions: 5, burst: 200, perSecond: 10 };

/** Applies all objects at once, in one region and over five: the real engine before the simulator, in virtual time. */
export async function createRegion(count: number): Promise<readonly Figure[]> {
  return [...(await made(count, FIVE_REGIONS)), ...(await made(count, ONE_REGION))];
}

async function made(count: number, { regions, burst, perSecond }: typeof ONE_REGION): Promise<readonly Figure[]> {
  const world = new QuotaWorld();
  const startMs = world.clock.now();
  for (let index = 0; index < count; index += 1) world.declare(`id-${index}`, { region: REGIONS[index % regions] ?? "" });
  await timed(`create-region, ${regions}`, () => world.untilReady(count, 3600_000), () => `${world.readyAtMs.size} of ${count} Ready`);
  const seconds = world.secondsSince(startMs);
  const { refused = 0, GET = 0, PUT = 0 } = world.counts();
  await world.close();
  const row = { scenario: "create-region", time: "virtual" } as const;
  const where = regions === 1 ? "one region" : `${regions} regions`;
  return [
    figure({ ...row, figure: `until ${count} in ${where} are Ready; bound: ${perSecond} a second after ${burst}`, value: seconds, unit: "s", bound: Math.max(0, count - burst) / perSecond }),
    figure({ ...row, figure: `answers 429, ${where}`, value: refused, unit: "requests", bound: 0 }),
    figure({ ...row, figure: `requests per object at ARM, ${where}`, value: (GET + PUT) / count, unit: "requests", bound: 2 }),
  ];
}
