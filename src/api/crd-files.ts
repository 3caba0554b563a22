import { stringify } from "yaml";
import { customResourceDefinition } from "./crd.ts";
import type { JsonObject } from "./json.ts";
import { RESOURCES } from "./resources.ts";

const HEADER = '# Generated from src/api by "npm run generate"; changes made here are lost.\n';

/** The CRDs and the kustomization that lists them: path below the project's root → content. */
export function crdFiles(): ReadonlyMap<string, string> {
  const definitions = RESOURCES.map(
    (resource) => [`crds/${resource.group}_${resource.plural}.yaml`, yaml(customResourceDefinition(resource))] as const,
  );
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: definitions.map(([path]) => path.slice("crds/".length)),
  };
  return new Map([...definitions, ["crds/kustomization.yaml", yaml(kustomization)]]);
}

function yaml(document: JsonObject): string {
  return HEADER + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}
