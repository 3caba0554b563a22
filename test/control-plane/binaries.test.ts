import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type FindOptions, findBinaries } from "./binaries.ts";
import { archivesFor, downloadArchive } from "./downloads.ts";
import { type FakeReleases, startFakeReleases } from "./fake-releases.ts";
import { linkerFlags, requiredKubernetes } from "./go-install.ts";
import { isRunning, processIdentity } from "./process-identity.ts";

const platform = "linux-amd64";
const built = `v1.36.3-${platform}`;
const downloaded = `v1.36.2-${platform}`;
const programs = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"];

let folder: string;
let cache: string;
let releases: FakeReleases;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "binaries-test-"));
  cache = join(folder, "cache", "azure-identity-operator", "control-plane");
  await mkdir(cache, { recursive: true });
  releases = await startFakeReleases(folder);
});

afterEach(async () => {
  await releases.close();
  await rm(folder, { recursive: true, force: true });
});

/** A search that reaches nothing but the fakes; there is no `go` unless {@link fakeGo} made one. */
function options(changes: Partial<FindOptions> = {}): FindOptions & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    environment: { XDG_CACHE_HOME: join(folder, "cache"), PATH: process.env["PATH"] },
    platform,
    archives: releases.archives,
    mirrors: releases.mirrors,
    go: join(folder, "go"),
    progress: { write: (text: string) => lines.push(text) },
    lines,
    ...changes,
  };
}

async function putPrograms(directory: string, names = programs): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of names) await writeFile(join(directory, name), "#!/bin/sh\n", { mode: 0o755 });
}

/** Makes what the real `go install tool` makes: etcd is called after its package. */
const making = 'for name in server kube-apiserver kube-controller-manager kubectl; do echo > "$GOBIN/$name"; chmod +x "$GOBIN/$name"; done';

/** A `go` that notes how it was called and runs `script`. */
async function fakeGo(script = making) {
  const log = join(folder, "go.log");
  await writeFile(join(folder, "go"), `#!/bin/sh\necho "$CGO_ENABLED $*" >> '${log}'\n${script}\n`);
  await chmod(join(folder, "go"), 0o755);
  return { calls: () => readFile(log, "utf8").then((text) => text.trim().split("\n"), () => []) };
}

describe("the order of the search", () => {
  it("begins with KUBEBUILDER_ASSETS", async () => {
    const assets = join(folder, "assets");
    await putPrograms(assets);
    await putPrograms(join(cache, built));
    const found = await findBinaries(options({ environment: { ...options().environment, KUBEBUILDER_ASSETS: assets } }));
    expect(found).toEqual({
      etcd: join(assets, "etcd"),
      kubeApiserver: join(assets, "kube-apiserver"),
      kubeControllerManager: join(assets, "kube-controller-manager"),
      kubectl: join(assets, "kubectl"),
      version: undefined,
    });
  });

  it("says what KUBEBUILDER_ASSETS lacks, and then uses nothing of it", async () => {
    const assets = join(folder, "assets");
    await putPrograms(assets, ["etcd", "kube-apiserver", "kubectl"]);
    await putPrograms(join(cache, built));
    const search = options();
    const found = await findBinaries({ ...search, environment: { ...search.environment, KUBEBUILDER_ASSETS: assets } });
    expect(found.etcd).toBe(join(cache, built, "etcd"));
    expect(search.lines.join("")).toBe(
      `KUBEBUILDER_ASSETS (${assets}) has no kube-controller-manager: looking elsewhere for all programs\n`,
    );
  });

  it("goes on with what was built, then with what was downloaded before, without network or go", async () => {
    await putPrograms(join(cache, downloaded));
    expect(await findBinaries(options())).toMatchObject({ version: "v1.36.2", kubectl: join(cache, downloaded, "kubectl") });
    await putPrograms(join(cache, built));
    expect(await findBinaries(options())).toMatchObject({ version: "v1.36.3", kubectl: join(cache, built, "kubectl") });
    expect(releases.requests).toEqual([]);
  });

  it("keeps the cache below the home folder where XDG_CACHE_HOME is not set", async () => {
    await putPrograms(join(folder, "home/.cache/azure-identity-operator/control-plane", built));
    const found = await findBinaries(options({ environment: { HOME: join(folder, "home") } }));
    expect(found.etcd).toBe(join(folder, "home/.cache/azure-identity-operator/control-plane", built, "etcd"));
  });

  it("downloads once, and does not build", async () => {
    const go = await fakeGo();
    const found = await findBinaries(options());
    expect(found).toMatchObject({ version: "v1.36.2", etcd: join(cache, downloaded, "etcd") });
    expect(await findBinaries(options())).toEqual(found);
    expect(releases.requests).toEqual(["/envtest/programs.tar.gz", "/kubernetes/programs.tar.gz"]);
    expect(await readdir(join(cache, downloaded))).toEqual(programs);
    expect(await readFile(found.kubectl, "utf8")).toContain("downloaded");
    expect(await go.calls()).toEqual([]);
  });

  it("builds without cgo where nothing is pinned for the platform", async () => {
    const go = await fakeGo();
    const found = await findBinaries(options({ archives: archivesFor("darwin-arm64") }));
    expect(found).toMatchObject({ version: "v1.36.3", etcd: join(cache, built, "etcd") });
    expect(await readdir(join(cache, built))).toEqual(programs);
    expect(await go.calls()).toEqual([`0 install -trimpath -ldflags=${linkerFlags("v1.36.3")} tool`]);
    expect(releases.requests).toEqual([]);
  });
});

