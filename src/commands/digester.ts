import { randomBytes } from "node:crypto";
import type { Config } from "../config.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { type DigestKey, digestKey } from "../kubernetes/digest-key.ts";
import { createDigester, type Digester } from "../operate/digest.ts";
import type { ProcessLog } from "../operate/log.ts";

type DigesterConnection = Pick<Connection, "configuration" | "server" | "namespace">;

const KEY_BYTES = 32;

/**
 * Digests with the key of the installation. Without it the operator runs all the same, with a key of this process: no digest
 * from before means anything to it.
 */
export async function installationDigester(config: Pick<Config, "operatorNamespace">, connection: DigesterConnection, log: Pick<ProcessLog, "warn">): Promise<Digester> {
  const had = await keyIn(config.operatorNamespace ?? connection.namespace, connection);
  if (had.is === "had") return createDigester(had.key);
  log.warn(
    { problem: had.problem },
    "The digest key of the installation cannot be had: whether hidden values changed is unknown, which by itself is never a reason to write",
  );
  return createDigester(randomBytes(KEY_BYTES));
}

async function keyIn(namespace: string | undefined, connection: DigesterConnection): Promise<DigestKey> {
  if (namespace !== undefined) return digestKey(connection, namespace);
  return { is: "none", problem: "cannot tell the operator's own namespace: neither a pod nor the kubeconfig's context names it: name it with --operator-namespace" };
}
