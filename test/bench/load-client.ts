import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { connect, type Connection } from "../../src/kubernetes/connection.ts";
import { inParallel } from "./parallel.ts";
import { identity, identityId } from "../e2e/objects.ts";
import { TENANT } from "../e2e/stage.ts";

const GROUP_VERSION = "azureidentity.dev/v1alpha1";
const APPLY = "application/apply-patch+yaml";
const GUID = "00000000-0000-4000-8000-000000000000";

interface Sent {
  readonly method: "PATCH" | "POST" | "DELETE";
  /** Below the identities of the namespace, or absolute. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: object;
}

/** A fast way to the API server as its administrator: many requests over few connections, without kubectl. */
export class LoadClient {
  readonly #connection: Connection;
  readonly #namespace: string;

  private constructor(connection: Connection, namespace: string) {
    this.#connection = connection;
    this.#namespace = namespace;
  }

  /** Connects by a kubeconfig. Throws when it cannot be read. */
  static async open(kubeconfig: string, namespace: string): Promise<LoadClient> {
    return new LoadClient(await connect({ kubeconfig, userAgent: "bench" }), namespace);
  }

  /** Applies so many identities, in the regions that they are given. */
  async create(names: readonly string[], regionOf?: (name: string) => string): Promise<void> {
    await inParallel(names, (name) => this.#create(name, regionOf === undefined ? {} : { location: regionOf(name) }));
  }

  /** Applies so many objects of any type below a path such as `/apis/<group>/<version>/namespaces/<namespace>/<plural>`. */
  async apply(path: string, objects: readonly { readonly metadata: { readonly name: string } }[]): Promise<void> {
    const byName = new Map(objects.map((object) => [object.metadata.name, object]));
    await inParallel([...byName.keys()], (name) =>
      this.#send({ method: "PATCH", path: `${path}/${name}?fieldManager=bench&force=true`, contentType: APPLY, body: byName.get(name) ?? {} }),
    );
  }

  /** What becoming Ready costs at the API server, without operator and Azure: create, finalizer, two statuses, event. */
  async createAlone(names: readonly string[]): Promise<void> {
    await inParallel(names, async (name) => {
      await this.#create(name);
      await this.#apply(name, name, { metadata: { finalizers: ["example.com/bench"] } });
      for (const status of [heldStatus(name), readyStatus(name)]) await this.#apply(`${name}/status`, name, { status });
      await this.#event(name, "Created");
    });
  }

  /** What going costs at the API server: the deletion, an event, the end of the finalizer that {@link createAlone} set. */
  async deleteAlone(names: readonly string[]): Promise<void> {
    await inParallel(names, async (name) => {
      await this.#send({ method: "DELETE", path: name });
      await this.#event(name, "Deleted");
      const body = [{ op: "remove", path: "/metadata/finalizers" }];
      await this.#send({ method: "PATCH", path: name, contentType: "application/json-patch+json", body });
    });
  }

  /** Deletes so many identities; whoever has finalizers on them decides when they are gone. */
  async delete(names: readonly string[]): Promise<void> {
    await inParallel(names, (name) => this.#send({ method: "DELETE", path: name }));
  }

  /** One identity as the API server has it. */
  async read(name: string): Promise<JsonObject> {
    const path = `/apis/${GROUP_VERSION}/namespaces/${this.#namespace}/userassignedidentities/${name}`;
    const { code, text } = await this.#connection.transport.request({ method: "GET", path, headers: {} });
    if (code !== 200) throw new Error(`cannot read ${name}: the API server answered ${code}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as JsonObject;
  }

  /** Makes an identity with the finalizers and the status that an operator left. */
  async createSettled(name: string, { finalizers, status }: { readonly finalizers: readonly string[]; readonly status: object }): Promise<void> {
    await this.#create(name, {}, { finalizers });
    await this.#apply(`${name}/status`, name, { status });
  }

  /** Reads all identities of the cluster as the operator does at its start: in pages, parsed. */
  async list(): Promise<void> {
    for (let from = ""; ; ) {
      const { code, text } = await this.#connection.transport.request({ method: "GET", path: `/apis/${GROUP_VERSION}/userassignedidentities?limit=500${from}`, headers: {} });
      if (code !== 200) throw new Error(`cannot list identities: the API server answered ${code}: ${text.slice(0, 300)}`);
      const token = stringAt(objectAt(JSON.parse(text), "metadata"), "continue") ?? "";
      if (token === "") return;
      from = `&continue=${encodeURIComponent(token)}`;
    }
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  #create(name: string, spec: Readonly<Record<string, unknown>> = {}, more: { readonly finalizers?: readonly string[] } = {}): Promise<void> {
    const { metadata, ...rest } = identity(this.#namespace, name, spec) as { readonly metadata: object };
    return this.#send({ method: "PATCH", path: `${name}?fieldManager=bench&force=true`, contentType: APPLY, body: { ...rest, metadata: { ...metadata, ...more } } });
  }

  #apply(path: string, name: string, fields: { readonly metadata?: object; readonly status?: object }): Promise<void> {
    const head = { apiVersion: GROUP_VERSION, kind: "UserAssignedIdentity" };
    const body = { ...head, ...fields, metadata: { name, namespace: this.#namespace, ...fields.metadata } };
    return this.#send({ method: "PATCH", path: `${path}?fieldManager=bench-operator&force=true`, contentType: APPLY, body });
  }

  #event(name: string, reason: string): Promise<void> {
    const namespace = this.#namespace;
    const body = {
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: `${name}.${reason.toLowerCase()}`, namespace },
      eventTime: new Date().toISOString().replace("Z", "000Z"),
      reportingController: "example.com/bench",
      reportingInstance: "bench",
      regarding: { apiVersion: GROUP_VERSION, kind: "UserAssignedIdentity", name, namespace },
      type: "Normal",
      reason,
      action: reason,
      note: `${reason} ${identityId(name)}`,
    };
    return this.#send({ method: "POST", path: `/apis/events.k8s.io/v1/namespaces/${namespace}/events`, contentType: "application/json", body });
  }

  async #send({ method, path, contentType, body }: Sent): Promise<void> {
    const identities = `/apis/${GROUP_VERSION}/namespaces/${this.#namespace}/userassignedidentities`;
    const { code, text } = await this.#connection.transport.request({
      method,
      path: path.startsWith("/") ? path : `${identities}/${path}`,
      headers: contentType === undefined ? {} : { "content-type": contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (code >= 300) throw new Error(`cannot ${method} ${path}: the API server answered ${code}: ${text.slice(0, 300)}`);
  }
}

/** The status of an identity whose creation is announced, as big as the operator's. */
function heldStatus(name: string): object {
  const holds = { target: identityId(name), tenantId: TENANT, credential: "operator", adopted: false, confirmed: false };
  return { observedGeneration: 1, conditions: [readyCondition("False", "Creating")], holds };
}

/** The status of a Ready identity, as big as the operator's. */
export function readyStatus(name: string): object {
  const holds = { target: identityId(name), tenantId: TENANT, credential: "operator", adopted: false, confirmed: true };
  const ids = { resourceId: identityId(name), principalId: GUID, clientId: GUID, tenantId: TENANT };
  return { observedGeneration: 1, conditions: [readyCondition("True", "Available")], holds, ...ids, lastSyncTime: new Date(0).toISOString() };
}

function readyCondition(status: "True" | "False", reason: string): object {
  const lastTransitionTime = new Date(0).toISOString();
  return { type: "Ready", status, reason, observedGeneration: 1, lastTransitionTime, message: "The resource is as declared" };
}
