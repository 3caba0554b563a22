import { spawn } from "node:child_process";

/** Ends child processes when this process dies, by whatever means. */
export interface Watchdog {
  readonly pid: number;
  /** From now on, the child is killed when this process dies. */
  guard(pid: number): void;
  /** The child has ended: its pid may belong to somebody else from now on. */
  release(pid: number): void;
  /** Ends the watchdog; touches nothing. */
  close(): Promise<void>;
}

// Its standard input is a pipe that only this process holds open. The kernel closes it when this process dies, also by
// SIGKILL; `read` then fails, and what is still guarded is killed and the folder removed. "close" ends it without that.
const script = `
trap '' INT TERM HUP
pids=' '
while read -r verb pid; do
  case $verb in
    guard) pids="$pids$pid " ;;
    release) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
    close) exit 0 ;;
  esac
done
for pid in $pids; do kill -KILL "$pid"; done
rm -rf -- "$1"
`;

/**
 * Starts the watchdog; `directory` is removed when this process dies without closing it. It is a shell of its own session,
 * so that Ctrl-C on a terminal, which goes to the whole foreground group, leaves it alone. Throws when there is no `sh`.
 */
export async function startWatchdog(directory: string): Promise<Watchdog> {
  const shell = spawn("sh", ["-c", script, "watchdog", directory], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const pid = await new Promise<number>((resolve, reject) => {
    shell.once("error", reject);
    shell.once("spawn", () => resolve(shell.pid ?? 0));
  });
  const ended = new Promise<void>((resolve) => {
    shell.once("close", () => resolve());
  });
  shell.stdin.on("error", () => undefined); // it was killed: nothing is left to tell
  return {
    pid,
    guard: (child) => void shell.stdin.write(`guard ${child}\n`),
    release: (child) => void shell.stdin.write(`release ${child}\n`),
    close: async () => {
      shell.stdin.end("close\n");
      await ended;
    },
  };
}
