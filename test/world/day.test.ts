import { expect, test } from "vitest";
import { dayOf, faultsOfDay } from "./day.ts";

/** `npm run test:day` does the same with 10,000. */
const OBJECTS = 120;

test(`24 hours with ${OBJECTS} objects and faults in the background: no drift is missed, and nothing grows`, { timeout: 120_000 }, async () => {
  const day = await dayOf({ seed: 1, objects: OBJECTS, hours: 24, syncIntervalSeconds: 3600 });
  expect(faultsOfDay(day, OBJECTS)).toEqual([]);
  expect(day.drifts).toBeGreaterThan(100);
});

test("a day that is not over in time, or in which something grew, is at fault", () => {
  const day = { requests: 1, drifts: 1, missed: ["late"], remembered: [{ memories: 10 }, { memories: 90 }], afterwards: { memories: 1 }, defects: [] };
  expect(faultsOfDay(day, 100)).toEqual(["late", "memories grew from 10 to 90 in a day", "1 memories are left when every object is gone"]);
});
