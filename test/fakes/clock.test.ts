import { setImmediate, setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { steadyClock, systemClock as kubernetesClock } from "../../src/kubernetes/clock.ts";
import type { Clock as KubernetesClock } from "../../src/kubernetes/ports.ts";
import { systemClock as queueClock, type TimerClock } from "../../src/queue/clock.ts";
import { AdvancingClock, type Clock, ManualClock, systemClock } from "../azure/azure.ts";
import { pass } from "../azure/kernel/clock.ts";
import { FleetClock } from "../bench/fleet/fleet-clock.ts";
import { StageTimers } from "../contract/queue-run.ts";
import { VirtualClock as KubernetesVirtualClock } from "../kubernetes/virtual-clock.ts";
import { VirtualClock as QueueVirtualClock } from "../queue/virtual-clock.ts";
import { WorldClock } from "../world/clock.ts";

/** A clock, and how so much of its time passes: by waiting, where it is the machine's. */
interface TimersUnderTest {
  readonly clock: TimerClock;
  readonly elapse: (ms: number) => Promise<void>;
}

/** The machine's timers may be so much early or late, in milliseconds; a virtual clock's never are. */
const SLACK_MS = 2;

const waits = async (ms: number): Promise<void> => {
  await setTimeout(ms + 20);
};

function ofKubernetes(clock: KubernetesClock): TimerClock {
  return { now: () => clock.now(), setTimer: (afterMs, fn) => ({ cancel: clock.after(afterMs, fn) }) };
}

const timers: readonly (readonly [string, () => TimersUnderTest])[] = [
  ["the machine's, of the queue", () => ({ clock: queueClock, elapse: waits })],
  ["the machine's, of Kubernetes", () => ({ clock: ofKubernetes(kubernetesClock), elapse: waits })],
  ["the machine's, that never goes back", () => ({ clock: ofKubernetes(steadyClock), elapse: waits })],
  ["the queue tests'", () => virtual(new QueueVirtualClock(), (clock, ms) => clock.advance(ms))],
  ["a world's", () => virtual(new WorldClock(), (clock, ms) => clock.advance(ms))],
  ["a fleet's", () => virtual(new FleetClock(), (clock, ms) => clock.advance(ms, () => Promise.resolve()))],
  ["the Kubernetes tests'", ofTheKubernetesTests],
  ["a stage's", ofAStage],
];

function virtual<Of extends TimerClock>(clock: Of, elapse: (clock: Of, ms: number) => Promise<void>): TimersUnderTest {
  return { clock, elapse: (ms) => elapse(clock, ms) };
}

function ofTheKubernetesTests(): TimersUnderTest {
  const clock = new KubernetesVirtualClock();
  return { clock: ofKubernetes(clock), elapse: (ms) => inSteps(ms, () => clock.advance(1)) };
}

function ofAStage(): TimersUnderTest {
  const clock = new StageTimers(new ManualClock());
  return { clock, elapse: (ms) => inSteps(ms, () => clock.advance(1)) };
}

/** As who moves these clocks does it: what a timer has begun goes on before the next step. */
async function inSteps(ms: number, step: () => void): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1) {
    step();
    await setImmediate();
  }
}

describe.each(timers)("timers: %s", (_name, open) => {
  test("fire in the order of their times, and of their setting where those are the same", async () => {
    const { clock, elapse } = open();
    const fired: string[] = [];
    for (const [name, afterMs] of [["late", 20], ["first of two", 8], ["second of two", 8], ["early", 1]] as const) clock.setTimer(afterMs, () => fired.push(name));
    await elapse(30);
    expect(fired).toEqual(["early", "first of two", "second of two", "late"]);
  });

  test("never fire before their time, nor within the call that sets them", async () => {
    const { clock, elapse } = open();
    const setAtMs = clock.now();
    const fired: (readonly [number, number])[] = [];
    for (const afterMs of [0, 0.4, 12]) clock.setTimer(afterMs, () => fired.push([afterMs, clock.now() - setAtMs]));
    expect(fired).toEqual([]);
    await elapse(20);
    expect(fired).toHaveLength(3);
    expect(fired.filter(([afterMs, tookMs]) => tookMs < afterMs - SLACK_MS)).toEqual([]);
  });

  test("fire once, and not once they are cancelled, which may be said twice and too late", async () => {
    const { clock, elapse } = open();
    const fired: string[] = [];
    const kept = clock.setTimer(3, () => fired.push("kept"));
    const cancelled = clock.setTimer(3, () => fired.push("cancelled"));
    clock.setTimer(1, () => cancelled.cancel());
    await elapse(10);
    for (const timer of [kept, cancelled, cancelled]) timer.cancel();
    await elapse(10);
    expect(fired).toEqual(["kept"]);
  });

  test("what one sets fires later, after what it began has gone on", async () => {
    const { clock, elapse } = open();
    const told: string[] = [];
    clock.setTimer(2, () => {
      clock.setTimer(5, () => told.push("inner"));
      void Promise.resolve().then(() => told.push("promise"));
      told.push("outer");
    });
    await elapse(15);
    expect(told).toEqual(["outer", "promise", "inner"]);
  });

  test("time never goes back, and passes", async () => {
    const { clock, elapse } = open();
    const seen: number[] = [clock.now()];
    for (const afterMs of [1, 4, 9]) clock.setTimer(afterMs, () => seen.push(clock.now()));
    await elapse(12);
    seen.push(clock.now());
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect((seen.at(-1) ?? 0) - (seen[0] ?? 0)).toBeGreaterThanOrEqual(12 - SLACK_MS);
  });
});

// Those of Kubernetes wait for minutes at most, and have no such promise.
test.each(timers.filter(([name]) => /of the queue|queue tests|world|fleet|stage/.test(name)))("a wait of months does not fire at once: %s", async (_name, open) => {
  const { clock, elapse } = open();
  let fired = 0;
  const timer = clock.setTimer(2 ** 32, () => (fired += 1));
  await elapse(5);
  timer.cancel();
  expect(fired).toBe(0);
});

/** The simulator's clocks: who waits for a time, and how it comes. */
const waited: readonly (readonly [string, () => { readonly clock: Clock; readonly elapse: (ms: number) => Promise<void> }])[] = [
  ["the machine's", () => ({ clock: systemClock, elapse: waits })],
  ["that of a process of its own, waited for", () => ({ clock: new AdvancingClock(), elapse: waits })],
  ["that of a process of its own, put ahead", () => moved(new AdvancingClock())],
  ["the tests'", () => moved(new ManualClock())],
];

function moved(clock: AdvancingClock | ManualClock): { readonly clock: Clock; readonly elapse: (ms: number) => Promise<void> } {
  return {
    clock,
    elapse: async (ms) => {
      clock.advance(ms);
      await setImmediate();
    },
  };
}

describe.each(waited)("the simulator's time: %s", (_name, open) => {
  test("whoever waits is woken when it has come, and not before", async () => {
    const { clock, elapse } = open();
    const startMs = clock.now();
    const woken: (readonly [number, number])[] = [];
    const all = [60, 5].map((ms) => pass(clock, ms).then(() => woken.push([ms, clock.now() - startMs])));
    await elapse(10);
    expect(woken.map(([ms]) => ms)).toEqual([5]);
    await elapse(60);
    await Promise.all(all);
    expect(woken.map(([ms]) => ms)).toEqual([5, 60]);
    expect(woken.filter(([ms, tookMs]) => tookMs < ms - SLACK_MS)).toEqual([]);
  });
});
