import { execFile } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { PEER_MODULE, type PeerBinaries } from "./binaries.ts";

/** The group of the peer's identities. */
export const PEER_GROUP = "managedidentity.azure.com";

interface Crd {
  readonly metadata: { readonly name: string; readonly labels?: object; readonly [field: string]: unknown };
  readonly spec: { readonly group: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** Where the API server reaches the peer, to convert between the versions of its objects. */
export interface Webhook {
  readonly port: number;
  readonly caPem: string;
}

/** The CRDs of the peer's identities, made from its types as its own build makes them; it accepts them by their labels. */
export async function peerCrds(binaries: PeerBinaries, folder: string, webhook: Webhook): Promise<readonly object[]> {
  const output = join(folder, "crds");
  await mkdir(output, { recursive: true });
  const args = ["crd:allowDangerousTypes=true", "paths=github.com/Azure/azure-service-operator/v2/api/managedidentity/...", `output:crd:dir=${output}`];
  await promisify(execFile)(binaries.controllerGen, args, { cwd: PEER_MODULE, env: { ...process.env, GOFLAGS: "-mod=mod", GOWORK: "off" } });
  const files = (await readdir(output)).filter((name) => name.startsWith(PEER_GROUP));
  const crds = await Promise.all(files.map(async (name) => parse(await readFile(join(output, name), "utf8")) as Crd));
  return crds.map((crd) => completed(crd, binaries.version, webhook));
}

function completed(crd: Crd, version: string, { port, caPem }: Webhook): object {
  const labels = { ...crd.metadata.labels, "app.kubernetes.io/name": "azure-service-operator", "app.kubernetes.io/version": version };
  const clientConfig = { url: `https://127.0.0.1:${port}/convert`, caBundle: Buffer.from(caPem).toString("base64") };
  const conversion = { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig } };
  return { ...crd, metadata: { ...crd.metadata, labels }, spec: { ...crd.spec, conversion } };
}
