import { randomUUID } from "node:crypto";
import { access, constants, mkdir, rename, rm } from "node:fs/promises";
import { arch, homedir } from "node:os";
import { basename, join, resolve } from "node:path";

import { type Archive, archivesFor, downloadArchive, downloadVersion, type Mirrors, officialMirrors } from "./downloads.ts";
import { goInstall, requiredKubernetes } from "./go-install.ts";
import { withLock } from "./lock.ts";
import { type ProgressStream, withProgress } from "./progress.ts";

/** The programs of a control plane. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubectl: string;
  /** What kube-apiserver and kubectl report, e.g. `v1.36.3`; undefined for those of KUBEBUILDER_ASSETS. */
  readonly version: string | undefined;
}

/** Where {@link findBinaries} looks; each has the default that users get. */
export interface FindOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** e.g. `linux-amd64` */
  readonly platform?: string;
  readonly archives?: readonly Archive[];
  readonly mirrors?: Mirrors;
  readonly go?: string;
  readonly moduleDirectory?: string;
  readonly progress?: ProgressStream;
}

const programs = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;

/**
 * Returns the programs, all four from one place: `KUBEBUILDER_ASSETS`; our cache; the official downloads, checked against
 * pinned sums; `go install` of the tools in our go.mod, about 5 minutes. The last two fill the cache; two processes never
 * do so at once, and what was not finished is never used. Throws one error that says why each way failed and what can be done.
 */
export async function findBinaries(options: FindOptions = {}): Promise<Binaries> {
  const search = new Search(options);
  return (await search.fromAssets()) ?? (await search.fromCache()) ?? (await search.obtain());
}

class Search {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #platform: string;
  readonly #archives: readonly Archive[];
  readonly #mirrors: Mirrors;
  readonly #go: string;
  readonly #moduleDirectory: string;
  readonly #progress: ProgressStream;
  readonly #failures: string[] = [];

  constructor(options: FindOptions) {
    this.#environment = options.environment ?? process.env;
    this.#platform = options.platform ?? platformName();
    this.#archives = options.archives ?? archivesFor(this.#platform);
    this.#mirrors = options.mirrors ?? officialMirrors;
    this.#go = options.go ?? "go";
    this.#moduleDirectory = options.moduleDirectory ?? import.meta.dirname;
    this.#progress = options.progress ?? process.stderr;
  }

  async fromAssets(): Promise<Binaries | undefined> {
    const folder = this.#environment["KUBEBUILDER_ASSETS"];
    if (folder === undefined || folder === "") {
      this.#failures.push("KUBEBUILDER_ASSETS is not set");
      return undefined;
    }
    const missing = await missingIn(folder);
    if (missing.length === 0) return binariesIn(folder, undefined);
    const failure = `KUBEBUILDER_ASSETS (${folder}) has no ${missing.join(", ")}`;
    this.#failures.push(failure);
    this.#progress.write(`${failure}: looking elsewhere for all programs\n`);
    return undefined;
  }

