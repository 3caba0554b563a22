import { access, constants, mkdir, readFile, rename, rm } from "node:fs/promises";
import { arch, homedir } from "node:os";
import { join } from "node:path";
import { runGo } from "../../control-plane/go-install.ts";
import { withLock } from "../../control-plane/lock.ts";
import { withProgress } from "../../control-plane/progress.ts";

/** The programs of the peer. */
export interface PeerBinaries {
  /** Azure Service Operator. */
  readonly controller: string;
  /** Makes its CRDs from its types. */
  readonly controllerGen: string;
  /** The version that the go.mod requires, for example `v2.18.0`. */
  readonly version: string;
}

const PROGRAMS = ["controller", "controller-gen"] as const;

/**
 * Returns the programs from our cache, which it fills with `go install` of the tools in our go.mod: about 10 minutes, once. Throws
 * when `go` is not there or the module proxy refuses.
 */
export async function findPeer(): Promise<PeerBinaries> {
  const version = await requiredVersion();
  const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "azure-identity-operator", "peer");
  const folder = join(cache, `${version}-${process.platform}-${arch() === "x64" ? "amd64" : arch()}`);
  if (!(await isComplete(folder))) {
    await mkdir(cache, { recursive: true });
    const onWait = (pid: number, released: () => Promise<void>) => withProgress(`waiting for process ${pid}, which builds the peer`, process.stderr, released);
    await withLock(join(cache, "lock"), { onWait }, () => fill(folder, version));
  }
  return { controller: join(folder, "controller"), controllerGen: join(folder, "controller-gen"), version };
}

/** Where the Go module with the peer's sources is described. */
export const PEER_MODULE = import.meta.dirname;

async function fill(folder: string, version: string): Promise<void> {
  if (await isComplete(folder)) return;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await withProgress(`building Azure Service Operator ${version} with go install (about 10 minutes, once)`, process.stderr, () =>
    runGo(["install", "-trimpath", "-ldflags=-s -w", "tool"], { go: "go", moduleDirectory: PEER_MODULE, directory: unfinished, environment: process.env }),
  );
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
}

async function requiredVersion(): Promise<string> {
  const goMod = await readFile(join(PEER_MODULE, "go.mod"), "utf8");
  const version = /github\.com\/Azure\/azure-service-operator\/v2 (v[0-9.]+)/.exec(goMod)?.[1];
  if (version === undefined) throw new Error("cannot read test/bench/peer/go.mod: no line requires azure-service-operator: restore it from git");
  return version;
}

async function isComplete(folder: string): Promise<boolean> {
  const found = await Promise.all(PROGRAMS.map((name) => access(join(folder, name), constants.X_OK).then(() => true, () => false)));
  return found.every(Boolean);
}
