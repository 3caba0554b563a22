import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { withLock } from "./lock.ts";
import { processIdentity } from "./process-identity.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-test-"));
  path = join(folder, "lock");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Returns the identity of a process that has ended. */
async function deadProcess(): Promise<string> {
  const child = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] });
  const identity = await processIdentity(child.pid ?? 0);
  child.stdin.end();
  await new Promise((resolve) => child.once("close", resolve));
  return identity ?? "";
}

it("lets only one work at a time and leaves nothing behind", async () => {
  let working = 0;
  const most: number[] = [];
  const work = async () => {
    working += 1;
    most.push(working);
    await readdir(folder);
    working -= 1;
  };
  await Promise.all([1, 2, 3, 4, 5].map(() => withLock(path, { pollIntervalMs: 1 }, work)));
  expect(most).toEqual([1, 1, 1, 1, 1]);
  expect(await readdir(folder)).toEqual([]);
});

it("returns what the work returns, and is released when the work throws", async () => {
  const failure = withLock(path, {}, () => Promise.reject(new Error("no room")));
  await expect(failure).rejects.toThrow("no room");
  expect(await withLock(path, {}, () => Promise.resolve(42))).toBe(42);
});

it("tells for whom it waits, until that one has released it", async () => {
  const waitedFor: number[] = [];
  const release = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const first = withLock(path, {}, async () => {
    held.resolve();
    await release.promise;
  });
  await held.promise;
  const onWait = async (pid: number, released: () => Promise<void>) => {
    waitedFor.push(pid);
    release.resolve();
    await released();
  };
  await withLock(path, { onWait, pollIntervalMs: 1 }, () => Promise.resolve());
  await first;
  expect(waitedFor).toEqual([process.pid]);
});

it("takes over the lock of a dead process, by many at once exactly one at a time", async () => {
  await writeFile(path, await deadProcess());
  let working = 0;
  const work = async () => {
    working += 1;
    expect(working).toBe(1);
    expect(await readFile(path, "utf8")).toBe(await processIdentity(process.pid));
    working -= 1;
  };
  await Promise.all([1, 2, 3, 4, 5].map(() => withLock(path, { pollIntervalMs: 1 }, work)));
  expect(await readdir(folder)).toEqual([]);
});

it("takes over the lock of a process whose pid now belongs to another", async () => {
  await writeFile(path, `${process.pid}@1`);
  await withLock(path, { onWait: () => Promise.reject(new Error("waited for a stranger")) }, () => Promise.resolve());
});

it("goes on where a process died while it took a lock over", async () => {
  await writeFile(path, await deadProcess());
  await mkdir(`${path}.takeover`);
  await utimes(`${path}.takeover`, 0, 0);
  expect(await withLock(path, {}, () => Promise.resolve("mine"))).toBe("mine");
});
