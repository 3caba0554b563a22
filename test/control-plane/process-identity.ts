import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Returns a text that names one process for good, so that a pid which the system has given to somebody else is not
 * taken for ours: the pid with its start time (Linux: /proc, elsewhere: ps). Returns undefined when there is no such
 * process, a zombie included.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  const startedAt = process.platform === "linux" ? await startFromProc(pid) : await startFromPs(pid);
  return startedAt === undefined ? undefined : `${pid}@${startedAt}`;
}

/** Returns whether the process that `identity` names (see {@link processIdentity}) still runs. */
export async function isRunning(identity: string): Promise<boolean> {
  return (await processIdentity(pidOf(identity))) === identity;
}

/** Returns the pid within an identity. */
export function pidOf(identity: string): number {
  return Number.parseInt(identity, 10);
}

async function startFromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The command, in parentheses, may hold anything; the fields after it are the state and, 19 further, the start time (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}

async function startFromPs(pid: number): Promise<string | undefined> {
  const answer = await run("ps", ["-o", "stat=,lstart=", "-p", String(pid)]).catch(() => undefined);
  const [state, ...start] = answer?.stdout.trim().split(/\s+/) ?? [];
  return state === undefined || state.startsWith("Z") || start.length === 0 ? undefined : start.join("-");
}
