import { describe, expect, it } from "vitest";
import type { FakeRequest } from "./fake-api-server.ts";
import { gadget, gadgetList } from "./gadgets.ts";
import { startReflection } from "./reflection.ts";
import type { Reflection, ReflectionOptions } from "./reflection.ts";

const WATCHDOG_MS = 100_000;

/** A reflector that has listed `items` at version 10 and whose watch is open. */
async function startWatching(items: readonly object[], options: ReflectionOptions = {}): Promise<Reflection & { watch: FakeRequest }> {
  const reflection = await startReflection(options);
  (await reflection.server.next()).json(200, gadgetList(10, items));
  const watch = await reflection.server.next();
  watch.open();
  return { ...reflection, watch };
}

/** Waits until a change was told. */
async function told(reflection: Reflection, line: string): Promise<void> {
  await expect.poll(() => reflection.told, { interval: 1 }).toContain(line);
}

describe("the list", () => {
  it("is read in pages before anything is told, and completed by the resource's apiVersion and kind", async () => {
    const { server, reflector, told: lines } = await startReflection({ pageSize: 2 });
    const first = await server.next();
    expect([first.path, first.query("limit"), first.query("continue"), first.query("resourceVersion")]).toEqual([
      "/apis/kubernetes.test/v1/gadgets",
      "2",
      null,
      null,
    ]);
    first.json(200, gadgetList(10, [gadget("a", 1), gadget("b", 2)], "page-2"));
    const second = await server.next();
    expect([second.query("limit"), second.query("continue")]).toEqual(["2", "page-2"]);
    expect([lines, reflector.hasSynced, reflector.store.size]).toEqual([[], false, 0]);
    second.json(200, gadgetList(10, [gadget("c", 3)]));
    await reflector.synced;
    expect(lines).toEqual(["+a@1", "+b@2", "+c@3"]);
    expect(reflector.hasSynced).toBe(true);
    expect(reflector.store.get("one", "c")).toEqual({
      apiVersion: "kubernetes.test/v1",
      kind: "Gadget",
      metadata: {
        name: "c",
        namespace: "one",
        uid: "uid-c",
        resourceVersion: "3",
        generation: 1,
        creationTimestamp: "2026-01-01T00:00:00Z",
      },
      spec: { size: 1 },
      status: undefined,
    });
  });

  it("is read in one piece when its continue token expires on the way", async () => {
    const { server, reflector, told: lines } = await startReflection({ pageSize: 1 });
    (await server.next()).json(200, gadgetList(10, [gadget("a", 1)], "page-2"));
    (await server.next()).status(410, "Expired", "The provided continue parameter is too old");
    const whole = await server.next();
    expect([whole.query("limit"), whole.query("continue")]).toEqual([null, null]);
    whole.json(200, gadgetList(20, [gadget("a", 15), gadget("b", 2)]));
    await reflector.synced;
    expect(lines).toEqual(["+a@15", "+b@2"]);
  });

  it("of a resource that is not served is a problem of its own, and is tried until it is", async () => {
    const { server, clock, reflector, problems } = await startReflection();
    (await server.next()).text(404, "404 page not found\n");
    await clock.fire((delayMs) => delayMs === 400);
    expect(problems).toEqual([
      {
        is: "missing",
        message: "cannot list gadgets.kubernetes.test: the API server does not serve it: 404 page not found",
      },
    ]);
    expect(reflector.hasSynced).toBe(false);
    (await server.next()).json(200, gadgetList(1, []));
    await reflector.synced;
  });

  it.each([
    ["is no list", { kind: "Pod" }],
    ["has no version", { metadata: {}, items: [] }],
    ["holds what is no object", gadgetList(10, [{ metadata: { name: "a" } }])],
  ])("that %s is not taken as complete", async (_, body) => {
    const { server, clock, told: lines, reflector } = await startReflection();
    (await server.next()).json(200, body);
    await clock.fire((delayMs) => delayMs === 400);
    expect([lines, reflector.hasSynced]).toEqual([[], false]);
    expect((await server.next()).query("watch")).toBeNull();
  });
});

