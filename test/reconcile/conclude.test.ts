import { describe, expect, test } from "vitest";
import type { Condition } from "../../src/api/conditions.ts";
import { identityAssignmentStatus } from "../../src/api/identity-assignment.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { conclude, DEADLINE_MS, UNAVAILABLE_GRACE_MS } from "../../src/reconcile/conclude.ts";
import type { Outcome } from "../../src/reconcile/outcome.ts";
import { nextOf, patienceOf } from "../../src/reconcile/timing.ts";
import { claim } from "./hosts.ts";

const NOW = Date.parse("2026-06-01T12:00:00Z");
const { claim: fresh } = claim("a", { ids: ["x"] });

const waiting: Outcome = { is: "waiting", reason: "AuthorizationFailed", message: "m", hasDeadline: true };
const unavailable: Outcome = { is: "unavailable", message: "m" };
const since = (ms: number) => ({ reason: "unavailable", sinceMs: NOW - ms, attempts: 3 });

interface Row {
  readonly name: string;
  readonly outcome: Outcome;
  readonly patience?: ReturnType<typeof since>;
  readonly conditions: Readonly<Record<string, string>>;
  readonly kstatus: "Current" | "InProgress" | "Failed";
  readonly settles: boolean;
}

// The table of style.md 4.1.
const rows: readonly Row[] = [
  { name: "ready", outcome: { is: "ready", message: "m", drift: [] }, conditions: { Ready: "True" }, kstatus: "Current", settles: true },
  { name: "observed", outcome: { is: "observed", message: "m", drift: [] }, conditions: { Ready: "True" }, kstatus: "Current", settles: true },
  { name: "observed with drift", outcome: { is: "observed", message: "m", drift: [{ path: "p", want: "w", have: "h" }] }, conditions: { Ready: "True", Drifted: "True" }, kstatus: "Current", settles: true },
  { name: "progressing", outcome: { is: "progressing", reason: "Creating", message: "m", afterSeconds: 1 }, conditions: { Ready: "Unknown", Reconciling: "True" }, kstatus: "InProgress", settles: false },
  { name: "waiting", outcome: waiting, conditions: { Ready: "False", Reconciling: "True" }, kstatus: "InProgress", settles: false },
  { name: "waiting beyond the deadline", outcome: waiting, patience: since(DEADLINE_MS), conditions: { Ready: "False", Stalled: "True" }, kstatus: "Failed", settles: true },
  { name: "refused", outcome: { is: "refused", reason: "AlreadyExists", message: "m" }, conditions: { Ready: "False", Stalled: "True" }, kstatus: "Failed", settles: true },
  { name: "unavailable for long", outcome: unavailable, patience: since(UNAVAILABLE_GRACE_MS), conditions: { Ready: "Unknown", Reconciling: "True" }, kstatus: "InProgress", settles: false },
  { name: "paused, never seen before", outcome: { is: "paused" }, conditions: { Ready: "Unknown", Paused: "True" }, kstatus: "InProgress", settles: false },
];

describe("an outcome", () => {
  test.each(rows)("$name: conditions, and what every tool makes of them", ({ outcome, patience, conditions, kstatus, settles }) => {
    const { status } = conclude({ claim: fresh, outcome, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW, patience });
    expect(Object.fromEntries(conditionsIn(status).map(({ type, status: value }) => [type, value]))).toEqual(conditions);
    expect(status?.["observedGeneration"]).toBe(settles ? 1 : -1);
    expect(kstatusOf(status)).toBe(kstatus);
  });

  test("shows of a difference no more than a status may hold", () => {
    const long = { path: `tags[${"k".repeat(512)}]`, want: "w".repeat(8192), have: "h".repeat(8192) };
    const outcome: Outcome = { is: "observed", message: "m", drift: Array.from({ length: 65 }, () => long) };
    const { status } = conclude({ claim: fresh, outcome, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW, patience: undefined });
    const shown = identityAssignmentStatus.pick({ drift: true }).parse(status);
    expect(shown.drift).toHaveLength(64);
  });

  test.each<[string, Outcome]>([
    ["throttled", { is: "throttled", afterSeconds: 5 }],
    ["unavailable for a short while", unavailable],
  ])("%s changes no condition", (_name, outcome) => {
    const { status } = conclude({ claim: fresh, outcome, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW, patience: since(1000) });
    expect(status).toBeUndefined();
  });

  test("that is stored already is not stored again, whatever the order of conditions", () => {
    const outcome: Outcome = { is: "refused", reason: "AlreadyExists", message: "m" };
    const first = conclude({ claim: fresh, outcome, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW, patience: undefined }).status;
    const stored = withStatus({ ...first, conditions: conditionsIn(first).toReversed() });
    const again = conclude({ claim: stored, outcome, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW + 60_000, patience: undefined });
    expect(again).toEqual({ status: undefined, event: undefined });
  });

  test("moves lastTransitionTime only with the status", () => {
    const first = conclude({ claim: fresh, outcome: waiting, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW, patience: undefined }).status;
    const other: Outcome = { is: "waiting", reason: "HostNotFound", message: "n" };
    const second = conclude({ claim: withStatus(first), outcome: other, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW + 60_000, patience: undefined }).status;
    expect(conditionsIn(second).map(({ type, reason, lastTransitionTime }) => [type, reason, lastTransitionTime])).toEqual([
      ["Ready", "HostNotFound", "2026-06-01T12:00:00Z"],
      ["Reconciling", "HostNotFound", "2026-06-01T12:00:00Z"],
    ]);
  });

  test("has a message of one bounded line", () => {
    const outcome: Outcome = { is: "refused", reason: "AzureRefused", message: `a\nb\u0007\u2028c${"x".repeat(9000)}` };
    const [ready] = conditionsIn(conclude({ claim: fresh, outcome, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW, patience: undefined }).status);
    expect(ready?.message.length).toBe(4096);
    expect(ready?.message.startsWith("a b c")).toBe(true);
  });
});

