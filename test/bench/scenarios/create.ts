import { type Figure, figure } from "../report.ts";
import { timed } from "../timed.ts";
import type { Alone } from "./alone.ts";
import { effortFigures, effortFrom } from "./requests.ts";
import { UNGOVERNED, RSS_AIM_MIB, type Run } from "./scenario.ts";

/** Applies all objects at once and waits until they are Ready; the operator stays. */
export async function create(run: Run, { createPerSecond }: Alone): Promise<readonly Figure[]> {
  const { stage, client, watch, program, names } = run;
  await stage.startOperator(UNGOVERNED, program);
  const effort = await effortFrom(run);
  const seconds = await timed(
    "create",
    () => Promise.all([client.create(names), watch.untilReady(names.length)]),
    () => `${watch.readyCount} of ${names.length} Ready`,
  );
  const spent = await effort();
  const scenario = "create";
  return [
    figure({ scenario, figure: "objects Ready; bound: API server alone", value: names.length / seconds, unit: "1/s", bound: createPerSecond }),
    ...effortFigures(names.length, spent, { scenario, arm: { GET: 1, PUT: 1 }, kubernetes: { PATCH: 3, POST: 1 } }),
    figure({ scenario, figure: "operator RSS, highest; peer: aim", value: spent.usage.peakRssMiB, unit: "MiB", peer: RSS_AIM_MIB }),
    figure({ scenario, figure: "operator RSS, at the end; peer: aim", value: spent.usage.rssMiB, unit: "MiB", peer: RSS_AIM_MIB }),
  ];
}
