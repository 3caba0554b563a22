import { isJsonObject, type Json, type JsonObject, stringAt } from "../api/json.ts";
import { type Drift, DRIFT_LIMITS } from "../api/shared.ts";

/** Of what Azure has, only the members that are declared: it adds defaults of its own (arm.md 5). */
export function within(has: Json | undefined, want: Json | undefined): Json | undefined {
  if (Array.isArray(want) && Array.isArray(has)) {
    const [declared, actual] = [want as readonly Json[], has as readonly Json[]];
    return actual.map((item, index) => within(item, declared[index]) ?? null);
  }
  if (!isJsonObject(want) || !isJsonObject(has)) return has;
  return Object.fromEntries(Object.keys(want).flatMap((key) => (has[key] === undefined ? [] : [[key, within(has[key], want[key])]])));
}

/** How a declared value differs from what Azure has; undefined when they are alike. Absent, null and the empty list are one value. */
export function differing(path: string, want: Json | undefined, has: Json | undefined): Drift | undefined {
  const [wanted, actual] = [textOf(want), textOf(has)];
  return wanted === actual ? undefined : { path, want: wanted.slice(0, DRIFT_LIMITS.value), have: actual.slice(0, DRIFT_LIMITS.value) };
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return "(absent)";
  return typeof value === "string" ? value : JSON.stringify(sorted(value));
}

/** Members in one order, so that two spellings of one thing are one text. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sorted);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([key, member]) => [key, sorted(member)]));
}

/** The members of a JSON object that are a list, or an empty list. */
export function listAt(value: unknown, key: string): readonly Json[] {
  const member = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(member) ? (member as readonly Json[]) : [];
}

/** Items of a list by the text that one of their members is, in the order of these texts. */
export function byKey(items: readonly Json[], key: string, valueOf: (item: JsonObject) => Json | undefined): JsonObject {
  const entries = items.filter(isJsonObject).map((item) => [stringAt(item, key) ?? "", valueOf(item)] as const);
  return Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** A JSON object without its undefined members. */
export function defined(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
