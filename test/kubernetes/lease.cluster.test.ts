import { beforeAll, describe, expect, it } from "vitest";
import { type LeaseRecord, leaseStore, type LeaseStore, type StoredLease } from "../../src/kubernetes/lease.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { openWriter, OPERATOR_USER, Playground } from "./cluster.ts";
import { FakeLease } from "./fake-leases.ts";

const playground = new Playground(connect(), "kubernetes-lease");
const { signal } = new AbortController();
const record = (holder: string): LeaseRecord => ({ holder, durationSeconds: 15, acquireTimeMs: 1_767_225_600_123, renewTimeMs: 1_767_225_601_000, transitions: 2 });

beforeAll(async () => {
  await playground.kubectl(["create", "namespace", playground.namespace]);
});

async function onServer(user?: string): Promise<LeaseStore> {
  const { connection } = await openWriter(playground.plane, user);
  return leaseStore(connection, { namespace: playground.namespace, name: `lease-${crypto.randomUUID()}` });
}

async function stored(answer: ReturnType<LeaseStore["read"]>): Promise<StoredLease> {
  const got = await answer;
  if (got.is !== "stored") throw new Error(`the Lease was not answered: ${JSON.stringify(got)}`);
  return got.lease;
}

/** The fake that the election's tests use, and the real one. */
describe.each([
  ["in memory", async () => new FakeLease().store()],
  ["on the API server", () => onServer()],
])("a Lease %s", (_where, open) => {
  it("is absent, then created, then replaced", async () => {
    const store = await open();
    expect(await store.read(signal)).toEqual({ is: "absent" });
    const created = await stored(store.create(record("one"), signal));
    expect(created.record).toEqual(record("one"));
    const replaced = await stored(store.replace(created, record("two"), signal));
    expect((await stored(store.read(signal))).record).toEqual(record("two"));
    expect(replaced.resourceVersion).not.toBe(created.resourceVersion);
  });

  it("takes one of two that create or replace it at a time", async () => {
    const store = await open();
    const created = await stored(store.create(record("one"), signal));
    expect(await store.create(record("two"), signal)).toEqual({ is: "conflict" });
    await store.replace(created, record("two"), signal);
    expect(await store.replace(created, record("three"), signal)).toEqual({ is: "conflict" });
    expect((await stored(store.read(signal))).record.holder).toBe("two");
  });
});

describe("on the API server", () => {
  it("labels of others stay", async () => {
    const store = await onServer();
    await stored(store.create(record("one"), signal));
    const name = store.title.split("/")[1] ?? "";
    await playground.within(["patch", "lease", name, "--type=merge", "-p", '{"metadata":{"labels":{"team":"blue"}}}']);
    await stored(store.replace(await stored(store.read(signal)), record("two"), signal));
    expect(JSON.parse(await playground.within(["get", "lease", name, "-o", "json"]))).toMatchObject({
      metadata: { labels: { team: "blue" } },
      spec: { holderIdentity: "two", acquireTime: "2026-01-01T00:00:00.123000Z" },
    });
  });

  it("what the API server does not allow is refused, with its words", async () => {
    const store = await onServer(OPERATOR_USER);
    expect(await store.create(record("one"), signal)).toMatchObject({ is: "refused", message: expect.stringContaining("is forbidden") as string });
  });

  it("a request that is given up is unanswered", async () => {
    const store = await onServer();
    expect(await store.read(AbortSignal.abort())).toMatchObject({ is: "unanswered" });
  });
});
