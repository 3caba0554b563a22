import { describe, expect, test } from "vitest";
import { asTest } from "./as-test.ts";
import { judge, run, taleOf } from "./run.ts";

/** A few hundred seeds are always the same; some are new each day, so that every day looks somewhere else. */
const FIXED = 200;
const NEW = 40;
const today = Math.floor(Date.now() / 86_400_000) * 1000;

async function failedAmong(from: number, count: number): Promise<readonly string[]> {
  const failed: string[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const { faults } = await judge(taleOf(seed));
    if (faults.length > 0) failed.push(`seed=${seed}: ${faults.join("; ")}\n${asTest(taleOf(seed))}`);
  }
  return failed;
}

describe("worlds", () => {
  console.log(`worlds: seeds 1 to ${FIXED} and ${today} to ${today + NEW - 1}`);

  test(`seeds 1 to ${FIXED} end well`, async () => expect(await failedAmong(1, FIXED)).toEqual([]), 400_000);

  test(`seeds ${today} to ${today + NEW - 1}, which are new today, end well`, async () => expect(await failedAmong(today, NEW)).toEqual([]), 200_000);

  test("the same seed gives the same world, byte for byte", async () => {
    for (const seed of [3, 8, 21, 34]) {
      const [first, second] = [await run(taleOf(seed)), await run(taleOf(seed))];
      expect(second.trace).toEqual(first.trace);
      expect(second).toEqual(first);
    }
  });
});
