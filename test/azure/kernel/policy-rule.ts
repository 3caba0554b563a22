import { isObject, objectAt, textAt } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** What a policy is evaluated against: a resource as it will be, and the values of the assignment's parameters. */
export interface PolicySubject {
  readonly resource: JsonObject;
  readonly parameters: JsonObject;
}

/** One comparison that a decision came from, as `evaluationDetails` lists it. */
export interface Evaluated {
  readonly result: "True" | "False";
  readonly expressionKind: "Field";
  readonly expression: string;
  readonly path: string;
  readonly expressionValue: JsonValue;
  readonly targetValue: JsonValue;
  readonly operator: string;
}

/** Whether a policy's `if` holds, and the comparisons that it came from. Throws where it uses what is not supported here. */
export function evaluate(condition: JsonObject, subject: PolicySubject): { readonly holds: boolean; readonly evaluated: readonly Evaluated[] } {
  const { allOf, anyOf, not } = condition;
  if (Array.isArray(allOf)) return joined(allOf, subject, (parts) => parts.every(Boolean));
  if (Array.isArray(anyOf)) return joined(anyOf, subject, (parts) => parts.some(Boolean));
  if (isObject(not)) return joined([not], subject, ([part]) => part !== true);
  return compared(condition, subject);
}

/** Whether a policy's `if` is made of conditions that are known here. */
export function isCondition(value: JsonValue | undefined): value is JsonObject {
  if (!isObject(value)) return false;
  const { allOf, anyOf, not } = value;
  const parts = Array.isArray(allOf) ? allOf : Array.isArray(anyOf) ? anyOf : isObject(not) ? [not] : undefined;
  if (parts !== undefined) return parts.every((part: JsonValue) => isCondition(part));
  const [name = ""] = Object.keys(value).filter((member) => member !== "field");
  return (textAt(value, "field") ?? "") !== "" && name in operators;
}

function joined(parts: readonly JsonValue[], subject: PolicySubject, join: (parts: readonly boolean[]) => boolean): ReturnType<typeof evaluate> {
  const results = parts.filter(isObject).map((part) => evaluate(part, subject));
  return { holds: join(results.map(({ holds }) => holds)), evaluated: results.flatMap(({ evaluated }) => evaluated) };
}

type Operator = (actual: JsonValue | undefined, wanted: JsonValue) => boolean;

const textOf = (value: JsonValue | undefined): string => (typeof value === "string" ? value : JSON.stringify(value ?? null)).toLowerCase();
const same: Operator = (left, right) => textOf(left) === textOf(right);
const escaped = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
const among: Operator = (actual, wanted) => Array.isArray(wanted) && wanted.some((one) => same(actual, one));
const like: Operator = (actual, wanted) => new RegExp(`^${textOf(wanted).split("*").map(escaped).join(".*")}$`).test(textOf(actual));
const not = (operator: Operator): Operator => (actual, wanted) => !operator(actual, wanted);

const operators: Readonly<Record<string, Operator>> = {
  equals: same,
  notEquals: not(same),
  in: among,
  notIn: not(among),
  like,
  notLike: not(like),
  exists: (actual, wanted) => same(actual !== undefined && actual !== null, wanted),
};

function compared(condition: JsonObject, subject: PolicySubject): ReturnType<typeof evaluate> {
  const field = textAt(condition, "field") ?? "";
  const [name = "", wanted] = Object.entries(condition).find(([member]) => member !== "field") ?? [];
  const operator = operators[name];
  if (!operator) throw new Error(`cannot evaluate a policy: the simulator knows no condition ${JSON.stringify(condition)}`);
  const target = filledIn(wanted ?? null, subject.parameters);
  const actual = fieldOf(subject.resource, field);
  const holds = operator(actual, target);
  const result = holds ? "True" : "False";
  return { holds, evaluated: [{ result, expressionKind: "Field", expression: field, path: field, expressionValue: actual ?? null, targetValue: target, operator: name }] };
}

/** `[parameters('x')]` becomes the parameter's value. */
function filledIn(value: JsonValue, parameters: JsonObject): JsonValue {
  const name = typeof value === "string" ? /^\[parameters\('([^']+)'\)\]$/i.exec(value)?.[1] : undefined;
  return name === undefined ? value : (parameters[name] ?? null);
}

/** A field by its name: a member, a tag, or an alias such as `Microsoft.Web/sites/httpsOnly`, which leads into `properties`. */
function fieldOf(resource: JsonObject, field: string): JsonValue | undefined {
  const tag = /^tags(?:\.(.+)|\['?([^'\]]+)'?\])$/i.exec(field);
  if (tag) return objectAt(resource, "tags")[tag[1] ?? tag[2] ?? ""];
  const path = field.split("/");
  const alias = path.length > 2 ? ["properties", ...(path.at(-1) ?? "").split(".")] : field.split(".");
  let value: JsonValue | undefined = resource;
  for (const member of alias) value = isObject(value) ? value[Object.keys(value).find((key) => key.toLowerCase() === member.toLowerCase()) ?? ""] : undefined;
  return value;
}
