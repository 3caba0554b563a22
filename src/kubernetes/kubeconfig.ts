import { accessSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import type { RequestOptions } from "node:https";
import { KubeConfig, loadYaml } from "@kubernetes/client-node";
import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import { oneLine } from "./failure.ts";
import type { TlsSettings } from "./transport.ts";

/** Where the settings of the cluster come from. */
export interface ClusterSource {
  /** Path of a kubeconfig; default: `KUBECONFIG`, then the pod's ServiceAccount, then `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig; default: its current one. */
  readonly context?: string;
}

/** What a kubeconfig or a pod says about its cluster, read once. */
export interface ClusterSettings {
  readonly server: string;
  /** Namespace of the context, in a pod that of the pod; undefined when none is named. */
  readonly namespace?: string;
  readonly tls: TlsSettings;
  /** Headers of every request, for example of impersonation. */
  readonly headers: Readonly<Record<string, string>>;
  /** Reads the value of the `Authorization` header anew. */
  readonly readAuthorization: () => Promise<string | undefined>;
}

/** There is no cluster to talk to, or its settings cannot be used; the message ends with what to do. */
export class NoClusterError extends Error {
  override readonly name = "NoClusterError";
}

const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** What surrounds the process. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** Before the path of the pod's ServiceAccount; empty but for tests. */
  readonly root: string;
}

/** The settings of the cluster that a source names. Throws {@link NoClusterError}. */
export async function loadCluster(source: ClusterSource, surroundings: Surroundings): Promise<ClusterSettings> {
  const tokenInPod = surroundings.root + SERVICE_ACCOUNT_TOKEN;
  const files = kubeconfigFiles(source, surroundings.environment, tokenInPod);
  const origin = files.length === 0 ? "the ServiceAccount of the pod" : `kubeconfig ${files.join(delimiter)}`;
  try {
    const config = files.length === 0 ? inCluster(surroundings.root) : fromFiles(files);
    if (source.context !== undefined) config.setCurrentContext(source.context);
    return await settingsOf(config, files.length === 0 ? tokenInPod : tokenFileOf(config, files));
  } catch (error) {
    if (error instanceof NoClusterError) throw error;
    const detail = oneLine(error instanceof Error ? error.message : String(error));
    throw new NoClusterError(`cannot use ${origin}: ${detail}: correct it, or name another one with --kubeconfig`, {
      cause: error,
    });
  }
}

/** The files to read, none in a pod; the order is controller-runtime's. */
function kubeconfigFiles(source: ClusterSource, environment: NodeJS.ProcessEnv, tokenInPod: string): readonly string[] {
  if (source.kubeconfig !== undefined) return [source.kubeconfig];
  const listed = (environment["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  if (listed.length > 0) return listed;
  if (environment["KUBERNETES_SERVICE_HOST"] !== undefined && exists(tokenInPod)) return [];
  const own = join(environment["HOME"] ?? homedir(), ".kube", "config");
  if (exists(own)) return [own];
  throw new NoClusterError(
    "cannot find a cluster: KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod: " +
      "name a kubeconfig with --kubeconfig",
  );
}

/** client-node reads the address from `KUBERNETES_SERVICE_HOST` and `_PORT` of the process. */
function inCluster(root: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster(root);
  return config;
}

function fromFiles(files: readonly string[]): KubeConfig {
  const merged = new KubeConfig();
  for (const file of files) {
    const config = new KubeConfig();
    config.loadFromFile(file);
    merged.mergeConfig(config, merged.currentContext !== undefined);
  }
  return merged;
}

async function settingsOf(config: KubeConfig, tokenFile: string | undefined): Promise<ClusterSettings> {
  const context = config.getContextObject(config.getCurrentContext());
  if (context === null) throw new Error(`it has no context "${config.getCurrentContext() ?? ""}"`);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`it has no cluster "${context.cluster}"`);
  if (cluster.proxyUrl) throw new Error("proxy-url is not supported");
  const options = await httpsOptions(config);
  return {
    server: cluster.server.replace(/\/$/, ""),
    ...(context.namespace === undefined || context.namespace === "" ? {} : { namespace: context.namespace.trim() }),
    tls: tlsOf(options),
    headers: headersOf(options),
    readAuthorization: tokenFile === undefined ? () => authorizationOf(config) : () => bearerFrom(tokenFile),
  };
}

async function httpsOptions(config: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  return options;
}

function tlsOf(options: RequestOptions): TlsSettings {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    ...(isPem(ca) ? { ca } : {}),
    ...(isPem(cert) ? { cert } : {}),
    ...(isPem(key) ? { key } : {}),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === "string" || Buffer.isBuffer(value);
}

function headersOf(options: RequestOptions): Record<string, string> {
  const entries = Object.entries(options.headers ?? {}).filter(([name]) => name.toLowerCase() !== "authorization");
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** Asks client-node, which knows static tokens, passwords, exec plugins and the ServiceAccount of a pod. */
async function authorizationOf(config: KubeConfig): Promise<string | undefined> {
  const options = await httpsOptions(config);
  if (options.auth) return `Basic ${Buffer.from(options.auth).toString("base64")}`;
  const headers: unknown = options.headers;
  return stringAt(headers, "Authorization")?.trim();
}

async function bearerFrom(tokenFile: string): Promise<string> {
  const token = (await readFile(tokenFile, "utf8")).trim();
  return `Bearer ${token}`;
}

/** `tokenFile` of the current user, which client-node 2.0.1 does not know in a kubeconfig. */
function tokenFileOf(config: KubeConfig, files: readonly string[]): string | undefined {
  const user = config.getCurrentUser();
  if (user === null) return undefined;
  for (const file of files) {
    const tokenFile = userTokenFile(file, user.name);
    if (tokenFile !== undefined) return resolve(dirname(file), tokenFile);
  }
  return undefined;
}

function userTokenFile(file: string, name: string): string | undefined {
  const config = loadYaml<unknown>(readFileSync(file, "utf8"));
  const users: unknown = isJsonObject(config) ? config["users"] : undefined;
  if (!Array.isArray(users)) return undefined;
  const user: unknown = users.find((candidate) => stringAt(candidate, "name") === name);
  return stringAt(objectAt(user, "user"), "tokenFile");
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
