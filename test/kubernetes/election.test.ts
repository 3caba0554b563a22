import { setImmediate } from "node:timers/promises";
import { array, assert, asyncProperty, constantFrom, double } from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { Election, electionTimes } from "../../src/kubernetes/election.ts";
import { type Fate, FakeLease } from "./fake-leases.ts";
import { RecordingLog } from "./recording-log.ts";
import { VirtualClock } from "./virtual-clock.ts";

const TIMES = electionTimes(15);
const STEP_MS = 100;

class Scene {
  readonly clock = new VirtualClock();
  readonly lease = new FakeLease();
  readonly log = new RecordingLog();
  /** For how long the machine stood still, as only the time of day shows. */
  suspendedMs = 0;

  candidate(identity: string, options: { readonly fate?: () => Fate; readonly aheadMs?: number; readonly random?: () => number } = {}): Election {
    const { fate, aheadMs = 0, random = () => 0 } = options;
    const clock = { now: () => this.clock.now() + aheadMs, after: (delayMs: number, run: () => void) => this.clock.after(delayMs, run) };
    const wallMs = () => clock.now() + this.suspendedMs;
    const election = new Election({ store: this.lease.store(fate), identity, times: TIMES, clock, wallMs, random, log: this.log });
    onTestFinished(() => election.stop());
    election.start();
    return election;
  }

  /** Lets time pass in small steps; `check` runs after each. Returns after how long it said stop, or the whole time. */
  async pass(ms: number, check: () => boolean = () => false): Promise<number> {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      await setImmediate();
      if (check()) return passedMs;
      this.clock.advance(STEP_MS);
    }
    await setImmediate();
    return ms;
  }
}

test("client-go's defaults come of a Lease of 15 s", () => {
  expect(electionTimes(15)).toEqual({ leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 });
});

