import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { type ControlPlaneConnection, writeKubeconfig } from "./access.ts";
import { getFromApiServer } from "./api-server-request.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { type Child, lastLine, startChild } from "./child.ts";
import { compactEtcd } from "./etcd.ts";
import { freePort } from "./ports.ts";
import { type ProgressStream, withProgress } from "./progress.ts";
import { apiServerArgs, AUDIT_POLICY, controllerManagerArgs, etcdArgs, filesOf, goSettings, type ProgramSettings } from "./programs.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";
import { makeWorkFolder, noteChild, removeLeftovers } from "./work-folder.ts";

export type { ControlPlaneConnection, KubectlOptions, KubectlResult, ServiceAccountName } from "./access.ts";
export { jwks, kubectl, serviceAccountKubeconfig } from "./access.ts";

/** A running control plane that this process owns. */
export interface ControlPlane extends ControlPlaneConnection {
  /** Kills the API server at once, as a crash would; the state stays in etcd. */
  stopApiServer(): Promise<void>;
  /** Starts the API server again on the same port with the same certificate; resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Kills etcd and starts it again from its files; resolves when the API server is ready again. */
  restartEtcd(): Promise<void>;
  /** Makes etcd forget every revision but the current one. */
  compact(): Promise<void>;
  /** Ends everything that was started and removes the work folder. */
  stop(): Promise<void>;
}

/** What a control plane can be told. */
export interface ControlPlaneOptions {
  /** Issuer of ServiceAccount tokens: an https URL without a trailing slash. It need not be reachable. */
  readonly issuer?: string;
  /** False: the API server reads and watches etcd itself, instead of what it remembers of it. */
  readonly watchCache?: boolean;
  /** Instead of the search of {@link findBinaries}. */
  readonly binaries?: Binaries;
  /** Whether the API server tells about its memory below /debug/pprof; by default not. */
  readonly profiling?: boolean;
  /** Whether the API server writes down who asked for what; by default not. `filesOf(directory).auditLog` has it. */
  readonly audit?: boolean;
  /** How long one program may take to become ready. */
  readonly readyTimeoutMs?: number;
  /** Where progress goes, by default standard error. */
  readonly progress?: ProgressStream;
}

const defaultIssuer = "https://issuer.control-plane.test";
const pollIntervalMs = 50;

/**
 * Starts etcd, kube-apiserver and kube-controller-manager on free ports of 127.0.0.1 and resolves when `/readyz` is ok and
 * new namespaces get their ServiceAccount. All of it dies with this process. Throws when the binaries cannot be had, and
 * when a program ends or is not ready in time; the error has the last line of its log.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const progress = options.progress ?? process.stderr;
  const binaries = options.binaries ?? (await findBinaries({ progress }));
  await removeLeftovers();
  const run = await Run.prepare(binaries, options);
  try {
    await withProgress("starting the control plane", progress, () => run.start());
  } catch (error) {
    await run.stop();
    throw error;
  }
  return run.controlPlane();
}

/** The processes of one control plane. */
class Run {
  readonly #binaries: Binaries;
  readonly #settings: ProgramSettings;
  readonly #watchdog: Watchdog;
  readonly #readyTimeoutMs: number;
  readonly #adminToken = randomBytes(32).toString("base64url");
  readonly #children = new Set<Child>();
  #etcd: Child | undefined;
  #apiServer: Child | undefined;
  #caPem = "";

  static async prepare(binaries: Binaries, options: ControlPlaneOptions): Promise<Run> {
    const directory = await makeWorkFolder();
    const settings = {
      directory,
      etcdPort: await freePort(),
      etcdPeerPort: await freePort(),
      apiServerPort: await freePort(),
      issuer: options.issuer ?? defaultIssuer,
      watchCache: options.watchCache ?? true,
      profiling: options.profiling ?? false,
      audit: options.audit ?? false,
    };
    return new Run(binaries, settings, await startWatchdog(directory), options.readyTimeoutMs ?? 60_000);
  }

  private constructor(binaries: Binaries, settings: ProgramSettings, watchdog: Watchdog, readyTimeoutMs: number) {
    this.#binaries = binaries;
    this.#settings = settings;
    this.#watchdog = watchdog;
    this.#readyTimeoutMs = readyTimeoutMs;
  }

