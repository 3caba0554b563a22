import { describe, expect, test } from "vitest";
import { KeyedQueue, type QueueOptions, type RunContext, type RunResult } from "../../src/queue/queue.ts";
import { VirtualClock } from "./virtual-clock.ts";

interface Entry {
  readonly key: string;
  readonly atMs: number;
  readonly priority: string;
}

type Work = (key: string, context: RunContext, run: number) => RunResult | Promise<RunResult>;

/** A queue on a virtual clock whose runs take 10 ms unless the work says otherwise. */
function setUp(options: Partial<QueueOptions> & { readonly work?: Work; readonly takesMs?: number } = {}) {
  const clock = new VirtualClock();
  const started: Entry[] = [];
  const { work = () => ({}), takesMs = 10, ...rest } = options;
  const queue = new KeyedQueue({
    concurrency: 4,
    laneOf: (key) => key,
    clock,
    random: () => 0.5,
    deadlineMs: 60_000,
    backoff: { baseMs: 1000, maxMs: 60_000 },
    run: async (key, context) => {
      started.push({ key, atMs: clock.now(), priority: context.priority });
      const count = started.filter((entry) => entry.key === key).length;
      if (takesMs > 0) await new Promise<void>((resolve) => void clock.setTimer(takesMs, resolve));
      return work(key, context, count);
    },
    ...rest,
  });
  const keys = () => started.map((entry) => entry.key);
  const times = () => started.map((entry) => entry.atMs);
  return { clock, queue, started, keys, times };
}

describe("keys", () => {
  test("many adds of a waiting key are one run, with the highest priority of them", async () => {
    const { clock, queue, started } = setUp();
    for (const priority of ["resync", "user", "retry", "resync"] as const) queue.add("a", { priority });
    queue.start();
    await clock.advance(1000);
    expect(started).toEqual([{ key: "a", atMs: 0, priority: "user" }]);
  });

  test("nothing runs before the start", async () => {
    const { clock, queue, keys } = setUp();
    queue.add("a", { priority: "user" });
    await clock.advance(1000);
    expect(keys()).toEqual([]);
    queue.start();
    await clock.advance(0);
    expect(keys()).toEqual(["a"]);
  });

  test("a run never begins on the stack of the one who adds", async () => {
    const { clock, queue, keys } = setUp();
    queue.start();
    queue.add("a", { priority: "user" });
    expect(keys()).toEqual([]);
    await clock.advance(0);
    expect(keys()).toEqual(["a"]);
  });

  test("a key that is added while it runs runs once more, after it", async () => {
    const { clock, queue, times } = setUp({ takesMs: 100 });
    queue.start();
    queue.add("a", { priority: "user" });
    await clock.advance(50);
    queue.add("a", { priority: "user" });
    queue.add("a", { priority: "resync" });
    await clock.advance(1000);
    expect(times()).toEqual([0, 100]);
  });

  test("a waiting key that becomes urgent does not run twice", async () => {
    const { clock, queue, times } = setUp();
    queue.start();
    queue.add("a", { priority: "resync", afterMs: 5000 });
    queue.add("a", { priority: "user" });
    await clock.advance(10_000);
    expect(times()).toEqual([0]);
  });

  test("no more runs at a time than workers", async () => {
    const { clock, queue, times } = setUp({ concurrency: 2, takesMs: 100 });
    queue.start();
    for (const key of ["a", "b", "c", "d", "e"]) queue.add(key, { priority: "user" });
    await clock.advance(1000);
    expect(times()).toEqual([0, 0, 100, 100, 200]);
  });

  test("a forgotten key does not run, neither a ready nor a delayed one", async () => {
    const { clock, queue, keys } = setUp();
    queue.add("ready", { priority: "user" });
    queue.add("later", { priority: "user", afterMs: 5 });
    queue.add("kept", { priority: "user" });
    queue.forget("ready");
    queue.forget("later");
    queue.forget("never seen");
    expect(queue.state()).toMatchObject({ ready: { user: 1 }, delayed: 0 });
    queue.start();
    await clock.advance(1000);
    expect(keys()).toEqual(["kept"]);
  });
});

