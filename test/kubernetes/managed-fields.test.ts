import { describe, expect, it } from "vitest";
import { annotationOwners } from "../../src/kubernetes/managed-fields.ts";

const fields = (...keys: readonly string[]) => ({
  "f:metadata": { "f:annotations": { ".": {}, ...Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) }, "f:labels": { "f:x": {} } },
});

describe("the owners of annotations", () => {
  it("are those whose entries name annotations, by apply or by update", () => {
    const entries = [
      { manager: "a", operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: fields("azure.workload.identity/client-id") },
      { manager: "a", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: fields("x", "y") },
      { manager: "b", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: { "f:metadata": { "f:labels": { "f:x": {} } } } },
    ];
    expect(annotationOwners(entries)).toEqual([
      { manager: "a", isApplied: true, keys: new Set(["azure.workload.identity/client-id"]) },
      { manager: "a", isApplied: false, keys: new Set(["x", "y"]) },
    ]);
  });

  it.each([[[]], [[{}]], [[null, "x", 3]], [[{ manager: "a" }]], [[{ fieldsV1: fields("x") }]], [[{ manager: "a", fieldsV1: { "f:metadata": [] } }]]])(
    "are nobody in %j",
    (entries) => expect(annotationOwners(entries)).toEqual([]),
  );
});