describe("the watch", () => {
  it("begins where the list ended, asks for bookmarks and ends after 300 to 600 s", async () => {
    const { watch } = await startWatching([], { random: () => 0.999 });
    expect(Object.fromEntries(watch.url.searchParams)).toEqual({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: "10",
      timeoutSeconds: "600",
    });
  });

  it("tells what was added, changed and deleted, with the last known state", async () => {
    const events: unknown[] = [];
    const reflection = await startWatching([gadget("a", 1)], {
      onEvent: ({ previous, next }) => events.push([previous?.metadata.resourceVersion, next?.metadata.resourceVersion]),
    });
    reflection.watch.event("ADDED", gadget("b", 11));
    reflection.watch.event("MODIFIED", gadget("b", 12));
    reflection.watch.event("DELETED", gadget("a", 13));
    await told(reflection, "-a@13");
    expect(reflection.told).toEqual(["+a@1", "+b@11", "~b@12", "-a@13"]);
    expect(events).toEqual([
      [undefined, "1"],
      [undefined, "11"],
      ["11", "12"],
      ["13", undefined],
    ]);
    expect([...reflection.reflector.store.list()].map(({ metadata }) => metadata.name)).toEqual(["b"]);
  });

  it("goes on from a bookmark's version after its end, at once and without a list", async () => {
    const { server, watch, clock } = await startWatching([]);
    watch.event("BOOKMARK", gadget("", 99));
    watch.end();
    const next = await server.next();
    expect([next.query("watch"), next.query("resourceVersion")]).toEqual(["true", "99"]);
    expect(clock.pendingMs).toEqual([WATCHDOG_MS]);
  });

  it("goes on at once after each end, if there was a bookmark between", async () => {
    const { server, watch, clock } = await startWatching([]);
    watch.event("BOOKMARK", gadget("", 20));
    watch.end();
    const second = await server.next();
    second.open();
    second.event("BOOKMARK", gadget("", 30));
    second.end();
    expect((await server.next()).query("resourceVersion")).toBe("30");
    expect(clock.pendingMs).toEqual([WATCHDOG_MS]);
  });

  it("goes on at once after each end, if the watch was open for a while", async () => {
    const { server, watch, clock } = await startWatching([]);
    clock.advance(5000);
    watch.end();
    const second = await server.next();
    second.open();
    clock.advance(5000);
    second.end();
    expect((await server.next()).query("resourceVersion")).toBe("10");
    expect(clock.pendingMs).toEqual([WATCHDOG_MS]);
  });

  it("that keeps ending at once does not become a hot loop", async () => {
    const { server, watch, clock } = await startWatching([]);
    watch.end();
    const second = await server.next();
    second.open();
    second.end();
    expect(await clock.fire((delayMs) => delayMs < WATCHDOG_MS)).toBe(400);
    const third = await server.next();
    third.open();
    third.end();
    expect(await clock.fire((delayMs) => delayMs < WATCHDOG_MS)).toBe(800);
  });

  it("tells an object that was deleted and made again as gone and added", async () => {
    const reflection = await startWatching([gadget("a", 1)]);
    reflection.watch.event("MODIFIED", gadget("a", 11, { uid: "another" }));
    await told(reflection, "+a@11");
    expect(reflection.told).toEqual(["+a@1", "-a@1", "+a@11"]);
  });

  it("understands lines that are cut anywhere, within a character too", async () => {
    const reflection = await startWatching([]);
    const line = Buffer.from(`${JSON.stringify({ type: "ADDED", object: gadget("a", 11, { spec: { text: "ü\u2028🎛" } }) })}\n`);
    for (const byte of line) reflection.watch.bytes(Buffer.from([byte]));
    await told(reflection, "+a@11");
    expect(reflection.reflector.store.get("one", "a")?.spec).toEqual({ text: "ü\u2028🎛" });
  });

  it("forgets half a line when the connection breaks and goes on from the last whole one", async () => {
    const { server, watch, clock, ...reflection } = await startWatching([]);
    watch.event("ADDED", gadget("a", 11));
    watch.bytes('{"type":"ADDED","object":{"metadata":{"na');
    await expect.poll(() => reflection.told, { interval: 1 }).toEqual(["+a@11"]);
    watch.reset();
    (await server.next()).text(200, "ok");
    await clock.fire((delayMs) => delayMs === 500);
    expect((await server.next()).query("resourceVersion")).toBe("11");
  });

  it.each([
    ["no JSON", "{nonsense}\n"],
    ["an unknown type", '{"type":"RENAMED","object":{}}\n'],
    ["no object", '{"type":"ADDED","object":{"metadata":{"resourceVersion":"11"}}}\n'],
    ["no version", '{"type":"BOOKMARK","object":{}}\n'],
  ])("that sends %s has lost something: list again", async (_, line) => {
    const { server, watch, clock } = await startWatching([]);
    watch.bytes(line);
    await clock.fire((delayMs) => delayMs === 400);
    expect((await server.next()).query("watch")).toBeNull();
  });

  it("is cut when nothing comes for longer than bookmarks take, and goes on where it was", async () => {
    const { server, watch, clock } = await startWatching([]);
    await clock.fire((delayMs) => delayMs === WATCHDOG_MS);
    await watch.closed();
    expect((await server.next()).query("resourceVersion")).toBe("10");
  });

  it("is not cut while bookmarks come", async () => {
    const reflection = await startWatching([]);
    clockPastHalf(reflection);
    reflection.watch.event("ADDED", gadget("a", 11));
    await told(reflection, "+a@11");
    clockPastHalf(reflection);
    reflection.watch.event("ADDED", gadget("b", 12));
    await told(reflection, "+b@12");
    expect(reflection.server.untaken).toEqual([]);
  });
});