  get #server(): string {
    return `https://127.0.0.1:${this.#settings.apiServerPort}`;
  }

  get #files() {
    return filesOf(this.#settings.directory);
  }

  async start(): Promise<void> {
    await this.#writeSecrets();
    await this.#startEtcd();
    await this.startApiServer();
    await writeFile(this.#files.authority, this.#caPem);
    await writeKubeconfig(this.#files.adminKubeconfig, {
      server: this.#server,
      caPem: this.#caPem,
      user: { token: this.#adminToken },
    });
    const manager = await this.#launch(this.#binaries.kubeControllerManager, controllerManagerArgs(this.#settings));
    await this.#until(manager, () => this.#isServed("/api/v1/namespaces/default/serviceaccounts/default"));
  }

  async restartEtcd(): Promise<void> {
    if (this.#etcd !== undefined) await this.#end(this.#etcd);
    const etcd = await this.#startEtcd();
    await this.#until(etcd, () => this.#isServed("/readyz"));
  }

  async startApiServer(): Promise<void> {
    if (this.#apiServer !== undefined) return;
    const child = await this.#launch(this.#binaries.kubeApiserver, apiServerArgs(this.#settings));
    this.#apiServer = child;
    await this.#until(child, () => this.#isServed("/readyz"));
  }

  async stopApiServer(): Promise<void> {
    const child = this.#apiServer;
    this.#apiServer = undefined;
    if (child !== undefined) await this.#end(child);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#children].map((child) => this.#end(child)));
    await this.#watchdog.close();
    await rm(this.#settings.directory, { recursive: true, force: true });
  }

  controlPlane(): ControlPlane {
    return {
      server: this.#server,
      caPem: this.#caPem,
      adminKubeconfig: this.#files.adminKubeconfig,
      kubectl: this.#binaries.kubectl,
      issuer: this.#settings.issuer,
      directory: this.#settings.directory,
      stopApiServer: () => this.stopApiServer(),
      startApiServer: () => this.startApiServer(),
      restartEtcd: () => this.restartEtcd(),
      compact: () => compactEtcd(this.#settings.etcdPort),
      stop: () => this.stop(),
    };
  }

  /** The API server waits for it by itself. */
  async #startEtcd(): Promise<Child> {
    const etcd = await this.#launch(this.#binaries.etcd, etcdArgs(this.#settings));
    this.#etcd = etcd;
    return etcd;
  }

  async #writeSecrets(): Promise<void> {
    const files = this.#files;
    await mkdir(files.servingCertificates);
    // RSA, as clusters of the big providers have it: relying parties may know no other signature than RS256.
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    await writeFile(files.serviceAccountKey, pem, { mode: 0o600 });
    await writeFile(files.auditPolicy, JSON.stringify(AUDIT_POLICY));
    await writeFile(files.tokens, `${this.#adminToken},admin,admin,system:masters\n`, { mode: 0o600 });
  }

  async #launch(program: string, args: readonly string[]): Promise<Child> {
    const { directory } = this.#settings;
    const log = join(directory, `${program.slice(program.lastIndexOf("/") + 1)}.log`);
    const child = await startChild({ program, args, log, watchdog: this.#watchdog, env: { ...process.env, ...goSettings } });
    this.#children.add(child);
    await noteChild(directory, child.pid);
    return child;
  }

  async #end(child: Child): Promise<void> {
    await child.kill();
    this.#children.delete(child);
  }

  /** Polls until `isReady`, or throws when one of the programs has ended or the time is over. */
  async #until(child: Child, isReady: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + this.#readyTimeoutMs;
    while (!(await isReady())) {
      const dead = [...this.#children].find((one) => one.ended() !== undefined);
      if (dead !== undefined) throw await startError(dead, dead.ended() ?? "");
      if (Date.now() > deadline) throw await startError(child, `not ready after ${this.#readyTimeoutMs / 1_000} s`);
      await delay(pollIntervalMs);
    }
  }

  async #isServed(path: string): Promise<boolean> {
    this.#caPem ||= await readAuthority(this.#files.servingCertificate);
    if (this.#caPem === "") return false;
    const request = { server: this.#server, caPem: this.#caPem, path, token: this.#adminToken };
    return await getFromApiServer(request).then(
      (answer) => answer.status === 200,
      () => false,
    );
  }
}

async function startError(child: Child, how: string): Promise<Error> {
  return new Error(
    `cannot start ${child.name}: ${how}: ${await lastLine(child)}; if a port was taken meanwhile, try again, else run it by hand to see more`,
  );
}

/** Returns the authority at the end of the API server's self-made chain, "" until it has been written in full. */
async function readAuthority(path: string): Promise<string> {
  const chain = await readFile(path, "utf8").catch(() => "");
  const certificates = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
  return certificates.length < 2 ? "" : (certificates.at(-1) ?? "");
}
