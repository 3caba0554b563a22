/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object; a member may be `undefined`, which is left out when written. */
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

/** Says whether a value is a JSON object (not null, not an array). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object behind a path of members; an empty object when there is none. */
export function objectAt(value: JsonValue | undefined, ...path: readonly string[]): JsonObject {
  let current: JsonValue | undefined = value;
  for (const member of path) current = isObject(current) ? current[member] : undefined;
  return isObject(current) ? current : {};
}

/** The array of objects in a member; anything else in it is left out. */
export function objectsAt(value: JsonObject, member: string): readonly JsonObject[] {
  const list = value[member];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** A member's text, or undefined when it is not a string. */
export function textAt(value: JsonObject, member: string): string | undefined {
  const text = value[member];
  return typeof text === "string" ? text : undefined;
}

/** A copy without the named members. */
export function without(value: JsonObject, ...members: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !members.includes(name)));
}

/** Says whether two JSON values are equal; the order of members does not count. */
export function sameJson(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return stable(left) === stable(right);
}

function stable(value: JsonValue | undefined): string {
  return JSON.stringify(value ?? null, (_member, inner: unknown) => {
    if (!isObject(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
