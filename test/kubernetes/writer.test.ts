import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import type { FakeRequest } from "./fake-api-server.ts";
import { startWriter } from "./fake-connection.ts";
import { GADGETS, gadget } from "./gadgets.ts";

const FINALIZER = "azureidentity.dev/azure-resource";

function cached(raw: unknown): KubeObject {
  const object = createCacheForm(GADGETS)(raw);
  if (object === undefined) throw new Error("not an object");
  return object;
}

/** What a request asks for, without its body. */
function lineOf({ method, url }: FakeRequest): string {
  return `${method} ${url.pathname.replace("/apis/kubernetes.test/v1/namespaces/one", "")}${url.search}`;
}

function bodyOf(request: FakeRequest): unknown {
  return JSON.parse(request.body);
}

const object = cached(gadget("a", 7));
const held = cached(gadget("a", 7, { metadata: { finalizers: ["other/x", FINALIZER] } }));

describe("adding the finalizer", () => {
  it("is an apply by force that names the uid", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.addFinalizer(GADGETS, object);
    const request = await server.next();
    request.json(200, gadget("a", 8));
    expect(await writing).toEqual({ is: "written", resourceVersion: "8" });
    expect(lineOf(request)).toBe("PATCH /gadgets/a?fieldManager=op-finalizer&force=true");
    expect(request.headers["content-type"]).toBe("application/apply-patch+yaml");
    expect(bodyOf(request)).toEqual({
      apiVersion: "kubernetes.test/v1",
      kind: "Gadget",
      metadata: { name: "a", namespace: "one", uid: "uid-a", finalizers: [FINALIZER] },
    });
  });

  it("that conflicts reads whether the object is still the same one", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.addFinalizer(GADGETS, object);
    (await server.next()).status(409, "Conflict", "the object has been modified");
    (await server.next()).json(200, gadget("a", 9));
    expect(await writing).toEqual({
      is: "failed",
      message: "cannot add the finalizer of gadgets.kubernetes.test one/a: the object has been modified",
    });
  });
});

describe("adding the finalizer to what is not there any more", () => {
  it.each([
    ["a new object of the name", { reason: "FieldValueInvalid", field: "metadata.uid" }, { is: "vanished" }],
    ["an object in deletion", { reason: "FieldValueForbidden", field: "metadata.finalizers" }, { is: "vanished" }],
    [
      "an object that breaks a rule",
      { reason: "FieldValueInvalid", field: "spec.size" },
      { is: "failed", message: "cannot add the finalizer of gadgets.kubernetes.test one/a: invalid" },
    ],
  ])("%s", async (_, cause, want) => {
    const { server, writer } = await startWriter();
    const writing = writer.addFinalizer(GADGETS, object);
    (await server.next()).status(422, "Invalid", "invalid", { details: { causes: [cause] } });
    expect(await writing).toEqual(want);
    expect(server.untaken).toEqual([]);
  });
});

describe("removing the finalizer", () => {
  it("tests the uid and the place at which it is", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.removeFinalizer(GADGETS, held);
    const request = await server.next();
    request.json(200, gadget("a", 8));
    expect(await writing).toEqual({ is: "written", resourceVersion: "8" });
    expect(request.headers["content-type"]).toBe("application/json-patch+json");
    expect(bodyOf(request)).toEqual([
      { op: "test", path: "/metadata/uid", value: "uid-a" },
      { op: "test", path: "/metadata/finalizers/1", value: FINALIZER },
      { op: "remove", path: "/metadata/finalizers/1" },
    ]);
  });

  it("reads the object anew when a test fails, and finds the finalizer at its new place", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.removeFinalizer(GADGETS, held);
    (await server.next()).status(422, "Invalid", "the server rejected our request due to an error in our request");
    (await server.next()).json(200, gadget("a", 8, { metadata: { finalizers: [FINALIZER] } }));
    const second = await server.next();
    expect(bodyOf(second)).toContainEqual({ op: "remove", path: "/metadata/finalizers/0" });
    second.json(200, gadget("a", 9));
    expect(await writing).toEqual({ is: "written", resourceVersion: "9" });
  });

  it.each([
    ["was removed by others meanwhile", gadget("a", 8), { is: "written", resourceVersion: "8" }],
    ["belongs to a new object of the name", gadget("a", 8, { uid: "other", metadata: { finalizers: [FINALIZER] } }), { is: "vanished" }],
  ])("that %s writes nothing more", async (_, current, want) => {
    const { server, writer } = await startWriter();
    const writing = writer.removeFinalizer(GADGETS, held);
    (await server.next()).status(422, "Invalid", "no");
    (await server.next()).json(200, current);
    expect(await writing).toEqual(want);
    expect(server.untaken).toEqual([]);
  });

  it("ends when the finalizers change without end", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.removeFinalizer(GADGETS, held);
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      (await server.next()).status(422, "Invalid", "no");
      (await server.next()).json(200, gadget("a", 8, { metadata: { finalizers: [FINALIZER] } }));
    }
    expect(await writing).toEqual({
      is: "failed",
      message: "cannot remove the finalizer of gadgets.kubernetes.test one/a: others change the finalizers all the time",
    });
  });
});