describe("priorities", () => {
  test("user before retry before resync, first in first out among equals", async () => {
    const { clock, queue, keys } = setUp({ concurrency: 1 });
    queue.add("s1", { priority: "resync" });
    queue.add("r1", { priority: "retry" });
    queue.add("u1", { priority: "user" });
    queue.add("s2", { priority: "resync" });
    queue.add("r2", { priority: "retry" });
    queue.add("u2", { priority: "user" });
    queue.start();
    await clock.advance(1000);
    expect(keys()).toEqual(["u1", "u2", "r1", "r2", "s1", "s2"]);
  });

  test("a ready key that is added with a higher priority moves up", async () => {
    const { clock, queue, keys } = setUp({ concurrency: 1 });
    for (const key of ["a", "b", "c"]) queue.add(key, { priority: "resync" });
    queue.add("c", { priority: "user" });
    queue.start();
    await clock.advance(1000);
    expect(keys()).toEqual(["c", "a", "b"]);
  });

  test("moving up keeps the time since when a key is ready", async () => {
    const { clock, queue, keys } = setUp({ concurrency: 1, takesMs: 100 });
    queue.start();
    queue.add("running", { priority: "user" });
    await clock.advance(10);
    queue.add("first", { priority: "resync" });
    await clock.advance(10);
    queue.add("second", { priority: "user" });
    await clock.advance(10);
    queue.add("first", { priority: "user" });
    await clock.advance(1000);
    expect(keys()).toEqual(["running", "first", "second"]);
  });

  test("the place that a key left by moving up is nobody else's", async () => {
    const { clock, queue, keys } = setUp({ concurrency: 1, takesMs: 100, laneOf: (key) => key.split("/")[0] ?? key });
    queue.start();
    queue.add("busy", { priority: "user" });
    await clock.advance(1);
    queue.add("lane/a", { priority: "resync" });
    queue.add("lane/a", { priority: "user" });
    await clock.advance(1);
    queue.add("other", { priority: "resync" });
    await clock.advance(1);
    queue.add("lane/b", { priority: "resync" });
    await clock.advance(1000);
    expect(keys()).toEqual(["busy", "lane/a", "other", "lane/b"]);
  });

  test("under a flood of edits a resync still has its turn, a minute late", async () => {
    const { clock, queue, started } = setUp({ concurrency: 1, takesMs: 100 });
    queue.start();
    queue.add("u0", { priority: "user" });
    queue.add("resync", { priority: "resync" });
    for (let index = 1; index <= 1000; index++) {
      await clock.advance(90);
      queue.add(`u${index}`, { priority: "user" });
    }
    const turn = started.find((entry) => entry.key === "resync");
    expect(turn?.atMs).toBeGreaterThanOrEqual(60_000);
    expect(turn?.atMs).toBeLessThan(70_000);
  });
});

