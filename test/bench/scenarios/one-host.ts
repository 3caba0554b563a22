import { Fleet } from "../fleet/fleet.ts";
import { assign, declare, hostOf, putHost } from "../fleet/mix.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";

/** Attaches as many identities to one host by as many objects, all applied at once; returns the writes to the host. */
export async function writesToOneHost(assignments: number): Promise<number> {
  const fleet = new Fleet();
  declare(fleet, { identities: assignments, credentials: 0, assignments: 0, grants: 0 });
  await fleet.settle();
  putHost(fleet, 0);
  fleet.azure.count();
  for (let index = 0; index < assignments; index += 1) assign(fleet, index, hostOf(0));
  await fleet.settle();
  return fleet.azure.count().writes;
}

/** Coalescing: whatever is declared on a host within a second is one write. */
export async function oneHost(): Promise<readonly Figure[]> {
  let writes = Number.NaN;
  await timed("one-host", async () => {
    writes = await writesToOneHost(50);
  });
  return [figure({ scenario: "one-host", time: "virtual", figure: "50 assignments on one host: writes to it, virtual time", value: writes, unit: "requests", bound: 1 })];
}
