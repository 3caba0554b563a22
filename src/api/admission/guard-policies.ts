import { FINALIZER, GROUP } from "../group.ts";
import type { JsonObject } from "../json.ts";
import { RESOURCES } from "../resources.ts";
import { check } from "./checks.ts";
import { policyDocuments, type Validation } from "./policy.ts";

/** What the operator alone writes: the status of every kind, the finalizer, and the marks on what objects export to. */
export function guardPolicies(): readonly JsonObject[] {
  return [...statusPolicy(), ...finalizerPolicy(), ...marksPolicy()];
}

const plurals = RESOURCES.map(({ plural }) => plural);

/** What an object holds in Azure is in its status: whoever writes that decides what is deleted and what is taken over. */
function statusPolicy(): readonly JsonObject[] {
  return policyDocuments({
    name: "azure-identity-status",
    rule: { apiGroups: [GROUP], resources: plurals.map((plural) => `${plural}/status`), operations: ["CREATE", "UPDATE"] },
    validations: [refused("'only the operator writes the status of ' + request.resource.resource + ' ' + request.name + ': change its spec'")],
  });
}

/** Without the finalizer an object goes and what it holds stays in Azure, where nobody looks after it any more. */
function finalizerPolicy(): readonly JsonObject[] {
  const has = (object: string) => `'${FINALIZER}' in ${object}.metadata.?finalizers.orValue([])`;
  const removal = plurals.map((resource): Validation => {
    const { expression, messageExpression } = check("release", { group: GROUP, resource, namespace: "request.namespace", name: "object.metadata.name" }, `'only the operator removes the finalizer ${FINALIZER}'`);
    return { expression: `request.resource.resource != '${resource}' || ${has("object")} || ${expression}`, messageExpression };
  });
  return policyDocuments({
    name: "azure-identity-finalizer",
    rule: { apiGroups: [GROUP], resources: plurals, operations: ["UPDATE"] },
    conditions: { "changes-the-finalizer": `(${has("object")}) != (${has("oldObject")})` },
    validations: [...removal, { expression: has("oldObject"), messageExpression: `'only the operator adds the finalizer ${FINALIZER}: leave it out'` }],
  });
}

/** By these marks the operator knows what it may overwrite and delete. */
function marksPolicy(): readonly JsonObject[] {
  const changed = (field: "labels" | "annotations", [one, other]: readonly [string, string]) => {
    const [mine, theirs] = [`${one}.metadata.?${field}.orValue({})`, `${other}.metadata.?${field}`];
    return `${mine}.exists(key, key.startsWith('${GROUP}/') && (${other} == null || ${theirs}[?key].orValue('') != ${mine}[key]))`;
  };
  const sides = [["object", "oldObject"], ["oldObject", "object"]] as const;
  const [set, unset] = sides.map((side) => `${changed("labels", side)} || ${changed("annotations", side)}`);
  return policyDocuments({
    name: "azure-identity-export-marks",
    rule: { apiGroups: [""], resources: ["configmaps", "serviceaccounts"], operations: ["CREATE", "UPDATE"] },
    conditions: { "changes-a-mark": `${set ?? ""} || (oldObject != null && (${unset ?? ""}))` },
    validations: [refused(`'only the operator sets labels and annotations that begin with ${GROUP}/ on ' + request.resource.resource + ': leave them as they are'`)],
  });
}

function refused(messageExpression: string): Validation {
  return { expression: "false", messageExpression };
}
