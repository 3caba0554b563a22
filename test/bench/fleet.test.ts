import { beforeAll, describe, expect, test } from "vitest";
import type { Fleet } from "./fleet/fleet.ts";
import { mixOf } from "./fleet/mix.ts";
import { boundSeconds, stormOver } from "./scenarios/drift-storm.ts";
import { fittedExponent } from "./scenarios/growth.ts";
import { writesToOneHost } from "./scenarios/one-host.ts";
import { DAILY_BOUND, dayOf, settledFleet } from "./scenarios/settled-day.ts";

/** What the benchmark's scenarios count, at a hundredth of their size: no figure of time. */
const OBJECTS = 200;

/** Pages of a reading of all lists: identities, grants, storage accounts, web apps. */
const PAGES = 4;

const MIX = mixOf(OBJECTS);

let fleet: Fleet;

beforeAll(async () => {
  fleet = await settledFleet(MIX);
}, 120_000);

describe("a fleet of settled objects", () => {
  test("costs pages of lists in a day, and no other request and no write", async () => {
    const day = await dayOf(fleet);
    expect(day).toMatchObject({ reads: 0, writes: 0, kubernetesWrites: 0 });
    // Every list each five minutes, and that of each identity's credentials every six hours.
    const expected = PAGES * 288 + (MIX.credentials / 2) * 4;
    expect(day.pages).toBeGreaterThan(0.95 * expected);
    expect(day.pages).toBeLessThan(1.05 * expected);
    expect(day.pages).toBeLessThan(DAILY_BOUND);
  }, 120_000);

  test("is observed by one reading of each list after a restart, without a write", async () => {
    fleet.azure.count();
    const before = fleet.cluster.writes;
    fleet.restart();
    await fleet.wait(20_000);
    const { pages, reads, writes } = fleet.azure.count();
    // Besides the lists, a role that grants name is looked up once.
    expect([pages <= PAGES + 2, reads, writes, fleet.cluster.writes - before]).toEqual([true, 0, 0, 0]);
    expect(fleet.compared).toEqual({ same: MIX.identities + MIX.grants + MIX.assignments / 5, differs: 0, absent: 0 });
  });

  test("of which a tenth was changed at once is healed by one look and one write each, within a sweep and Azure's own rate", async () => {
    await fleet.wait(600_000);
    const count = OBJECTS / 10;
    const storm = await stormOver(fleet, count);
    expect(storm).toMatchObject({ reads: count, writes: count });
    expect(storm.foundSeconds).toBeLessThanOrEqual(330);
    expect(storm.healedSeconds).toBeLessThanOrEqual(Math.max(10, 1.1 * boundSeconds(count)));
  }, 60_000);
});

test("fifty assignments on one host, applied at once, are one write", async () => {
  expect(await writesToOneHost(50)).toBe(1);
}, 60_000);

test.each([0.5, 1, 2])("an exponent of %d is fitted to its own points", (exponent) => {
  expect(fittedExponent([10, 100, 1000].map((x) => [x, 3 * x ** exponent]))).toBeCloseTo(exponent, 10);
});
