import { describe, expect, it } from "vitest";
import { ServerProbe } from "../../src/kubernetes/probe.ts";
import { NoAnswerError } from "../../src/kubernetes/transport.ts";
import type { ApiAnswer, Transport } from "../../src/kubernetes/transport.ts";
import { gadget, gadgetList } from "./gadgets.ts";
import { RecordingLog } from "./recording-log.ts";
import { startReflection } from "./reflection.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** A probe whose server answers by a script: a status, or nothing. */
function probeOf(answers: readonly (number | "nothing")[]) {
  const clock = new VirtualClock();
  const log = new RecordingLog();
  const asked: number[] = [];
  const transport: Pick<Transport, "request"> = {
    request: async (): Promise<ApiAnswer> => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] ?? "nothing";
      asked.push(clock.now());
      if (answer === "nothing") throw new NoAnswerError("no answer");
      return { code: answer, headers: {}, text: "" };
    },
  };
  const probe = new ServerProbe({
    transport: { ...transport, stream: () => Promise.reject(new Error("unused")), close: () => Promise.resolve() },
    clock,
    random: () => 0.25,
    log,
  });
  return { probe, clock, log, asked };
}

const never = new AbortController().signal;

describe("the probe", () => {
  it("asks once a second for everybody who waits, and releases all within a second of its answer", async () => {
    const { probe, clock, asked, log } = probeOf(["nothing", "nothing", 200]);
    const startMs = clock.now();
    const released: number[] = [];
    const waiting = [1, 2, 3].map(async () => {
      await probe.returned(never);
      released.push(clock.now() - startMs);
    });
    await clock.fire((delayMs) => delayMs === 1000);
    await clock.fire((delayMs) => delayMs === 1000);
    await clock.fire((delayMs) => delayMs === 250);
    await Promise.all(waiting);
    expect(asked.map((atMs) => atMs - startMs)).toEqual([0, 1000, 2000]);
    expect(released).toEqual([2250, 2250, 2250]);
    expect(log.lines.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ["warn", "The API server is away", {}],
      ["info", "The API server is back", { awaySeconds: 2 }],
    ]);
  });

  it.each([200, 401, 403, 404])("takes a server that answers %i as alive", async (code) => {
    const { probe, clock, asked } = probeOf([code]);
    const waiting = probe.returned(never);
    await clock.fire((delayMs) => delayMs === 250);
    await waiting;
    expect(asked).toHaveLength(1);
  });

  it("waits while the server says that it is not ready, but not for ever", async () => {
    const { probe, clock, asked } = probeOf([500]);
    const waiting = probe.returned(never);
    for (let asking = 1; asking < 15; asking += 1) await clock.fire((delayMs) => delayMs === 1000);
    await clock.fire((delayMs) => delayMs === 250);
    await waiting;
    expect(asked).toHaveLength(15);
  });

  it("rests when nobody waits any more, and begins anew", async () => {
    const { probe, clock, asked } = probeOf(["nothing", 200]);
    const stopping = new AbortController();
    const waiting = probe.returned(stopping.signal);
    await expect.poll(() => clock.pendingMs, { interval: 1 }).toEqual([1000]);
    stopping.abort();
    await waiting;
    expect([asked.length, clock.pendingMs]).toEqual([1, []]);
    const again = probe.returned(never);
    await clock.fire((delayMs) => delayMs === 250);
    await again;
    expect(asked).toHaveLength(2);
  });

  it("does not wait at all when it is too late", async () => {
    const { probe, asked } = probeOf([200]);
    await probe.returned(AbortSignal.abort());
    expect(asked).toEqual([]);
  });
});

describe("reflectors whose API server restarts", () => {
  it("share the probe, and go on where they were without a list and without asking meanwhile", async () => {
    const { server, clock, requests, told } = await startReflection({ reflectors: 3 });
    for (let count = 0; count < 6; count += 1) {
      const request = await server.next();
      if (request.query("watch") === "true") request.open();
      else request.json(200, gadgetList(10, []));
    }
    await expect.poll(() => requests.length, { interval: 1 }).toBe(6);
    await server.stop();
    for (let second = 0; second < 5; second += 1) await clock.fire((delayMs) => delayMs === 1000);
    const whileAway = requests.slice(6);
    expect(new Set(whileAway.map(({ path, code }) => `${path} ${code}`))).toEqual(new Set(["/readyz <error>"]));
    expect(whileAway.length).toBeLessThanOrEqual(6);

    await expect.poll(() => clock.pendingMs, { interval: 1 }).toEqual([1000]);
    await server.start();
    await clock.fire((delayMs) => delayMs === 1000);
    const ready = await server.next();
    expect(ready.path).toBe("/readyz");
    ready.text(200, "ok");
    await clock.fire((delayMs) => delayMs === 500);
    for (let count = 0; count < 3; count += 1) {
      const watch = await server.next();
      expect([watch.query("watch"), watch.query("resourceVersion")]).toEqual(["true", "10"]);
      watch.open();
      watch.event("ADDED", gadget("a", 11));
    }
    await expect.poll(() => told, { interval: 1 }).toEqual(["+a@11", "+a@11", "+a@11"]);
  });

  it("before their first list wait for it, too", async () => {
    const { server, clock, reflector } = await startReflection();
    const list = await server.next();
    list.reset();
    (await server.next()).text(200, "ok");
    await clock.fire((delayMs) => delayMs === 500);
    (await server.next()).json(200, gadgetList(10, []));
    await reflector.synced;
  });

  it("that answers the probe but cuts every watch is not flooded", async () => {
    const { server, clock } = await startReflection();
    (await server.next()).json(200, gadgetList(10, []));
    (await server.next()).reset();
    (await server.next()).text(200, "ok");
    await clock.fire((delayMs) => delayMs === 500);
    (await server.next()).reset();
    (await server.next()).text(200, "ok");
    await clock.fire((delayMs) => delayMs === 500);
    expect(await clock.fire((delayMs) => delayMs < 100_000)).toBe(400);
    expect((await server.next()).query("watch")).toBe("true");
  });
});
