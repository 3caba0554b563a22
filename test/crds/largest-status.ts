import { customResourceDefinition } from "../../src/api/crd.ts";
import { isJsonObject, type Json, type JsonObject, objectAt } from "../../src/api/json.ts";
import type { ApiResource } from "../../src/api/resources.ts";

/** A status of a kind with every field, every list at its longest, and texts at their longest; made from its schema. */
export function largestStatus(resource: ApiResource): JsonObject {
  const versions = objectAt(customResourceDefinition(resource), "spec")?.["versions"];
  const [version] = Array.isArray(versions) ? versions : [];
  const schema = objectAt(objectAt(version, "schema"), "openAPIV3Schema");
  return members(objectAt(objectAt(schema, "properties"), "status") ?? {}, 0);
}

function members(schema: JsonObject, index: number): JsonObject {
  const properties = Object.entries(objectAt(schema, "properties") ?? {});
  return Object.fromEntries(properties.map(([name, member]) => [name, largest(member, index)]));
}

function largest(schema: Json | undefined, index: number): Json {
  if (!isJsonObject(schema)) throw new Error("cannot make a value: there is no schema");
  const { type, enum: values, format, maxLength, maximum, items } = schema;
  if (Array.isArray(values)) return valueAt(values, index);
  if (type === "object") return members(schema, index);
  if (type === "array") return Array.from({ length: lengthOf(schema) }, (_, at) => largest(items, at));
  if (type === "boolean") return true;
  if (type === "integer") return typeof maximum === "number" ? maximum : 1;
  if (format === "date-time") return "2026-01-01T00:00:00Z";
  if (typeof maxLength !== "number") throw new Error(`cannot make a value of type ${JSON.stringify(type)}: nothing bounds it`);
  return `${index}${"x".repeat(maxLength)}`.slice(0, maxLength);
}

/** A list whose key has so many values holds no more entries. */
function lengthOf(schema: JsonObject): number {
  const [key] = listOf(schema["x-kubernetes-list-map-keys"]);
  const values = typeof key === "string" ? listOf(objectAt(objectAt(objectAt(schema, "items"), "properties"), key)?.["enum"]) : [];
  const most = typeof schema["maxItems"] === "number" ? schema["maxItems"] : 0;
  return values.length === 0 ? most : Math.min(most, values.length);
}

function valueAt(values: readonly Json[], index: number): Json {
  return values[index % values.length] ?? null;
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