/** Two of these are more than the watchdog allows. */
function clockPastHalf({ clock }: Reflection): void {
  clock.advance(WATCHDOG_MS * 0.6);
}

describe("an expired version", () => {
  it.each([
    ["as the answer", (watch: FakeRequest) => watch.status(410, "Expired", "too old resource version: 10 (50)")],
    [
      "as an event",
      (watch: FakeRequest) => {
        watch.open();
        watch.event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old resource version: 10 (50)" });
      },
    ],
  ])("%s makes a list at once, and what it lacks is told as deleted", async (_, expire) => {
    const reflection = await startReflection();
    (await reflection.server.next()).json(200, gadgetList(10, [gadget("gone", 1), gadget("kept", 2), gadget("changed", 3), gadget("replaced", 4)]));
    expire(await reflection.server.next());
    const list = await reflection.server.next();
    expect([list.query("watch"), list.query("resourceVersion")]).toEqual([null, null]);
    list.json(200, gadgetList(50, [gadget("kept", 2), gadget("changed", 33), gadget("replaced", 44, { uid: "other" })]));
    expect((await reflection.server.next()).query("resourceVersion")).toBe("50");
    expect(reflection.told.slice(4)).toEqual(["~changed@33", "-replaced@4", "+replaced@44", "-gone@1"]);
    expect(reflection.problems).toEqual([]);
  });

  it("right after the list waits before the next one", async () => {
    const { server, clock } = await startReflection();
    (await server.next()).json(200, gadgetList(10, []));
    (await server.next()).status(410, "Expired", "too old");
    (await server.next()).json(200, gadgetList(20, []));
    (await server.next()).status(410, "Expired", "too old");
    expect(await clock.fire((delayMs) => delayMs < WATCHDOG_MS)).toBe(400);
    expect((await server.next()).query("watch")).toBeNull();
  });

  it("after other failures still makes a list at once, so that a restart heals within seconds", async () => {
    const { server, clock, log } = await startReflection();
    (await server.next()).json(200, gadgetList(10, []));
    (await server.next()).status(429, "TooManyRequests", "storage is (re)initializing", { headers: { "retry-after": "1" } });
    expect(await clock.fire((delayMs) => delayMs < WATCHDOG_MS)).toBe(1400);
    (await server.next()).status(410, "Expired", "too old");
    expect((await server.next()).query("watch")).toBeNull();
    expect(log.at("warn")).toEqual([]);
  });
});