describe("applying the status", () => {
  it("carries the version beside the uid", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.applyStatus(GADGETS, object, { ready: true });
    const request = await server.next();
    request.json(200, gadget("a", 13));
    expect(await writing).toEqual({ is: "written", resourceVersion: "13" });
    expect(lineOf(request)).toBe("PATCH /gadgets/a/status?fieldManager=op-status&force=true");
    expect(bodyOf(request)).toEqual({
      apiVersion: "kubernetes.test/v1",
      kind: "Gadget",
      metadata: { name: "a", namespace: "one", uid: "uid-a", resourceVersion: "7" },
      status: { ready: true },
    });
  });

  it("is tried again with the version of now when others wrote meanwhile", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.applyStatus(GADGETS, object, {});
    (await server.next()).status(409, "Conflict", "the object has been modified");
    (await server.next()).json(200, gadget("a", 20));
    const second = await server.next();
    expect(bodyOf(second)).toMatchObject({ metadata: { resourceVersion: "20" } });
    second.json(200, gadget("a", 21));
    expect(await writing).toEqual({ is: "written", resourceVersion: "21" });
  });

  it("is not written into a new object of the name", async () => {
    const { server, writer } = await startWriter();
    const writing = writer.applyStatus(GADGETS, object, {});
    (await server.next()).status(409, "Conflict", "the object has been modified");
    (await server.next()).json(200, gadget("a", 20, { uid: "other" }));
    expect(await writing).toEqual({ is: "vanished" });
    expect(server.untaken).toEqual([]);
  });
});

describe("a write that is not done", () => {
  const failure = "cannot write the status of gadgets.kubernetes.test one/a";

  it.each<[string, (request: FakeRequest) => void, object]>([
    ["is told when to come back", (request) => request.status(429, "TooManyRequests", "slow", { headers: { "retry-after": "3" } }), { is: "failed", message: `${failure}: slow`, afterSeconds: 3 }],
    ["has the server's words on one line", (request) => request.status(500, "InternalError", "etcd\n  is\tsad"), { is: "failed", message: `${failure}: etcd is sad` }],
    ["leaves out the page of a proxy", (request) => request.text(502, `<html>${"x".repeat(5000)}</html>`), { is: "failed", message: `${failure}: HTTP 502` }],
    ["leaves out a long text", (request) => request.text(502, "x".repeat(5000)), { is: "failed", message: `${failure}: HTTP 502` }],
    ["comes back soon when there was no answer", (request) => request.reset(), { is: "failed", message: `${failure}: the API server does not answer: ECONNRESET`, afterSeconds: 1 }],
    ["has vanished", (request) => request.status(404, "NotFound", "no"), { is: "vanished" }],
  ])("%s", async (_, answer, want) => {
    const { server, writer } = await startWriter();
    const writing = writer.applyStatus(GADGETS, object, {});
    answer(await server.next());
    expect(await writing).toEqual(want);
  });
});

describe("an event", () => {
  const event = { type: "Warning", reason: "HostBusy", action: "Attach", note: "the host is busy" } as const;

  it("is created in the namespace of its object with everything that kubectl shows", async () => {
    const { server, writer } = await startWriter();
    const recording = writer.record(object, event);
    const request = await server.next();
    request.json(201, {});
    await recording;
    expect([request.method, request.path]).toEqual(["POST", "/apis/events.k8s.io/v1/namespaces/one/events"]);
    expect(bodyOf(request)).toEqual({
      metadata: { name: expect.stringMatching(/^a\.[0-9a-f]{16}$/) as string, namespace: "one" },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "azureidentity.dev/operator",
      reportingInstance: "pod-1",
      regarding: { apiVersion: "kubernetes.test/v1", kind: "Gadget", name: "a", namespace: "one", uid: "uid-a", resourceVersion: "7" },
      ...event,
    });
  });

  it("that is repeated becomes a series, told once a minute", async () => {
    const { server, writer, clock } = await startWriter();
    const first = writer.record(object, event);
    const creation = await server.next();
    creation.json(201, {});
    await first;
    for (let count = 0; count < 3; count += 1) await writer.record(object, event);
    clock.advance(60_000);
    const repeating = writer.record(object, event);
    const patch = await server.next();
    patch.json(200, {});
    await repeating;
    const { name } = (bodyOf(creation) as { metadata: { name: string } }).metadata;
    expect([patch.method, patch.path]).toEqual(["PATCH", `/apis/events.k8s.io/v1/namespaces/one/events/${name}`]);
    expect(bodyOf(patch)).toEqual({ series: { count: 5, lastObservedTime: "2026-01-01T00:01:00.000000Z" } });
    expect(server.untaken).toEqual([]);
  });

  it("that comes back after ten minutes, or was forgotten by the server, is a new one", async () => {
    const { server, writer, clock } = await startWriter();
    const methods: string[] = [];
    for (const answer of [201, 201, 404, 201]) {
      if (methods.length !== 3) void writer.record(object, event);
      const request = await server.next();
      methods.push(request.method);
      request.status(answer, "Status", "none");
      clock.advance(methods.length === 2 ? 60_000 : 600_000);
    }
    expect(methods).toEqual(["POST", "POST", "PATCH", "POST"]);
  });

  it.each<[string, string, "debug" | "warn"]>([
    ["in a namespace that is being deleted is let go quietly", "NamespaceTerminating", "debug"],
    ["that is refused otherwise is logged and never thrown", "", "warn"],
  ])("%s", async (_, reason, level) => {
    const { server, writer, log } = await startWriter();
    const recording = writer.record(object, event);
    (await server.next()).status(403, "Forbidden", "forbidden", { details: { causes: [{ reason, field: "metadata.namespace" }] } });
    await recording;
    expect(log.lines.map((line) => [line.level, line.fields["problem"]])).toEqual([[level, "forbidden"]]);
  });

  it("has a note of at most 1024 bytes, and no half character", async () => {
    const { server, writer } = await startWriter();
    const recording = writer.record(object, { ...event, note: `x${"🎛".repeat(600)}` });
    const request = await server.next();
    request.json(201, {});
    await recording;
    const { note } = bodyOf(request) as { note: string };
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/^x(🎛)+…$/u);
  });
});
