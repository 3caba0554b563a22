import { expect, test } from "vitest";
import { systemClock } from "../../src/queue/clock.ts";
import { type AddOptions, Delays } from "../../src/queue/delays.ts";
import { VirtualClock } from "./virtual-clock.ts";

interface Due {
  readonly key: string;
  readonly priority: string;
  readonly atMs: number;
}

function delaysOn(clock: VirtualClock) {
  const due: Due[] = [];
  const delays = new Delays(clock, (key, priority) => due.push({ key, priority, atMs: clock.now() }));
  return { delays, due };
}

const host = { quietMs: 250, maxMs: 1000 };

test.each<{ name: string; adds: readonly (AddOptions & { atMs: number })[]; want: readonly Omit<Due, "key">[] }>([
  { name: "no wait is due at once", adds: [{ atMs: 0, priority: "user" }], want: [{ priority: "user", atMs: 0 }] },
  {
    name: "the shortest wait wins, and the highest priority",
    adds: [
      { atMs: 0, priority: "resync", afterMs: 500 },
      { atMs: 10, priority: "user", afterMs: 700 },
      { atMs: 20, priority: "retry", afterMs: 300 },
    ],
    want: [{ priority: "user", atMs: 320 }],
  },
  {
    name: "an add without a wait ends every wait",
    adds: [
      { atMs: 0, priority: "user", settle: host },
      { atMs: 10, priority: "resync" },
    ],
    want: [{ priority: "user", atMs: 10 }],
  },
  { name: "settling waits for quiet", adds: [{ atMs: 0, priority: "user", settle: host }], want: [{ priority: "user", atMs: 250 }] },
  {
    name: "every add that settles puts the run off",
    adds: [
      { atMs: 0, priority: "user", settle: host },
      { atMs: 200, priority: "user", settle: host },
      { atMs: 400, priority: "resync", settle: host },
    ],
    want: [{ priority: "user", atMs: 650 }],
  },
  {
    name: "but not longer than its maximum",
    adds: [0, 200, 400, 600, 800, 900].map((atMs) => ({ atMs, priority: "user", settle: host }) as const),
    want: [{ priority: "user", atMs: 1000 }],
  },
  {
    name: "settling never outlasts a shorter plain wait",
    adds: [
      { atMs: 0, priority: "retry", afterMs: 300 },
      { atMs: 200, priority: "user", settle: host },
    ],
    want: [{ priority: "user", atMs: 300 }],
  },
  {
    name: "a longer plain wait does not end settling",
    adds: [
      { atMs: 0, priority: "user", settle: host },
      { atMs: 100, priority: "retry", afterMs: 5000 },
    ],
    want: [{ priority: "user", atMs: 250 }],
  },
  {
    name: "settling ends a longer plain wait",
    adds: [
      { atMs: 0, priority: "resync", afterMs: 600_000 },
      { atMs: 100, priority: "user", settle: host },
    ],
    want: [{ priority: "user", atMs: 350 }],
  },
])("$name", async ({ adds, want }) => {
  const clock = new VirtualClock();
  const { delays, due } = delaysOn(clock);
  for (const { atMs, ...options } of adds) {
    await clock.advance(atMs - clock.now());
    delays.add("key", options);
  }
  await clock.advance(1_000_000);
  expect(due).toEqual(want.map((entry) => ({ key: "key", ...entry })));
  expect([delays.size, clock.timers]).toEqual([0, 0]);
});

test("any number of keys shares one timer", async () => {
  const clock = new VirtualClock();
  const { delays, due } = delaysOn(clock);
  for (let index = 0; index < 100; index++) delays.add(`k${index}`, { priority: "resync", afterMs: 1 + ((index * 37) % 100) });
  expect([delays.size, clock.timers]).toEqual([100, 1]);
  await clock.advance(100);
  expect(due.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
});

/** A clock whose timers cannot be longer than a second. */
class ShortTimers extends VirtualClock {
  override setTimer(afterMs: number, fn: () => void) {
    return super.setTimer(Math.min(afterMs, 1000), fn);
  }
}

test("a wait that is longer than a timer can be ends when it should", async () => {
  const clock = new ShortTimers();
  const { delays, due } = delaysOn(clock);
  delays.add("far", { priority: "resync", afterMs: 5500 });
  await clock.advance(10_000);
  expect(due).toEqual([{ key: "far", priority: "resync", atMs: 5500 }]);
});

test("the system's clock cuts a wait that setTimeout would take for none", async () => {
  const fired: string[] = [];
  const far = systemClock.setTimer(2 ** 32, () => fired.push("far"));
  await new Promise<void>((resolve) => {
    systemClock.setTimer(2, () => {
      fired.push("near");
      resolve();
    });
  });
  far.cancel();
  expect(fired).toEqual(["near"]);
});

test("a forgotten key is never due, and the timer goes with the last key", async () => {
  const clock = new VirtualClock();
  const { delays, due } = delaysOn(clock);
  delays.add("a", { priority: "user", afterMs: 10 });
  delays.add("b", { priority: "user", afterMs: 20 });
  delays.delete("a");
  await clock.advance(20);
  expect(due.map(({ key }) => key)).toEqual(["b"]);
  delays.add("c", { priority: "user", afterMs: 10 });
  delays.clear();
  expect(clock.timers).toBe(0);
});
