import { setTimeout as delay } from "node:timers/promises";
import { conditionOf, conditionsOf } from "../../src/api/conditions.ts";
import { isJsonObject } from "../../src/api/json.ts";
import { type KubeObject, titleOf } from "../../src/api/object.ts";
import { ANNOTATIONS } from "../../src/api/group.ts";

const LOOK_EVERY_MS = 1000;
const SHOWN = 20;

/** Waits until no object has anything left to say against it. Throws with what they are when the time is over. */
export async function untilQuiet(look: () => Promise<readonly string[]>, what: string, patienceMs: number): Promise<void> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const restless = await look();
    if (restless.length === 0) return;
    if (Date.now() > deadlineMs) throw new Error(`${what} did not happen within ${patienceMs / 1000} s; ${restless.length} left:\n${restless.slice(0, SHOWN).join("\n")}`);
    await delay(LOOK_EVERY_MS);
  }
}

/** Why an object is not at rest as it is declared; undefined when it is. */
export function restlessness(object: KubeObject, token?: string): string | undefined {
  const ready = conditionOf(conditionsOf(object), "Ready");
  const status = isJsonObject(object.status) ? object.status : {};
  const say = (what: string) => `${titleOf(object)}: ${what}: ${ready?.reason ?? "-"}: ${ready?.message ?? ""}`;
  if (object.metadata.deletionTimestamp !== undefined) return say("is still there");
  if (ready?.status !== "True") return say(`is Ready ${ready?.status ?? "-"}`);
  if (status["observedGeneration"] !== object.metadata.generation) return say(`is at generation ${JSON.stringify(status["observedGeneration"])} of ${object.metadata.generation}`);
  if (token !== undefined && object.metadata.annotations?.[ANNOTATIONS.reconcileRequestedAt] === token && status["lastHandledReconcileAt"] !== token) return say("was not looked at again");
  return undefined;
}
