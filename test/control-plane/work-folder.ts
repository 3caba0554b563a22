import { appendFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isRunning, pidOf, processIdentity } from "./process-identity.ts";

// The folder's name says whose it is, so that there is no moment at which it has no owner.
const prefix = "azid-control-plane-";
const childrenFile = "children";

/** Makes the work folder of a control plane that this process owns, and returns its path. */
export async function makeWorkFolder(): Promise<string> {
  const owner = (await processIdentity(process.pid)) ?? `${process.pid}@unknown`;
  return await mkdtemp(join(tmpdir(), `${prefix}${owner}_`));
}

/** Notes a child process in the folder, so that a later start can end it if this process and its watchdog were both killed. */
export async function noteChild(directory: string, pid: number): Promise<void> {
  const identity = await processIdentity(pid);
  if (identity !== undefined) await appendFile(join(directory, childrenFile), `${identity}\n`);
}

/**
 * Ends what control planes of dead processes left in the temporary folder, and removes their folders. Only folders of this
 * user count, and of the children noted in them only those whose start time is still the noted one.
 */
export async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const owner = name.slice(prefix.length).split("_")[0] ?? "";
    const directory = join(tmpdir(), name);
    if ((await isOwnFolder(directory)) && !(await isRunning(owner))) await removeLeftover(directory);
  }
}

async function isOwnFolder(directory: string): Promise<boolean> {
  const found = await stat(directory).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

async function removeLeftover(directory: string): Promise<void> {
  const children = await readFile(join(directory, childrenFile), "utf8").catch(() => "");
  for (const identity of children.split("\n").filter((line) => line !== "")) {
    if (await isRunning(identity)) process.kill(pidOf(identity), "SIGKILL");
  }
  await rm(directory, { recursive: true, force: true });
}
