import { FINALIZER } from "../api/group.ts";
import { objectAt, stringAt } from "../api/json.ts";
import type { KubeObject, ResourceType } from "../api/object.ts";
import type { Connection } from "./connection.ts";
import { createCustomObjects } from "./custom-objects.ts";
import type { CustomObjects, ObjectAddress } from "./custom-objects.ts";
import { createEventRecorder } from "./events.ts";
import type { EventRecorder } from "./events.ts";
import type { ApiFailure } from "./failure.ts";
import { removeFinalizer } from "./finalizer.ts";
import type { Clock, Log } from "./ports.ts";
import { apiVersionOf, resourceName } from "./resource-path.ts";
import { failed, written } from "./write.ts";
import type { Called, KubeWrite } from "./write.ts";

/** Writes of Kubernetes objects. Every write names the uid, so that it never creates again what has vanished. */
export interface KubeWriter extends EventRecorder {
  /**
   * Server-side apply of our finalizer. `vanished` also when deletion has begun: no finalizer can be added then, and as
   * nothing was held before the finalizer, there is nothing to undo (DESIGN 4).
   */
  addFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite>;
  /** Removes our finalizer, whoever else owns it too; `vanished` when the object is gone already. */
  removeFinalizer(type: ResourceType, object: KubeObject): Promise<KubeWrite>;
  /** Server-side apply of the whole status that we own: what is omitted is removed. */
  applyStatus(type: ResourceType, object: KubeObject, status: object): Promise<KubeWrite>;
}

/** Who writes. */
export interface WriterOptions {
  /** Name of the operator: the field managers are `<name>-finalizer` and `<name>-status`. */
  readonly fieldManager: string;
  /** Name of this process among its replicas, for events; the name of the pod. */
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A writer over a connection. It never throws for an answer of the API server. */
export function createKubeWriter(connection: Pick<Connection, "configuration">, options: WriterOptions): KubeWriter {
  const objects = createCustomObjects(connection.configuration);
  return {
    ...createEventRecorder(connection, options),
    addFinalizer: (type, object) => addFinalizer(objects, { type, object }, `${options.fieldManager}-finalizer`),
    removeFinalizer: (type, object) => removeFinalizer(objects, { type, object }),
    applyStatus: async (type, object, status) => {
      const address = { type, object };
      const body = { ...identityOf(address), status };
      const apply = await objects.applyStatus(address, body, `${options.fieldManager}-status`);
      return conclude(objects, address, apply, "write the status");
    },
  };
}

async function addFinalizer(objects: CustomObjects, address: ObjectAddress, fieldManager: string): Promise<KubeWrite> {
  const identity = identityOf(address);
  const body = { ...identity, metadata: { ...identity.metadata, finalizers: [FINALIZER] } };
  const apply = await objects.apply(address, body, fieldManager);
  if (apply.is === "refused" && forbidsFinalizers(apply.failure)) return { is: "vanished" };
  return conclude(objects, address, apply, "add the finalizer");
}

/** What names the object in an apply; the uid makes the API server refuse to create it (DESIGN 4). */
function identityOf({ type, object }: ObjectAddress): { apiVersion: string; kind: string; metadata: object } {
  const { name, namespace, uid } = object.metadata;
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name, uid, ...(type.namespaced ? { namespace } : {}) },
  };
}

/** The answer to an apply. A 409 means another uid, or writes of others that overtook ours: reading tells which. */
async function conclude(objects: CustomObjects, address: ObjectAddress, apply: Called, verb: string): Promise<KubeWrite> {
  if (apply.is === "done") return written(apply.result);
  const { namespace, name, uid } = address.object.metadata;
  const failure = failed(`${verb} of ${resourceName(address.type)} ${namespace}/${name}`, apply);
  if (apply.is !== "refused") return failure;
  if (apply.failure.code === 404) return { is: "vanished" };
  if (apply.failure.code !== 409) return failure;
  const read = await objects.get(address);
  const isGone = read.is === "refused" && read.failure.code === 404;
  const isAnother = read.is === "done" && stringAt(objectAt(read.result, "metadata"), "uid") !== uid;
  return isGone || isAnother ? { is: "vanished" } : failure;
}

function forbidsFinalizers(failure: ApiFailure): boolean {
  return failure.code === 422 && failure.causes.some((cause) => cause.reason === "FieldValueForbidden" && cause.field === "metadata.finalizers");
}
