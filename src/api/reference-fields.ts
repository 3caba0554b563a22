import { listed, type ValidationRule } from "./crd-rules.ts";
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "./json.ts";
import { code, escaped } from "./markdown.ts";

/** The rows of a table of fields: path, type, default, meaning. */
export type FieldRow = readonly [path: string, type: string, byDefault: string, meaning: string];

/** The rows of all fields of a structural schema, each followed by those below it; `[]` in a path stands for each entry of a list. */
export function fieldRows(schema: JsonObject, prefix = ""): readonly FieldRow[] {
  const required = listAt(schema, "required");
  const properties = Object.entries(objectAt(schema, "properties") ?? {});
  return properties.flatMap(([name, field]) => (isJsonObject(field) ? rowsOf(field, { path: prefix + name, isRequired: required.includes(name) }) : []));
}

/** The messages of the rules of a schema. */
export function messagesOf(schema: JsonObject): readonly string[] {
  return listAt(schema, "x-kubernetes-validations").flatMap((rule) => (isJsonObject(rule) ? [stringAt(rule, "message") ?? ""] : []));
}

/** The rules of a kind over the whole object, as people read them. */
export function ruleList(rules: readonly ValidationRule[], spec: JsonObject): readonly string[] {
  return [...messagesOf(spec), ...rules.map(({ message }) => message)];
}

function rowsOf(field: JsonObject, { path, isRequired }: { readonly path: string; readonly isRequired: boolean }): readonly FieldRow[] {
  const items = objectAt(field, "items");
  const rules = [...messagesOf(field), ...(items === undefined ? [] : messagesOf(items))];
  const meaning = `${stringAt(field, "description") ?? ""}${before(rules.length > 1 ? " Rules: " : " Rule: ", rules.join("; "))}`;
  const row: FieldRow = [code(path), `${typeOf(field)}${isRequired ? ", required" : ""}`, defaultOf(field), escaped(meaning)];
  return [row, ...fieldRows(field, `${path}.`), ...(items === undefined ? [] : fieldRows(items, `${path}[].`))];
}

function typeOf(schema: JsonObject): string {
  const values = listAt(schema, "enum");
  if (values.length > 0) return listed(values.map((value) => code(textOf(value))), "or");
  const [items, entries] = [objectAt(schema, "items"), objectAt(schema, "additionalProperties")];
  if (items !== undefined) return `list${before(" of ", between(schema, "Items", ""))}: ${typeOf(items)}`;
  if (entries !== undefined) return `map${before(" of ", between(schema, "Properties", ""))}: ${typeOf(entries)}`;
  if (schema["type"] === "string") return stringAt(schema, "format") === "date-time" ? "time" : `string${before(", ", between(schema, "Length", "characters"))}`;
  return `${stringAt(schema, "type") ?? ""}${before(", ", between(schema, "imum", ""))}`;
}

function before(separator: string, text: string): string {
  return text === "" ? "" : `${separator}${text}`;
}

/** The bounds of a schema in words, for example `1 to 36 characters`; empty when it has none. */
function between(schema: JsonObject, keyword: string, unit: string): string {
  const [least, most] = [schema[`min${keyword}`], schema[`max${keyword}`]];
  const suffix = unit === "" ? "" : ` ${unit}`;
  if (typeof most !== "number") return typeof least === "number" ? `at least ${least}${suffix}` : "";
  if (least === most) return `exactly ${most}${suffix}`;
  return typeof least === "number" ? `${least} to ${most}${suffix}` : `at most ${most}${suffix}`;
}

function defaultOf(schema: JsonObject): string {
  const value = schema["default"];
  if (value === undefined) return "";
  return code(textOf(value));
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function listAt(schema: JsonObject, keyword: string): readonly Json[] {
  const value = schema[keyword];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
