import { expect, test } from "vitest";
import type { QueueObserver } from "../../src/queue/observer.ts";
import { KeyedQueue, type QueueOptions } from "../../src/queue/queue.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** An observer that writes down what it is told, one line each. */
function recorder(): { readonly lines: string[]; readonly observer: QueueObserver } {
  const lines: string[] = [];
  const observer: QueueObserver = {
    added: (key, priority) => lines.push(`added ${key} ${priority}`),
    started: (key, run) => lines.push(`started ${key} ${run.priority} waited ${run.waitedMs}`),
    finished: (key, run) => lines.push(`finished ${key} ${run.end} ran ${run.ranMs}`),
    retried: (key, retry) => lines.push(`retried ${key} after ${retry.afterMs} failures ${retry.failures}`),
    overran: (key, run) => lines.push(`overran ${key} ran ${run.ranMs}`),
    threw: (key, error) => lines.push(`threw ${key} ${String(error)}`),
  };
  return { lines, observer };
}

function queueOf(clock: VirtualClock, options: Pick<QueueOptions, "run"> & Partial<QueueOptions>): KeyedQueue {
  const backoff = { baseMs: 1000, maxMs: 60_000 };
  const queue = new KeyedQueue({ concurrency: 1, laneOf: (key) => key, clock, random: () => 0.5, deadlineMs: 1000, backoff, ...options });
  queue.start();
  return queue;
}

const after = (clock: VirtualClock, ms: number) => new Promise<void>((resolve) => void clock.setTimer(ms, resolve));

test("the observer is told adds, waits, ends, retries and faults", async () => {
  const clock = new VirtualClock();
  const { lines, observer } = recorder();
  const run = async (key: string) => {
    await after(clock, 100);
    if (key === "faulty" && clock.now() < 1000) throw new Error("fault");
    return key === "again" && clock.now() < 1000 ? { again: { afterMs: 5000, priority: "resync" as const } } : {};
  };
  const queue = queueOf(clock, { run, observer });
  queue.add("again", { priority: "user" });
  queue.add("again", { priority: "user" });
  queue.add("faulty", { priority: "user" });
  await clock.advance(2000);
  expect(lines).toEqual([
    "added again user",
    "added faulty user",
    "started again user waited 0",
    "finished again requeue_after ran 100",
    "started faulty user waited 100",
    "threw faulty Error: fault",
    "finished faulty error ran 100",
    "retried faulty after 750 failures 1",
    "added faulty retry",
    "started faulty retry waited 0",
    "finished faulty success ran 100",
  ]);
});

test("at the deadline a run is told to stop, and its key stays taken until it does", async () => {
  const clock = new VirtualClock();
  const { lines, observer } = recorder();
  const reasons: string[] = [];
  const run = async (_key: string, { signal }: { signal: AbortSignal }) => {
    signal.addEventListener("abort", () => reasons.push(String(signal.reason)));
    await after(clock, 5000);
    return {};
  };
  const queue = queueOf(clock, { concurrency: 4, run, observer });
  queue.add("stuck", { priority: "user" });
  await clock.advance(500);
  queue.add("stuck", { priority: "user" });
  await clock.advance(3500);
  expect(reasons).toEqual(["Error: cannot finish the run: it took longer than 1000 ms"]);
  expect(lines).toEqual(["added stuck user", "started stuck user waited 0", "added stuck user", "overran stuck ran 1000"]);
  expect(queue.state()).toEqual({
    ready: { user: 1, retry: 0, resync: 0 },
    delayed: 0,
    running: 1,
    longestRunMs: 4000,
    unfinishedMs: 4000,
  });
  await clock.advance(1000);
  expect(lines.slice(4)).toEqual(["finished stuck success ran 5000", "started stuck user waited 4500"]);
});

test("a run that ends in time leaves no deadline behind", async () => {
  const clock = new VirtualClock();
  const queue = queueOf(clock, { run: async () => ({}) });
  queue.add("a", { priority: "user" });
  await queue.idle();
  expect(clock.timers).toBe(0);
});

test("draining lets what runs finish, drops what waits and takes nothing more", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const run = async (key: string) => {
    await after(clock, 100);
    ran.push(key);
    return { again: { afterMs: 1, priority: "user" as const } };
  };
  const queue = queueOf(clock, { run });
  queue.add("running", { priority: "user" });
  queue.add("ready", { priority: "user" });
  queue.add("later", { priority: "user", afterMs: 50 });
  await clock.advance(10);
  let isDrained = false;
  const drained = queue.drain().then(() => (isDrained = true));
  expect(queue.state()).toMatchObject({ ready: { user: 0 }, delayed: 0, running: 1 });
  queue.add("too late", { priority: "user" });
  await clock.advance(80);
  expect(isDrained).toBe(false);
  await clock.advance(20);
  await drained;
  queue.add("much too late", { priority: "user", afterMs: 50 });
  expect(queue.state()).toMatchObject({ ready: { user: 0 }, delayed: 0, running: 0 });
  expect(clock.timers).toBe(0);
  queue.start();
  await clock.advance(10_000);
  expect(ran).toEqual(["running"]);
});

test("draining in the same moment as an add does not begin the run", async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const queue = queueOf(clock, {
    run: async (key) => {
      ran.push(key);
      return {};
    },
  });
  queue.add("a", { priority: "user" });
  await queue.drain();
  await clock.advance(1000);
  expect(ran).toEqual([]);
});

test("runs that do not end within the grace can be told to stop", async () => {
  const clock = new VirtualClock();
  const run = (_key: string, { signal }: { signal: AbortSignal }) =>
    new Promise<object>((resolve) => signal.addEventListener("abort", () => resolve({})));
  const queue = queueOf(clock, { run });
  queue.add("waiting", { priority: "user" });
  await clock.advance(10);
  const drained = queue.drain();
  queue.abortRuns(new Error("shutting down"));
  await drained;
  expect(queue.state().running).toBe(0);
});
