import { stringify } from "yaml";
import type { JsonObject } from "../json.ts";
import { RESOURCES } from "../resources.ts";
import { guardPolicies } from "./guard-policies.ts";
import { kindPolicies } from "./kind-policies.ts";

const FOLDER = "deploy/policy";

const HEADER = '# Generated from src/api by "npm run generate"; changes made here are lost.\n';

const KUSTOMIZATION_HEADER = `${HEADER}#
# Who may name which identity, host, Secret and ConfigMap in our objects, and what only the operator writes, as policies of the API
# server, with the roles of people:
#
#   kubectl apply --server-side -k deploy/policy
#
# Each policy exempts the operator by the name of its ServiceAccount. An overlay names another one:
#
#   resources: [<this folder>]
#   patches:
#     - target: {kind: ValidatingAdmissionPolicy}
#       patch: |
#         - op: replace
#           path: /spec/matchConditions/0/expression
#           value: request.userInfo.username != 'system:serviceaccount:<namespace>:<name>'
`;

/** The admission policies and the kustomization that lists them: path below the project's root → content. */
export function policyFiles(): ReadonlyMap<string, string> {
  const files = [...RESOURCES.map((resource) => [resource.plural, kindPolicies(resource)] as const), ["guards", guardPolicies()] as const];
  const written = files.filter(([, documents]) => documents.length > 0).map(([name, documents]) => [`${FOLDER}/${name}.yaml`, HEADER + yaml(documents)] as const);
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: ["../kustomize/roles", ...written.map(([path]) => path.slice(FOLDER.length + 1))],
    labels: [{ pairs: { "app.kubernetes.io/name": "azure-identity-operator", "app.kubernetes.io/part-of": "azure-identity-operator" }, includeSelectors: false }],
  };
  return new Map([...written, [`${FOLDER}/kustomization.yaml`, KUSTOMIZATION_HEADER + yaml([kustomization])]]);
}

function yaml(documents: readonly JsonObject[]): string {
  return documents.map((document) => stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");
}
