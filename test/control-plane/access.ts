import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { JSONWebKeySet } from "jose";
import { stringify } from "yaml";

import { getFromApiServer } from "./api-server-request.ts";
import { filesOf } from "./programs.ts";

/** What a test needs to reach a running control plane; plain data, so that it can be handed to another process. */
export interface ControlPlaneConnection {
  /** `https://127.0.0.1:PORT` */
  readonly server: string;
  /** The authority that signed the API server's certificate. */
  readonly caPem: string;
  /** Path of a kubeconfig whose user is in system:masters. */
  readonly adminKubeconfig: string;
  /** Path of the real kubectl. */
  readonly kubectl: string;
  /** Issuer of ServiceAccount tokens. */
  readonly issuer: string;
  /** Work folder; the output of each program is `<name>.log` in it. */
  readonly directory: string;
}

/** How kubectl ended. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What {@link kubectl} takes besides its arguments. */
export interface KubectlOptions {
  /** Standard input, e.g. for `apply -f -`. */
  readonly input?: string;
  /** Another user than the admin. */
  readonly kubeconfig?: string;
}

/** Names a ServiceAccount. */
export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

/** Where a kubeconfig leads, and as whom. */
export interface KubeconfigContent {
  readonly server: string;
  readonly caPem: string;
  /** The bearer token itself, or a file that holds it and may be rotated. */
  readonly user: { readonly token: string } | { readonly tokenFile: string };
  readonly namespace?: string;
}

/** Writes a kubeconfig with one context that only this user can read. */
export async function writeKubeconfig(path: string, content: KubeconfigContent): Promise<void> {
  const name = "control-plane";
  const authority = Buffer.from(content.caPem).toString("base64");
  const document = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: content.server, "certificate-authority-data": authority } }],
    users: [{ name, user: content.user }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: content.namespace ?? "default" } }],
    "current-context": name,
  };
  await writeFile(path, stringify(document), { mode: 0o600 });
}

/** Starts the real kubectl as {@link kubectl} does, for what it writes while it runs; an error event means that it cannot be executed. */
export function startKubectl(plane: ControlPlaneConnection, args: readonly string[], options: KubectlOptions = {}): ChildProcessWithoutNullStreams {
  const env = {
    ...process.env,
    KUBECONFIG: options.kubeconfig ?? plane.adminKubeconfig,
    KUBERC: "off", // the preferences of whoever runs the tests
    KUBECACHEDIR: filesOf(plane.directory).kubectlCache,
  };
  return spawn(plane.kubectl, args, { env, stdio: ["pipe", "pipe", "pipe"] });
}

/**
 * Runs the real kubectl, by default as admin, and returns how it ended, whatever its code. It keeps its discovery cache in
 * the work folder: a port is used again by other control planes. Throws when kubectl cannot be executed.
 */
export function kubectl(
  plane: ControlPlaneConnection,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const child = startKubectl(plane, args, options);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  child.stdin.on("error", () => undefined); // it ended without reading all of its input: its code says why
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/**
 * Returns the path of a kubeconfig whose user is that ServiceAccount, which must exist. Its token is fresh (TokenRequest,
 * one hour) and lies in the file `<namespace>.<name>.token` beside it, so that a test can rotate it.
 * Throws when the token is refused.
 */
export async function serviceAccountKubeconfig(
  plane: ControlPlaneConnection,
  { namespace, name }: ServiceAccountName,
): Promise<string> {
  const answer = await kubectl(plane, ["create", "token", name, "--namespace", namespace, "--duration=1h"]);
  if (answer.code !== 0) {
    throw new Error(
      `cannot get a token for ServiceAccount ${namespace}/${name}: ${answer.stderr.trim()}; create the ServiceAccount first`,
    );
  }
  const tokenFile = join(plane.directory, `${namespace}.${name}.token`);
  await writeFile(tokenFile, answer.stdout.trim(), { mode: 0o600 });
  const kubeconfig = join(plane.directory, `${namespace}.${name}.kubeconfig`);
  await writeKubeconfig(kubeconfig, { server: plane.server, caPem: plane.caPem, user: { tokenFile }, namespace });
  return kubeconfig;
}

/** Returns the keys that verify ServiceAccount tokens, as the API server publishes them. Throws when it does not answer. */
export async function jwks(plane: ControlPlaneConnection): Promise<JSONWebKeySet> {
  const token = await adminToken(plane);
  const { server, caPem } = plane;
  const answer = await getFromApiServer({ server, caPem, path: "/openid/v1/jwks", token });
  if (answer.status !== 200) {
    throw new Error(`cannot read the keys of ${server}: status ${answer.status}; see kube-apiserver.log in ${plane.directory}`);
  }
  return JSON.parse(answer.body) as JSONWebKeySet;
}

/** The first column of the API server's static tokens is the admin's. */
async function adminToken(plane: ControlPlaneConnection): Promise<string> {
  const tokens = await readFile(filesOf(plane.directory).tokens, "utf8");
  return tokens.split(",")[0] ?? "";
}
