import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Azure, startAzure } from "../azure/azure.ts";
import { jwks, kubectl, type KubectlResult, serviceAccountKubeconfig } from "../control-plane/access.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { filesOf } from "../control-plane/programs.ts";
import { startOperatorProcess } from "../e2e/operator-process.ts";
import { GROUP, REGION, SUBSCRIPTION, TENANT } from "../e2e/stage.ts";
import { OPERATIONS } from "../tutorial/figures.ts";
import { grantRoles, SCOPE, SPRING_ACTIONS } from "../tutorial/roles.ts";
import type { Narrator } from "./narrator.ts";

const OPERATOR = { namespace: "azure-identity-system", name: "azure-identity-operator" };
const POLICY = join(import.meta.dirname, "../../deploy/samples/policy.yaml");
const RENEW_TOKENS_EVERY_MS = 20 * 60_000;
const STOP_WITHIN_MS = 10_000;
/** Nobody wants to watch a container group being created for half a minute. */
const TIMES = { settings: { operationRetryAfterSeconds: 1 }, durations: Object.fromEntries(OPERATIONS.map((type) => [type, 2])) };

/** A cluster and an Azure, and the operator once it is started. Whatever was started ends with {@link Scene.close}. */
export class Scene {
  readonly plane: ControlPlane;
  readonly azure: Azure;
  readonly #folder: string;
  readonly #clientId: string;
  readonly #closing = new AbortController();
  readonly #closers: (() => Promise<unknown>)[] = [];

  /** Starts the control plane and the simulator; the operator's application has the roles there that the README asks for. */
  static async set(say: Narrator): Promise<Scene> {
    const plane = await startControlPlane({ progress: process.stdout });
    try {
      const azure = await say.during("starting the simulator of Azure", () =>
        startAzure({ tenantId: TENANT, subscriptionIds: [SUBSCRIPTION], jwksOf: () => jwks(plane), ...TIMES }),
      );
      return new Scene(plane, azure, await mkdtemp(join(tmpdir(), "azure-identity-demo-")));
    } catch (error) {
      await plane.stop();
      throw error;
    }
  }

  private constructor(plane: ControlPlane, azure: Azure, folder: string) {
    this.plane = plane;
    this.azure = azure;
    this.#folder = folder;
    this.#closers.push(() => rm(folder, { recursive: true, force: true }), () => plane.stop(), () => azure.stop());
    azure.portal.createResourceGroup(SUBSCRIPTION, GROUP, REGION);
    const subject = `system:serviceaccount:${OPERATOR.namespace}:${OPERATOR.name}`;
    const { clientId, principalId } = azure.registerPrincipal({ name: OPERATOR.name, federated: { issuer: plane.issuer, subject } });
    azure.setPermissions([{ principalId, actions: SPRING_ACTIONS, scope: SCOPE }]);
    grantRoles(azure, principalId);
    this.#clientId = clientId;
  }

  /** The authority of the simulator's certificate, as a file; written with the operator's flags. */
  get caFile(): string {
    return join(this.#folder, "azure-ca.pem");
  }

  get #logFile(): string {
    return join(this.#folder, "operator.log");
  }

  /** Where the operator finds its own application and the token for it, as azure-workload-identity injects them. */
  get environment(): Readonly<Record<string, string>> {
    return { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: this.#clientId, AZURE_FEDERATED_TOKEN_FILE: join(this.#folder, "azure-identity-token") };
  }

  /** What the operator is told on its command line to serve one namespace. Its ServiceAccount must exist. */
  async operatorFlags(namespace: string): Promise<readonly string[]> {
    await writeFile(this.caFile, this.azure.caPem);
    return [
      `--kubeconfig=${await this.#renewTokens()}`,
      `--azure-endpoint=${this.azure.endpoint}`,
      `--azure-authority-host=${this.azure.authorityHost}`,
      "--azure-audience=https://management.azure.com",
      `--azure-ca-file=${this.caFile}`,
      `--shared-credential-namespaces=${namespace}`,
      `--shared-credential-scopes=${SCOPE}`,
      `--policy-file=${POLICY}`,
      "--shutdown-grace-seconds=5",
    ];
  }

  /** Starts the real operator with these flags; resolves once it is ready. */
  async startOperator(flags: readonly string[]): Promise<void> {
    const timer = setInterval(() => void this.#renewTokens().catch(() => undefined), RENEW_TOKENS_EVERY_MS);
    timer.unref();
    const starting = startOperatorProcess({ args: flags, environment: this.environment, logFile: this.#logFile });
    // Also when it is closed before the operator is ready.
    this.#closers.push(async () => {
      clearInterval(timer);
      const operator = await starting.catch(() => undefined);
      const killer = setTimeout(() => void operator?.stop("SIGKILL"), STOP_WITHIN_MS);
      await operator?.stop("SIGTERM");
      clearTimeout(killer);
    });
    await starting;
  }

  /** Runs the real kubectl as admin; it ends when the scene is closed. Rejects then, and when it cannot be executed. */
  kubectl(args: readonly string[]): Promise<KubectlResult> {
    const { kubectl: program, adminKubeconfig, directory } = this.plane;
    const env = { ...process.env, KUBECONFIG: adminKubeconfig, KUBERC: "off", KUBECACHEDIR: filesOf(directory).kubectlCache };
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"], signal: this.#closing.signal });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
    });
  }

  /** The last lines of the operator's log; none when it was never started. */
  async lastLogLines(count: number): Promise<readonly string[]> {
    const log = await readFile(this.#logFile, "utf8").catch(() => "");
    return log.split("\n").filter((line) => line !== "").slice(-count);
  }

  /** Ends everything that was started, the last first. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) await closer();
  }

  /** Tokens of the API server for itself and for Entra, as the kubelet would project and renew them; the kubeconfig that uses the first. */
  async #renewTokens(): Promise<string> {
    const args = ["create", "token", OPERATOR.name, "-n", OPERATOR.namespace, "--audience=api://AzureADTokenExchange", "--duration=1h"];
    const { code, stdout, stderr } = await kubectl(this.plane, args);
    if (code !== 0) throw new Error(`cannot get a token for Entra: ${stderr.trim()}`);
    await writeFile(join(this.#folder, "azure-identity-token"), stdout.trim(), { mode: 0o600 });
    return serviceAccountKubeconfig(this.plane, OPERATOR);
  }
}
