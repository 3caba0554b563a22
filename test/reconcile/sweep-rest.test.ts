import { expect, test } from "vitest";
import { withoutOrdinary } from "../../src/reconcile/sweep-rest.ts";
import type { Next } from "../../src/reconcile/timing.ts";

const ORDINARY: Next = { afterSeconds: 600, priority: "resync", isOrdinary: true };
const WAITING: Next = { afterSeconds: 60, priority: "retry" };

test.each<[string, number | undefined, readonly Next[]]>([
  ["never while its list says all", undefined, [WAITING]],
  ["when the list no longer spares it", 90_000, [WAITING, { afterSeconds: 90, priority: "resync" }]],
  ["not at once when it was due and could not be concluded, since a claim beside it waits (seed 316)", 0, [ORDINARY, WAITING]],
])("an ordinary look comes %s", (_when, restMs, expected) => {
  expect(withoutOrdinary([ORDINARY, WAITING], restMs)).toEqual(expected);
});
