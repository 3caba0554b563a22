import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import type { Archive, Mirrors } from "./downloads.ts";

const run = promisify(execFile);

/** How the server treats whoever downloads. */
export type Manner = "serve" | "not found" | "cut short" | "silent";

/** A local HTTP server of archives, in the place of GitHub's and of dl.k8s.io. */
export interface FakeReleases {
  readonly mirrors: Mirrors;
  /** Two archives, as the projects publish them, with their true sums. */
  readonly archives: readonly Archive[];
  /** The paths that were asked for. */
  readonly requests: readonly string[];
  manner: Manner;
  close(): Promise<void>;
}

/** Packs two archives of four small programs below `directory` and serves them on 127.0.0.1. */
export async function startFakeReleases(directory: string): Promise<FakeReleases> {
  const envtest = await pack(directory, "envtest", ["tools/envtest/etcd", "tools/envtest/kube-apiserver", "tools/envtest/kubectl"]);
  const kubernetes = await pack(directory, "kubernetes", ["k/server/bin/kube-controller-manager"]);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    void answer(releases.manner, join(directory, request.url ?? ""), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const releases: FakeReleases = {
    mirrors: { envtest: `${origin}/envtest`, kubernetes: `${origin}/kubernetes` },
    archives: [envtest, kubernetes],
    requests,
    manner: "serve",
    close: () => close(server),
  };
  return releases;
}

async function pack(directory: string, mirror: keyof Mirrors, members: readonly string[]): Promise<Archive> {
  const path = `programs.tar.gz`;
  for (const member of members) {
    const file = join(directory, mirror, member);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\necho downloaded\n`);
    await chmod(file, 0o755);
  }
  await run("tar", ["-czf", path, ...members], { cwd: join(directory, mirror) });
  const sha512 = createHash("sha512").update(await readFile(join(directory, mirror, path))).digest("hex");
  return { mirror, path, sha512, members };
}

async function answer(manner: Manner, file: string, response: ServerResponse): Promise<void> {
  switch (manner) {
    case "serve":
      response.end(await readFile(file));
      return;
    case "not found":
      response.writeHead(404).end();
      return;
    case "cut short": {
      const content = await readFile(file);
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, content.length / 2), () => response.destroy());
      return;
    }
    case "silent":
      response.writeHead(200).flushHeaders();
      return;
  }
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
