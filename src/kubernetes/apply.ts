import { CoreV1Api } from "@kubernetes/client-node";
import type { KubeObject, ResourceType } from "../api/object.ts";
import type { Connection } from "./connection.ts";
import { createCustomObjects } from "./custom-objects.ts";
import { readDocument } from "./documents.ts";
import type { DocumentKind, KubeDocument } from "./documents.ts";
import { createEventRecorder } from "./events.ts";
import type { EventRecorder } from "./events.ts";
import { createExporter } from "./exports.ts";
import type { Exporter } from "./exports.ts";
import { addFinalizer, removeFinalizer } from "./finalizer.ts";
import type { Clock, Log } from "./ports.ts";
import { applyStatus } from "./status.ts";
import type { KubeWrite } from "./write.ts";

export type { KubeWrite } from "./write.ts";

/** Writes of Kubernetes objects. Every write is bound to the uid, so that it never creates again what has vanished. */
export interface KubeWriter extends EventRecorder, Exporter {
  /**
   * Server-side apply of our finalizer. `vanished` also when deletion has begun: no finalizer can be added then, and as
   * nothing is held before the finalizer is stored, there is nothing to undo (DESIGN 4).
   */
  addFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite>;
  /** Removes our finalizer, whoever else owns it too; `vanished` when the object is gone already. */
  removeFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite>;
  /** Server-side apply of the whole status that we own: what is omitted is removed. */
  applyStatus(type: ResourceType, object: KubeObject, status: object): Promise<KubeWrite>;
  /** Reads a Secret or a ConfigMap past all caches; needs a Role in its namespace. */
  readDocument(kind: DocumentKind, namespace: string, name: string): Promise<KubeDocument>;
}

/** Who writes. */
export interface WriterOptions {
  /** Name of the operator: the field managers are `<name>-finalizer`, `<name>-status` and `<name>-export`. */
  readonly fieldManager: string;
  /** Name of this process among its replicas, for events; in a pod the pod's name. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A writer over a connection. It never throws for an answer of the API server. */
export function createKubeWriter(connection: Pick<Connection, "configuration">, options: WriterOptions): KubeWriter {
  const objects = createCustomObjects(connection.configuration);
  const api = new CoreV1Api(connection.configuration);
  return {
    ...createEventRecorder(connection, options),
    ...createExporter(api, `${options.fieldManager}-export`),
    readDocument: (kind, namespace, name) => readDocument(api, { kind, namespace, name }),
    addFinalizer: (type, object) => addFinalizer(objects, { type, object }, `${options.fieldManager}-finalizer`),
    removeFinalizer: (type, object) => removeFinalizer(objects, { type, object }),
    applyStatus: (type, object, status) => applyStatus(objects, { type, object }, { status, fieldManager: `${options.fieldManager}-status` }),
  };
}