describe("a server that refuses", () => {
  it("is asked again with growing delays up to 30 s, and the problem is logged once", async () => {
    const { server, clock, problems, log } = await startReflection({ random: () => 1 - Number.EPSILON });
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      (await server.next()).status(500, "InternalError", "etcd is sad");
      delays.push(Math.round(await clock.fire(() => true)));
    }
    expect(delays).toEqual([800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    expect(problems[0]).toEqual({ is: "refused", code: 500, message: "cannot list or watch gadgets.kubernetes.test: etcd is sad" });
    expect(log.at("warn")).toEqual(["A resource cannot be watched"]);
  });

  it("is not asked before its Retry-After", async () => {
    const { server, clock } = await startReflection({ random: () => 0 });
    (await server.next()).status(429, "TooManyRequests", "slow down", { headers: { "retry-after": "7" } });
    expect(await clock.fire(() => true)).toBe(7000);
  });

  it("in the middle of a watch is asked to go on where it was", async () => {
    const { server, watch, clock } = await startWatching([]);
    watch.event("ERROR", { kind: "Status", code: 500, message: "busy", details: { retryAfterSeconds: 3 } });
    expect(await clock.fire((delayMs) => delayMs < WATCHDOG_MS)).toBeGreaterThanOrEqual(3000);
    const next = await server.next();
    expect([next.query("watch"), next.query("resourceVersion")]).toEqual(["true", "10"]);
  });

  it("because of a missing permission keeps what the store has", async () => {
    const { server, watch, clock, reflector, problems } = await startWatching([gadget("a", 1)]);
    watch.end();
    (await server.next()).status(403, "Forbidden", "no list for you");
    await clock.fire((delayMs) => delayMs < WATCHDOG_MS);
    expect(problems.at(-1)).toMatchObject({ is: "refused", code: 403 });
    expect(reflector.store.size).toBe(1);
    expect((await server.next()).query("resourceVersion")).toBe("10");
  });

  it("is forgiven once an event came: the next failure waits as little as the first", async () => {
    const { server, watch, clock, ...reflection } = await startWatching([]);
    for (const [failing, wait] of [[watch, 400], [undefined, 800]] as const) {
      const request = failing ?? (await server.next());
      if (failing === undefined) request.status(500, "InternalError", "no");
      else request.event("ERROR", { code: 500, message: "no" });
      expect(await clock.fire((delayMs) => delayMs < WATCHDOG_MS)).toBe(wait);
    }
    const healthy = await server.next();
    healthy.open();
    healthy.event("ADDED", gadget("a", 11));
    await expect.poll(() => reflection.told, { interval: 1 }).toEqual(["+a@11"]);
    healthy.event("ERROR", { code: 500, message: "no" });
    expect(await clock.fire((delayMs) => delayMs < WATCHDOG_MS)).toBe(400);
  });
});

describe("a handler that throws", () => {
  it("is logged, and the next events are told", async () => {
    const reflection = await startWatching([gadget("a", 1)], {
      onEvent: () => {
        throw new Error("boom");
      },
    });
    reflection.watch.event("ADDED", gadget("b", 11));
    await told(reflection, "+b@11");
    expect(reflection.log.lines.filter(({ level }) => level === "error").map(({ fields }) => fields["name"])).toEqual(["a", "b"]);
  });
});

describe("the stop", () => {
  it("during a list tells nothing any more", async () => {
    const { server, stopping, running, told: lines, log } = await startReflection();
    const list = await server.next();
    stopping.abort();
    await running;
    await list.closed();
    expect([lines, log.lines]).toEqual([[], []]);
  });

  it("while a watch connects ends it, and nothing of it is told", async () => {
    const { server, stopping, running, told: lines, log, clock } = await startReflection();
    (await server.next()).json(200, gadgetList(10, []));
    const watch = await server.next();
    stopping.abort();
    await running;
    await watch.closed();
    expect([lines, log.lines, clock.pendingMs]).toEqual([[], [], []]);
  });

  it("from within a handler is final, although more was received", async () => {
    const stopping = new AbortController();
    const reflection = await startReflection({ onEvent: () => stopping.abort() });
    stopping.signal.addEventListener("abort", () => reflection.stopping.abort());
    (await reflection.server.next()).json(200, gadgetList(10, [gadget("a", 1), gadget("b", 2)]));
    await reflection.running;
    expect([reflection.told, reflection.reflector.hasSynced]).toEqual([["+a@1"], false]);
  });

  it("during the backoff is immediate", async () => {
    const { server, stopping, running, clock, problems } = await startReflection();
    (await server.next()).status(500, "InternalError", "no");
    await expect.poll(() => problems.length, { interval: 1 }).toBe(1);
    stopping.abort();
    await running;
    expect(clock.pendingMs).toEqual([]);
  });

  it("is needed once only: a reflector does not run twice", async () => {
    const { reflector } = await startReflection();
    await expect(reflector.run(new AbortController().signal)).rejects.toThrow("the reflector of gadgets.kubernetes.test runs already");
  });
});
