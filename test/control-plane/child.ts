import { spawn, type ChildProcess } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { basename } from "node:path";

import type { Watchdog } from "./watchdog.ts";

/** What to run, and where its output goes. */
export interface ChildOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** A file that receives both outputs, appended. */
  readonly log: string;
  readonly watchdog: Watchdog;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A running program of the control plane. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** How it ended, e.g. "exit code 1"; undefined while it runs. */
  ended(): string | undefined;
  /** Resolves when it has ended by itself or was killed. */
  readonly gone: Promise<void>;
  /** Kills it at once and resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a program that dies with this process. It gets a session of its own, so that Ctrl-C on the terminal does not
 * reach it before its owner has stopped it in order. Throws when it cannot be executed.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const log = await open(options.log, "a");
  try {
    const { program, args, cwd, env } = options;
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", log.fd, log.fd] });
    return await running(child, options);
  } finally {
    await log.close();
  }
}

async function running(child: ChildProcess, { program, log, watchdog }: ChildOptions): Promise<Child> {
  let ended: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = signal === null ? `exit code ${code ?? "unknown"}` : `signal ${signal}`;
      if (child.pid !== undefined) watchdog.release(child.pid);
      resolve();
    });
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid ?? 0));
  });
  watchdog.guard(pid);
  return {
    name: basename(program),
    pid,
    log,
    gone,
    ended: () => ended,
    kill: async () => {
      if (ended !== undefined) return;
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Returns the last line of the program's log, where it says why it gave up. */
export async function lastLine(child: Child): Promise<string> {
  const text = await readFile(child.log, "utf8").catch(() => "");
  return text.trim().split("\n").at(-1) ?? "";
}
