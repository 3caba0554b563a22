import type { Condition, ConditionType } from "../api/conditions.ts";
import { conditionOf, conditionsOf } from "../api/conditions.ts";
import { shownCredential } from "../api/credential.ts";
import { ANNOTATIONS } from "../api/group.ts";
import { isJsonObject, type JsonObject, stringAt } from "../api/json.ts";
import type { Reason } from "../api/reasons.ts";
import { type Drift, DRIFT_LIMITS, MAX_MESSAGE_LENGTH } from "../api/shared.ts";
import type { Patience } from "./memory.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import type { KubeEvent } from "./ports.ts";
import { isSameJson } from "./same-json.ts";

/** What conclude knows besides the outcome. */
export interface Ending {
  readonly nowMs: number;
  readonly patience: Patience | undefined;
}

/** What a pass leaves for one object. */
export interface Ended {
  /** The status to store; undefined when it is stored already. */
  readonly status: JsonObject | undefined;
  readonly event: KubeEvent | undefined;
}

/** How long Azure may be away before conditions say so. */
export const UNAVAILABLE_GRACE_MS = 5 * 60_000;

/** How long a state that propagation should heal may last before it counts as stalled (DESIGN 7). */
export const DEADLINE_MS = 15 * 60_000;

/** Status fields that this file decides; every other one belongs to the kind's shape. */
const OWN_FIELDS = new Set(["conditions", "observedGeneration", "credential", "holds", "drift", "lastSyncTime", "lastHandledReconcileAt"]);

/** Turns an outcome into the status and the event of an object; pure, and the only place that decides conditions. */
export function conclude(conclusion: Conclusion, ending: Ending): Ended {
  const previous = isJsonObject(conclusion.claim.object.status) ? conclusion.claim.object.status : {};
  const verdict = verdictOf(conclusion.outcome, ending);
  const status = statusOf(conclusion, { previous, verdict, nowMs: ending.nowMs });
  const isNew = !isUnsaid(conclusion, verdict) && !isSameJson(comparable(status), comparable(previous));
  const stored = { ...status, lastSyncTime: isNew ? iso(ending.nowMs) : previous["lastSyncTime"] };
  return { status: isNew ? stored : undefined, event: eventOf(conclusion, verdict) };
}

/**
 * Whether nothing has been said of an object yet, and there is nothing to say: the CRD's default stands for that. What is stored may be
 * newer than what this pass knows, and would be lost.
 */
function isUnsaid({ claim, holds, done }: Conclusion, verdict: Verdict): boolean {
  return verdict.is === "unchanged" && conditionsOf(claim.object).length === 0 && holds === undefined && done.length === 0;
}

/** Whether a wait has lasted so long that it counts as stalled. */
export function isOverdue(outcome: Outcome, { nowMs, patience }: Ending): boolean {
  if (outcome.is !== "waiting" || outcome.hasDeadline !== true || patience === undefined) return false;
  return nowMs - patience.sinceMs >= DEADLINE_MS;
}

/** Conditions of an outcome; `unchanged` leaves those that are stored. */
type Verdict =
  | { readonly is: "unchanged" }
  | {
      readonly is: "new";
      readonly ready: Condition["status"];
      readonly reason: Reason;
      readonly message: string;
      readonly besides: readonly ConditionType[];
      /** Whether this generation is settled. */
      readonly settles: boolean;
    }
  | { readonly is: "paused" };

function verdictOf(outcome: Outcome, ending: Ending): Verdict {
  switch (outcome.is) {
    case "ready":
      return settled("True", "Succeeded", outcome.message, []);
    case "observed":
      return settled("True", outcome.drift.length > 0 ? "Drifted" : "Observed", outcome.message, outcome.drift.length > 0 ? ["Drifted"] : []);
    case "refused":
      return settled("False", outcome.reason, outcome.message, ["Stalled"]);
    case "waiting":
      if (isOverdue(outcome, ending)) return settled("False", outcome.reason, outcome.message, ["Stalled"]);
      return pending("False", outcome.reason, outcome.message);
    case "progressing":
      return pending("Unknown", outcome.reason, outcome.message);
    case "unavailable":
      if (ending.nowMs - (ending.patience?.sinceMs ?? ending.nowMs) < UNAVAILABLE_GRACE_MS) return { is: "unchanged" };
      return pending("Unknown", "AzureUnavailable", outcome.message);
    case "released":
      return pending("Unknown", outcome.reason, outcome.message);
    case "throttled":
    case "queued":
      return { is: "unchanged" };
    case "paused":
      return { is: "paused" };
  }
}

