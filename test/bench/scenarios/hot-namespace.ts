import { QuotaWorld, REGIONS } from "../../world/quota-world.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

/** When the other namespace edits, in milliseconds after the flood: no write is left over by then. */
const LATER_MS = 25_000;

/** One namespace applies so many objects at once, another edits one of its own: the real engine before the simulator, in virtual time. */
export async function hotNamespace(count: number): Promise<readonly Figure[]> {
  const world = new QuotaWorld({ namespaces: ["hot", "calm"] });
  world.declare("calm", { region: "westeurope", namespace: "calm" });
  await world.untilReady(1, 10_000);
  for (let index = 0; index < count; index += 1) world.declare(`hot-${index}`, { region: REGIONS[index % REGIONS.length] ?? "", namespace: "hot" });
  await timed("hot-namespace", () => world.clock.advance(LATER_MS));
  const [before, editedMs] = [world.sent.length, world.clock.now()];
  world.declare("calm", { region: "westeurope", namespace: "calm", tags: { edited: "yes" } });
  await world.clock.advance(10_000);
  const write = world.sent.slice(before).find(({ name, method }) => name === "calm" && method === "PATCH");
  await world.close();
  const what = `until the edit of another namespace is written while one applies ${count}; peer: allowed`;
  return [figure({ scenario: "hot-namespace", time: "virtual", figure: what, value: ((write?.atMs ?? Number.NaN) - editedMs) / 1000, unit: "s", peer: 2 })];
}
