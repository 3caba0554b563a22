import { CoreV1Api } from "@kubernetes/client-node";
import { isJsonObject, stringAt } from "../api/json.ts";
import type { ResourceType } from "../api/object.ts";
import type { Connection } from "./connection.ts";
import { failureOf } from "./failure.ts";
import { groupPath, resourceName } from "./resource-path.ts";
import { called } from "./write.ts";
import type { Called } from "./write.ts";

/** The API server did not let us read what the start needs; the message says what, why and what to do. */
export class AccessError extends Error {
  override readonly name = "AccessError";
}

/** The uid of a namespace; that of kube-system identifies a cluster (DESIGN 2). Throws {@link AccessError}. */
export async function namespaceUid(connection: Pick<Connection, "configuration" | "server">, name: string): Promise<string> {
  const api = new CoreV1Api(connection.configuration);
  const read = await called(() => api.readNamespace({ name }));
  if (read.is !== "done") throw accessError(`read namespace ${name}`, connection.server, read);
  const uid = read.result.metadata?.uid;
  if (uid === undefined) throw new AccessError(`cannot read namespace ${name}: it has no uid: check that ${connection.server} is a Kubernetes API server`);
  return uid;
}

/** Those of the resources that the API server does not serve: their CRDs are not installed. Throws {@link AccessError}. */
export async function missingResources(
  connection: Pick<Connection, "transport" | "server">,
  types: readonly ResourceType[],
): Promise<readonly ResourceType[]> {
  const served = new Map<string, ReadonlySet<string>>();
  for (const type of types) {
    const path = groupPath(type);
    if (!served.has(path)) served.set(path, await servedPlurals(connection, type));
  }
  return types.filter((type) => served.get(groupPath(type))?.has(type.plural) !== true);
}

async function servedPlurals(connection: Pick<Connection, "transport" | "server">, type: ResourceType): Promise<ReadonlySet<string>> {
  const read = await called(() => connection.transport.request({ method: "GET", path: groupPath(type) }));
  if (read.is !== "done") throw accessError(`discover ${resourceName(type)}`, connection.server, read);
  const answer = read.result;
  if (answer.code === 404) return new Set();
  if (answer.code !== 200) {
    throw accessError(`discover ${resourceName(type)}`, connection.server, {
      is: "refused",
      failure: failureOf(answer.code, answer.text, answer.headers["retry-after"]),
    });
  }
  const list: unknown = JSON.parse(answer.text);
  const resources: unknown = isJsonObject(list) ? list["resources"] : undefined;
  const names = Array.isArray(resources) ? resources.map((resource) => stringAt(resource, "name")) : [];
  return new Set(names.filter((name) => name !== undefined));
}

/** The error for a read of the start that was not done; `what` completes "cannot …". */
export function accessError(what: string, server: string, cause: Exclude<Called, { is: "done" }>): AccessError {
  if (cause.is === "unanswered") {
    return new AccessError(`cannot ${what}: ${cause.message}: check that ${server} is up and can be reached from here`);
  }
  const { code, message } = cause.failure;
  const remedy =
    code === 401
      ? "the credentials of the kubeconfig or the ServiceAccount are not accepted: renew them"
      : code === 403
        ? "apply the ClusterRole and its binding in deploy/kustomize/base"
        : "see the log of the API server";
  return new AccessError(`cannot ${what}: ${message}: ${remedy}`);
}