function settled(ready: Condition["status"], reason: Reason, message: string, besides: readonly ConditionType[]): Verdict {
  return { is: "new", ready, reason, message: oneLine(message), besides, settles: true };
}

function pending(ready: Condition["status"], reason: Reason, message: string): Verdict {
  return { is: "new", ready, reason, message: oneLine(message), besides: ["Reconciling"], settles: false };
}

interface Stating {
  readonly previous: JsonObject;
  readonly verdict: Verdict;
  readonly nowMs: number;
}

function statusOf(conclusion: Conclusion, stating: Stating): JsonObject {
  const { claim, outcome, holds, shown } = conclusion;
  const { previous, verdict } = stating;
  const settles = verdict.is === "new" && verdict.settles;
  const kept = Object.fromEntries(Object.entries(previous).filter(([key]) => !OWN_FIELDS.has(key)));
  const drift = "drift" in outcome && outcome.drift !== undefined && outcome.drift.length > 0 ? outcome.drift : undefined;
  const handled = verdict.is === "unchanged" ? undefined : claim.object.metadata.annotations?.[ANNOTATIONS.reconcileRequestedAt];
  return defined({
    ...kept,
    ...shown,
    conditions: conditionsFor(conclusion, stating).map((condition) => ({ ...condition })),
    observedGeneration: settles ? claim.object.metadata.generation : (previous["observedGeneration"] ?? -1),
    credential: claim.credential === undefined ? undefined : shownOf(claim.credential),
    holds,
    drift: drift?.slice(0, DRIFT_LIMITS.entries).map(shownDrift),
    lastHandledReconcileAt: handled?.slice(0, 256) ?? previous["lastHandledReconcileAt"],
  });
}

function shownOf(credential: string): JsonObject | undefined {
  const shown = shownCredential(credential);
  return shown === undefined ? undefined : { ...shown };
}

/** Whole, a value could be longer than a status may hold, and the API server would refuse all of it. */
function shownDrift({ path, want, have }: Drift): Drift {
  return { path: path.slice(0, DRIFT_LIMITS.path), want: want.slice(0, DRIFT_LIMITS.value), have: have.slice(0, DRIFT_LIMITS.value) };
}

function conditionsFor({ claim }: Conclusion, { verdict, nowMs }: Stating): readonly Condition[] {
  const before = conditionsOf(claim.object);
  if (verdict.is === "unchanged") return before;
  const make = (type: ConditionType, status: Condition["status"], says: { readonly reason: string; readonly message: string }): Condition => {
    const old = conditionOf(before, type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : iso(nowMs);
    return { type, status, observedGeneration: claim.object.metadata.generation, lastTransitionTime, reason: says.reason, message: says.message };
  };
  if (verdict.is === "new") {
    return [make("Ready", verdict.ready, verdict), ...verdict.besides.map((type) => make(type, "True", verdict))];
  }
  const pause = { reason: "Paused", message: "the annotation azureidentity.dev/paused is set: remove it to go on" };
  return [conditionOf(before, "Ready") ?? make("Ready", "Unknown", pause), make("Paused", "True", pause)];
}

/** One event for what was written, or for a state that is new; nothing for a pass that changed nothing. */
function eventOf(conclusion: Conclusion, verdict: Verdict): KubeEvent | undefined {
  const [done] = conclusion.done;
  if (done !== undefined) {
    const note = conclusion.done.map((each) => each.note).join("; ");
    return { type: "Normal", reason: done.reason, action: done.action, note: oneLine(note).slice(0, 1024) };
  }
  if (verdict.is !== "new" || conclusion.outcome.is === "progressing") return undefined;
  const ready = conditionOf(conditionsOf(conclusion.claim.object), "Ready");
  if (ready?.reason === verdict.reason && ready.status === verdict.ready) return undefined;
  const type = verdict.ready === "False" ? "Warning" : "Normal";
  return { type, reason: verdict.reason, action: "Reconcile", note: verdict.message.slice(0, 1024) };
}

/** Condition messages are one line of printable characters: names from specs and texts from Azure pass through here. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]+/gu, " ").trim();
  return line.length <= MAX_MESSAGE_LENGTH ? line : `${line.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

/** A status without its time, and its conditions by type: they are a map to the API server, which may keep another order. */
function comparable(status: JsonObject): unknown {
  const { lastSyncTime: _time, conditions, ...rest } = status;
  const byType = Array.isArray(conditions) ? Object.fromEntries(conditions.map((condition) => [stringAt(condition, "type"), condition])) : {};
  return { ...rest, conditions: byType };
}

function defined(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

function iso(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}
