import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where archives come from; no trailing slash. */
export interface Mirrors {
  readonly envtest: string;
  readonly kubernetes: string;
}

/** An archive (.tar.gz) that holds some of the programs. */
export interface Archive {
  readonly mirror: keyof Mirrors;
  /** Below the mirror's URL. */
  readonly path: string;
  /** Lower-case hexadecimal SHA-512 of the whole file. */
  readonly sha512: string;
  /** The members to take; each becomes a file of its last name. */
  readonly members: readonly string[];
}

/** The projects' own servers. */
export const officialMirrors: Mirrors = {
  envtest: "https://github.com/kubernetes-sigs/controller-tools/releases/download",
  kubernetes: "https://dl.k8s.io",
};

/** The version of what {@link archivesFor} lists: the newest 1.36 that controller-tools published for envtest. */
export const downloadVersion = "v1.36.2";

/**
 * Sums: envtest from `envtest-releases.yaml` of kubernetes-sigs/controller-tools, Kubernetes from CHANGELOG-1.36.md. There is
 * no kube-controller-manager in envtest, so it comes out of a server archive; 1.36.0 is the release whose sum could be
 * confirmed, and a controller manager may be older than its API server.
 */
const sums = {
  "linux-amd64": {
    envtest:
      "ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08",
    server:
      "1c64da92575451c2c7ff97c79b772e603995f8e76da1371a6b0746aaa27b65dce81c4d734cbb50f40e71486a8e08df36f14e12974f97d4d29e41f23a172a6a25",
  },
  "linux-arm64": {
    envtest:
      "2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac",
    server:
      "7f95e451baedd9368a2fa637afa84c9ed1b958736540ca27a379e5e292e1a10c5d9a29539f833047574bf5d3b6f907f32dee5735acecc11aa4686f078108dcf8",
  },
} as const;

/** Returns the official archives for a platform such as `linux-amd64`; none where the projects publish no set of programs. */
export function archivesFor(platform: string): readonly Archive[] {
  if (platform !== "linux-amd64" && platform !== "linux-arm64") return [];
  return [
    {
      mirror: "envtest",
      path: `envtest-v1.36.2/envtest-v1.36.2-${platform}.tar.gz`,
      sha512: sums[platform].envtest,
      members: ["etcd", "kube-apiserver", "kubectl"].map((name) => `controller-tools/envtest/${name}`),
    },
    {
      mirror: "kubernetes",
      path: `v1.36.0/kubernetes-server-${platform}.tar.gz`,
      sha512: sums[platform].server,
      members: ["kubernetes/server/bin/kube-controller-manager"],
    },
  ];
}

/** How {@link downloadArchive} goes about it. */
export interface DownloadOptions {
  readonly mirrors: Mirrors;
  /** Receives the archive and its members. */
  readonly directory: string;
  /** A connection that is silent for so long is given up. */
  readonly silenceTimeoutMs?: number;
}

/**
 * Downloads an archive, checks its sum and unpacks its members into the folder. There is one attempt. Throws, with the URL
 * and the reason, when the network refuses, the server does not answer 200, the file is cut short or is not the pinned one.
 */
export async function downloadArchive(archive: Archive, options: DownloadOptions): Promise<void> {
  const url = `${options.mirrors[archive.mirror]}/${archive.path}`;
  const file = join(options.directory, basename(archive.path));
  const sha512 = await fetchTo(file, url, options.silenceTimeoutMs ?? 10_000).catch((error: unknown) => {
    throw new Error(`cannot download ${url}: ${reasonOf(error)}`, { cause: error });
  });
  if (sha512 !== archive.sha512) {
    throw new Error(`cannot use ${url}: its SHA-512 is ${sha512.slice(0, 16)}…, pinned is ${archive.sha512.slice(0, 16)}…`);
  }
  await unpack(file, archive, options.directory).catch((error: unknown) => {
    throw new Error(`cannot unpack ${url}: ${reasonOf(error).replaceAll(/\s+/g, " ")}`, { cause: error });
  });
}

async function unpack(file: string, archive: Archive, directory: string): Promise<void> {
  const depth = archive.members[0]?.split("/").length ?? 1;
  await run("tar", ["-xzf", file, "-C", directory, `--strip-components=${depth - 1}`, ...archive.members]);
}

/** Writes what the URL answers to the file, and returns its SHA-512. */
async function fetchTo(path: string, url: string, silenceTimeoutMs: number): Promise<string> {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new Error(`no data for ${silenceTimeoutMs / 1_000} s`));
  const timer = setTimeout(giveUp, silenceTimeoutMs);
  try {
    const answer = await fetch(url, { signal: silence.signal });
    if (!answer.ok || answer.body === null) throw new Error(`status ${answer.status}`);
    await using file = await open(path, "w");
    const hash = createHash("sha512");
    for await (const chunk of answer.body) {
      timer.refresh();
      hash.update(chunk);
      await file.write(chunk);
    }
    return hash.digest("hex");
  } finally {
    clearTimeout(timer);
  }
}

/** fetch says only "fetch failed" and hides the reason, e.g. ECONNREFUSED, in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
