import { array, assert, boolean, constantFrom, nat, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { type Done, type Job, jobs, Load, oneJob } from "./governor-load.ts";

const last = (load: Load) => Math.max(...load.done.map(({ doneMs }) => doneMs)) / 1000;
const of = (load: Load, prefix: string): readonly Done[] => load.done.filter(({ job }) => job.name.startsWith(prefix));

/** Starts all at once, works at most so many at a time as workers do, and runs to the end. */
function made(load: Load, all: readonly Job[]): Load {
  for (const job of all) load.start(job);
  load.timeline.run();
  return load;
}

describe("a thousand identities at once", () => {
  test("in five regions are made at the pace of the principal's writes, without a refusal", () => {
    const load = made(new Load(), jobs(1000, { regions: 5 }));
    expect([load.done.length, load.azure.refused, load.sent.length]).toEqual([1000, 0, 2000]);
    expect(last(load) / 80).toBeLessThanOrEqual(1.06);
  });

  test("in one region at that of its creations", () => {
    const load = made(new Load(), jobs(1000));
    expect([load.done.length, load.azure.refused, load.sent.length]).toEqual([1000, 0, 2000]);
    expect(last(load) / 230).toBeLessThanOrEqual(1.03);
  });

  test("use 95 % of the quota while there is work, also when no header tells what is left", () => {
    const load = made(new Load({ isTold: false }), jobs(1000, { regions: 5 }));
    const started = load.done.map(({ startedMs }) => startedMs).toSorted((left, right) => left - right);
    const busyMs = started.at(-1) ?? 0;
    expect(load.azure.refused).toBe(0);
    expect(1000 / (200 + busyMs / 100)).toBeGreaterThanOrEqual(0.95);
  });

  test("do so also when requests overtake each other on their way", () => {
    const load = made(new Load({ networkMs: 1500 }), jobs(1000, { regions: 5 }));
    const busyMs = Math.max(...load.done.map(({ startedMs }) => startedMs));
    expect([load.done.length, load.azure.refused]).toEqual([1000, 0]);
    expect(1000 / (200 + busyMs / 100)).toBeGreaterThanOrEqual(0.95);
  });

  test("yield to another tool of the same principal, of which only the headers tell, and late", () => {
    const [told, untold] = [true, false].map((isTold) => {
      const load = new Load({ isTold });
      for (let second = 0; second < 120; second += 1) load.timeline.after(second * 1000, () => [1, 2, 3, 4].map(() => load.azure.writes.take(load.timeline.nowMs)));
      return made(load, jobs(600, { regions: 5 }));
    });
    expect([told?.done.length, (told?.refused ?? Infinity) / 600 < 0.06]).toEqual([600, true]);
    expect(told?.refused ?? Infinity).toBeLessThan((untold?.refused ?? 0) / 2);
  });

  test("ask for their turn twice, on average", () => {
    const load = made(new Load(), jobs(1000, { regions: 5 }));
    expect(load.done.reduce((sum, { asks }) => sum + asks, 0) / 1000).toBeLessThanOrEqual(3);
  });

  test("leave others their share", () => {
    const load = made(new Load({ share: 0.5 }), jobs(300, { regions: 5 }));
    expect(load.azure.refused).toBe(0);
    expect(last(load) / ((300 - 100) / 5)).toBeGreaterThanOrEqual(1);
    expect(last(load) / ((300 - 100) / 5)).toBeLessThanOrEqual(1.15);
  });
});

describe("who is next", () => {
  test("a person's edit goes before five thousand that only look again", () => {
    const load = new Load();
    for (const job of jobs(5000, { urgency: "resync", prefix: "look", regions: 5, namespace: "apps" })) load.start(job);
    load.timeline.run(60_000);
    const before = load.sent.length;
    load.start(oneJob({ prefix: "edit" }));
    load.timeline.run(62_000);
    const names = load.sent.slice(before).map(({ name }) => name);
    expect(names.indexOf("edit-0")).toBeGreaterThanOrEqual(0);
    // In flight are passes that had their turn before; none is begun in between but by the tokens that were promised.
    expect(of(load, "edit")[0]?.startedMs ?? Infinity).toBeLessThanOrEqual(500);
  });

  test("one namespace's flood does not delay the edit of another", () => {
    const load = new Load();
    for (const job of jobs(500, { prefix: "flood", namespace: "hot", regions: 5 })) load.start(job);
    load.timeline.run(25_000);
    load.start(oneJob({ prefix: "edit", namespace: "calm" }));
    load.timeline.run();
    expect(of(load, "edit")[0]?.startedMs ?? Infinity).toBeLessThanOrEqual(500);
  });

  test("who only looks again is not starved by edits without end", () => {
    const load = new Load();
    for (const job of jobs(20, { prefix: "look", urgency: "resync", regions: 5 })) load.start(job, 30_000);
    for (const [index, job] of jobs(3000, { prefix: "edit", regions: 5 }).entries()) load.start(job, index * 50);
    load.timeline.run(120_000);
    expect(of(load, "look")).toHaveLength(20);
  });
});

test("no mix of work passes a documented bucket, and all of it gets done", () => {
  const job = record({ urgency: constantFrom("user", "retry", "resync"), namespace: constantFrom("a", "b", "c"), region: constantFrom("x", "y"), atMs: nat(20_000) });
  assert(
    property(array(job, { minLength: 1, maxLength: 500 }), boolean(), (given, isTold) => {
      const load = new Load({ isTold });
      for (const [index, { atMs, ...more }] of given.entries()) load.start(oneJob({ prefix: `job-${index}`, ...more }), atMs);
      load.timeline.run();
      expect(load.azure.refused).toBe(0);
      expect(load.done).toHaveLength(given.length);
    }),
    { numRuns: 60 },
  );
});

test("two namespaces with the same work get the same number of turns", () => {
  const load = new Load();
  for (const job of [...jobs(300, { prefix: "a", namespace: "a" }), ...jobs(300, { prefix: "b", namespace: "b" })]) load.start(job);
  load.timeline.run(100_000);
  const late = load.sent.filter(({ atMs }) => atMs > 40_000);
  const share = late.filter(({ name }) => name.startsWith("a")).length / late.length;
  expect(share).toBeGreaterThan(0.47);
  expect(share).toBeLessThan(0.53);
});

describe("a unit that waits for its turn", () => {
  const target = "/subscriptions/b0000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/a";
  const ask = { credential: "shared", target, region: "westeurope", urgency: "user", namespace: "apps" } as const;
  const tokensOf = (load: Load, quota: string) => load.governor.state().find((each) => each.quota === quota)?.tokens;

  test("and comes minutes late gives back what it does not use, all the same", () => {
    const load = new Load();
    for (let index = 0; index < 80; index += 1) load.governor.turn({ ...ask, unit: `u${index}`, operations: ["create"] });
    expect(load.governor.turn({ ...ask, unit: "late", operations: ["create"] })).toBeGreaterThan(0);
    load.governor.end("late", true);
    for (let index = 0; index < 80; index += 1) load.governor.end(`u${index}`, false);
    load.timeline.nowMs = 300_000;
    expect(load.governor.turn({ ...ask, unit: "late", operations: ["create"] })).toBe(0);
    expect(tokensOf(load, "identity-creations")).toBe(79);
    load.governor.end("late", false);
    expect(tokensOf(load, "identity-creations")).toBe(80);
  });

  test("waits for nothing of which it has no need any more", () => {
    const load = new Load();
    for (let index = 0; index < 80; index += 1) load.governor.turn({ ...ask, unit: `u${index}`, operations: ["create"] });
    expect(load.governor.turn({ ...ask, unit: "changed", operations: ["read", "create"] })).toBeGreaterThan(0);
    load.governor.end("changed", true);
    expect(load.governor.turn({ ...ask, unit: "changed", operations: ["read", "delete"] })).toBe(0);
    load.governor.end("changed", false);
    expect(load.governor.state().every(({ waiting }) => waiting === 0)).toBe(true);
  });
});
