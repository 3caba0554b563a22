import { conditionOf, conditionsOf } from "../api/conditions.ts";
import { isJsonObject } from "../api/json.ts";
import { type Claim, hasFinalizer } from "./claim.ts";
import { ended } from "./ending.ts";
import type { Conclusion } from "./outcome.ts";
import type { EngineResult } from "./engine-options.ts";
import { isRequested } from "./requests.ts";
import type { Next } from "./timing.ts";

/** Whether nothing was asked of an object since its status was stored: then only Azure can be the reason for a pass. */
export function isSettled({ object }: Claim): boolean {
  const { metadata, status } = object;
  return metadata.deletionTimestamp === undefined && isJsonObject(status) && status["observedGeneration"] === metadata.generation && !isRequested({ object });
}

/** Whether an object is settled and as declared, so that it can wait for the sweep. */
export function isResting(claim: Claim): boolean {
  // Who only observes gives its finalizer up, and may have been interrupted before it did.
  const isThere = claim.mode === "live" || (claim.mode === "observing" && !hasFinalizer(claim.object));
  return isThere && isSettled(claim) && !isOrphaned(claim) && claim.holds?.confirmed !== false && conditionOf(conditionsOf(claim.object), "Ready")?.status === "True";
}

/** Whether what is held was made below a parent of which its object says that it was made again since: what was below it is gone. */
function isOrphaned({ kind, spec, surroundings, holds }: Claim): boolean {
  const parent = kind.shape.is === "resource" && spec !== undefined ? kind.shape.parent?.cached(spec, surroundings) : undefined;
  return parent !== undefined && holds?.parentPrincipalId !== undefined && holds.parentPrincipalId.toLowerCase() !== parent.toLowerCase();
}

/** The end of a pass that need not ask Azure, because a page has just said what it would say: what is stored stands. */
export function vouchedFor(claim: Claim): Conclusion {
  const message = conditionOf(conditionsOf(claim.object), "Ready")?.message ?? "";
  return ended(claim, { is: "ready", message, drift: [] });
}

/** When a unit comes again for which a list stands: that takes the place of its ordinary looks. `restMs`: until the next that no list spares. */
export function withoutOrdinary(next: readonly Next[], restMs: number | undefined): readonly Next[] {
  // One that was due and did not get to see everything, since a claim waits for something else, is due no sooner than any other.
  if (!next.some(({ isOrdinary }) => isOrdinary) || restMs === 0) return next;
  const rest: readonly Next[] = restMs === undefined ? [] : [{ afterSeconds: restMs / 1000, priority: "resync" }];
  return [...next.filter(({ isOrdinary }) => isOrdinary !== true), ...rest];
}

/** What is said to the queue of a unit that waits for its list. */
export function restingFor(restMs: number | undefined): EngineResult {
  return restMs === undefined ? {} : { again: { afterMs: restMs, priority: "resync" } };
}
