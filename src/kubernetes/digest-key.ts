import { randomBytes } from "node:crypto";
import { CoreV1Api } from "@kubernetes/client-node";
import type { V1Secret } from "@kubernetes/client-node";
import { EXPORT_LABELS } from "../api/group.ts";
import { accessError } from "./access.ts";
import type { Connection } from "./connection.ts";
import { called } from "./write.ts";
import type { Called } from "./write.ts";

/** The key of the installation with which hidden values are digested, or why it cannot be had. */
export type DigestKey = { readonly is: "had"; readonly key: Buffer } | { readonly is: "none"; readonly problem: string };

/** The Secret that holds it, in the operator's own namespace; the Role in deploy/kustomize/base names it. */
export const DIGEST_KEY_SECRET = "azure-identity-operator-digest-key";

const DATA_KEY = "key";
const KEY_BYTES = 32;

/**
 * Reads the digest key, and creates it first where there is none. Of several replicas that create it at the same moment the
 * API server lets one through, and the others read that one's. It is immutable: another key makes every digest unknown.
 * Throws AccessError when there is no answer.
 */
export async function digestKey(connection: Pick<Connection, "configuration" | "server">, namespace: string): Promise<DigestKey> {
  const api = new CoreV1Api(connection.configuration);
  const read = () => called(() => api.readNamespacedSecret({ namespace, name: DIGEST_KEY_SECRET }));
  const found = await read();
  if (!hasCode(found, 404)) return keyOf(found, connection.server, namespace);
  const created = await called(() => api.createNamespacedSecret({ namespace, body: newSecret(namespace) }));
  return keyOf(hasCode(created, 409) ? await read() : created, connection.server, namespace);
}

function newSecret(namespace: string): V1Secret {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: DIGEST_KEY_SECRET, namespace, labels: { [EXPORT_LABELS.managedBy]: "azure-identity-operator" } },
    type: "Opaque",
    immutable: true,
    data: { [DATA_KEY]: randomBytes(KEY_BYTES).toString("base64") },
  };
}

function keyOf(secret: Called<V1Secret>, server: string, namespace: string): DigestKey {
  const title = `Secret ${namespace}/${DIGEST_KEY_SECRET}`;
  if (secret.is === "unanswered") throw accessError(`read ${title}`, server, secret);
  if (secret.is === "refused") {
    return { is: "none", problem: `cannot read ${title}: ${secret.failure.message}: apply the Role and its binding in deploy/kustomize/base` };
  }
  const key = Buffer.from(secret.result.data?.[DATA_KEY] ?? "", "base64");
  if (key.length === KEY_BYTES) return { is: "had", key };
  return { is: "none", problem: `cannot use ${title}: it does not hold ${KEY_BYTES} bytes under ${DATA_KEY}: delete it, and restart the operator to make a new one` };
}

function hasCode(call: Called, code: number): boolean {
  return call.is === "refused" && call.failure.code === code;
}
