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

/** A rule that is also checked when an object is parsed, so that a CRD of another version lets nothing half-understood through. */
export interface Check<Value> extends ValidationRule {
  /** Says of a value what `rule` says of it. */
  readonly holds: (value: Value) => boolean;
}

const VALIDATIONS = "x-kubernetes-validations";

/** The schema with these checks after those that it has: as CEL rules in the CRD, and when a value is parsed. */
export function checked<Schema extends z.ZodType>(schema: Schema, ...checks: readonly Check<z.output<Schema>>[]): Schema {
  const before = rulesOf(schema);
  const refined = checks.reduce((narrowed, { holds, message, fieldPath }) => {
    const path = fieldPath?.split(".").slice(1) ?? [];
    return narrowed.refine(holds, { message, path });
  }, schema);
  return refined.meta({ [VALIDATIONS]: [...before, ...checks.map(ruleOf)] });
}

function ruleOf({ rule, message, reason, fieldPath }: ValidationRule): ValidationRule {
  return { rule, message, ...(reason !== undefined && { reason }), ...(fieldPath !== undefined && { fieldPath }) };
}

function rulesOf(schema: z.ZodType): readonly ValidationRule[] {
  const rules: unknown = schema.meta()?.[VALIDATIONS];
  return Array.isArray(rules) ? (rules as readonly ValidationRule[]) : [];
}

/**
 * A text must match an RE2 pattern that JavaScript understands alike. The API server's own message about the keyword
 * `pattern` shows the expression, which helps nobody: a rule takes its place.
 */
export function matching(pattern: string, message: string, { anyCase = false } = {}): Check<string> {
  const expression = new RegExp(pattern, anyCase ? "i" : "");
  return { rule: `self.matches(${quoted(anyCase ? `(?i)${pattern}` : pattern)})`, message, holds: (text) => expression.test(text) };
}

/** A text must not contain another one. */
export function without(part: string, message: string): Check<string> {
  return { rule: `!self.contains('${part}')`, message, holds: (text) => !text.includes(part) };
}

/** A text must not be the id of an extension of another resource, such as a role assignment. */
export const noExtensionId: Check<string> = {
  rule: "!self.matches(r'(?i)/providers/.*/providers/')",
  message: "must not be the id of an extension of another resource",
  holds: (text) => !/\/providers\/.*\/providers\//i.test(text),
};

/** A text must be the ARM id of a resource, whatever its spelling. */
export const anyArmId: readonly Check<string>[] = [
  matching(ARM_ID_PATTERN, "must be an ARM id: /subscriptions/<guid>/resourceGroups/<group>/providers/<namespace>/<type>/<name>", {
    anyCase: true,
  }),
  without("..", 'must not contain ".."'),
  noExtensionId,
];

/** A text must be the ARM id of a resource of one of these types, whatever its spelling. */
export function armIdOf(what: string, types: readonly string[]): readonly Check<string>[] {
  return [...anyArmId, matching(typesPattern(types), `must be the ARM id of ${what}: ${types.join(", ")}`, { anyCase: true })];
}

// Anchored at both ends: the id of an extension of another resource also ends like the id of a host.
function typesPattern(types: readonly string[]): string {
  const alternatives = types.map((type) => {
    const [provider = "", ...rest] = type.split("/");
    return [provider.replaceAll(".", "[.]"), ...rest.map((segment) => `${segment}/[^/]+`)].join("/");
  });
  return `^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/(?:${alternatives.join("|")})$`;
}

/** Exactly one of these fields of an object must be set. */
export function exactlyOneOf<Field extends string>(...fields: readonly Field[]): Check<Readonly<Partial<Record<Field, unknown>>>> {
  return {
    rule: `[${fields.map((field) => `has(self.${field})`).join(", ")}].exists_one(set, set)`,
    message: `exactly one of ${listed(fields, "and")} must be set`,
    holds: (value) => fields.filter((field) => value[field] !== undefined).length === 1,
  };
}

/** At least one of these fields of an object must be set. */
export function atLeastOneOf<Field extends string>(...fields: readonly Field[]): Check<Readonly<Partial<Record<Field, unknown>>>> {
  return {
    rule: fields.map((field) => `has(self.${field})`).join(" || "),
    message: `at least one of ${listed(fields, "and")} must be set`,
    holds: (value) => fields.some((field) => value[field] !== undefined),
  };
}

/** Words as a sentence lists them: `a, b and c`. */
export function listed(words: readonly string[], conjunction: "and" | "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** How {@link immutable} reads a field. */
interface Immutable {
  /** CEL expression that stands for an absent field; the empty text never is a value. */
  readonly absent?: (self: string) => string;
  /** CEL suffix that turns a value into what is compared. */
  readonly normalised?: string;
  /** Path below the field to the text that is compared, for example `.name`; the field must be an object then. */
  readonly member?: string;
}

/**
 * A root rule that keeps an optional text of `spec` as it was, compared without case. It looks at the effective value from
 * above the field, so that adding and removing the field count as change (DESIGN 1).
 */
export function immutable(field: string, { absent = () => "''", normalised = ".lowerAscii()", member = "" }: Immutable = {}): ValidationRule {
  // Not `self.spec.?field.orValue(…)`: the API server cannot estimate what comparing its result costs, and refuses the CRD.
  const effective = (self: string) => `(has(${self}.spec.${field}) ? ${self}.spec.${field}${member} : ${absent(self)})${normalised}`;
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
