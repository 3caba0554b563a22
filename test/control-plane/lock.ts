import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { isRunning, pidOf, processIdentity } from "./process-identity.ts";

/** How {@link withLock} waits. */
export interface LockOptions {
  /** Called for each process that holds the lock; must await `released`, and may show meanwhile that it waits. */
  readonly onWait?: (pid: number, released: () => Promise<void>) => Promise<void>;
  readonly pollIntervalMs?: number;
}

/** A takeover takes microseconds; one this old was left by a process that died in it. */
const abandonedTakeoverMs = 10_000;

/**
 * Runs `work` while this process holds the lock file `path`, and returns its result. It excludes the processes of one machine.
 * A process that dies leaves its lock behind; the next one proves that it is gone and takes the lock over. Throws what
 * `work` throws.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  await acquire(path, options);
  try {
    return await work();
  } finally {
    await unlink(path);
  }
}

async function acquire(path: string, options: LockOptions): Promise<void> {
  const wait = options.onWait ?? ((_pid, released) => released());
  while (!(await claim(path))) {
    const owner = await readOwner(path);
    if (owner === undefined) continue;
    if (await isRunning(owner)) await wait(pidOf(owner), () => untilReleased(path, owner, options.pollIntervalMs ?? 200));
    else await removeStale(path, owner);
  }
}

async function untilReleased(path: string, owner: string, pollIntervalMs: number): Promise<void> {
  while ((await readOwner(path)) === owner && (await isRunning(owner))) await delay(pollIntervalMs);
}

/** A link makes the lock appear with its content in one step, so that nobody reads it half-written. */
async function claim(path: string): Promise<boolean> {
  const own = `${path}.${randomUUID()}`;
  await writeFile(own, (await processIdentity(process.pid)) ?? String(process.pid));
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await unlink(own);
  }
}

async function readOwner(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/**
 * Removes the lock of a process known to be dead. Only one process at a time may do so, and it looks again first: a dead
 * owner cannot release its lock, so what is read here under the takeover folder cannot change before it is unlinked.
 */
async function removeStale(path: string, deadOwner: string): Promise<void> {
  const takeover = `${path}.takeover`;
  try {
    await mkdir(takeover);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    await removeAbandoned(takeover);
    return;
  }
  try {
    if ((await readOwner(path)) === deadOwner) await unlink(path);
  } finally {
    await rmdir(takeover);
  }
}

async function removeAbandoned(takeover: string): Promise<void> {
  const age = await stat(takeover).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  );
  if (age > abandonedTakeoverMs) await rmdir(takeover).catch(() => undefined);
  else await delay(10);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
