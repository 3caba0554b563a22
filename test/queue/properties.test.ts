import * as fc from "fast-check";
import { expect, test } from "vitest";
import { HANDICAP_MS, type Priority } from "../../src/queue/priority.ts";
import { KeyedQueue, type RunContext, type RunResult } from "../../src/queue/queue.ts";
import { VirtualClock } from "./virtual-clock.ts";

const priority = fc.constantFrom<Priority>("user", "retry", "resync");
const key = fc.constantFrom("x/1", "x/2", "x/3", "y/1", "y/2", "z/1");

const add = fc.record({
  pauseMs: fc.integer({ min: 0, max: 40 }),
  key,
  priority,
  afterMs: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  settle: fc.option(fc.constant({ quietMs: 25, maxMs: 60 }), { nil: undefined }),
});

const behaviour = fc.record({
  takesMs: fc.integer({ min: 0, max: 60 }),
  end: fc.constantFrom("done", "failed", "throws", "again", "held"),
});

interface Run {
  readonly key: string;
  readonly startedAt: number;
  endedAt: number;
}

const laneOf = (name: string) => name.split("/")[0] ?? name;

function resultOf(end: "done" | "failed" | "throws" | "again" | "held"): RunResult {
  switch (end) {
    case "done":
      return {};
    case "failed":
      return { failed: true };
    case "again":
      return { again: { afterMs: 30, priority: "retry" } };
    case "held":
      return { again: { afterMs: 30, priority: "retry" }, holdLane: true };
    case "throws":
      throw new Error("fault");
  }
}

/** Plays random adds against random runs; counts steps instead of time, so that order within a millisecond is seen. */
class Play {
  readonly clock = new VirtualClock();
  readonly runs: Run[] = [];
  readonly adds: { readonly key: string; readonly step: number }[] = [];
  readonly faults: string[] = [];
  readonly queue: KeyedQueue;
  readonly #behaviours: { takesMs: number; end: "done" | "failed" | "throws" | "again" | "held" }[];
  readonly #running = new Set<string>();
  readonly #holders = new Map<string, string>();
  #step = 0;

  constructor(concurrency: number, behaviours: readonly { takesMs: number; end: "done" | "failed" | "throws" | "again" | "held" }[]) {
    this.#behaviours = [...behaviours];
    const backoff = { baseMs: 20, maxMs: 100 };
    const run = (name: string, context: RunContext) => this.#run(name, context);
    this.queue = new KeyedQueue({ concurrency, run, laneOf, clock: this.clock, random: () => 0.5, deadlineMs: 40, backoff });
    this.queue.start();
  }

  add(name: string, options: Parameters<KeyedQueue["add"]>[1]): void {
    this.adds.push({ key: name, step: this.#step++ });
    this.queue.add(name, options);
  }

  async #run(name: string, _context: RunContext): Promise<RunResult> {
    const { takesMs, end } = this.#behaviours.shift() ?? { takesMs: 1, end: "done" };
    const lane = laneOf(name);
    const holder = this.#holders.get(lane);
    if (this.#running.has(lane)) this.faults.push(`two runs in lane ${lane}`);
    if (holder !== undefined && holder !== name) this.faults.push(`${name} ran in the lane that ${holder} holds`);
    this.#running.add(lane);
    const run = { key: name, startedAt: this.#step++, endedAt: Infinity };
    this.runs.push(run);
    if (takesMs > 0) await new Promise<void>((resolve) => void this.clock.setTimer(takesMs, resolve));
    run.endedAt = this.#step++;
    this.#running.delete(lane);
    if (end === "held") this.#holders.set(lane, name);
    else if (end !== "throws") this.#holders.delete(lane);
    return resultOf(end);
  }
}

test("no two runs of a lane overlap, a held lane is respected, and every add is followed by a run", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(add, { minLength: 1, maxLength: 25 }),
      fc.array(behaviour, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      async (adds, behaviours, concurrency) => {
        const play = new Play(concurrency, behaviours);
        for (const { pauseMs, key: name, ...options } of adds) {
          if (pauseMs > 0) await play.clock.advance(pauseMs);
          play.add(name, {
            priority: options.priority,
            ...(options.afterMs === undefined ? {} : { afterMs: options.afterMs }),
            ...(options.settle === undefined ? {} : { settle: options.settle }),
          });
        }
        await play.clock.advance(100_000);
        expect(play.faults).toEqual([]);
        for (const added of play.adds) {
          expect(play.runs.some((run) => run.key === added.key && run.startedAt > added.step)).toBe(true);
        }
        const { ready, delayed, running } = play.queue.state();
        expect({ ready, delayed, running }).toEqual({ ready: { user: 0, retry: 0, resync: 0 }, delayed: 0, running: 0 });
        expect(play.clock.timers).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});

test("with one worker, runs begin in the order of ready time plus handicap", async () => {
  const line = fc.uniqueArray(fc.record({ name: fc.integer({ min: 0, max: 99 }), priority, atMs: fc.integer({ min: 0, max: 90_000 }) }), {
    selector: (entry) => entry.name,
    minLength: 1,
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(line, async (entries) => {
      const clock = new VirtualClock();
      const order: string[] = [];
      const run = async (name: string) => {
        order.push(name);
        return {};
      };
      const backoff = { baseMs: 1, maxMs: 1 };
      const queue = new KeyedQueue({ concurrency: 1, run, laneOf: (name) => name, clock, random: () => 0, deadlineMs: 1000, backoff });
      for (const entry of entries) queue.add(String(entry.name), { priority: entry.priority, afterMs: entry.atMs });
      await clock.advance(90_000);
      queue.start();
      await queue.idle();
      const places = order.map((name) => {
        const entry = entries.find((candidate) => String(candidate.name) === name);
        return entry === undefined ? Number.NaN : entry.atMs + HANDICAP_MS[entry.priority];
      });
      expect(order).toHaveLength(entries.length);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }),
    { numRuns: 60 },
  );
});
