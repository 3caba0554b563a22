import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { Configuration } from "@kubernetes/client-node";
import type { KubeObject, ResourceType } from "../api/object.ts";
import { called } from "./write.ts";
import type { Called } from "./write.ts";

/** One operation of a JSON patch. */
export interface JsonPatchOperation {
  readonly op: "test" | "remove";
  readonly path: string;
  readonly value?: string;
}

/** Which object. */
export interface ObjectAddress {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/** client-node's API for custom resources, the same for namespaced and cluster-scoped ones. */
export interface CustomObjects {
  get(address: ObjectAddress): Promise<Called>;
  /** Server-side apply, by force. */
  apply(address: ObjectAddress, body: object, fieldManager: string): Promise<Called>;
  /** The same for the status. */
  applyStatus(address: ObjectAddress, body: object, fieldManager: string): Promise<Called>;
  jsonPatch(address: ObjectAddress, operations: readonly JsonPatchOperation[]): Promise<Called>;
}

/** The custom objects behind a configuration. */
export function createCustomObjects(configuration: Configuration): CustomObjects {
  const api = new CustomObjectsApi(configuration);
  const asApply = (): ReturnType<typeof setHeaderOptions> => setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply);
  return {
    get: (address) => {
      const target = targetOf(address);
      return called(() => (isNamespaced(target) ? api.getNamespacedCustomObject(target) : api.getClusterCustomObject(target)));
    },
    apply: (address, body, fieldManager) => {
      const target = { ...targetOf(address), body, fieldManager, force: true };
      return called(() =>
        isNamespaced(target)
          ? api.patchNamespacedCustomObject(target, asApply())
          : api.patchClusterCustomObject(target, asApply()),
      );
    },
    applyStatus: (address, body, fieldManager) => {
      const target = { ...targetOf(address), body, fieldManager, force: true };
      return called(() =>
        isNamespaced(target)
          ? api.patchNamespacedCustomObjectStatus(target, asApply())
          : api.patchClusterCustomObjectStatus(target, asApply()),
      );
    },
    jsonPatch: (address, operations) => {
      const target = { ...targetOf(address), body: operations };
      const options = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);
      return called(() =>
        isNamespaced(target)
          ? api.patchNamespacedCustomObject(target, options)
          : api.patchClusterCustomObject(target, options),
      );
    },
  };
}

interface Target {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly name: string;
  readonly namespace?: string;
}

function targetOf({ type, object }: ObjectAddress): Target {
  const { group, version, plural } = type;
  const { name, namespace } = object.metadata;
  return { group, version, plural, name, ...(type.namespaced ? { namespace } : {}) };
}

function isNamespaced<T extends Target>(target: T): target is T & { readonly namespace: string } {
  return target.namespace !== undefined;
}