describe("a download", () => {
  it("whose sum is not the pinned one is thrown away", async () => {
    const go = await fakeGo();
    const archives = releases.archives.map((archive) => ({ ...archive, sha512: "0".repeat(128) }));
    expect(await findBinaries(options({ archives }))).toMatchObject({ version: "v1.36.3" });
    expect(releases.requests).toHaveLength(1);
    expect(await readdir(cache)).toEqual([built]);
    expect(await go.calls()).toHaveLength(1);
  });

  it.each([
    ["not found", /status 404/],
    ["cut short", /terminated|other side closed/],
  ] as const)("that is %s is given up at once", async (manner, reason) => {
    releases.manner = manner;
    await expect(findBinaries(options())).rejects.toThrow(reason);
    expect(releases.requests).toHaveLength(1);
    expect(await readdir(cache)).toEqual([]);
  });

  it("that the network refuses is given up at once", async () => {
    const { mirrors, archives } = releases;
    await releases.close();
    await expect(findBinaries(options({ mirrors, archives }))).rejects.toThrow(
      `cannot download ${mirrors.envtest}/programs.tar.gz: connect ECONNREFUSED`,
    );
  });

  it("that falls silent is given up", async () => {
    releases.manner = "silent";
    const [archive] = releases.archives;
    if (archive === undefined) throw new Error("the fake has archives");
    const download = downloadArchive(archive, { mirrors: releases.mirrors, directory: folder, silenceTimeoutMs: 20 });
    await expect(download).rejects.toThrow(/no data for 0.02 s$/);
  });

  it("that lacks a member is an error of one line", async () => {
    const archives = releases.archives.map((archive) => ({ ...archive, members: ["tools/envtest/nothing"] }));
    const error = await findBinaries(options({ archives })).catch((error: unknown) => error);
    expect(String(error)).toMatch(/cannot unpack .*programs\.tar\.gz: .*nothing/);
    expect(String(error).split("\n")).toHaveLength(1);
  });

  it("is pinned for Linux by sums of full length", () => {
    for (const name of ["linux-amd64", "linux-arm64"]) {
      const sums = archivesFor(name).map((archive) => archive.sha512);
      expect(sums).toEqual([expect.stringMatching(/^[0-9a-f]{128}$/), expect.stringMatching(/^[0-9a-f]{128}$/)]);
    }
  });
});

describe("what was not finished", () => {
  it("in the cache is not used, but made again", async () => {
    await putPrograms(join(cache, downloaded), ["etcd", "kubectl"]);
    await putPrograms(join(cache, "unfinished", "of-a-dead-process"));
    await findBinaries(options());
    expect(await readdir(join(cache, downloaded))).toEqual(programs);
    expect(await readdir(cache)).toEqual([downloaded]);
  });

  it("by go is not used", async () => {
    await fakeGo('echo > "$GOBIN/server"; chmod +x "$GOBIN/server"');
    await expect(findBinaries(options({ archives: [] }))).rejects.toThrow(
      `cannot use what was made for ${built}: it has no kube-apiserver, kube-controller-manager, kubectl`,
    );
    await expect(access(join(cache, built))).rejects.toThrow("ENOENT");
  });
});

