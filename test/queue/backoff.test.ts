import * as fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "../../src/queue/backoff.ts";

const bounds = { baseMs: 1000, maxMs: 60_000 };

test.each([
  { failures: 1, random: 0, want: 500 },
  { failures: 1, random: 0.5, want: 750 },
  { failures: 3, random: 0, want: 2000 },
  { failures: 3, random: 0.5, want: 3000 },
  { failures: 7, random: 0, want: 30_000 },
  { failures: 5000, random: 0.5, want: 45_000 },
])("after $failures failures with chance $random: $want ms", ({ failures, random, want }) => {
  expect(backoffMs(failures, bounds, () => random)).toBe(want);
});

test("it stays between half of the bound and the bound, and the bound never shrinks", () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), chance, (failures, random) => {
      const boundMs = backoffMs(failures, bounds, () => 0) * 2;
      const ms = backoffMs(failures, bounds, () => random);
      expect(ms).toBeGreaterThanOrEqual(boundMs / 2);
      expect(ms).toBeLessThanOrEqual(Math.min(boundMs, bounds.maxMs));
      expect(backoffMs(failures + 1, bounds, () => 0) * 2).toBeGreaterThanOrEqual(boundMs);
    }),
  );
});
