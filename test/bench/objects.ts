import { readFileSync } from "node:fs";
import { connect, type Connection } from "../../src/kubernetes/connection.ts";
import { isReady, type LooseObject, type Stage } from "../e2e/stage.ts";
import { identity } from "../e2e/objects.ts";

const APPLY = { "content-type": "application/apply-patch+yaml" };

/** A fast way to the API server as its administrator, for load. */
export class LoadClient {
  readonly #connection: Connection;
  readonly #namespace: string;

  constructor(connection: Connection, namespace: string) {
    this.#connection = connection;
    this.#namespace = namespace;
  }

  /** Connects as the administrator of the stage's cluster. */
  static async open(stage: Stage, namespace: string): Promise<LoadClient> {
    return new LoadClient(await connect({ kubeconfig: stage.plane.adminKubeconfig, userAgent: "bench" }), namespace);
  }

  /** Applies so many identities, 32 at a time. */
  async applyIdentities(names: readonly string[]): Promise<void> {
    await inParallel(names, (name) => this.#send("PATCH", `${name}?fieldManager=bench&force=true`, JSON.stringify(identity(this.#namespace, name)), APPLY));
  }

  /** The four writes that an object costs, made by the bench itself: what the API server alone allows. */
  async applyPlain(names: readonly string[]): Promise<void> {
    await inParallel(names, async (name) => {
      const head = { apiVersion: "azureidentity.dev/v1alpha1", kind: "UserAssignedIdentity", metadata: { name, namespace: this.#namespace } };
      const holds = { target: "x", tenantId: "x", credential: "x", adopted: false, confirmed: false };
      await this.#send("PATCH", `${name}?fieldManager=bench&force=true`, JSON.stringify(identity(this.#namespace, name)), APPLY);
      await this.#send("PATCH", `${name}?fieldManager=bench-finalizer&force=true`, JSON.stringify({ ...head, metadata: { ...head.metadata, finalizers: ["example.com/bench"] } }), APPLY);
      for (const confirmed of [false, true]) {
        await this.#send("PATCH", `${name}/status?fieldManager=bench-status&force=true`, JSON.stringify({ ...head, status: { observedGeneration: 1, holds: { ...holds, confirmed } } }), APPLY);
      }
    });
  }

  /** Removes the finalizers of what {@link applyPlain} made, and deletes it. */
  async removePlain(names: readonly string[]): Promise<void> {
    await inParallel(names, async (name) => {
      await this.#send("PATCH", name, '{"metadata":{"finalizers":null}}', { "content-type": "application/merge-patch+json" });
      await this.#send("DELETE", name);
    });
  }

  async delete(names: readonly string[]): Promise<void> {
    await inParallel(names, (name) => this.#send("DELETE", name));
  }

  /** Resolves when so many objects exist and all of them are Ready. */
  async untilReady(count: number): Promise<void> {
    await this.#until((objects) => objects.length === count && objects.every(isReady));
  }

  async untilGone(): Promise<void> {
    await this.#until((objects) => objects.length === 0);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #until(isMet: (objects: readonly LooseObject[]) => boolean): Promise<void> {
    const deadlineMs = Date.now() + 300_000;
    while (Date.now() < deadlineMs) {
      const { items } = JSON.parse(await this.#send("GET", "")) as { items: readonly LooseObject[] };
      if (isMet(items)) return;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error("the objects did not come to what was expected within 300 s");
  }

  async #send(method: "GET" | "PATCH" | "DELETE", path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const base = `/apis/azureidentity.dev/v1alpha1/namespaces/${this.#namespace}/userassignedidentities`;
    const request = { method, path: path === "" ? base : `${base}/${path}`, headers, ...(body === undefined ? {} : { body }) };
    const { code, text } = await this.#connection.transport.request(request);
    if (code >= 300) throw new Error(`${method} ${path} answered ${code}: ${text.slice(0, 300)}`);
    return text;
  }
}

/** Resident memory of a process in MiB: now, and at its highest. */
export function memoryOf(pid: number): { readonly nowMiB: number; readonly peakMiB: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  return { nowMiB: read("VmRSS"), peakMiB: read("VmHWM") };
}

async function inParallel(names: readonly string[], work: (name: string) => Promise<unknown>): Promise<void> {
  const queue = [...names];
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await work(name);
  };
  await Promise.all(Array.from({ length: 32 }, worker));
}
