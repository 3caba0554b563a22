import { spawn } from "node:child_process";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** What {@link goInstall} needs. */
export interface GoInstallOptions {
  /** The `go` command. */
  readonly go: string;
  /** Folder of the go.mod whose `tool` lines are installed. */
  readonly moduleDirectory: string;
  /** Receives the programs. */
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Returns the Kubernetes version that the go.mod requires, e.g. `v1.36.3`. Throws when it requires none. */
export async function requiredKubernetes(moduleDirectory: string): Promise<string> {
  const goMod = await readFile(join(moduleDirectory, "go.mod"), "utf8");
  const version = /^\s*k8s\.io\/kubernetes (v[0-9.]+)/m.exec(goMod)?.[1];
  if (version === undefined) {
    throw new Error(`cannot read ${moduleDirectory}/go.mod: no line requires k8s.io/kubernetes; restore it from git`);
  }
  return version;
}

/**
 * Returns the linker's flags: no symbols, and the version, without which what is built from modules reports
 * v0.0.0-master (DESIGN 4).
 */
export function linkerFlags(version: string): string {
  const [major, minor] = version.slice(1).split(".");
  const values = { gitVersion: version, gitMajor: major ?? "", gitMinor: minor ?? "" };
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const settings = packages.flatMap((path) => Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`));
  return ["-s", "-w", ...settings].join(" ");
}

/**
 * Builds the programs from the module proxy's sources. Throws, with the last lines of its output, when `go` is not there or fails.
 */
export async function goInstall(options: GoInstallOptions): Promise<void> {
  const version = await requiredKubernetes(options.moduleDirectory);
  const args = ["install", "-trimpath", `-ldflags=${linkerFlags(version)}`, "tool"];
  await runGo(args, options);
  await rename(join(options.directory, "server"), join(options.directory, "etcd")); // go names it after its package
}

function runGo(args: readonly string[], options: GoInstallOptions): Promise<void> {
  const settings = { CGO_ENABLED: "0", GOBIN: options.directory, GOFLAGS: "-mod=readonly", GOWORK: "off" };
  const env = { ...options.environment, ...settings, GOOS: undefined, GOARCH: undefined };
  const child = spawn(options.go, args, { cwd: options.moduleDirectory, env, stdio: ["ignore", "ignore", "pipe"] });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output = (output + chunk).slice(-2_000)));
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`cannot run ${options.go}: ${error.message}`)));
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go install ended with ${code ?? "a signal"}: ${lastLines(output)}`));
    });
  });
}

function lastLines(output: string): string {
  return output.trim().split("\n").slice(-2).join(" | ");
}
