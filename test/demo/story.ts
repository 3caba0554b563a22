import { join } from "node:path";
import type { Narrator } from "./narrator.ts";
import type { Scene } from "./scene.ts";
import { WebApp } from "./web-app.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "identity-demo";
const SAMPLES = ["user-assigned-identity-minimal", "user-assigned-identity-full", "identity-assignment-minimal", "identity-assignment-full"];
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

  /** Applies the samples and shows the ids filling in, on both sides. */
  async declare(): Promise<void> {
    this.#say.title("What Azure has: somebody's web app, with a system-assigned identity and one that a policy attached");
    this.#showWebApp();
    this.#say.title("Declare two identities, and assign them to that web app");
    await this.#kubectl("apply", "-f", "deploy/samples/namespace.yaml");
    await this.#kubectl("apply", "-k", "deploy/samples/grants");
    await this.#kubectl("apply", ...SAMPLES.flatMap((name) => ["-f", `deploy/samples/${name}.yaml`]));
    await this.#kubectl("wait", "--for=condition=Ready", "uai,ida", "--all", "-n", NAMESPACE, "--timeout=30s");
    await this.#kubectl("get", "azure-identity", "-n", NAMESPACE);
    await this.#kubectl("get", "azure-identity", "-n", NAMESPACE, "-o", "wide");
    this.#say.title("Azure has them now, and what was there before is still there");
    this.#showWebApp();
  }

  /** Changes Azure behind the operator's back, and shows it healed. */
  async heal(): Promise<void> {
    this.#webApp.tamper();
    this.#say.title("Somebody changes a tag of one identity in Azure, and detaches the other from the web app");
    this.#showTags();
    this.#showWebApp();
    this.#say.title("Found within --sync-interval-seconds (600 by default), or at once when asked:");
    const asked = new Date().toISOString();
    await this.#kubectl("annotate", "uai,ida", "--all", "-n", NAMESPACE, `azureidentity.dev/reconcile-requested-at=${asked}`);
    await this.#kubectl("wait", `--for=jsonpath={.status.lastHandledReconcileAt}=${asked}`, "uai,ida", "--all", "-n", NAMESPACE, "--timeout=30s");
    await this.#say.during("waiting until both are healed", () => this.#untilHealed());
    this.#showTags();
    this.#showWebApp();
    this.#say.title("What the operator did, as events");
    await this.#kubectl("describe", "uai", "reports", "-n", NAMESPACE);
  }

  /** Deletes the samples; throws unless Azure has exactly what it had before. */
  async cleanUp(): Promise<void> {
    this.#say.title("Delete the objects: exactly what they made goes");
    await this.#kubectl("delete", "-f", "deploy/samples/namespace.yaml", "--timeout=40s");
    this.#showWebApp();
    this.#say.text(`Identities in Azure: ${this.#webApp.identities()}`);
    if (!this.#webApp.isAsBefore()) throw new Error("cannot finish: Azure has not what it had before; compare with the beginning");
    const arm = this.#scene.azure.requests.filter(({ type }) => type !== "entra");
    const writes = arm.filter(({ method }) => method !== "GET").length;
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

  #showTags(): void {
    this.#say.text(`The tags of msdocs-identity-example-reports, in Azure: ${this.#webApp.tags()}`);
  }

  async #untilHealed(): Promise<void> {
    const deadlineMs = Date.now() + HEAL_WITHIN_MS;
    while (!this.#webApp.isHealed()) {
      if (Date.now() > deadlineMs) throw new Error(`cannot go on: the tag or the attachment was not healed within ${HEAL_WITHIN_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
