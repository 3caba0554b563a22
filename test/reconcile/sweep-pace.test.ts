import { describe, expect, test } from "vitest";
import { subscriptionScope } from "../../src/api/arm-id.ts";
import type { SweepList } from "../../src/reconcile/sweep-list.ts";
import { MAX_PAGES_PER_SECOND, SweepPace } from "../../src/reconcile/sweep-pace.ts";

const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const OTHER = "bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f";
const DAY_SECONDS = 86_400;

const list = (collection: string, given: Partial<SweepList> = {}): SweepList => ({ credential: "shared", scope: subscriptionScope(SUBSCRIPTION), collection, apiVersion: "1", ...given });

/** Requests that lists cost in a day, at the pace that is set. */
const perDay = (pace: SweepPace, lists: readonly (readonly [SweepList, number])[]): number => lists.reduce((sum, [each, pages]) => sum + (DAY_SECONDS / pace.secondsFor(each)) * pages, 0);

function paced(lists: readonly (readonly [SweepList, number])[]): SweepPace {
  const pace = new SweepPace(300);
  for (const [each, pages] of lists) pace.note(each, pages);
  return pace;
}

describe("how often lists are read", () => {
  test("is as configured while pages are few", () => {
    const pace = paced([[list("identities"), 40], [list("roles"), 15]]);
    expect(pace.secondsFor(list("identities"))).toBe(300);
  });

  test.each([
    { name: "a hundred pages of identities", lists: [[list("identities"), 100]] },
    { name: "several lists of one subscription", lists: [[list("identities"), 60], [list("roles"), 40], [list("sites"), 30]] },
    { name: "a thousand lists with an interval of their own beside others", lists: [[list("identities"), 100], ...Array.from({ length: 1000 }, (_, at) => [list(`credentials-${at}`, { everySeconds: 21_600 }), 1] as const)] },
    { name: "so many of those that they alone would take all", lists: [[list("identities"), 10], ...Array.from({ length: 9000 }, (_, at) => [list(`credentials-${at}`, { everySeconds: 21_600 }), 1] as const)] },
  ] as const)("never asks more than 1 % of the reads of a principal in a subscription: $name", ({ lists }) => {
    const total = perDay(paced(lists), lists);
    expect(total).toBeLessThanOrEqual(MAX_PAGES_PER_SECOND * DAY_SECONDS + 1);
    expect(total).toBeGreaterThan(0.9 * MAX_PAGES_PER_SECOND * DAY_SECONDS);
  });

  test("is reckoned for each credential and subscription", () => {
    const pace = paced([[list("identities"), 1000]]);
    expect(pace.secondsFor(list("identities", { scope: subscriptionScope(OTHER) }))).toBe(300);
    expect(pace.secondsFor(list("identities", { credential: "own" }))).toBe(300);
    expect(pace.secondsFor(list("roles"))).toBe(4000);
  });

  test("goes back to what is configured when pages get fewer, or a list is read no more", () => {
    const pace = paced([[list("identities"), 1000], [list("roles"), 100]]);
    pace.note(list("identities"), 1);
    expect(pace.secondsFor(list("identities"))).toBe(404);
    pace.note(list("roles"), 0);
    expect(pace.secondsFor(list("identities"))).toBe(300);
  });
});
