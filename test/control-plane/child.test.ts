import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { lastLine, startChild } from "./child.ts";
import { isRunning, processIdentity } from "./process-identity.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";
import { noteChild, removeLeftovers } from "./work-folder.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "child-test-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Starts a Node process that guards `sleep`s with a watchdog of `folder`, and returns it with the identities of the sleeps. */
async function startOwner() {
  const path = (name: string) => JSON.stringify(join(import.meta.dirname, name));
  const code = `
    import { startChild } from ${path("child.ts")};
    import { startWatchdog } from ${path("watchdog.ts")};
    const watchdog = await startWatchdog(${JSON.stringify(folder)});
    const start = () => startChild({ program: "sleep", args: ["600"], log: ${JSON.stringify(join(folder, "log"))}, watchdog });
    const [first, second, third] = [await start(), await start(), await start()];
    await second.kill();
    console.log([first.pid, third.pid].join(" "));
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "--eval", code], { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve) => createInterface(owner.stdout).once("line", resolve));
  const sleeps = await Promise.all(line.split(" ").map((pid) => processIdentity(Number(pid))));
  return { owner, sleeps: sleeps.map((sleep) => sleep ?? "") };
}

describe("the watchdog", () => {
  it("ends the children and removes the folder when their parent is killed", async () => {
    const { owner, sleeps } = await startOwner();
    expect(await Promise.all(sleeps.map(isRunning))).toEqual([true, true]);
    owner.kill("SIGKILL");
    await vi.waitFor(async () => expect(await exists(folder)).toBe(false), { timeout: 10_000 });
    expect(await Promise.all(sleeps.map(isRunning))).toEqual([false, false]);
  });

  it("touches nothing when it is closed", async () => {
    const watchdog = await startWatchdog(folder);
    const child = await startChild({ program: "sleep", args: ["600"], log: join(folder, "log"), watchdog });
    await watchdog.close();
    expect(await exists(folder)).toBe(true);
    expect(child.ended()).toBeUndefined();
    await child.kill();
  });
});

describe("a child", () => {
  let watchdog: Watchdog;
  beforeEach(async () => {
    watchdog = await startWatchdog(folder);
  });
  afterEach(async () => {
    await watchdog.close();
  });

  it("leaves its outputs in its log and tells how it ended", async () => {
    const log = join(folder, "log");
    const child = await startChild({ program: "sh", args: ["-c", "echo one; echo two >&2; exit 7"], log, watchdog });
    await child.gone;
    expect(child.ended()).toBe("exit code 7");
    expect(await readFile(log, "utf8")).toBe("one\ntwo\n");
    expect(await lastLine(child)).toBe("two");
  });

  it("that was killed is gone when kill resolves, and killing it again is nothing", async () => {
    const child = await startChild({ program: "sleep", args: ["600"], log: join(folder, "log"), watchdog });
    await child.kill();
    expect(child.ended()).toBe("signal SIGKILL");
    expect(await processIdentity(child.pid)).toBeUndefined();
    await child.kill();
  });

  it("that cannot be executed is an error", async () => {
    const missing = startChild({ program: join(folder, "none"), args: [], log: join(folder, "log"), watchdog });
    await expect(missing).rejects.toThrow("ENOENT");
  });
});

describe("leftovers", () => {
  /** A work folder of a process that is dead, in which a running child is noted. */
  async function leftover(note: (directory: string, pid: number) => Promise<void>) {
    const directory = await mkdtemp(join(tmpdir(), "azid-control-plane-1@0_"));
    const sleep = spawn("sleep", ["600"], { stdio: "ignore" });
    const ended = new Promise((resolve) => sleep.once("exit", (_, signal) => resolve(signal)));
    await note(directory, sleep.pid ?? 0);
    return { directory, sleep, ended };
  }

  it("of a dead process are ended and removed", async () => {
    const { directory, ended } = await leftover(noteChild);
    await removeLeftovers();
    expect(await ended).toBe("SIGKILL");
    expect(await exists(directory)).toBe(false);
  });

  it("whose pid belongs to another process by now are left alone", async () => {
    const { directory, sleep, ended } = await leftover((at, pid) => writeFile(join(at, "children"), `${pid}@1\n`));
    await removeLeftovers();
    expect(await exists(directory)).toBe(false);
    sleep.kill("SIGTERM");
    expect(await ended).toBe("SIGTERM");
  });
});
