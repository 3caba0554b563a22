import { CATEGORY } from "./group.ts";
import type { JsonObject } from "./json.ts";
import type { ApiResource } from "./resources.ts";
import { structuralSchema } from "./structural.ts";

/** The CustomResourceDefinition of a kind, as apiextensions.k8s.io/v1 takes it. */
export function customResourceDefinition(resource: ApiResource): JsonObject {
  const { group, plural, singular, kind, shortNames, namespaced } = resource;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: [CATEGORY] },
      scope: namespaced ? "Namespaced" : "Cluster",
      versions: [version(resource)],
    },
  };
}

function version(resource: ApiResource): JsonObject {
  return {
    name: resource.version,
    served: true,
    storage: true,
    subresources: { status: {} },
    additionalPrinterColumns: resource.columns.map((column) => ({ ...column })),
    selectableFields: resource.selectableFields.map((jsonPath) => ({ jsonPath })),
    schema: { openAPIV3Schema: objectSchema(resource) },
  };
}

function objectSchema(resource: ApiResource): JsonObject {
  const status = structuralSchema(resource.status, "status");
  return {
    description: resource.description,
    type: "object",
    required: ["spec"],
    ...(resource.rules.length > 0 && { "x-kubernetes-validations": resource.rules.map((rule) => ({ ...rule })) }),
    properties: {
      apiVersion: { description: "Group and version of the kind.", type: "string" },
      kind: { description: "Name of the kind.", type: "string" },
      // Bounds the cost of the rules that read the name.
      metadata: { type: "object", properties: { name: { type: "string", maxLength: 253 } } },
      spec: structuralSchema(resource.spec, "spec"),
      // A new object must not look settled to a tool that compares generations (DESIGN 1, conventions.md 1.3).
      status: { ...status, default: { observedGeneration: -1 } },
    },
  };
}
