import { QuotaWorld } from "../../world/quota-world.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

/** Creations of identities in one region of a subscription (arm.md 3.6). */
const BURST = 80;
const PER_SECOND = 4;

/** Applies all objects at once, in one region: the real engine before the simulator, in virtual time. */
export async function createRegion(count: number): Promise<readonly Figure[]> {
  const world = new QuotaWorld();
  const startMs = world.clock.now();
  const names = Array.from({ length: count }, (_, index) => `id-${index}`);
  for (const name of names) world.declare(name, { region: "westeurope" });
  await timed("create-region", () => world.untilReady(count, 3600_000), () => `${world.readyAtMs.size} of ${count} Ready`);
  const seconds = world.secondsSince(startMs);
  const { refused = 0, GET = 0, PUT = 0 } = world.counts();
  await world.close();
  const row = { scenario: "create-region", time: "virtual" } as const;
  return [
    figure({ ...row, figure: `until ${count} in one region are Ready; bound: its creations`, value: seconds, unit: "s", bound: Math.max(0, count - BURST) / PER_SECOND }),
    figure({ ...row, figure: "answers 429", value: refused, unit: "requests", bound: 0 }),
    figure({ ...row, figure: "requests per object at ARM", value: (GET + PUT) / count, unit: "requests", bound: 2 }),
  ];
}
