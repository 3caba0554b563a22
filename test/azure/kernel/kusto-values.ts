import { isObject } from "./json.ts";
import type { JsonValue } from "./json.ts";

/** A query that cannot be read, or asks for a table that is not there. */
export class KustoError extends Error {
  override readonly name = "KustoError";
}

const TOKEN = /\s*(?:("[^"]*"|'[^']*')|(\d+)|(!?(?:in~|in\b)|![A-Za-z]+|[=!]=|[=!]~|[()|,=<>\]])|((?:mv-expand|project-away)\b|[A-Za-z_$][\w$]*)|(\.|\[))/y;

/** Functions that are conditions. */
export const tests: Readonly<Record<string, (value: JsonValue | undefined) => boolean>> = {
  isnull: (value) => value === undefined || value === null,
  isnotnull: (value) => value !== undefined && value !== null,
  isempty: (value) => plain(value) === "",
  isnotempty: (value) => plain(value) !== "",
};

/** Functions of one value. */
export const functions: Readonly<Record<string, (value: JsonValue | undefined) => JsonValue | undefined>> = {
  tostring: plain,
  tolower: (value) => plain(value).toLowerCase(),
  toupper: (value) => plain(value).toUpperCase(),
  todynamic: (value) => value,
  parse_json: (value) => value,
  bag_keys: (value) => (isObject(value) ? Object.keys(value) : null),
  array_length: (value) => (Array.isArray(value) ? value.length : null),
};

const folded = (test: (have: string, wanted: string) => boolean) => (have: string, wanted: string) => test(have.toLowerCase(), wanted.toLowerCase());

type Comparison = (have: string, wanted: string) => boolean;

const positive: Readonly<Record<string, Comparison>> = {
  "==": (have, wanted) => have === wanted,
  "=~": folded((have, wanted) => have === wanted),
  in: (have, wanted) => have === wanted,
  "in~": folded((have, wanted) => have === wanted),
  contains: folded((have, wanted) => have.includes(wanted)),
  has: folded((have, wanted) => have.split(/[^\p{L}\p{N}]+/u).join(" ").includes(wanted.split(/[^\p{L}\p{N}]+/u).join(" "))),
  startswith: folded((have, wanted) => have.startsWith(wanted)),
  endswith: folded((have, wanted) => have.endsWith(wanted)),
  ">": (have, wanted) => have !== "" && Number(have) > Number(wanted),
  "<": (have, wanted) => have !== "" && Number(have) < Number(wanted),
};

/** How an operator compares a value with each of the texts beside it; undefined for what is none. `!` turns an operator over. */
export function comparison(operator: string): ((have: string, wanted: readonly string[]) => boolean) | undefined {
  const negated = { "!=": "==", "!~": "=~" }[operator] ?? (operator.startsWith("!") ? operator.slice(1) : undefined);
  const compare = positive[negated ?? operator];
  return compare && ((have, wanted) => wanted.some((one) => compare(have, one)) !== (negated !== undefined));
}

/** What a path into a value leads to. */
export function memberAt(from: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, member) => (Array.isArray(value) ? (value[Number(member)] as JsonValue | undefined) : isObject(value) ? value[member] : undefined), from);
}

/** The rows that a value expands to: one for each element of a list or member of a bag; one without anything for null. */
export function expanded(value: JsonValue | undefined): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  if (isObject(value)) return Object.entries(value).map(([name, inner]) => ({ [name]: inner ?? null }));
  return [value ?? null];
}

/** A value as text. */
export function plain(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The order of two values. */
export function compared(left: JsonValue | undefined, right: JsonValue | undefined): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  const [a, b] = [plain(left), plain(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The words of a query. Throws a KustoError at what is none. */
export function tokenized(query: string): readonly string[] {
  const tokens: string[] = [];
  const text = query.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw new KustoError(`Unexpected text at position ${at}.`);
    tokens.push(found[0].trim());
  }
  return tokens;
}
