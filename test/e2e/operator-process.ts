import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

/** A running `azid run`. */
export interface OperatorProcess {
  readonly pid: number;
  readonly healthUrl: string;
  readonly metricsUrl: string;
  /** Everything that it wrote so far. */
  output(): Promise<string>;
  /** Sends the signal and resolves with the exit code, or null after SIGKILL. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/** What Node runs as the operator. */
export interface Program {
  /** Options of Node, if any, and the path of the entry. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** How the operator is started. */
export interface OperatorStart {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** File for its output. */
  readonly logFile: string;
  /** What Node runs; default the sources. */
  readonly program?: Program;
}

const SOURCES: Program = { args: [join(import.meta.dirname, "../../src/main.ts")], environment: {} };

/** Starts the operator and resolves once /readyz says yes; rejects with its output when it ends before. */
export async function startOperatorProcess(start: OperatorStart): Promise<OperatorProcess> {
  const [health, metrics] = [await freePort(), await freePort()];
  const addresses = [`--health-probe-bind-address=127.0.0.1:${health}`, `--metrics-bind-address=127.0.0.1:${metrics}`];
  const program = start.program ?? SOURCES;
  const args = [...program.args, "run", ...start.args, ...addresses];
  const child = spawn(process.execPath, args, { env: { PATH: process.env["PATH"], ...program.environment, ...start.environment }, stdio: ["ignore", "pipe", "pipe"] });
  const log = createWriteStream(start.logFile, { flags: "a" });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const output = () => readFile(start.logFile, "utf8");
  const healthUrl = `http://127.0.0.1:${health}`;
  await ready(child, `${healthUrl}/readyz`, output);
  return {
    pid: child.pid ?? -1,
    healthUrl,
    metricsUrl: `http://127.0.0.1:${metrics}`,
    output,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      return exited;
    },
  };
}

async function ready(child: ChildProcess, url: string, output: () => Promise<string>): Promise<void> {
  // Ten thousand objects on a busy machine take their time.
  const deadlineMs = Date.now() + 120_000;
  while (child.exitCode === null && Date.now() < deadlineMs) {
    const isReady = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  child.kill("SIGKILL");
  throw new Error(`the operator did not become ready:\n${await output()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
