import type { z } from "zod";
import { ARM_ID_PATTERN } from "./arm-id.ts";

/** A CEL rule of a CRD schema; the API server answers a violation with `fieldPath`, `reason` and `message`. */
export interface ValidationRule {
  readonly rule: string;
  /** What is wrong and what a person can do. */
  readonly message: string;
  /** Without it FieldValueInvalid. Not FieldValueDuplicate: with it the API server keeps the message to itself. */
  readonly reason?: "FieldValueForbidden" | "FieldValueRequired";
  /** Path below the schema that holds the rule, for example `.spec.azureName`. */
  readonly fieldPath?: string;
}

/** Schema metadata that carries CEL rules, for `.meta()` of a zod schema. */
export type Validated = Readonly<Record<"x-kubernetes-validations", readonly ValidationRule[]>>;

/** Schema metadata with these rules. */
export function validated(...rules: readonly (ValidationRule | CheckedRule<never>)[]): Validated {
  return { "x-kubernetes-validations": rules.map((rule) => ("holds" in rule ? withoutTest(rule) : rule)) };
}

function withoutTest({ holds: _holds, ...rule }: CheckedRule<never>): ValidationRule {
  return rule;
}

/** A rule with the same test for objects that an older CRD let through. */
export interface CheckedRule<Value> extends ValidationRule {
  readonly holds: (value: Value) => boolean;
}

/** The tests of rules, for `.superRefine()` of the zod schema that carries the rules. */
export function checking<Value>(rules: readonly CheckedRule<Value>[]): (value: Value, context: z.RefinementCtx<Value>) => void {
  return (value, context) => {
    for (const { message, fieldPath } of rules.filter(({ holds }) => !holds(value))) {
      context.addIssue({ code: "custom", message, path: fieldPath?.split(".").slice(1) ?? [] });
    }
  };
}

/**
 * Schema metadata of a string that must match an RE2 pattern. The API server's own message about `pattern` shows the
 * expression, which helps nobody: in a CRD this rule takes its place (structural.ts).
 */
export function matching(pattern: string, message: string): Validated {
  return validated({ rule: `self.matches(${quoted(pattern)})`, message });
}

/** Schema metadata of a string that must be the ARM id of a resource of one of these types, whatever its spelling. */
export function armIdOf(what: string, types: readonly string[]): Validated {
  return validated(
    {
      rule: `self.matches(${quoted(`(?i)${ARM_ID_PATTERN}`)})`,
      message: "must be an ARM id: /subscriptions/<guid>/resourceGroups/<group>/providers/<namespace>/<type>/<name>",
    },
    { rule: "!self.contains('..')", message: 'must not contain ".."' },
    { rule: `self.matches(${quoted(typesPattern(types))})`, message: `must be the ARM id of ${what}: ${types.join(", ")}` },
  );
}

// Anchored at both ends: the id of an extension of another resource also ends like the id of a host.
function typesPattern(types: readonly string[]): string {
  const alternatives = types.map((type) => {
    const [provider = "", ...rest] = type.split("/");
    return [provider.replaceAll(".", "[.]"), ...rest.map((segment) => `${segment}/[^/]+`)].join("/");
  });
  return `(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/(?:${alternatives.join("|")})$`;
}

/** How {@link immutable} reads a field. */
interface Immutable {
  /** CEL expression that stands for an absent field; the empty text never is a value. */
  readonly absent?: (self: string) => string;
  /** CEL suffix that turns a value into what is compared. */
  readonly normalised?: string;
}

/**
 * A root rule that keeps an optional text of `spec` as it was, compared without case. It looks at the effective value from
 * above the field, so that adding and removing the field count as change (DESIGN 1).
 */
export function immutable(field: string, { absent = () => "''", normalised = ".lowerAscii()" }: Immutable = {}): ValidationRule {
  // Not `self.spec.?field.orValue(…)`: the API server cannot estimate what comparing its result costs, and refuses the CRD.
  const effective = (self: string) => `(has(${self}.spec.${field}) ? ${self}.spec.${field} : ${absent(self)})${normalised}`;
  return {
    rule: `${effective("self")} == ${effective("oldSelf")}`,
    message: `${field} must not be changed, added or removed once the object exists; declare a new object instead`,
    reason: "FieldValueForbidden",
    fieldPath: `.spec.${field}`,
  };
}

/** A text as a CEL raw string literal; throws on a text that such a literal cannot hold. */
export function quoted(text: string): string {
  if (text.includes("'")) throw new Error(`cannot write ${text} as a CEL literal: it contains an apostrophe`);
  return `r'${text}'`;
}
