import { isObject, without } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** The value at a dotted path; undefined when there is none. */
export function valueAt(value: JsonObject, path: string): JsonValue | undefined {
  let current: JsonValue | undefined = value;
  for (const member of path.split(".")) current = isObject(current) ? current[member] : undefined;
  return current;
}

/** Takes the values at the dotted paths out of an object; `hidden` has them by their path. */
export function splitHidden(value: JsonObject, paths: readonly string[]): { readonly shown: JsonObject; readonly hidden: JsonObject } {
  const found = paths.flatMap((path) => {
    const one = valueAt(value, path);
    return one === undefined || one === null ? [] : [[path, one] as const];
  });
  return { shown: paths.reduce((rest, path) => withoutPath(rest, path.split(".")), value), hidden: Object.fromEntries(found) };
}

function withoutPath(value: JsonObject, [member = "", ...rest]: readonly string[]): JsonObject {
  if (rest.length === 0) return without(value, member);
  const inner = value[member];
  return isObject(inner) ? { ...value, [member]: withoutPath(inner, rest) } : value;
}
