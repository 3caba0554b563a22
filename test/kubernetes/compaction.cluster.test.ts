import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import { systemClock } from "../../src/kubernetes/clock.ts";
import { connect } from "../../src/kubernetes/connection.ts";
import { listAll } from "../../src/kubernetes/list.ts";
import type { ApiRequest, Transport } from "../../src/kubernetes/transport.ts";
import { type WatchEvent, watchOnce } from "../../src/kubernetes/watch.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { Playground } from "./cluster.ts";
import { GADGETS } from "./gadgets.ts";

// Without the API server's memory, what etcd has forgotten is gone: the 410 that a cluster gives whose memory was too short.
let plane: ControlPlane;
let playground: Playground;

beforeAll(async () => {
  plane = await startControlPlane({ watchCache: false });
  playground = new Playground(plane, "kubernetes-compaction");
  await playground.prepare();
});

afterAll(() => plane.stop());

beforeEach(() => playground.within(["delete", "gadgets", "--all"]));

const form = createCacheForm(GADGETS);
const never = new AbortController().signal;

/** A transport to the API server that does something before each request; with the codes of the answers. */
async function openTransport(before: (request: ApiRequest) => Promise<unknown>) {
  const codes: number[] = [];
  const connection = await connect({ kubeconfig: plane.adminKubeconfig, userAgent: "test/1" });
  onTestFinished(() => connection.close());
  const { transport } = connection;
  const watched: Transport = {
    ...transport,
    request: async (request) => {
      await before(request);
      const answer = await transport.request(request);
      codes.push(answer.code);
      return answer;
    },
  };
  return { transport: watched, codes };
}

describe("when etcd has forgotten what was to come next", () => {
  it("a list that was half read is read again in one piece, and misses nothing", async () => {
    for (const name of ["a", "b", "c"]) await playground.create(name);
    let isCompacted = false;
    const { transport, codes } = await openTransport(async ({ path }) => {
      if (isCompacted || !path.includes("continue=")) return;
      isCompacted = true;
      await playground.create("d");
      await plane.compact();
    });
    const listing = await listAll({ transport, type: GADGETS, form, pageSize: 2, signal: never });
    expect(codes).toEqual([200, 410, 200]);
    if (listing.is !== "listed") throw new Error(`the list ended: ${listing.is}`);
    expect(listing.objects.map(({ metadata }) => metadata.name)).toEqual(["a", "b", "c", "d"]);
  });

  it("a watch that would have to go on from there is told to list again", async () => {
    const { metadata } = await playground.create("a");
    for (const name of ["b", "c", "d"]) await playground.create(name);
    await plane.compact();
    const { transport } = await openTransport(() => Promise.resolve());
    const events: WatchEvent[] = [];
    const watch = { transport, type: GADGETS, timeoutSeconds: 10, silenceMs: 10_000, clock: systemClock, signal: never, onEvent: (event: WatchEvent) => events.push(event) > 0 };
    expect(await watchOnce({ ...watch, resourceVersion: metadata.resourceVersion })).toEqual({ is: "expired" });
    expect(events).toEqual([]);
  });
});
