import { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/**
 * The keywords that a structural schema of ours uses, in the order in which they are written. Others are refused: the API
 * server does not accept them (`$ref`, `const`, `propertyNames`), or only where they state no type (`anyOf` and its like), or
 * a CEL rule says it better (`pattern`).
 */
const KEYWORDS = [
  "description",
  "type",
  "format",
  "nullable",
  "default",
  "enum",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "required",
  "x-kubernetes-list-type",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-map-type",
  "x-kubernetes-validations",
  "properties",
  "additionalProperties",
  "items",
] as const;

const known: ReadonlySet<string> = new Set(KEYWORDS);

/**
 * The structural schema of a CRD for what a person may write, made from a zod schema. Throws when the zod schema uses
 * something that a structural schema cannot hold.
 */
export function structuralSchema(schema: z.ZodType, path: string): JsonObject {
  return structural(z.toJSONSchema(schema, { target: "openapi-3.0", io: "input", reused: "inline" }), path);
}

function structural(schema: unknown, path: string): JsonObject {
  if (!isJsonObject(schema)) throw new Error(`cannot write the schema of ${path}: it is not an object; give it a type`);
  const unknown = Object.keys(schema).find((keyword) => !known.has(keyword));
  if (unknown !== undefined) throw new Error(`cannot write the schema of ${path}: "${unknown}" is not structural; use a CEL rule`);
  if (schema["properties"] !== undefined && schema["additionalProperties"] !== undefined) {
    throw new Error(`cannot write the schema of ${path}: it has properties and additionalProperties; state the fields`);
  }
  const written = { ...defaultListType(schema), ...schema };
  const entries = KEYWORDS.filter((keyword) => written[keyword] !== undefined && !isSuperfluous(written, keyword));
  return Object.fromEntries(entries.map((keyword) => [keyword, nested(keyword, written[keyword], path)]));
}

function nested(keyword: (typeof KEYWORDS)[number], value: Json | undefined, path: string): Json | undefined {
  if (keyword === "items") return structural(value, `${path}[]`);
  if (keyword === "additionalProperties") return structural(value, `${path}[*]`);
  if (keyword !== "properties" || !isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, structural(schema, `${path}.${name}`)]));
}

// Kubernetes takes a list without a list type for atomic; said aloud, nobody has to know that.
function defaultListType(schema: JsonObject): JsonObject {
  return schema["type"] === "array" ? { "x-kubernetes-list-type": "atomic" } : {};
}

/** Zod bounds every integer by what a double holds. */
function isSuperfluous(schema: JsonObject, keyword: string): boolean {
  if (keyword === "minimum") return schema[keyword] === Number.MIN_SAFE_INTEGER;
  return keyword === "maximum" && schema[keyword] === Number.MAX_SAFE_INTEGER;
}
