import { describe, expect, test } from "vitest";
import { z } from "zod";
import { guardPolicies } from "../../src/api/admission/guard-policies.ts";
import { kindPolicies } from "../../src/api/admission/kind-policies.ts";
import { namedThings, pathText } from "../../src/api/admission/named-things.ts";
import { OPERATOR_USER } from "../../src/api/admission/policy.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { armIdField } from "../../src/api/references.ts";
import { IDENTITY_ASSIGNMENT, RESOURCES, ROLE_ASSIGNMENT, WEB_APP } from "../../src/api/resources.ts";

interface Policy {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly failurePolicy: string;
    readonly matchConditions: readonly { readonly name: string; readonly expression: string }[];
    readonly variables?: readonly { readonly name: string; readonly expression: string }[];
    readonly validations: readonly { readonly expression: string; readonly messageExpression: string; readonly reason: string }[];
    readonly policyName?: string;
    readonly validationActions?: readonly string[];
  };
}

const documents = [...RESOURCES.flatMap(kindPolicies), ...guardPolicies()].map((document: JsonObject) => document as unknown as Policy);
const policies = documents.filter(({ kind }) => kind === "ValidatingAdmissionPolicy");
const questions = (expression: string) => expression.split(".check(").length - 1;

describe.each(policies.map((policy) => [policy.metadata.name, policy] as const))("%s", (name, { spec }) => {
  test("refuses what it cannot decide, and exempts the operator first", () => {
    expect(spec.failurePolicy).toBe("Fail");
    expect(spec.matchConditions[0]?.expression).toBe(`request.userInfo.username != '${OPERATOR_USER}'`);
    expect(spec.validations.every(({ reason }) => reason === "Forbidden")).toBe(true);
  });

  test("is bound so that it denies", () => {
    const bindings = documents.filter((each) => each.kind === "ValidatingAdmissionPolicyBinding" && each.spec.policyName === name);
    expect(bindings.map(({ spec: { validationActions } }) => validationActions)).toEqual([["Deny"]]);
  });

  test("stays within what the authorizer may cost: 350,000 a question, 1,000,000 an expression, 10,000,000 a policy", () => {
    // One question in each expression at most, one of the two ways of a `?:`; what variables ask comes once.
    const inVariables = (spec.variables ?? []).reduce((sum, { expression }) => sum + questions(expression), 0);
    expect(Math.max(...spec.validations.map(({ expression }) => questions(expression)))).toBeLessThanOrEqual(2);
    expect((spec.validations.filter(({ expression }) => questions(expression) > 0).length + inVariables) * 350_000).toBeLessThan(9_000_000);
  });

  test("asks nothing in its messages, which have no authorizer", () => {
    const asking = (spec.variables ?? []).filter(({ expression }) => questions(expression) > 0).map((variable) => `variables.${variable.name}`);
    const used = spec.validations.filter(({ messageExpression }) => asking.some((variable) => messageExpression.includes(variable)));
    expect(used).toEqual([]);
  });
});

describe("what specs name", () => {
  const placesOf = (resource: Parameters<typeof namedThings>[0], is: string) => namedThings(resource).flatMap((thing) => (thing.is === is ? [pathText(thing.path)] : []));

  test("is found in the schemas, at any depth", () => {
    expect(placesOf(IDENTITY_ASSIGNMENT, "identityId")).toEqual([
      "spec.userAssigned[].armId",
      "spec.followThrough.keyVaultReferenceIdentity.armId",
      "spec.followThrough.acrPullIdentity.armId",
      "spec.followThrough.defaultIdentity.armId",
      "spec.followThrough.registries[].identity.armId",
    ]);
    expect(placesOf(IDENTITY_ASSIGNMENT, "attachedId")).toEqual(["spec.target.armId"]);
    expect(placesOf(ROLE_ASSIGNMENT, "identityRef")).toEqual(["spec.scope.identityRef", "spec.principal.identityRef"]);
    expect(placesOf(WEB_APP, "Secret")).toEqual(["spec.appSettings[].valueFrom.secretKeyRef"]);
  });

  test("must be known: a reference or an ARM id that nobody thought about stops the generator", () => {
    const withRef = { kind: "Widget", spec: z.object({ vaultRef: z.object({ name: z.string() }) }) };
    expect(() => namedThings(withRef)).toThrow("cannot write the policies of Widget: nothing says which permission spec.vaultRef needs");
    const withId = { kind: "Widget", spec: z.object({ vault: armIdField("A vault.", "a vault", ["Microsoft.KeyVault/vaults"]) }) };
    expect(() => namedThings(withId)).toThrow("nothing says which permission spec.vault needs");
  });
});