describe("lanes", () => {
  const laneOf = (key: string) => key.split("/")[0] ?? key;

  test("keys of a lane run one after the other, and those that wait hold no worker", async () => {
    const { clock, queue, started } = setUp({ concurrency: 2, takesMs: 100, laneOf });
    queue.start();
    for (const key of ["lane/a", "lane/b", "lane/c", "other/a"]) queue.add(key, { priority: "user" });
    await clock.advance(1000);
    expect(started.map(({ key, atMs }) => `${key} ${atMs}`)).toEqual(["lane/a 0", "other/a 0", "lane/b 100", "lane/c 200"]);
  });

  test("when the lane is free its most urgent key is next", async () => {
    const { clock, queue, keys } = setUp({ takesMs: 100, laneOf });
    queue.start();
    queue.add("lane/a", { priority: "user" });
    await clock.advance(1);
    queue.add("lane/b", { priority: "resync" });
    queue.add("lane/c", { priority: "user" });
    await clock.advance(1000);
    expect(keys()).toEqual(["lane/a", "lane/c", "lane/b"]);
  });

  test("a held lane belongs to its key until a run of it returns without the hold", async () => {
    const again = { afterMs: 500, priority: "retry" } as const;
    const { clock, queue, started } = setUp({
      laneOf,
      work: (key, _context, run) => (key === "lane/a" && run < 3 ? { again, holdLane: true } : {}),
    });
    queue.start();
    queue.add("lane/a", { priority: "user" });
    await clock.advance(5);
    queue.add("lane/b", { priority: "user" });
    await clock.advance(5000);
    expect(started.map(({ key, atMs }) => `${key} ${atMs}`)).toEqual(["lane/a 0", "lane/a 510", "lane/a 1020", "lane/b 1030"]);
  });

  test("a hold without a time comes back by the first backoff, so that the lane is not lost", async () => {
    const { clock, queue, times } = setUp({ work: (_key, _context, run) => (run === 1 ? { holdLane: true } : {}) });
    queue.start();
    queue.add("a", { priority: "user" });
    await clock.advance(5000);
    expect(times()).toEqual([0, 760]);
  });

  test("a throwing run neither takes the lane nor gives it back", async () => {
    const { clock, queue, keys } = setUp({
      laneOf,
      work: (key, _context, run) => {
        if (key !== "lane/a" || run > 2) return {};
        if (run === 2) throw new Error("fault");
        return { again: { afterMs: 100, priority: "retry" }, holdLane: true };
      },
    });
    queue.start();
    queue.add("lane/a", { priority: "user" });
    queue.add("lane/b", { priority: "user" });
    await clock.advance(5000);
    expect(keys()).toEqual(["lane/a", "lane/a", "lane/a", "lane/b"]);
  });

  test("forgetting the holder between its runs frees the lane", async () => {
    const { clock, queue, keys } = setUp({
      laneOf,
      work: (key) => (key === "lane/a" ? { again: { afterMs: 10_000, priority: "retry" }, holdLane: true } : {}),
    });
    queue.start();
    queue.add("lane/a", { priority: "user" });
    queue.add("lane/b", { priority: "user" });
    await clock.advance(1000);
    expect(keys()).toEqual(["lane/a"]);
    queue.forget("lane/a");
    await clock.advance(100_000);
    expect(keys()).toEqual(["lane/a", "lane/b"]);
  });

  test("forgetting the best ready key of a lane lets the next one run", async () => {
    const { clock, queue, keys } = setUp({ laneOf });
    queue.add("lane/a", { priority: "user" });
    queue.add("lane/b", { priority: "resync" });
    queue.forget("lane/a");
    queue.start();
    await clock.advance(1000);
    expect(keys()).toEqual(["lane/b"]);
  });
});

describe("coming back", () => {
  test("after the wait that the run asks for, with its priority", async () => {
    const { clock, queue, started } = setUp({
      work: (_key, _context, run) => (run === 1 ? { again: { afterMs: 3000, priority: "resync" } } : {}),
    });
    queue.start();
    queue.add("a", { priority: "user" });
    await clock.advance(10_000);
    expect(started).toEqual([
      { key: "a", atMs: 0, priority: "user" },
      { key: "a", atMs: 3010, priority: "resync" },
    ]);
  });

  test("failures double the wait, and a success forgets them", async () => {
    const { clock, queue, times } = setUp({ takesMs: 0, work: (_key, _context, run) => ({ failed: run !== 4 && run < 6 }) });
    queue.start();
    queue.add("a", { priority: "user" });
    await clock.advance(20_000);
    expect(times()).toEqual([0, 750, 2250, 5250]);
    queue.add("a", { priority: "user" });
    await clock.advance(20_000);
    expect(times().slice(4)).toEqual([20_000, 20_750]);
  });

  test("a failure that names a time does not come back before it", async () => {
    const { clock, queue, times } = setUp({
      takesMs: 0,
      work: (_key, _context, run) => (run === 1 ? { failed: true, again: { afterMs: 30_000, priority: "retry" } } : {}),
    });
    queue.start();
    queue.add("a", { priority: "user" });
    await clock.advance(60_000);
    expect(times()).toEqual([0, 30_000]);
  });

  test("a failure counts for its own key only, and forgetting drops the count", async () => {
    const { clock, queue, started } = setUp({ takesMs: 0, work: (_key, _context, run) => ({ failed: run < 4 }) });
    queue.start();
    queue.add("a", { priority: "user" });
    await clock.advance(2000);
    queue.add("b", { priority: "user" });
    queue.forget("a");
    queue.add("a", { priority: "user" });
    await clock.advance(760);
    expect(started.slice(2).map(({ key, atMs }) => `${key} ${atMs}`)).toEqual(["b 2000", "a 2000", "b 2750", "a 2750"]);
  });

  test("what settles waits for quiet, then runs once", async () => {
    const { clock, queue, times } = setUp();
    queue.start();
    for (let index = 0; index < 50; index++) {
      queue.add("host", { priority: "user", settle: { quietMs: 250, maxMs: 1000 } });
      await clock.advance(1);
    }
    await clock.advance(5000);
    expect(times()).toEqual([299]);
  });
});
