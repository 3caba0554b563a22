import { setTimeout as delay } from "node:timers/promises";
import { ANNOTATIONS, API_VERSION } from "../../src/api/group.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { connect, type Connection } from "../../src/kubernetes/connection.ts";
import { collectionPath } from "../../src/kubernetes/resource-path.ts";
import { NoAnswerError } from "../../src/kubernetes/transport.ts";

const FIELD_MANAGER = "soak";
const AGAIN_MS = 250;
const GIVE_UP_MS = 90_000;

/** What somebody declares. */
export interface Declared {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly spec: JsonObject;
}

/** Which object. */
export type Address = Pick<Declared, "kind" | "namespace" | "name">;

interface Request {
  readonly method: "GET" | "PATCH" | "DELETE";
  readonly path: string;
  readonly contentType?: string;
  readonly body?: object;
}

/** People's way to the API server: as administrator, without kubectl's cost, and patient while the API server is away. */
export class KubeClient {
  readonly #connection: Connection;
  requests = 0;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Connects by a kubeconfig. Throws when it cannot be read. */
  static async open(kubeconfig: string): Promise<KubeClient> {
    return new KubeClient(await connect({ kubeconfig, userAgent: "soak" }));
  }

  /** Creates or changes an object. */
  async apply(object: Declared): Promise<void> {
    const { kind, namespace, name, spec } = object;
    const path = `${pathOf(object)}?fieldManager=${FIELD_MANAGER}&force=true`;
    await this.#send({ method: "PATCH", path, contentType: "application/apply-patch+yaml", body: { apiVersion: API_VERSION, kind, metadata: { namespace, name }, spec } });
  }

  /** Sets annotations; undefined removes one. An object that is gone stays gone. */
  async annotate(object: Address, annotations: { readonly [Name in keyof typeof ANNOTATIONS]?: string | null }): Promise<void> {
    const named = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [ANNOTATIONS[name as keyof typeof ANNOTATIONS], value]));
    await this.#send({ method: "PATCH", path: pathOf(object), contentType: "application/merge-patch+json", body: { metadata: { annotations: named } } });
  }

  /** Deletes an object; whoever has finalizers on it decides when it is gone. */
  async delete(object: Address): Promise<void> {
    await this.#send({ method: "DELETE", path: pathOf(object) });
  }

  /** Every object of every kind of ours. */
  async list(): Promise<readonly KubeObject[]> {
    const lists = await Promise.all(KINDS.map(async ({ type }) => ({ kind: type.kind, text: await this.#send({ method: "GET", path: collectionPath(type) }) })));
    return lists.flatMap(({ kind, text }) => (JSON.parse(text) as { readonly items: readonly KubeObject[] }).items.map((item) => ({ ...item, kind })));
  }

  /** Ends all connections. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Sends a request until the API server takes it: one that is away, or starting, is asked again. */
  async #send(request: Request): Promise<string> {
    const deadlineMs = Date.now() + GIVE_UP_MS;
    for (;;) {
      const answer = await this.#try(request);
      if (answer.isTaken) return answer.text;
      if (Date.now() > deadlineMs) throw new Error(`cannot ${request.method} ${request.path} within ${GIVE_UP_MS / 1000} s: ${answer.text}`);
      await delay(AGAIN_MS);
    }
  }

  async #try({ method, path, contentType, body }: Request): Promise<{ readonly isTaken: boolean; readonly text: string }> {
    this.requests += 1;
    const headers = contentType === undefined ? {} : { "content-type": contentType };
    try {
      const { code, text } = await this.#connection.transport.request({ method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      if (code < 300 || (code === 404 && method !== "GET")) return { isTaken: true, text };
      if (!PASSING.has(code) && code < 500) throw new Error(`cannot ${method} ${path}: the API server answered ${code}: ${text.slice(0, 400)}`);
      return { isTaken: false, text: `${code}: ${text.slice(0, 400)}` };
    } catch (error) {
      if (error instanceof NoAnswerError) return { isTaken: false, text: error.message };
      throw error;
    }
  }
}

/** What an API server that is starting says besides 5xx: its rules of access come after its port. */
const PASSING: ReadonlySet<number> = new Set([401, 403, 409, 429]);

function pathOf({ kind, namespace, name }: Address): string {
  const type = KINDS.find((each) => each.type.kind === kind)?.type;
  if (type === undefined) throw new Error(`there is no kind ${kind}`);
  return `/apis/${type.group}/${type.version}/namespaces/${namespace}/${type.plural}/${name}`;
}
