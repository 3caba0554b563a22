import { expect, test } from "vitest";
import { customResourceDefinition } from "../../src/api/crd.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { schemaFaults } from "./schema-lint.ts";

test.each(RESOURCES)("the schema of $kind has no fault", (resource) => {
  const [version] = (customResourceDefinition(resource)["spec"] as { versions: [{ schema: { openAPIV3Schema: JsonObject } }] }).versions;
  expect(schemaFaults(version.schema.openAPIV3Schema)).toEqual([]);
});

const described = { description: "A field." };
const name = { ...described, type: "string", maxLength: 10 };
const list = { ...described, type: "array", maxItems: 2, "x-kubernetes-list-type": "atomic", items: name };
const map = { ...described, type: "object", maxProperties: 2, additionalProperties: name };
const object = { ...described, type: "object", properties: { b: name } };
const keyed = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["b"], items: { type: "object", properties: { b: name } } };

test.each<{ fault: string; schema: JsonObject }>([
  { fault: ".a: has no type", schema: { a: described } },
  { fault: ".a: uses a keyword that is not structural", schema: { a: { ...name, anyOf: [{ type: "string" }] } } },
  { fault: ".a: has properties and additionalProperties", schema: { a: { ...map, properties: { b: name } } } },
  { fault: ".a: is an object without properties", schema: { a: { ...described, type: "object" } } },
  { fault: ".a: is nullable", schema: { a: { ...name, nullable: true } } },
  { fault: ".a: is a float", schema: { a: { ...described, type: "number" } } },
  { fault: ".a: is an integer without int32 or int64", schema: { a: { ...described, type: "integer" } } },
  { fault: ".a: is a text without maxLength", schema: { a: { ...described, type: "string" } } },
  { fault: ".a: is a list without maxItems", schema: { a: without(list, "maxItems") } },
  { fault: ".a: is a list without x-kubernetes-list-type", schema: { a: without(list, "x-kubernetes-list-type") } },
  { fault: ".a: is a map without maxProperties", schema: { a: without(map, "maxProperties") } },
  { fault: ".a: is a list map whose keys are not required", schema: { a: { ...list, ...keyed } } },
  { fault: ".a: has a value that is not PascalCase", schema: { a: { ...described, type: "string", enum: ["Keep", "destroy"] } } },
  { fault: ".a: has a default that is no value of it", schema: { a: { ...name, enum: ["Keep"], default: "Destroy" } } },
  { fault: ".a: requires what it does not have", schema: { a: { ...object, required: ["c"] } } },
  { fault: ".a: requires what has a default", schema: { a: { ...object, required: ["b"], properties: { b: { ...name, default: "x" } } } } },
  { fault: ".a: has no description", schema: { a: without(name, "description") } },
  { fault: ".a: has a description that is no sentence", schema: { a: { ...name, description: "a field" } } },
  { fault: ".a: has a rule without a message of one line", schema: { a: ruled(name, { rule: "true" }) } },
  {
    fault: ".a: has a rule about a field that it does not have",
    schema: { a: ruled(object, { rule: "true", message: "must be so and so", fieldPath: ".c" }) },
  },
  { fault: ".host_name: is not camelCase", schema: { host_name: name } },
  { fault: ".hostReference: is called Reference, not Ref", schema: { hostReference: name } },
  { fault: ".lastSyncTimestamp: is called Timestamp, not Time", schema: { lastSyncTimestamp: name } },
  { fault: ".syncInterval: is a duration without a unit in its name", schema: { syncInterval: name } },
  { fault: ".phase: is a phase; conditions say it", schema: { phase: name } },
  { fault: ".status.a: may become empty and is not atomic", schema: { status: { ...object, properties: { a: object } } } },
  { fault: ".status.a.b: may become empty and is not atomic", schema: { status: { ...object, properties: { a: { ...object, required: ["b"], properties: { b: object } } } } } },
])("$fault is seen", ({ fault, schema }) => {
  expect(schemaFaults({ type: "object", properties: schema })).toEqual([fault]);
});

function without(schema: JsonObject, keyword: string): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== keyword));
}

function ruled(schema: JsonObject, rule: JsonObject): JsonObject {
  return { ...schema, "x-kubernetes-validations": [rule] };
}
