import { timed } from "../timed.ts";
import type { Run } from "./scenario.ts";

/** What the API server allows without operator and Azure, in objects per second. */
export interface Alone {
  readonly createPerSecond: number;
  readonly deletePerSecond: number;
}

/** Makes the writes of the operator without it, and leaves nothing behind. */
export async function alone({ client, watch, names }: Run): Promise<Alone> {
  const createSeconds = await timed("the API server alone, create", () => client.createAlone(names), () => `${watch.readyCount} of ${names.length}`);
  await watch.untilReady(names.length);
  const deleteSeconds = await timed("the API server alone, delete", () => client.deleteAlone(names), () => `${watch.count} of ${names.length} left`);
  await watch.untilGone();
  return { createPerSecond: names.length / createSeconds, deletePerSecond: names.length / deleteSeconds };
}
