import { QuotaWorld, REGIONS } from "../../world/quota-world.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

/** How long the looks have waited when the edit comes, in milliseconds: what their quota allows at once is used up by then. */
const LATER_MS = 20_000;

/** Edits one object while so many others wait to be looked at: the real engine before the simulator, in virtual time. */
export async function editUnderLoad(count: number): Promise<readonly Figure[]> {
  const world = new QuotaWorld();
  const region = (index: number) => REGIONS[index % REGIONS.length] ?? "";
  for (let index = 0; index < count; index += 1) world.declare(`id-${index}`, { region: region(index) });
  await timed("edit-under-load, making the objects", () => world.untilReady(count, 36_000_000), () => `${world.readyAtMs.size} of ${count} Ready`);
  await world.clock.advance(60_000);
  world.lookAgain();
  await timed("edit-under-load", () => world.clock.advance(LATER_MS));
  const [before, editedMs] = [world.sent.length, world.clock.now()];
  world.declare("id-7", { region: region(7), tags: { edited: "yes" } });
  await world.untilReady(count, 10_000);
  const after = world.sent.slice(before);
  const place = after.findIndex(({ name }) => name === "id-7");
  const delayMs = (after[place]?.atMs ?? Number.NaN) - editedMs;
  await world.close();
  const row = { scenario: "edit-under-load", time: "virtual" } as const;
  return [
    figure({ ...row, figure: `ARM requests before a person's edit while ${count} look again; peer: allowed`, value: place, unit: "requests", peer: 2 }),
    figure({ ...row, figure: "until its first request", value: delayMs / 1000, unit: "s" }),
  ];
}
