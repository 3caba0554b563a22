import { nameOf, parseResourceId, textOf, typeOf } from "./arm-id.ts";
import { isWithin } from "./authorization.ts";
import { Refusal } from "./errors.ts";
import type { ArmRequest } from "./gateway.ts";
import { isObject, objectAt, textAt } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { merged } from "./lifecycle.ts";
import { evaluate } from "./policy-rule.ts";
import type { Evaluated } from "./policy-rule.ts";
import type { Caller, ResourceType } from "./resource-type.ts";
import type { Resource } from "./store.ts";
import type { Target } from "./target.ts";
import type { World } from "./world.ts";

export const POLICY_DEFINITION_TYPE = "Microsoft.Authorization/policyDefinitions";
export const POLICY_ASSIGNMENT_TYPE = "Microsoft.Authorization/policyAssignments";

interface Denial {
  readonly assignment: Resource;
  readonly definition: Resource;
  readonly evaluated: readonly Evaluated[];
}

/** Refuses a write that a policy with the effect deny forbids: 403 RequestDisallowedByPolicy (arm.md 2.5). */
export function checkPolicies(world: World, request: Pick<ArmRequest, "method" | "target" | "body">, caller: Caller): void {
  const { method, target, body } = request;
  if (target.is !== "resource" || !target.type || !["PUT", "PATCH"].includes(method) || !isObject(body)) return;
  if ([POLICY_ASSIGNMENT_TYPE, POLICY_DEFINITION_TYPE].includes(target.type.type)) return;
  const assignments = world.store.ofType(POLICY_ASSIGNMENT_TYPE).filter((assignment) => concerns(assignment, textOf(target.id)));
  if (assignments.length === 0) return;
  const resource = method === "PUT" ? { ...body, type: target.type.type, name: nameOf(target.id) } : patched(world, target, target.type, body);
  const denials = assignments.flatMap((assignment) => denialsOf(world, assignment, resource));
  if (denials.length > 0) throw disallowed(world, denials, { name: nameOf(target.id), caller });
}

/** A resource as a PATCH of it leaves it. */
function patched(world: World, { id }: Extract<Target, { is: "resource" }>, type: ResourceType, body: JsonObject): JsonObject {
  const existing = world.store.get(id);
  const shown = existing ? type.show(existing, { world, apiVersion: type.apiVersions.at(-1) ?? "", as: "get" }) : {};
  return { ...merged(shown, body), type: type.type };
}

function concerns({ id, properties }: Resource, scope: string): boolean {
  const leftOut = properties["notScopes"];
  const isLeftOut = Array.isArray(leftOut) && leftOut.some((one) => typeof one === "string" && isWithin(scope, one));
  return isWithin(scope, id.scope) && !isLeftOut && properties["enforcementMode"] !== "DoNotEnforce";
}

function denialsOf(world: World, assignment: Resource, resource: JsonObject): readonly Denial[] {
  const id = parseResourceId(textAt(assignment.properties, "policyDefinitionId") ?? "");
  const definition = id && typeOf(id).toLowerCase() === POLICY_DEFINITION_TYPE.toLowerCase() ? world.store.get(id) : undefined;
  if (!definition) return [];
  const rule = objectAt(definition.properties, "policyRule");
  const parameters = { ...membersOf(definition, "defaultValue"), ...membersOf(assignment, "value") };
  const effect = textAt(objectAt(rule, "then"), "effect")?.toLowerCase();
  const { holds, evaluated } = evaluate(objectAt(rule, "if"), { resource, parameters });
  return holds && effect === "deny" ? [{ assignment, definition, evaluated }] : [];
}

/** One member of each parameter: what it is by default, or what was assigned. */
function membersOf({ properties }: Resource, member: "defaultValue" | "value"): JsonObject {
  const declared = Object.entries(objectAt(properties, "parameters"));
  return Object.fromEntries(declared.flatMap(([name, one]) => (isObject(one) && one[member] !== undefined ? [[name, one[member]]] : [])));
}

function disallowed(world: World, denials: readonly Denial[], about: { readonly name: string; readonly caller: Caller }): Refusal {
  const { name, caller } = about;
  const named = ({ id, properties }: Resource): JsonObject => ({ name: textAt(properties, "displayName") ?? nameOf(id), id: textOf(id) });
  const identifiers = JSON.stringify(denials.map(({ assignment, definition }) => ({ policyAssignment: named(assignment), policyDefinition: named(definition) })));
  const message = `Resource '${name}' was disallowed by policy. Policy identifiers: '${identifiers}'.`;
  const additionalInfo = denials.map((denial) => ({ type: "PolicyViolation", info: violation(world, denial, caller) }));
  const error = { code: "RequestDisallowedByPolicy", target: name, message, additionalInfo };
  return new Refusal({ status: 403, headers: { "x-ms-failure-cause": "gateway" }, body: { error } }, message);
}

/** The evaluation is told only to who may read the policy (arm.md 2.5). */
function violation(world: World, { assignment, definition, evaluated }: Denial, caller: Caller): JsonObject {
  const mayRead = world.authorization.allows(caller.principalId, [`${POLICY_DEFINITION_TYPE}/read`], assignment.id.scope);
  return {
    policyDefinitionDisplayName: textAt(definition.properties, "displayName"),
    ...(mayRead ? { evaluationDetails: { evaluatedExpressions: evaluated.map((one) => ({ ...one })) } } : {}),
    policyDefinitionId: textOf(definition.id),
    policyDefinitionName: nameOf(definition.id),
    policyDefinitionEffect: "deny",
    policyAssignmentId: textOf(assignment.id),
    policyAssignmentName: nameOf(assignment.id),
    policyAssignmentDisplayName: textAt(assignment.properties, "displayName"),
    policyAssignmentScope: assignment.id.scope,
    policyAssignmentParameters: objectAt(assignment.properties, "parameters"),
  };
}
