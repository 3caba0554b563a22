import { timed } from "../timed.ts";
import type { Run } from "./scenario.ts";

/** What the API server allows without operator and Azure, in objects per second. */
export interface Alone {
  readonly createPerSecond: number;
  readonly deletePerSecond: number;
}

/** An API server that has just started is slower than it will be, and would be a bound that can be surpassed. */
const WARM_UP_OBJECTS = 200;

/** Makes the writes of the operator without it, and leaves nothing behind. */
export async function alone(run: Run): Promise<Alone> {
  await withoutOperator(run, Array.from({ length: WARM_UP_OBJECTS }, (_, index) => `warm-up-${index}`));
  return withoutOperator(run, run.names);
}

async function withoutOperator({ client, watch }: Run, names: readonly string[]): Promise<Alone> {
  const createSeconds = await timed("the API server alone, create", () => client.createAlone(names), () => `${watch.readyCount} of ${names.length}`);
  await watch.untilReady(names.length);
  const deleteSeconds = await timed("the API server alone, delete", () => client.deleteAlone(names), () => `${watch.count} of ${names.length} left`);
  await watch.untilGone();
  return { createPerSecond: names.length / createSeconds, deletePerSecond: names.length / deleteSeconds };
}
