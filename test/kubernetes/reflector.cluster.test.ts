import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/kubernetes/clock.ts";
import { connect } from "../../src/kubernetes/connection.ts";
import type { RequestObservation } from "../../src/kubernetes/connection.ts";
import { Reflector } from "../../src/kubernetes/reflector.ts";
import { startControlPlane } from "../control-plane/control-plane.ts";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import { Playground } from "./cluster.ts";
import { GADGETS } from "./gadgets.ts";
import { Gate } from "./gate.ts";
import { RecordingLog } from "./recording-log.ts";
import { lineOf } from "./reflection.ts";

let plane: ControlPlane;
let playground: Playground;

beforeAll(async () => {
  plane = await startControlPlane();
  playground = new Playground(plane, "kubernetes-reflector");
  await playground.prepare();
});

beforeEach(async () => {
  await playground.within(["delete", "gadgets", "--all"]);
});

afterAll(async () => {
  await plane.stop();
});

/** A reflector of gadgets behind a gate, that runs until the end of the test. */
async function startReflector(pageSize = 500) {
  const gate = new Gate(new URL(plane.server));
  await gate.start();
  const kubeconfig = join(plane.directory, "gate.kubeconfig");
  const admin = await readFile(plane.adminKubeconfig, "utf8");
  await writeFile(kubeconfig, admin.replace(plane.server, `https://127.0.0.1:${gate.port}`));
  const requests: RequestObservation[] = [];
  const log = new RecordingLog();
  const connection = await connect({ kubeconfig, userAgent: "test/1", log, onRequest: (one) => requests.push(one) });
  const told: string[] = [];
  const reflector = new Reflector({
    connection,
    type: GADGETS,
    onEvent: (event) => told.push(lineOf(event).replace(/@.*/, "")),
    clock: systemClock,
    random: Math.random,
    log,
    pageSize,
  });
  const stopping = new AbortController();
  const running = reflector.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
    await connection.close();
    await gate.stop();
  });
  await reflector.synced;
  return { reflector, told, requests, log, gate };
}

/** How lists and watches ended, in order. */
function endings({ lines }: RecordingLog): readonly unknown[] {
  return lines.filter(({ message }) => message === "A list or watch ended").map(({ fields }) => (fields["ending"] as { is: string }).is);
}

/** How many requests for gadgets were answered. */
function answered(requests: readonly RequestObservation[]): number {
  return requests.filter(({ path, code }) => path.endsWith("/gadgets") && code === "200").length;
}

describe("a reflector", () => {
  it("reads page by page and follows what happens", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await playground.create(name);
    const { reflector, told, requests } = await startReflector(2);
    expect([reflector.store.size, answered(requests)]).toEqual([5, 3]);
    expect(told).toEqual(["+a", "+b", "+c", "+d", "+e"]);
    await playground.create("f");
    await playground.within(["label", "gadget", "f", "team=a"]);
    await playground.within(["delete", "gadget", "f"]);
    await expect.poll(() => told.slice(5), { timeout: 15_000 }).toEqual(["+f", "~f", "-f"]);
    expect(reflector.store.get(playground.namespace, "f")).toBeUndefined();
  });

  it("whose watch is cut goes on where it was, without a list, and hears what happened meanwhile", async () => {
    await playground.create("kept");
    await playground.create("gone");
    const { told, requests, log, gate } = await startReflector();
    await expect.poll(() => answered(requests), { timeout: 15_000 }).toBe(2);
    gate.close();
    await expect.poll(() => log.at("warn"), { timeout: 15_000 }).toEqual(["The API server is away"]);
    await playground.within(["delete", "gadget", "gone"]);
    await playground.create("new");
    gate.open();
    await expect.poll(() => told, { timeout: 15_000 }).toEqual(["+gone", "+kept", "-gone", "+new"]);
    expect(log.at("info")).toEqual(["The API server is back"]);
    expect([endings(log), answered(requests)]).toEqual([["away"], 3]);
  });

  it("that is told 410 by a restarted API server lists again, and tells what vanished", async () => {
    await playground.create("kept");
    await playground.create("gone");
    const { reflector, told, log, gate } = await startReflector();
    gate.close();
    await playground.within(["delete", "gadget", "gone"]);
    await playground.create("new");
    await plane.stopApiServer();
    await plane.startApiServer();
    gate.open();
    await expect.poll(() => told.toSorted(), { timeout: 15_000 }).toEqual(["+gone", "+kept", "+new", "-gone"]);
    // A server that has just started may refuse watches for a second (429).
    expect(endings(log).filter((ending) => ending !== "refused")).toEqual(["away", "expired"]);
    expect([...reflector.store.list()].map(({ metadata }) => metadata.name).toSorted()).toEqual(["kept", "new"]);
  });

  it("outlives its API server, asking nothing but whether it is back", async () => {
    await playground.create("before");
    const { told, requests, log } = await startReflector();
    await expect.poll(() => answered(requests), { timeout: 15_000 }).toBe(2);
    await plane.stopApiServer();
    await expect.poll(() => log.at("warn"), { timeout: 15_000 }).toEqual(["The API server is away"]);
    await plane.startApiServer();
    await playground.create("after");
    await expect.poll(() => told, { timeout: 15_000 }).toEqual(["+before", "+after"]);
    const failures = requests.filter(({ code }) => code === "<error>").map(({ path }) => path);
    expect(new Set(failures)).toEqual(new Set(["/readyz"]));
  });
});
