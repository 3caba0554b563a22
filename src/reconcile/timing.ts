import { ANNOTATIONS } from "../api/group.ts";
import { conditionOf, conditionsOf } from "../api/conditions.ts";
import type { Claim } from "./claim.ts";
import { isOverdue } from "./conclude.ts";
import type { Patience } from "./memory.ts";
import type { Outcome } from "./outcome.ts";
import type { Random, Urgency } from "./ports.ts";

/** When a unit is to be looked at again, and how urgent that is. */
export interface Next {
  readonly afterSeconds: number;
  readonly priority: Urgency;
  /** Whether it is only the look that is due from time to time; where a LIST stands for that it is not taken (sweep.ts). */
  readonly isOrdinary?: true;
  /** Whether Azure asked for so long: nothing else that the unit waits for makes it come earlier. */
  readonly isEarliest?: true;
  /** Whether it is the unit's turn under Azure's quotas that comes then. */
  readonly isTurn?: true;
}

/** What the next time depends on. */
export interface Timing {
  readonly nowMs: number;
  readonly syncIntervalSeconds: number;
  readonly patience: Patience | undefined;
  readonly random: Random;
}

/** Seconds until a refused or overdue object is tried again without any change (DESIGN 7). */
export const SLOW_RETRY_SECONDS = 30 * 60;

/** Part of a time by which it varies either way, so that what started together does not stay together. */
const JITTER = 0.1;

/** The soonest that the slow retry comes, in seconds. */
export const SOONEST_SLOW_RETRY_SECONDS = SLOW_RETRY_SECONDS * (1 - JITTER);

const MIN_SYNC_SECONDS = 10;
const MAX_WAIT_SECONDS = 120;
const MAX_UNAVAILABLE_SECONDS = 60;

/** When a claim wants to be looked at again; undefined when only an event matters. */
export function nextOf(claim: Claim, outcome: Outcome, timing: Timing): Next | undefined {
  const attempts = timing.patience?.attempts ?? 1;
  switch (outcome.is) {
    case "ready":
    case "observed":
      return { afterSeconds: spread(intervalOf(claim, timing), timing), priority: "resync", isOrdinary: true };
    case "refused":
      return { afterSeconds: spread(SLOW_RETRY_SECONDS, timing), priority: "resync" };
    case "waiting":
      return waiting(claim, outcome, timing);
    case "progressing":
      return { afterSeconds: outcome.afterSeconds, priority: "retry" };
    case "queued":
      return { afterSeconds: outcome.afterSeconds, priority: "retry", isTurn: true };
    case "throttled":
      return { afterSeconds: outcome.afterSeconds + timing.random(), priority: "retry", isEarliest: true };
    case "unavailable":
      return { afterSeconds: backoffSeconds(attempts, MAX_UNAVAILABLE_SECONDS, timing), priority: "retry" };
    case "paused":
    case "released":
      return undefined;
  }
}

/** How long a state that is not settled lasts, across passes and, by the condition's time, across restarts. */
export function patienceOf(before: Patience | undefined, claim: Claim, outcome: Outcome, nowMs: number): Patience | undefined {
  const reason = outcome.is === "waiting" ? outcome.reason : outcome.is;
  if (outcome.is !== "waiting" && outcome.is !== "unavailable") return outcome.is === "throttled" || outcome.is === "queued" ? before : undefined;
  if (before?.reason === reason) return { ...before, attempts: before.attempts + 1 };
  const ready = conditionOf(conditionsOf(claim.object), "Ready");
  const storedMs = ready?.status === "False" && ready.reason === reason ? Date.parse(ready.lastTransitionTime) : Number.NaN;
  return { reason, sinceMs: Number.isNaN(storedMs) ? nowMs : storedMs, attempts: 1 };
}

/** References wake their dependants, so that only the ordinary resync stands behind them; documents are not watched, and polled. */
function waiting(claim: Claim, outcome: Outcome & { readonly is: "waiting" }, timing: Timing): Next {
  if (isOverdue(outcome, timing)) return { afterSeconds: spread(SLOW_RETRY_SECONDS, timing), priority: "resync" };
  const isWoken = outcome.polled !== true && ["RefNotFound", "RefNotReady", "InUse"].includes(outcome.reason);
  if (isWoken) return { afterSeconds: spread(intervalOf(claim, timing), timing), priority: "resync" };
  return { afterSeconds: backoffSeconds((timing.patience?.attempts ?? 1) + 2, MAX_WAIT_SECONDS, timing), priority: "retry" };
}

function intervalOf(claim: Claim, { syncIntervalSeconds }: Timing): number {
  const own = Number(claim.object.metadata.annotations?.[ANNOTATIONS.syncIntervalSeconds]);
  return Number.isInteger(own) && own >= MIN_SYNC_SECONDS ? own : syncIntervalSeconds;
}

function spread(seconds: number, { random }: Timing): number {
  return seconds * (1 - JITTER + 2 * JITTER * random());
}

function backoffSeconds(attempts: number, maxSeconds: number, { random }: Timing): number {
  return Math.min(maxSeconds, 2 ** (attempts - 1)) * (0.5 + 0.5 * random());
}
