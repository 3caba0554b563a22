import type { ResourceType } from "../../src/api/object.ts";

/** A resource of the tests. */
export const GADGETS: ResourceType = {
  group: "kubernetes.test",
  version: "v1",
  plural: "gadgets",
  kind: "Gadget",
  namespaced: true,
};

/** A gadget as a list has it: without apiVersion and kind. */
export function gadget(name: string, resourceVersion: number, rest: { uid?: string; metadata?: object; spec?: unknown } = {}): object {
  return {
    metadata: {
      name,
      namespace: "one",
      uid: rest.uid ?? `uid-${name}`,
      resourceVersion: String(resourceVersion),
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      managedFields: [{ manager: "kubectl", operation: "Update" }],
      ...rest.metadata,
    },
    spec: rest.spec ?? { size: 1 },
  };
}

/** A list as the API server sends it. */
export function gadgetList(resourceVersion: number, items: readonly object[], next = ""): object {
  return {
    apiVersion: "kubernetes.test/v1",
    kind: "GadgetList",
    metadata: { resourceVersion: String(resourceVersion), ...(next === "" ? {} : { continue: next }) },
    items,
  };
}

/** The CustomResourceDefinition of gadgets, with a status and without a schema to speak of. */
export const GADGET_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "gadgets.kubernetes.test" },
  spec: {
    group: GADGETS.group,
    names: { kind: GADGETS.kind, plural: GADGETS.plural, singular: "gadget", listKind: "GadgetList" },
    scope: "Namespaced",
    versions: [
      {
        name: GADGETS.version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
} as const;
