import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";

import { type Child, lastLine, startChild } from "./child.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

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
 * Builds the programs from the sources of the module proxy. When this process dies meanwhile, so does the build, and the
 * folder goes. Throws, with the last line of its output, when `go` is not there or fails.
 */
export async function goInstall(options: GoInstallOptions): Promise<void> {
  const version = await requiredKubernetes(options.moduleDirectory);
  await runGo(["install", "-trimpath", `-ldflags=${linkerFlags(version)}`, "tool"], options);
  await rename(join(options.directory, "server"), join(options.directory, "etcd")); // go names it after its package
}

/**
 * Runs `go` in a module, with its programs going to the folder; its output is in `go-install.log` there. When this process dies
 * meanwhile, so does `go`. Throws, with the last line of its output, when it is not there or fails.
 */
export async function runGo(args: readonly string[], options: GoInstallOptions): Promise<void> {
  const watchdog = await startWatchdog(options.directory);
  try {
    const child = await startGo(args, options, watchdog);
    await child.gone;
    if (child.ended() !== "exit code 0") {
      throw new Error(`go install: ${child.ended() ?? ""}: ${await lastLine(child)}`);
    }
  } finally {
    await watchdog.close();
  }
}

function startGo(args: readonly string[], options: GoInstallOptions, watchdog: Watchdog): Promise<Child> {
  const settings = { CGO_ENABLED: "0", GOBIN: options.directory, GOFLAGS: "-mod=readonly", GOWORK: "off" };
  return startChild({
    program: options.go,
    args,
    cwd: options.moduleDirectory,
    env: { ...options.environment, ...settings, GOOS: undefined, GOARCH: undefined },
    log: join(options.directory, "go-install.log"),
    watchdog,
  }).catch((error: unknown) => {
    throw new Error(`go install: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
}
