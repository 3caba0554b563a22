import { describe, expect, test } from "vitest";
import { acquit, culpritsOf, nextCulpritAtMs } from "../../src/reconcile/culprits.ts";
import type { UnitKey } from "../../src/reconcile/claim.ts";
import { Memories, type UnitMemory } from "../../src/reconcile/memory.ts";
import { haltOf, HALT_MS, noteReversal, noteWrite } from "../../src/reconcile/write-memory.ts";
import { nextOf } from "../../src/reconcile/timing.ts";
import { claim, keyOfName } from "./hosts.ts";

const NOW = 1_000_000_000;
const MINUTE = 60_000;

type Note = (memory: UnitMemory, nowMs: number) => void;
const futile: Note = (memory, nowMs) => noteWrite(memory, "ineffective", nowMs);
const effective: Note = (memory, nowMs) => noteWrite(memory, "effective", nowMs);
const settled: Note = (memory, nowMs) => noteWrite(memory, "settled", nowMs);
const reversal: Note = (memory, nowMs) => noteReversal(memory, nowMs);

interface Row {
  readonly name: string;
  /** What was noted, and how many minutes ago. */
  readonly notes: readonly (readonly [Note, number])[];
  readonly isUrgent?: boolean;
  readonly halt: string | undefined;
}

const rows: readonly Row[] = [
  { name: "nothing", notes: [], halt: undefined },
  { name: "one write without effect", notes: [[futile, 1]], halt: undefined },
  { name: "two writes without effect", notes: [[futile, 2], [futile, 1]], halt: "WriteIneffective" },
  { name: "an effective one between them", notes: [[futile, 3], [effective, 2], [futile, 1]], halt: undefined },
  { name: "a settled pass between them", notes: [[futile, 3], [settled, 2], [futile, 1]], halt: undefined },
  { name: "two, and somebody edits", notes: [[futile, 2], [futile, 1]], isUrgent: true, halt: undefined },
  { name: "two, as long ago as the soonest slow retry", notes: [[futile, 28], [futile, 27]], halt: undefined },
  { name: "two reversals", notes: [[reversal, 20], [reversal, 1]], halt: undefined },
  { name: "three reversals within an hour", notes: [[reversal, 59], [reversal, 20], [reversal, 1]], halt: "Contested" },
  { name: "three reversals, the first an hour ago", notes: [[reversal, 60], [reversal, 20], [reversal, 1]], halt: undefined },
  { name: "three reversals, and somebody edits: a fight is not renewed", notes: [[reversal, 59], [reversal, 20], [reversal, 1]], isUrgent: true, halt: "Contested" },
  { name: "three reversals, the last as long ago as the soonest slow retry: one more try", notes: [[reversal, 50], [reversal, 40], [reversal, 27]], halt: undefined },
  { name: "and another reversal after it", notes: [[reversal, 50], [reversal, 40], [reversal, 27], [reversal, 0]], halt: "Contested" },
  { name: "both: the fight is told", notes: [[futile, 2], [futile, 1], [reversal, 3], [reversal, 2], [reversal, 1]], halt: "Contested" },
];

describe("writes are stopped after", () => {
  test.each(rows)("$name: $halt", ({ notes, isUrgent = false, halt }) => {
    const memory = blank();
    for (const [note, minutesAgo] of notes) note(memory, NOW - minutesAgo * MINUTE);
    expect(haltOf(memory, { nowMs: NOW, isUrgent })?.reason).toBe(halt);
  });

  test.each([0, 0.5, 0.999])("and no longer than until the slow retry, whatever the dice say (%d)", (dice) => {
    const refused = { is: "refused", reason: "WriteIneffective", message: "m" } as const;
    const next = nextOf(claim("a", {}).claim, refused, { nowMs: NOW, syncIntervalSeconds: 600, patience: undefined, random: () => dice });
    expect(next?.afterSeconds).toBeGreaterThanOrEqual(HALT_MS / 1000);
  });
});

describe("culprits", () => {
  const [bad, worse] = [keyOfName("bad"), keyOfName("worse")];
  const problem = { reason: "IdentityNotFound", message: "m", stalls: false } as const;
  const memory = () => {
    const made = blank();
    made.culprits.set(bad, { problem, attempts: 1, sinceMs: NOW - MINUTE, retryAtMs: NOW + MINUTE });
    made.culprits.set(worse, { problem, attempts: 9, sinceMs: NOW - 15 * MINUTE, retryAtMs: NOW + 30 * MINUTE });
    return made;
  };

  test("are left out until their time, and stall after a quarter of an hour", () => {
    expect([...culpritsOf(memory(), { nowMs: NOW, isUrgent: false })]).toEqual([[bad, problem], [worse, { ...problem, stalls: true }]]);
    expect([...culpritsOf(memory(), { nowMs: NOW + MINUTE, isUrgent: false }).keys()]).toEqual([worse]);
    expect(nextCulpritAtMs(memory(), NOW)).toBe(NOW + MINUTE);
  });

  test("are tried at once when somebody edits", () => expect(culpritsOf(memory(), { nowMs: NOW, isUrgent: true }).size).toBe(0));

  test("are forgotten when a write proves them innocent", () => {
    const made = memory();
    acquit(made, [bad, worse]);
    expect(nextCulpritAtMs(made, NOW)).toBeUndefined();
  });
});

test("a unit's memory lasts until the unit is forgotten", () => {
  const memories = new Memories();
  const unit = "shared|x" as UnitKey;
  noteReversal(memories.of(unit), NOW);
  expect(memories.of(unit).reversalsAtMs).toEqual([NOW]);
  memories.forget(unit);
  expect(memories.of(unit).reversalsAtMs).toEqual([]);
});

function blank(): UnitMemory {
  return new Memories().of("shared|x" as UnitKey);
}
