import { untilIdle } from "../operator-figures.ts";
import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";
import type { Alone } from "./alone.ts";
import { effortFigures, effortFrom } from "./requests.ts";
import type { Run } from "./scenario.ts";

/** Deletes all objects at once and waits until they are gone. */
export async function remove(run: Run, { deletePerSecond }: Alone): Promise<readonly Figure[]> {
  const { stage, client, watch, names } = run;
  const effort = await effortFrom(run);
  const seconds = await timed(
    "delete",
    () => Promise.all([client.delete(names), watch.untilGone()]),
    () => `${watch.count} of ${names.length} left`,
  );
  await untilIdle(stage.operator());
  const scenario = "delete";
  return [
    figure({ scenario, figure: "objects gone; bound: API server alone", value: names.length / seconds, unit: "1/s", bound: deletePerSecond }),
    ...effortFigures(names.length, await effort(), { scenario, arm: { GET: 1, DELETE: 1 }, kubernetes: { PATCH: 1, POST: 1 } }),
  ];
}
