import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { createLog } from "../../src/operate/log.ts";
import { onSignals, shutDown, type ShutdownSteps } from "../../src/operate/shutdown.ts";
import { VirtualClock } from "../queue/virtual-clock.ts";

const forever = () => new Promise<void>(() => {});

function setUp(steps: Partial<ShutdownSteps>) {
  const clock = new VirtualClock();
  const done: string[] = [];
  const lines: string[] = [];
  const log = createLog({ level: "info", destination: { write: (line) => void lines.push(line) } });
  const note = (name: string) => () => void done.push(`${name} ${clock.now()}`);
  const did = (name: string) => async () => note(name)();
  const report = shutDown(
    {
      refuse: note("refuse"),
      stopIntake: did("stopIntake"),
      drainWorkers: did("drainWorkers"),
      abortWorkers: note("abortWorkers"),
      flush: did("flush"),
      close: did("close"),
      ...steps,
    },
    { clock, log, graceMs: 30_000 },
  );
  const messages = () => lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { clock, done, report, messages };
}

describe("the order of the end", () => {
  test("readiness, intake, workers, what is still to be sent, servers", async () => {
    const { clock, done, report, messages } = setUp({});
    expect(await report).toEqual({ aborted: false, failed: [] });
    expect(done).toEqual(["refuse 0", "stopIntake 0", "drainWorkers 0", "flush 0", "close 0"]);
    expect(messages()).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  test("workers may take the grace", async () => {
    const { clock, done, report } = setUp({
      drainWorkers: () => new Promise((resolve) => void clock.setTimer(29_999, resolve)),
    });
    await clock.advance(60_000);
    expect(await report).toEqual({ aborted: false, failed: [] });
    expect(done).toEqual(["refuse 0", "stopIntake 0", "flush 29999", "close 29999"]);
  });

  test("after the grace workers are told to stop, and waited for", async () => {
    let drained = () => {};
    const { clock, done, report, messages } = setUp({
      drainWorkers: () => new Promise((resolve) => (drained = resolve)),
      abortWorkers: () => void clock.setTimer(100, () => drained()),
    });
    await clock.advance(60_000);
    expect(await report).toEqual({ aborted: true, failed: [] });
    expect(done).toEqual(["refuse 0", "stopIntake 0", "flush 30100", "close 30100"]);
    expect(messages()).toEqual(["Workers did not end within the grace and are told to stop"]);
  });

  test("a worker that does not obey keeps nothing else from its turn", async () => {
    const { clock, done, report } = setUp({ drainWorkers: forever });
    await clock.advance(60_000);
    expect(await report).toEqual({ aborted: true, failed: ["drainWorkers"] });
    expect(done).toEqual(["refuse 0", "stopIntake 0", "abortWorkers 30000", "flush 35000", "close 35000"]);
  });

  test.each(["refuse", "stopIntake", "flush", "close"] as const)("%s that throws or hangs is named, and the rest goes on", async (step) => {
    const thrown = setUp({
      [step]: () => {
        throw new Error("fault");
      },
    });
    expect(await thrown.report).toEqual({ aborted: false, failed: [step] });
    expect(thrown.done).toHaveLength(4);
    expect(thrown.messages()).toEqual(["Shutdown step did not end well"]);
    const hanging = setUp({ [step]: forever });
    await hanging.clock.advance(5000);
    expect(await hanging.report).toEqual({ aborted: false, failed: [step] });
    expect(hanging.done).toHaveLength(4);
  });
});

describe("signals", () => {
  test("the first one begins the end, every further one exits at once", () => {
    const source = new EventEmitter();
    const seen: string[] = [];
    const stop = onSignals(source, { first: (signal) => seen.push(`first ${signal}`), again: (signal) => seen.push(`again ${signal}`) });
    source.emit("SIGTERM", "SIGTERM");
    source.emit("SIGINT", "SIGINT");
    source.emit("SIGTERM", "SIGTERM");
    expect(seen).toEqual(["first SIGTERM", "again SIGINT", "again SIGTERM"]);
    stop();
    expect(source.listenerCount("SIGTERM") + source.listenerCount("SIGINT")).toBe(0);
  });
});
