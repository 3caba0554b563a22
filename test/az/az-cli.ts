import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Azure } from "../azure/azure.ts";
import { azPython } from "./az-install.ts";

const run = promisify(execFile);

/** What a command came to. */
export interface AzResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real az CLI, logged in to a simulator as an application of its own. */
export interface AzCli {
  readonly principalId: string;
  /** Runs a command and returns what it prints, parsed; undefined when it prints nothing. Rejects with az's own text when it fails. */
  az(...args: readonly string[]): Promise<unknown>;
  /** Runs a command that may fail. */
  tryAz(args: readonly string[]): Promise<AzResult>;
  close(): Promise<void>;
}

/** Registers the simulator as a cloud (stack.md 10) and logs in; the principal may do everything. */
export async function loggedInAz(azure: Azure): Promise<AzCli> {
  const folder = await mkdtemp(join(tmpdir(), "az-"));
  const caFile = join(folder, "ca.pem");
  await writeFile(caFile, azure.caPem);
  const environment = azEnvironment(join(folder, "config"), caFile);
  const secret = crypto.randomUUID();
  const { clientId, principalId } = azure.registerPrincipal({ name: "az", secret });
  azure.grant({ principalId, actions: ["*"], scope: "/" });
  const tryAz = (args: readonly string[]): Promise<AzResult> => runAz(environment, args);
  const az = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await tryAz(args);
    if (code !== 0) throw new Error(`az ${args.slice(0, 3).join(" ")} ended with ${code}: ${stderr.trim()}`);
    return stdout.trim() === "" ? undefined : (JSON.parse(stdout) as unknown);
  };
  await az("cloud", "register", "--name", "simulator", "--endpoint-resource-manager", azure.endpoint);
  await az("cloud", "set", "--name", "simulator");
  await az("login", "--service-principal", "--username", clientId, "--password", secret, "--tenant", azure.tenantId);
  return { principalId, az, tryAz, close: () => rm(folder, { recursive: true, force: true }) };
}

/** What az needs to trust a simulator and to leave the world alone: nothing of the user's own configuration is read or written. */
export function azEnvironment(configFolder: string, caFile: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"],
    HOME: configFolder,
    AZURE_CONFIG_DIR: configFolder,
    AZURE_CORE_INSTANCE_DISCOVERY: "false",
    AZURE_CORE_COLLECT_TELEMETRY: "false",
    AZURE_CORE_NO_COLOR: "true",
    REQUESTS_CA_BUNDLE: caFile,
  };
}

/** Runs the CLI with an environment; resolves however it ends. */
export async function runAz(environment: NodeJS.ProcessEnv, args: readonly string[]): Promise<AzResult> {
  try {
    const done = await run(azPython(), ["-m", "azure.cli", ...args], { env: environment, maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, ...done };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as { readonly code?: unknown; readonly stdout?: string; readonly stderr?: string };
    if (typeof code !== "number") throw error;
    return { code, stdout, stderr };
  }
}
