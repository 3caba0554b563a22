import { GROUP } from "../group.ts";
import { AZURE_RESOURCES } from "../permission.ts";
import { CONTAINER_GROUP, IDENTITY_ASSIGNMENT, WEB_APP } from "../resources.ts";
import { check } from "./checks.ts";
import type { Validation } from "./policy.ts";

/** What of a spec decides about more of a host than its own share, and is `manage` (DESIGN 6). */
const DECISIONS = [
  { field: "ownership", values: ["Exclusive"] },
  { field: "systemAssignedRemoval", values: ["Destroy"] },
  { field: "allowDisruption", values: ["Restart", "Recreate"] },
];

/** How a kind names the host that it decides about. */
interface Deciding {
  /** CEL expression of a text: an ARM id, or `plural/name` of an object of the namespace. */
  readonly host: (object: string) => string;
  readonly checks: readonly { readonly when: string; readonly check: Validation }[];
}

/**
 * The CEL expression of a list of what an object decides about its host, each as `field: value of host`, so that another host is
 * another decision; undefined for kinds that decide nothing of that sort.
 */
export function decisions(plural: string): ((object: "object" | "oldObject") => string) | undefined {
  const deciding = decidingBy(plural);
  if (deciding === undefined) return undefined;
  return (object) => {
    const texts = DECISIONS.map(({ field, values }) => {
      const value = `${object}.spec.?${field}.orValue('')`;
      return `(${value} in [${values.map((each) => `'${each}'`).join(", ")}] ? ['${field}: ' + ${value} + ' of ' + ${deciding.host(object)}] : [])`;
    });
    return texts.join(" + ");
  };
}

/** The validations for a kind's new decisions, which `variables.decisions` lists. */
export function decisionChecks(plural: string): readonly Validation[] {
  return (decidingBy(plural)?.checks ?? []).map(({ when, check: { expression, messageExpression } }) => ({
    expression: `size(variables.decisions) == 0 || !(${when}) || ${expression}`,
    messageExpression,
  }));
}

function decidingBy(plural: string): Deciding | undefined {
  if (plural === IDENTITY_ASSIGNMENT.plural) return assignment;
  if (plural !== WEB_APP.plural && plural !== CONTAINER_GROUP.plural) return undefined;
  return { host: (object) => `'${plural}/' + ${object}.metadata.name`, checks: [{ when: "true", check: onObject(plural, "object.metadata.name") }] };
}

const target = (object: string, reference: string) => `${object}.spec.target.?${reference}.?name`;

const assignment: Deciding = {
  host: (object) =>
    `${object}.spec.target.?armId.orValue('').lowerAscii() + ` +
    `${target(object, "webAppRef")}.optMap(name, '${WEB_APP.plural}/' + name).orValue('') + ` +
    `${target(object, "containerGroupRef")}.optMap(name, '${CONTAINER_GROUP.plural}/' + name).orValue('')`,
  checks: [
    { when: "has(object.spec.target.armId)", check: check("manage", { group: GROUP, resource: AZURE_RESOURCES, name: "object.spec.target.armId.lowerAscii()" }, what("object.spec.target.armId")) },
    { when: "has(object.spec.target.webAppRef)", check: onObject(WEB_APP.plural, "object.spec.target.webAppRef.name") },
    { when: "has(object.spec.target.containerGroupRef)", check: onObject(CONTAINER_GROUP.plural, "object.spec.target.containerGroupRef.name") },
  ],
};

function onObject(plural: string, name: string): Validation {
  return check("manage", { group: GROUP, resource: plural, namespace: "request.namespace", name }, what(name));
}

function what(host: string): string {
  return `'spec may not decide ' + variables.decisions[0].split(' of ')[0] + ' for ' + ${host}`;
}
