import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stringify } from "yaml";
import { servingCertificate } from "../../azure/kernel/certificates.ts";
import { freePort } from "../../control-plane/ports.ts";
import { SUBSCRIPTION, type Stage } from "../../e2e/stage.ts";
import type { PeerBinaries } from "./binaries.ts";
import { peerCrds } from "./crds.ts";

const NAMESPACE = "azureserviceoperator-system";
const READY_WITHIN_MS = 60_000;

/** The peer, installed on a stage: its CRDs are served and it has a principal of its own that may do what it has to. */
export interface Peer {
  readonly principalId: string;
  /** Starts its process with these settings of its environment beside those that it needs; resolves when it is ready. */
  start(settings?: Readonly<Record<string, string>>): Promise<PeerProcess>;
}

/** A running Azure Service Operator. */
export interface PeerProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Installs the peer on a stage. Its Entra has the shape of an AD FS, since it cannot leave instance discovery alone (stack.md 10). */
export async function installPeer(stage: Stage, binaries: PeerBinaries, folder: string): Promise<Peer> {
  const [webhookPort, healthPort] = [await freePort(), await freePort()];
  const certificate = servingCertificate(Date.now());
  const certificates = join(folder, "webhook");
  await mkdir(certificates, { recursive: true });
  await writeFile(join(certificates, "tls.crt"), certificate.certificatePem);
  await writeFile(join(certificates, "tls.key"), certificate.keyPem, { mode: 0o600 });
  const crds = await peerCrds(binaries, folder, { port: webhookPort, caPem: certificate.caPem });
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  await must(stage, ["apply", "--server-side", "-f", "-"], [namespace, ...crds].map((object) => stringify(object)).join("---\n"));
  await must(stage, ["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
  const secret = crypto.randomUUID();
  const { clientId, principalId } = stage.azure.registerPrincipal({ name: "peer", secret });
  stage.azure.grant({ principalId, actions: ["*"], scope: `/subscriptions/${SUBSCRIPTION}` });
  const environment = {
    AZURE_SUBSCRIPTION_ID: SUBSCRIPTION,
    AZURE_TENANT_ID: "adfs",
    AZURE_CLIENT_ID: clientId,
    AZURE_CLIENT_SECRET: secret,
    AZURE_AUTHORITY_HOST: stage.azure.authorityHost,
    AZURE_RESOURCE_MANAGER_ENDPOINT: stage.azure.endpoint,
    AZURE_RESOURCE_MANAGER_AUDIENCE: stage.azure.endpoint,
    KUBECONFIG: stage.plane.adminKubeconfig,
    POD_NAMESPACE: NAMESPACE,
    SSL_CERT_FILE: stage.caFile,
  };
  const args = ["-crd-management=none", `-webhook-cert-dir=${certificates}`, `-webhook-port=${webhookPort}`, `-health-addr=127.0.0.1:${healthPort}`];
  const health = `http://127.0.0.1:${healthPort}/readyz`;
  const log = join(folder, "peer.log");
  return { principalId, start: (settings = {}) => startProcess({ program: binaries.controller, args, environment: { ...environment, ...settings }, health, log }) };
}

interface ProcessStart {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly health: string;
  readonly log: string;
}

async function startProcess({ program, args, environment, health, log }: ProcessStart): Promise<PeerProcess> {
  const child = spawn(program, args, { env: { PATH: process.env["PATH"], ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const output = createWriteStream(log, { flags: "a" });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const deadlineMs = Date.now() + READY_WITHIN_MS;
  while (!(await fetch(health).then(({ ok }) => ok, () => false))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      child.kill("SIGKILL");
      throw new Error(`cannot start Azure Service Operator: it did not become ready: ${(await readFile(log, "utf8")).split("\n").slice(-4).join(" ")}`);
    }
    await delay(50);
  }
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  return { pid: child.pid ?? -1, stop };
}

async function must(stage: Stage, args: readonly string[], input?: string): Promise<void> {
  const { code, stderr } = await stage.tryKubectl(args, input);
  if (code !== 0) throw new Error(`cannot install the peer: kubectl ended with ${code}: ${stderr}`);
}