describe("an election", () => {
  test("gives a Lease that nobody has to the first, who keeps it as long as it renews", async () => {
    const scene = new Scene();
    const first = scene.candidate("first");
    await first.won;
    const second = scene.candidate("second");
    expect(await scene.pass(300_000, () => !first.isHeld() || second.isHeld())).toBe(300_000);
    expect(scene.lease.record).toMatchObject({ holder: "first", durationSeconds: 15, transitions: 0 });
    expect(scene.clock.now() - (scene.lease.record?.renewTimeMs ?? 0)).toBeLessThanOrEqual(TIMES.retryMs);
  });

  test("of a holder that was killed goes to the next one after the duration of its Lease, whatever the clocks show", async () => {
    const scene = new Scene();
    let isCut = false;
    const first = scene.candidate("first", { fate: () => (isCut ? "hanging" : "answered") });
    await first.won;
    const second = scene.candidate("second", { aheadMs: 3_600_000 });
    await scene.pass(5000);
    isCut = true;
    const tookMs = await scene.pass(60_000, () => second.isHeld());
    expect(tookMs).toBeGreaterThan(TIMES.leaseMs - TIMES.retryMs);
    expect(tookMs).toBeLessThanOrEqual(TIMES.leaseMs + 2 * TIMES.retryMs);
    expect(scene.lease.record).toMatchObject({ holder: "second", transitions: 1 });
  });

  test("is lost by a holder that cannot renew, a third of the Lease before anybody can take it", async () => {
    const scene = new Scene();
    let isCut = false;
    const first = scene.candidate("first", { fate: () => (isCut ? "hanging" : "answered") });
    await first.won;
    await scene.pass(2 * TIMES.retryMs + STEP_MS);
    const renewedAtMs = scene.lease.record?.renewTimeMs ?? 0;
    isCut = true;
    await scene.pass(60_000, () => !first.isHeld());
    expect(scene.clock.now() - renewedAtMs).toBe(TIMES.renewDeadlineMs);
    await expect(first.lost).resolves.toBe("it could not be renewed for 10 s");
  });

  test("is not held by a machine that was suspended, although its clock stood still", async () => {
    const scene = new Scene();
    const first = scene.candidate("first");
    await first.won;
    scene.suspendedMs = 20_000;
    expect(first.isHeld()).toBe(false);
    scene.lease.write({ holder: "other", durationSeconds: 15, acquireTimeMs: 0, renewTimeMs: 0, transitions: 1 });
    await scene.pass(TIMES.retryMs + STEP_MS);
    await expect(first.lost).resolves.toBe("other holds it now");
  });

  test("is not lost by a fault that is shorter than the deadline", async () => {
    const scene = new Scene();
    let fate: Fate = "answered";
    const first = scene.candidate("first", { fate: () => fate });
    await first.won;
    for (fate of ["lost", "unheard", "refused"] as const) {
      expect(await scene.pass(7000, () => !first.isHeld())).toBe(7000);
      fate = "answered";
      await scene.pass(5000);
      expect(first.isHeld()).toBe(true);
    }
  });

  test("is lost at once to somebody who takes the Lease away", async () => {
    const scene = new Scene();
    const first = scene.candidate("first");
    await first.won;
    scene.lease.write({ holder: "thief", durationSeconds: 15, acquireTimeMs: 0, renewTimeMs: 0, transitions: 1 });
    await scene.pass(TIMES.retryMs + STEP_MS);
    expect(first.isHeld()).toBe(false);
    await expect(first.lost).resolves.toBe("thief holds it now");
  });

  test("goes on at once when the holder gives the Lease back", async () => {
    const scene = new Scene();
    const first = scene.candidate("first");
    await first.won;
    const second = scene.candidate("second", { random: () => 1 });
    await scene.pass(5000);
    await first.release();
    expect(first.isHeld()).toBe(false);
    expect(scene.lease.record).toMatchObject({ holder: "", durationSeconds: 1 });
    expect(await scene.pass(60_000, () => second.isHeld())).toBeLessThanOrEqual(2.2 * TIMES.retryMs);
  });

  test("that is released by one that never had the Lease leaves it alone", async () => {
    const scene = new Scene();
    const first = scene.candidate("first");
    await first.won;
    const second = scene.candidate("second");
    await scene.pass(1000);
    await second.release();
    expect(scene.lease.record?.holder).toBe("first");
  });

  test("that the API server forbids says who can change that, once in the log, and goes on asking", async () => {
    const scene = new Scene();
    let fate: Fate = "refused";
    const only = scene.candidate("only", { fate: () => fate });
    await scene.pass(20_000);
    expect(only.fault()).toBe('cannot hold Lease system/operator: leases "operator" is forbidden: apply the Role and its binding in deploy/kustomize/base');
    expect(scene.log.at("warn")).toHaveLength(1);
    fate = "answered";
    await scene.pass(5000);
    expect(only.fault()).toBeUndefined();
    expect(only.isHeld()).toBe(true);
  });
});

const fates = constantFrom<Fate>("answered", "answered", "answered", "answered", "lost", "unheard", "hanging");
const chance = double({ min: 0, max: 0.99, noNaN: true });

test("whatever becomes of requests, no two hold the Lease at a time, and without faults one does", async () => {
  await assert(
    asyncProperty(array(fates, { minLength: 40, maxLength: 120 }), array(chance, { minLength: 5, maxLength: 20 }), async (plan, chances) => {
      const scene = new Scene();
      let [asked, drawn] = [0, 0];
      const fate = () => plan[asked++] ?? "answered";
      const random = () => chances[drawn++ % chances.length] ?? 0;
      const all = ["first", "second", "third"].map((identity, index) => scene.candidate(identity, { fate, random, aheadMs: index * 7001 }));
      const holders = () => all.filter((election) => election.isHeld()).length;
      await scene.pass(90_000, () => {
        expect(holders()).toBeLessThanOrEqual(1);
        return false;
      });
      asked = plan.length;
      await scene.pass(40_000);
      const lost = await Promise.all(all.map((election) => Promise.race([election.lost.then(() => true), setImmediate(false)])));
      expect(holders()).toBe(lost.every((isLost) => isLost) ? 0 : 1);
      for (const election of all) election.stop();
    }),
    { numRuns: 15 },
  );
});
