import { join } from "node:path";
import type { Narrator } from "./narrator.ts";
import type { Scene } from "./scene.ts";
import { WebApp } from "./web-app.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "identity-demo";
const TUTORIAL = "deploy/samples/tutorial";
const ASSIGNMENT = "deploy/samples/identity-assignment-minimal.yaml";
const HEAL_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** The steps of the demo, each with its command before the output of that command. */
export class Story {
  readonly #scene: Scene;
  readonly #say: Narrator;
  readonly #webApp: WebApp;

  constructor(scene: Scene, say: Narrator) {
    this.#scene = scene;
    this.#say = say;
    this.#webApp = new WebApp(scene.azure);
  }

  /** Installs what `deploy/` ships, and starts the operator: this cluster has no nodes, so it runs as a process beside it. */
  async install(): Promise<void> {
    this.#say.title("Install: CRDs, ServiceAccount, permissions");
    await this.#kubectl("apply", "--server-side", "-k", "deploy/kustomize/base");
    await this.#kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
    this.#say.title("This cluster has no nodes: the operator runs as a process, with the ServiceAccount of that Deployment");
    const flags = await this.#scene.operatorFlags(NAMESPACE);
    const environment = Object.entries(this.#scene.environment).map(([name, value]) => `${name}=${value}`);
    this.#say.command([...environment, "node", "src/main.ts", "run", ...flags]);
    await this.#say.during("starting the operator", () => this.#scene.startOperator(flags));
    this.#say.text("/readyz says ok");
  }

  /** Applies the tutorial and shows the ids filling in, on both sides; then attaches an identity to a host of somebody else. */
  async declare(): Promise<void> {
    this.#say.title("The tutorial of Azure, as YAML: an identity, hosts that have it, pods that become it, roles that it has (docs/tutorial.md)");
    await this.#kubectl("apply", "-f", `${TUTORIAL}/00-namespace.yaml`);
    await this.#kubectl("apply", "-n", NAMESPACE, "-k", "deploy/kustomize/namespace");
    await this.#kubectl("apply", "-f", `${TUTORIAL}/`);
    await this.#kubectl("wait", "--for=condition=Ready", "azure-identity", "--all", "-n", NAMESPACE, "--timeout=60s");
    await this.#kubectl("get", "azure-identity", "-n", NAMESPACE);
    this.#say.title("What az container show and az webapp show print of their identities is in their status");
    await this.#kubectl("get", "aci", "msdocs-identity-container", "-n", NAMESPACE, "-o", "jsonpath={.status.identity}");
    await this.#kubectl("get", "webapp", "msdocs-identity-web-app", "-n", NAMESPACE, "-o", "jsonpath={.status.identity}");
    this.#say.title("Somebody else's web app has a system-assigned identity, and one that a policy attached");
    this.#showWebApp();
    this.#say.title("Attach the identity to it, too: what was there before stays");
    await this.#kubectl("apply", "-f", ASSIGNMENT);
    await this.#kubectl("wait", "--for=condition=Ready", "ida/msdocs-identity-example", "-n", NAMESPACE, "--timeout=30s");
    this.#showWebApp();
  }

  /** Changes Azure behind the operator's back, and shows it healed. */
  async heal(): Promise<void> {
    this.#webApp.tamper();
    this.#say.title("Somebody lets another ServiceAccount become the identity, and detaches it from that web app");
    this.#showSubject();
    this.#showWebApp();
    this.#say.title("Found by the next sweep over the lists of Azure, or at once when asked:");
    const asked = new Date().toISOString();
    await this.#kubectl("annotate", "fic,ida", "--all", "-n", NAMESPACE, `azureidentity.dev/reconcile-requested-at=${asked}`);
    await this.#kubectl("wait", `--for=jsonpath={.status.lastHandledReconcileAt}=${asked}`, "fic,ida", "--all", "-n", NAMESPACE, "--timeout=30s");
    await this.#say.during("waiting until both are healed", () => this.#untilHealed());
    this.#showSubject();
    this.#showWebApp();
    this.#say.title("What the operator did, as events");
    await this.#kubectl("events", "--for", "fic/msdocs-identity-pods", "-n", NAMESPACE);
  }

  /** Deletes the objects; throws unless Azure has exactly what it had before. */
  async cleanUp(): Promise<void> {
    this.#say.title("Delete the objects: exactly what they made goes");
    await this.#kubectl("delete", "azure-identity", "--all", "-n", NAMESPACE, "--timeout=60s");
    await this.#kubectl("delete", "-f", `${TUTORIAL}/00-namespace.yaml`, "--timeout=40s");
    this.#showWebApp();
    this.#say.text(`Identities, web apps and container groups in Azure: ${this.#webApp.names()}`);
    if (!this.#webApp.isAsBefore()) throw new Error("cannot finish: Azure has not what it had before; compare with the beginning");
    const arm = this.#scene.azure.requests.filter(({ type }) => type !== "entra");
    const writes = arm.filter(({ method }) => method !== "GET" && method !== "POST").length;
    this.#say.title(`Azure is as it was before: ${arm.length} requests to Azure Resource Manager in all, ${writes} of them writes`);
  }

  /** Says how to use what stays up. */
  stay(): void {
    const { plane, azure, caFile } = this.#scene;
    this.#say.title("It stays up. In another terminal:");
    this.#say.text(`export KUBECONFIG='${plane.adminKubeconfig}'`);
    this.#say.text(`alias kubectl='${plane.kubectl}'`);
    this.#say.text(`export AZURE_ENDPOINT='${azure.endpoint}'   # Azure Resource Manager and Entra`);
    this.#say.text(`export REQUESTS_CA_BUNDLE='${caFile}'   # az; for curl --cacert, for Node NODE_EXTRA_CA_CERTS`);
    this.#say.text(`kubectl get azure-identity -n ${NAMESPACE}`);
    this.#say.text("Ctrl-C ends everything.");
  }

  async #kubectl(...args: readonly string[]): Promise<void> {
    this.#say.command(["kubectl", ...args]);
    const paths = args.map((arg) => (arg.startsWith("deploy/") ? join(ROOT, arg) : arg));
    const { code, stdout, stderr } = await this.#say.during(`kubectl ${args[0] ?? ""}`, () => this.#scene.kubectl(paths));
    const output = `${stdout}${stderr}`.trimEnd();
    if (output !== "") this.#say.text(output);
    if (code !== 0) throw new Error(`cannot go on: kubectl ${args.join(" ")} ended with ${code}`);
  }

  #showWebApp(): void {
    this.#say.text(`The identity of the web app, in Azure: ${this.#webApp.identity()}`);
  }

  #showSubject(): void {
    this.#say.text(`Who may become the identity, in Azure: ${this.#webApp.subject()}`);
  }

  async #untilHealed(): Promise<void> {
    const deadlineMs = Date.now() + HEAL_WITHIN_MS;
    while (!this.#webApp.isHealed()) {
      if (Date.now() > deadlineMs) throw new Error(`cannot go on: the subject or the attachment was not healed within ${HEAL_WITHIN_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