describe("patience", () => {
  test("counts the tries of one reason, and starts anew with another", () => {
    const first = patienceOf(undefined, fresh, waiting, NOW);
    const second = patienceOf(first, fresh, waiting, NOW + 5000);
    expect(second).toEqual({ reason: "AuthorizationFailed", sinceMs: NOW, attempts: 2 });
    expect(patienceOf(second, fresh, { is: "waiting", reason: "HostNotFound", message: "m" }, NOW + 9000)).toEqual({ reason: "HostNotFound", sinceMs: NOW + 9000, attempts: 1 });
    expect(patienceOf(second, fresh, { is: "ready", message: "m", drift: [] }, NOW)).toBeUndefined();
    expect(patienceOf(second, fresh, { is: "throttled", afterSeconds: 1 }, NOW)).toEqual(second);
  });

  test("survives a restart by the condition's time", () => {
    const stored = conclude({ claim: fresh, outcome: waiting, holds: undefined, shown: undefined, done: [] }, { nowMs: NOW, patience: undefined }).status;
    expect(patienceOf(undefined, withStatus(stored), waiting, NOW + DEADLINE_MS)).toMatchObject({ sinceMs: NOW });
  });
});

describe("the next time", () => {
  const timing = { nowMs: NOW, syncIntervalSeconds: 600, patience: undefined, random: () => 0.5 };
  test.each<[string, Outcome, number | undefined]>([
    ["ready: the sync interval", { is: "ready", message: "m", drift: [] }, 600],
    ["refused: half an hour", { is: "refused", reason: "AlreadyExists", message: "m" }, 1800],
    ["a reference: nothing but the sync interval stands behind the wake-up", { is: "waiting", reason: "RefNotFound", message: "m" }, 600],
    ["paused: never", { is: "paused" }, undefined],
    ["throttled: not before Azure said", { is: "throttled", afterSeconds: 7 }, 7.5],
    ["progressing: when it says", { is: "progressing", reason: "Updating", message: "m", afterSeconds: 3 }, 3],
  ])("%s", (_name, outcome, afterSeconds) => expect(nextOf(fresh, outcome, timing)?.afterSeconds).toBe(afterSeconds));

  test("an overdue wait is tried every half hour", () => {
    expect(nextOf(fresh, waiting, { ...timing, patience: { reason: "AuthorizationFailed", sinceMs: NOW - DEADLINE_MS, attempts: 9 } })?.afterSeconds).toBe(1800);
  });
});

function withStatus(status: unknown): typeof fresh {
  return { ...fresh, object: { ...fresh.object, status } };
}

function conditionsIn(status: unknown): readonly Condition[] {
  return ((status as { conditions?: readonly Condition[] } | undefined)?.conditions ?? []).filter(() => true);
}

/** kstatus' generic rules (conventions.md 1.3), for an object of generation 1. */
function kstatusOf(status: JsonObject | undefined): Row["kstatus"] {
  const is = (type: string) => conditionsIn(status).find((condition) => condition.type === type)?.status;
  if (status?.["observedGeneration"] !== 1 || is("Reconciling") === "True") return "InProgress";
  if (is("Stalled") === "True") return "Failed";
  return is("Ready") === "True" ? "Current" : "InProgress";
}