  async fromCache(): Promise<Binaries | undefined> {
    for (const version of [await requiredKubernetes(this.#moduleDirectory), downloadVersion]) {
      const folder = this.#cacheFolder(version);
      if ((await missingIn(folder)).length === 0) return binariesIn(folder, version);
    }
    return undefined;
  }

  /** Fills the cache; whoever waited for the lock finds what the other process has made. */
  async obtain(): Promise<Binaries> {
    const onWait = (pid: number, released: () => Promise<void>) =>
      withProgress(`waiting for process ${pid}, which gets the control plane's programs`, this.#progress, released);
    await mkdir(this.#cache, { recursive: true }).catch((error: unknown) => this.#giveUp(messageOf(error)));
    return await withLock(join(this.#cache, "lock"), { onWait }, async () => {
      await rm(this.#unfinished, { recursive: true, force: true }); // left by a process that died
      return (await this.fromCache()) ?? (await this.#fromDownloads()) ?? (await this.#fromGo()) ?? this.#giveUp();
    });
  }

  async #fromDownloads(): Promise<Binaries | undefined> {
    if (this.#archives.length === 0) {
      this.#failures.push(`no download is pinned for ${this.#platform}`);
      return undefined;
    }
    const { host } = new URL(this.#mirrors.envtest);
    return await this.#fill(downloadVersion, `downloading Kubernetes ${downloadVersion} from ${host}`, async (directory) => {
      for (const archive of this.#archives) await downloadArchive(archive, { mirrors: this.#mirrors, directory });
    });
  }

  async #fromGo(): Promise<Binaries | undefined> {
    const version = await requiredKubernetes(this.#moduleDirectory);
    return await this.#fill(version, `building Kubernetes ${version} with go install (about 5 minutes, once)`, async (directory) => {
      const environment = this.#environment;
      await goInstall({ go: this.#go, moduleDirectory: this.#moduleDirectory, directory, environment });
    });
  }

  /** Lets `work` fill a folder beside the cache's, which becomes the cache's in one step when it is complete. */
  async #fill(version: string, what: string, work: (directory: string) => Promise<void>): Promise<Binaries | undefined> {
    const target = this.#cacheFolder(version);
    const unfinished = join(this.#unfinished, randomUUID());
    try {
      await mkdir(unfinished, { recursive: true });
      await withProgress(what, this.#progress, () => work(unfinished));
      await moveComplete(unfinished, target);
      return binariesIn(target, version);
    } catch (error) {
      this.#failures.push(messageOf(error));
      return undefined;
    } finally {
      await rm(this.#unfinished, { recursive: true, force: true });
    }
  }

  get #cache(): string {
    const base = this.#environment["XDG_CACHE_HOME"] || join(this.#environment["HOME"] ?? homedir(), ".cache");
    return resolve(base, "azure-identity-operator", "control-plane");
  }

  /** On the same file system as the folders of the cache, so that a rename completes them. */
  get #unfinished(): string {
    return join(this.#cache, "unfinished");
  }

  #cacheFolder(version: string): string {
    return join(this.#cache, `${version}-${this.#platform}`);
  }

  #giveUp(...reasons: readonly string[]): never {
    const ways = [...this.#failures, ...reasons].join("; ");
    throw new Error(`cannot find ${programs.join(", ")}: ${ways}; ${remedy}`);
  }
}

const remedy = [
  "set KUBEBUILDER_ASSETS to a folder with all four",
  "or XDG_CACHE_HOME to one that can be written and allow access to github.com and dl.k8s.io",
  "or install Go 1.26 with access to a module proxy",
].join(", ");

/** Takes the programs, and only them, from a folder that is complete. */
async function moveComplete(from: string, to: string): Promise<void> {
  const missing = await missingIn(from);
  if (missing.length > 0) throw new Error(`cannot use what was made for ${basename(to)}: it has no ${missing.join(", ")}`);
  const staged = join(from, "complete");
  await mkdir(staged);
  for (const name of programs) {
    await rename(join(from, name), join(staged, name));
  }
  await rm(to, { recursive: true, force: true }); // incomplete, or it would have been used
  await rename(staged, to);
}

async function missingIn(folder: string): Promise<readonly string[]> {
  const found = await Promise.all(programs.map((name) => isExecutable(join(folder, name))));
  return programs.filter((_, index) => found[index] !== true);
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function binariesIn(folder: string, version: string | undefined): Binaries {
  return {
    etcd: join(folder, "etcd"),
    kubeApiserver: join(folder, "kube-apiserver"),
    kubeControllerManager: join(folder, "kube-controller-manager"),
    kubectl: join(folder, "kubectl"),
    version,
  };
}

/** Go's names: they are those of the archives, too. */
function platformName(): string {
  const processor = arch();
  return `${process.platform}-${processor === "x64" ? "amd64" : processor}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
