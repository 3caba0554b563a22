import type { JsonObject } from "../json.ts";

/** Who the operator is to the API server. `deploy/policy` says how an overlay sets another name. */
export const OPERATOR_USER = "system:serviceaccount:azure-identity-system:azure-identity-operator";

/** A CEL expression with what is said when it is false. */
export interface Validation {
  readonly expression: string;
  /** A CEL expression for the text. */
  readonly messageExpression: string;
}

/** A ValidatingAdmissionPolicy, as far as ours differ. */
export interface PolicyOptions {
  readonly name: string;
  readonly rule: { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly operations: readonly ("CREATE" | "UPDATE")[] };
  /** Conditions beside that the operator itself is exempt; what does not meet them is not looked at. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** Each is worked out once for a request at most, and only where it is asked for. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
}

/**
 * A policy and its binding. Whatever it cannot decide is refused (`failurePolicy: Fail`). Its first condition exempts the operator,
 * so that one patch of an overlay can name another one.
 */
export function policyDocuments({ name, rule, conditions = {}, variables = {}, validations }: PolicyOptions): readonly JsonObject[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const exempt = { "is-not-the-operator": `request.userInfo.username != '${OPERATOR_USER}'` };
  return [
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: { matchPolicy: "Equivalent", resourceRules: [{ apiGroups: rule.apiGroups, apiVersions: ["*"], operations: rule.operations, resources: rule.resources }] },
        matchConditions: named({ ...exempt, ...conditions }),
        ...(Object.keys(variables).length > 0 && { variables: named(variables) }),
        validations: validations.map((validation) => ({ ...validation, reason: "Forbidden" })),
      },
    },
    { apiVersion, kind: "ValidatingAdmissionPolicyBinding", metadata: { name }, spec: { policyName: name, validationActions: ["Deny"] } },
  ];
}

function named(expressions: Readonly<Record<string, string>>): readonly JsonObject[] {
  return Object.entries(expressions).map(([name, expression]) => ({ name, expression }));
}
