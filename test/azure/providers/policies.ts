import { keyOf, nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import { isWithin } from "../kernel/authorization.ts";
import { gatewayError } from "../kernel/errors.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import { isCondition } from "../kernel/policy-rule.ts";
import { POLICY_ASSIGNMENT_TYPE, POLICY_DEFINITION_TYPE } from "../kernel/policies.ts";
import type { Call, ResourceType } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";

const name = { pattern: /^[^<>*%&:?.+/]{0,127}[^<>*%&:?.+/ ]$/, says: "1 to 128 characters without '<', '>', '*', '%', '&', ':', '?', '.', '+' or '/'" };

/** Policy definitions: of their rule, the conditions that `kernel/policy-rule.ts` knows, and the effect deny. */
export const policyDefinitions = policyType(POLICY_DEFINITION_TYPE, ({ body }) => {
  const rule = objectAt(body, "properties", "policyRule");
  if (Object.keys(rule).length === 0) throw gatewayError(400, "InvalidPolicyDefinition", "The policy definition has no policy rule.");
  if (isCondition(rule["if"])) return;
  throw gatewayError(400, "InvalidPolicyRule", "Failed to parse policy rule: its condition is not one that is known.");
});

/** Assignments of policy definitions to any scope. Whether they are heeded is not a matter of time here; Azure takes some minutes. */
export const policyAssignments = policyType(POLICY_ASSIGNMENT_TYPE, ({ world, body }) => {
  const text = textAt(objectAt(body, "properties"), "policyDefinitionId") ?? "";
  const id = parseResourceId(text);
  if (id && world.store.get(id)) return;
  throw gatewayError(404, "PolicyDefinitionNotFound", `The policy definition '${text}' could not be found.`);
});

function policyType(type: string, check: (call: Call) => void): ResourceType {
  const kind = type.slice(type.indexOf("/") + 1, -1);
  const notFound = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}NotFound`;
  const show: ResourceType["show"] = ({ id, properties }) => ({ properties, id: textOf(id), type, name: nameOf(id) });
  return {
    type,
    apiVersions: ["2021-06-01", "2022-06-01", "2023-04-01", "2024-04-01", "2025-01-01"],
    name,
    show,
    notFound: (id) => gatewayError(404, notFound, `The ${kind} '${nameOf(id)}' is not found.`),
    put: (call) => {
      check(call);
      const stored = call.world.store.set({ ...(call.existing ?? blankResource(call.id, undefined)), properties: objectAt(call.body, "properties") });
      return { status: 201, body: show(stored, { world: call.world, apiVersion: call.apiVersion, as: "write" }) };
    },
    delete: ({ world, id }) => ({ status: world.store.delete(id) ? 200 : 204 }),
    extension: {
      list: ({ world, scope, page, apiVersion }) => {
        const found = world.store.list(type, "/").filter(({ id }) => isWithin(id.scope, scope));
        return page(found.map((one) => ({ key: keyOf(one.id), body: () => show(one, { world, apiVersion, as: "list" }) })));
      },
    },
  };
}
