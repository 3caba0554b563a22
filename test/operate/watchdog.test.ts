import { expect, test } from "vitest";
import { Watchdog } from "../../src/operate/watchdog.ts";
import { VirtualClock } from "../queue/virtual-clock.ts";

/** A clock whose timers come late by as long as the event loop stands still. */
class StallingClock extends VirtualClock {
  #stalledMs = 0;

  override now(): number {
    return super.now() + this.#stalledMs;
  }

  stall(ms: number): void {
    this.#stalledMs += ms;
  }
}

test("a run that is too old is named with its age and the limit", () => {
  let longestRunMs = 600_000;
  const watchdog = new Watchdog({ clock: new VirtualClock(), longestRunMs: () => longestRunMs });
  expect(watchdog.workerFault()).toBeUndefined();
  longestRunMs = 601_000;
  expect(watchdog.workerFault()).toBe("a run has not ended for 601 s (limit 600 s)");
});

test("an event loop that goes on has no fault", async () => {
  const clock = new StallingClock();
  const watchdog = new Watchdog({ clock, longestRunMs: () => 0 });
  await clock.advance(60_000);
  clock.stall(9000);
  await clock.advance(60_000);
  expect(watchdog.eventLoopFault()).toBeUndefined();
});

test("a stall is seen while its beat is overdue, remembered for half a minute, then forgotten", async () => {
  const clock = new StallingClock();
  const watchdog = new Watchdog({ clock, longestRunMs: () => 0 });
  await clock.advance(5500);
  clock.stall(20_000);
  expect(watchdog.eventLoopFault()).toBe("the event loop stood still for 20 s");
  await clock.advance(500);
  expect(watchdog.eventLoopFault()).toBe("the event loop stood still for 20 s");
  await clock.advance(30_000);
  expect(watchdog.eventLoopFault()).toBe("the event loop stood still for 20 s");
  await clock.advance(1);
  expect(watchdog.eventLoopFault()).toBeUndefined();
});

test("stopping ends the beat", () => {
  const clock = new VirtualClock();
  new Watchdog({ clock, longestRunMs: () => 0 }).stop();
  expect(clock.timers).toBe(0);
});
