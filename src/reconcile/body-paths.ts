import { isJsonObject, type Json, type JsonObject } from "../api/json.ts";

/** A value in a body, with the path at which it was found. */
export interface Found {
  readonly path: string;
  readonly value: Json;
}

/**
 * The values at a path of the host catalogue: members by name, `[]` for each item of a list, `*` for each member, `**` for any
 * depth, also none. What is absent or null is not found.
 */
export function valuesAt(body: Json, pattern: string): readonly Found[] {
  return found({ path: "", value: body }, pattern.split("."));
}

function found(at: Found, segments: readonly string[]): readonly Found[] {
  const [segment, ...rest] = segments;
  if (segment === undefined) return [at];
  if (segment === "**") return [...found(at, rest), ...childrenOf(at).flatMap((child) => found(child, segments))];
  if (segment === "*") return childrenOf(at).flatMap((child) => found(child, rest));
  if (!segment.endsWith("[]")) return memberOf(at, segment).flatMap((member) => found(member, rest));
  const lists = memberOf(at, segment.slice(0, -2)).filter(({ value }) => Array.isArray(value));
  return lists.flatMap(childrenOf).flatMap((item) => found(item, rest));
}

function memberOf({ path, value }: Found, name: string): readonly Found[] {
  const member = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return member === undefined || member === null ? [] : [{ path: path === "" ? name : `${path}.${name}`, value: member }];
}

function childrenOf(at: Found): readonly Found[] {
  if (isJsonObject(at.value)) return Object.keys(at.value).flatMap((name) => memberOf(at, name));
  if (!isList(at.value)) return [];
  return at.value.flatMap((value, index) => (value === null ? [] : [{ path: `${at.path}[${index}]`, value }]));
}

/** Array.isArray says nothing about readonly lists. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** A copy of a body with another value at a path of members; what is not there yet is made. */
export function withValue(body: JsonObject, path: string, value: Json): JsonObject {
  const [name = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...body, [name]: value };
  const inner = body[name];
  return { ...body, [name]: withValue(isJsonObject(inner) ? inner : {}, rest.join("."), value) };
}
