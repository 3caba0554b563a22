import type { Refusal } from "./refusal.ts";
import type { UnitMemory } from "./memory.ts";
import { SOONEST_SLOW_RETRY_SECONDS } from "./timing.ts";

/** What was seen of our writes: they took effect, they did not, or nothing was left to write. */
export type WriteEffect = "effective" | "ineffective" | "settled";

/** Writes in a row without effect after which we stop (DESIGN 1). */
const MAX_INEFFECTIVE_WRITES = 2;

/** Reversals by others within {@link REVERSAL_WINDOW_MS} after which we stop (DESIGN 1). */
const MAX_REVERSALS = 3;
const REVERSAL_WINDOW_MS = 60 * 60_000;

/** How long a stop lasts. No longer than the soonest slow retry, which would find it still on and wait another round. */
export const HALT_MS = SOONEST_SLOW_RETRY_SECONDS * 1000;

/** Notes what became of a write. */
export function noteWrite(memory: UnitMemory, effect: WriteEffect, nowMs: number): void {
  switch (effect) {
    case "ineffective":
      memory.ineffectiveWrites += 1;
      memory.ineffectiveAtMs = nowMs;
      return;
    case "effective":
    case "settled":
      memory.ineffectiveWrites = 0;
      memory.futileForms.clear();
  }
}

/** Notes that others undid what we had written. */
export function noteReversal(memory: UnitMemory, nowMs: number): void {
  memory.reversalsAtMs = [...memory.reversalsAtMs.filter((atMs) => nowMs - atMs < REVERSAL_WINDOW_MS), nowMs];
}

/**
 * Why no write is made for now, if so: Azure accepted writes without effect, or others keep undoing them. After
 * {@link HALT_MS} one more write is tried. Somebody's edit tries again at once what had no effect; it does not renew a fight.
 */
export function haltOf(memory: UnitMemory, now: { readonly nowMs: number; readonly isUrgent: boolean }): Refusal | undefined {
  const recent = memory.reversalsAtMs.filter((atMs) => now.nowMs - atMs < REVERSAL_WINDOW_MS);
  const lastMs = recent.at(-1) ?? 0;
  if (recent.length >= MAX_REVERSALS && now.nowMs - lastMs < HALT_MS) {
    const message = `others undid the change ${MAX_REVERSALS} times within an hour: settle who manages it, then annotate this object with azureidentity.dev/reconcile-requested-at`;
    return { reason: "Contested", message };
  }
  const isFutile = memory.ineffectiveWrites >= MAX_INEFFECTIVE_WRITES && now.nowMs - memory.ineffectiveAtMs < HALT_MS;
  if (!isFutile || now.isUrgent) return undefined;
  const message = `Azure accepted ${MAX_INEFFECTIVE_WRITES} writes and nothing changed: look at the resource in Azure; it is tried again every 30 minutes`;
  return { reason: "WriteIneffective", message };
}
