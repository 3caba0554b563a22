import { isJsonObject, type JsonObject } from "../../src/api/json.ts";

/**
 * What is wrong with the schema of a CRD: rules of apiextensions.k8s.io/v1 about structural schemas, and those of
 * kube-api-linter that speak of schemas (conventions.md 1.1). Empty when nothing is.
 */
export function schemaFaults(schema: JsonObject, path = ""): readonly string[] {
  const broken = Object.entries(checks).filter(([, holds]) => !holds(schema, path));
  const faults = broken.map(([fault]) => `${path || "root"}: ${fault}`);
  const below = children(schema).flatMap(([name, child]) => [...nameFaults(path, name), ...schemaFaults(child, path + name)]);
  return [...faults, ...below, ...(path === ".status" ? children(schema).flatMap(([name, child]) => nullFaults(child, path + name)) : [])];
}

/** What is written by server-side apply and loses its last member becomes null, which no schema takes: a part of a status that may be empty is atomic. */
function nullFaults(schema: JsonObject, path: string): readonly string[] {
  if (schema["x-kubernetes-map-type"] === "atomic" || schema["x-kubernetes-list-type"] === "atomic") return [];
  const below = children(schema).flatMap(([name, child]) => nullFaults(child, path + name));
  return is(schema, "object") && required(schema).length === 0 ? [`${path}: may become empty and is not atomic`, ...below] : below;
}

const NOT_STRUCTURAL = ["$ref", "allOf", "anyOf", "oneOf", "not", "definitions", "dependencies", "const", "uniqueItems"];
/** What Azure calls so: the lint would call them Ref. */
const AZURE_TERMS = new Set([".keyVaultReference"]);

/** What Azure Resource Manager states as a decimal number. */
const ARM_DECIMALS = /\.(?:cpu|memoryInGB)$/u;

const BY_THE_SERVER = new Set([".apiVersion", ".kind", ".metadata", ".metadata.name"]);

/** Fault → whether a schema is free of it. */
const checks: Readonly<Record<string, (schema: JsonObject, path: string) => boolean>> = {
  "has no type": ({ type }) => typeof type === "string",
  "uses a keyword that is not structural": (schema) => NOT_STRUCTURAL.every((keyword) => !(keyword in schema)),
  "has properties and additionalProperties": (schema) => !("properties" in schema && "additionalProperties" in schema),
  "is an object without properties": (schema) => !is(schema, "object") || children(schema).length > 0 || schema["maxProperties"] === 0,
  "is nullable": (schema) => !("nullable" in schema),
  "is a float": (schema, path) => !is(schema, "number") || ARM_DECIMALS.test(path),
  "is an integer without int32 or int64": (schema) => !is(schema, "integer") || matches(schema["format"], /^int(32|64)$/u),
  "is a text without maxLength": (schema, path) => !is(schema, "string") || isBounded(schema) || BY_THE_SERVER.has(path),
  "is a list without maxItems": (schema) => !is(schema, "array") || "maxItems" in schema,
  "is a list without x-kubernetes-list-type": (schema) => !is(schema, "array") || "x-kubernetes-list-type" in schema,
  "is a map without maxProperties": (schema) => !("additionalProperties" in schema) || "maxProperties" in schema,
  "is a list map whose keys are not required": hasRequiredKeys,
  "has a value that is not PascalCase": (schema) => strings(schema["enum"]).every((value) => /^(?:[A-Z][A-Za-z]*|[0-9]+[.][0-9]+)$/u.test(value)),
  "has a default that is no value of it": ({ enum: values, default: value }) =>
    values === undefined || value === undefined || strings(values).some((one) => one === value),
  "requires what it does not have": (schema) => required(schema).every((name) => member(schema, name) !== undefined),
  "requires what has a default": (schema) => required(schema).every((name) => member(schema, name)?.["default"] === undefined),
  "has no description": (schema, path) =>
    /^$|\[.\]$/u.test(path) || BY_THE_SERVER.has(path) || typeof schema["description"] === "string",
  "has a description that is no sentence": ({ description }) => description === undefined || matches(description, /^[A-Z].*\.$/u),
  "has a rule without a message of one line": (schema) =>
    rules(schema).every(({ message }) => matches(message, /^\S.{8,}$/u)),
  "has a rule about a field that it does not have": (schema) =>
    rules(schema).every((rule) => hasField(schema, rule["fieldPath"])),
};

function nameFaults(path: string, name: string): readonly string[] {
  if (!name.startsWith(".")) return [];
  const at = path + name;
  return [
    ...(/^\.[a-z][A-Za-z0-9]*$/u.test(name) ? [] : [`${at}: is not camelCase`]),
    ...(/References?$/u.test(name) && !AZURE_TERMS.has(name) ? [`${at}: is called Reference, not Ref`] : []),
    ...(name.endsWith("Timestamp") ? [`${at}: is called Timestamp, not Time`] : []),
    ...(/(Duration|Timeout|Interval|Period)$/u.test(name) ? [`${at}: is a duration without a unit in its name`] : []),
    ...(name === ".phase" ? [`${at}: is a phase; conditions say it`] : []),
  ];
}

/** Property `.name`, list item `[]` and map value `[*]` with their schemas. */
function children(schema: JsonObject): readonly (readonly [string, JsonObject])[] {
  const properties = isJsonObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const named = properties.map(([name, child]) => [`.${name}`, child] as const);
  const all = [...named, ["[0]", schema["items"]] as const, ["[*]", schema["additionalProperties"]] as const];
  return all.flatMap(([name, child]) => (isJsonObject(child) ? [[name, child] as const] : []));
}

function is(schema: JsonObject, type: string): boolean {
  return schema["type"] === type;
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}

function isBounded(schema: JsonObject): boolean {
  return "maxLength" in schema || "enum" in schema || schema["format"] === "date-time";
}

function hasRequiredKeys(schema: JsonObject): boolean {
  if (schema["x-kubernetes-list-type"] !== "map") return true;
  const ofItems = isJsonObject(schema["items"]) ? required(schema["items"]) : [];
  const keys = strings(schema["x-kubernetes-list-map-keys"]);
  return keys.length > 0 && keys.every((key) => ofItems.includes(key));
}

function hasField(schema: JsonObject, fieldPath: unknown): boolean {
  if (typeof fieldPath !== "string") return true;
  const names = fieldPath.split(".").slice(1);
  return names.reduce<JsonObject | undefined>((parent, name) => parent && member(parent, name), schema) !== undefined;
}

function member(schema: JsonObject, name: string): JsonObject | undefined {
  return children(schema).find(([child]) => child === `.${name}`)?.[1];
}

function required(schema: JsonObject): readonly string[] {
  return strings(schema["required"]);
}

function rules(schema: JsonObject): readonly JsonObject[] {
  const value = schema["x-kubernetes-validations"];
  return Array.isArray(value) ? value.filter((rule) => isJsonObject(rule)) : [];
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