describe("when every way fails", () => {
  it("one error names the ways, why each failed, and what to do", async () => {
    releases.manner = "not found";
    await fakeGo("echo noise >&2; echo 'no route to the proxy' >&2; exit 3");
    await expect(findBinaries(options())).rejects.toThrow(
      new Error(
        "cannot find etcd, kube-apiserver, kube-controller-manager, kubectl: KUBEBUILDER_ASSETS is not set; " +
          `cannot download ${releases.mirrors.envtest}/programs.tar.gz: status 404; ` +
          "go install: exit code 3: no route to the proxy; " +
          "set KUBEBUILDER_ASSETS to a folder with all four, " +
          "or XDG_CACHE_HOME to one that can be written and allow access to github.com and dl.k8s.io, " +
          "or install Go 1.26 with access to a module proxy",
      ),
    );
  });

  it("it says that there is no go", async () => {
    await expect(findBinaries(options({ archives: [] }))).rejects.toThrow(`go install: spawn ${join(folder, "go")} ENOENT`);
  });

  it("it says that the cache cannot be written", async () => {
    await writeFile(join(folder, "file"), "");
    const environment = { XDG_CACHE_HOME: join(folder, "file") };
    await expect(findBinaries(options({ environment }))).rejects.toThrow(/ENOTDIR.*XDG_CACHE_HOME to one that can be written/);
  });
});

describe("while another process builds", () => {
  let go: { calls: () => Promise<readonly string[]> };
  let gate: string;
  let other: ChildProcess;

  /** Starts a search in another process, whose `go` (like every other here) goes on only when the gate is written to. */
  beforeEach(async () => {
    gate = join(folder, "gate");
    execFileSync("mkfifo", [gate]);
    go = await fakeGo(`echo $$ >> '${folder}/go.pids'; read -r word < '${gate}'; ${making}`);
    const search = JSON.stringify({ platform, archives: [], go: join(folder, "go") });
    const module = JSON.stringify(join(import.meta.dirname, "binaries.ts"));
    const code = `import { findBinaries } from ${module}; await findBinaries(${search});`;
    const env = { PATH: process.env["PATH"], XDG_CACHE_HOME: join(folder, "cache") };
    other = spawn(process.execPath, ["--input-type=module", "--eval", code], { env, stdio: ["ignore", "ignore", "inherit"] });
    const pids = () => readFile(join(folder, "go.pids"), "utf8");
    await vi.waitFor(async () => expect(await pids()).toMatch(/^\d+\n$/), { timeout: 10_000 });
  });

  it("the second waits, says so, and uses what the first has made", async () => {
    const lines: string[] = [];
    const found = findBinaries(options({ archives: [], progress: { quietMs: 0, write: (text) => lines.push(text) } }));
    const waiting = `waiting for process ${other.pid ?? 0}, which gets the control plane's programs … 0 s\n`;
    await vi.waitFor(() => expect(lines).toEqual([waiting]));
    await writeFile(gate, "go\n");
    expect(await found).toMatchObject({ etcd: join(cache, built, "etcd") });
    expect(await go.calls()).toHaveLength(1);
    await vi.waitFor(() => expect(other.exitCode).toBe(0));
  });

  it("and is killed, its build ends, and the second builds anew", async () => {
    const [pid] = (await readFile(join(folder, "go.pids"), "utf8")).split("\n");
    const build = await processIdentity(Number(pid));
    expect(build).toBeDefined();
    const found = findBinaries(options({ archives: [] }));
    other.kill("SIGKILL");
    await vi.waitFor(async () => expect(await isRunning(build ?? "")).toBe(false), { timeout: 10_000 });
    await vi.waitFor(async () => expect(await go.calls()).toHaveLength(2), { timeout: 10_000 });
    await writeFile(gate, "go\n");
    expect(await found).toMatchObject({ etcd: join(cache, built, "etcd") });
    expect(await readdir(cache)).toEqual([built]);
  });
});

describe("the version", () => {
  it("is the one that go.mod requires, for Kubernetes and all of its modules", async () => {
    const version = await requiredKubernetes(import.meta.dirname);
    const goMod = await readFile(join(import.meta.dirname, "go.mod"), "utf8");
    const replaced = [...goMod.matchAll(/^\t(k8s\.io\/\S+) => (\S+) (\S+)$/gm)];
    expect(version).toBe("v1.36.3");
    expect(replaced.length).toBeGreaterThan(30);
    expect(replaced.filter(([, path, target, at]) => path !== target || at !== version.replace("v1.", "v0."))).toEqual([]);
  });

  it("is linked in, so that it is not reported as v0.0.0-master", () => {
    expect(linkerFlags("v1.36.3")).toContain("-X k8s.io/component-base/version.gitVersion=v1.36.3");
    expect(linkerFlags("v1.36.3")).toContain("-X k8s.io/component-base/version.gitMinor=36");
  });
});
