import { nextCulpritAtMs } from "./culprits.ts";
import type { EngineResult } from "./engine-options.ts";
import type { UnitMemory } from "./memory.ts";
import type { Next } from "./timing.ts";

/** How soon an operation is asked after again whose claims were all refused or paused since: its lane is taken until it has ended. */
const UNWATCHED_SECONDS = 15;

/** What a pass says to the queue: the soonest of what its claims wait for, and not before what Azure asked for. */
export function resultOf(next: readonly Next[], memory: UnitMemory, { begunAtMs, nowMs }: { readonly begunAtMs: number; readonly nowMs: number }): EngineResult {
  const culpritAtMs = nextCulpritAtMs(memory, begunAtMs);
  const culprit: readonly Next[] = culpritAtMs === undefined ? [] : [{ afterSeconds: Math.max(1, (culpritAtMs - nowMs) / 1000), priority: "retry" }];
  const isUnwatched = memory.running !== undefined && next.every(({ priority }) => priority === "resync");
  const operation: readonly Next[] = isUnwatched ? [{ afterSeconds: UNWATCHED_SECONDS, priority: "retry" }] : [];
  const soonest = [...next, ...culprit, ...operation].toSorted((left, right) => left.afterSeconds - right.afterSeconds)[0];
  const holdLane = memory.running !== undefined;
  if (soonest === undefined) return { holdLane };
  const earliest = next.filter(({ isEarliest }) => isEarliest === true).map(({ afterSeconds }) => afterSeconds);
  return { holdLane, again: { afterMs: Math.max(soonest.afterSeconds, ...earliest) * 1000, priority: soonest.priority } };
}
