import { describe, expect, test } from "vitest";
import { z } from "zod";
import { customResourceDefinition } from "../../src/api/crd.ts";
import { immutable, quoted } from "../../src/api/crd-rules.ts";
import { IDENTITY_ASSIGNMENT, RESOURCES, USER_ASSIGNED_IDENTITY } from "../../src/api/resources.ts";
import { structuralSchema } from "../../src/api/structural.ts";

interface Definition {
  readonly spec: {
    readonly names: { readonly shortNames: readonly string[]; readonly categories: readonly string[] };
    readonly versions: readonly [
      {
        readonly additionalPrinterColumns: readonly { readonly name: string; readonly priority?: number }[];
        readonly subresources: object;
        readonly schema: { readonly openAPIV3Schema: { readonly properties: { readonly status: { readonly default: object } } } };
      },
    ];
  };
}

const definitionOf = (resource: (typeof RESOURCES)[number]) => customResourceDefinition(resource) as unknown as Definition;

describe("kubectl get", () => {
  test.each([
    { resource: USER_ASSIGNED_IDENTITY, domain: "Client-ID", wide: ["Principal-ID", "Resource-ID", "Message"] },
    { resource: IDENTITY_ASSIGNMENT, domain: "Host", wide: ["Resource-ID", "Principal-ID", "Message"] },
  ])("shows $resource.kind with the columns of DESIGN 1", ({ resource, domain, wide }) => {
    const [{ additionalPrinterColumns: columns }] = definitionOf(resource).spec.versions;
    expect(columns.filter(({ priority }) => priority === undefined).map(({ name }) => name)).toEqual(["Ready", "Reason", domain, "Age"]);
    expect(columns.filter(({ priority }) => priority === 1).map(({ name }) => name)).toEqual(wide);
  });

  test("knows the short names and the category", () => {
    const names = RESOURCES.map((resource) => definitionOf(resource).spec.names);
    expect(names.map(({ shortNames }) => shortNames)).toEqual([["uai"], ["ida"]]);
    expect(names.map(({ categories }) => categories)).toEqual([["azure-identity"], ["azure-identity"]]);
  });
});

test.each(RESOURCES)("a new $kind never looks settled, and its status is a subresource", (resource) => {
  const [{ schema, subresources }] = definitionOf(resource).spec.versions;
  expect(schema.openAPIV3Schema.properties.status.default).toEqual({ observedGeneration: -1 });
  expect(subresources).toEqual({ status: {} });
});

describe("structuralSchema", () => {
  test("writes keywords in one order and gives lists a type", () => {
    const names = z.array(z.string().max(5).describe("A name.")).max(3);
    expect(JSON.stringify(structuralSchema(z.object({ names }), "spec"))).toBe(
      '{"type":"object","required":["names"],"properties":{"names":{"type":"array","maxItems":3,"x-kubernetes-list-type":"atomic",' +
        '"items":{"description":"A name.","type":"string","maxLength":5}}}}',
    );
  });

  test("does not demand what has a default, and drops what only a double bounds", () => {
    const schema = structuralSchema(z.object({ count: z.int().default(1) }), "spec");
    expect(schema).toEqual({ type: "object", properties: { count: { type: "integer", default: 1 } } });
  });

  test("puts a rule with a message in the place of a pattern", () => {
    const rule = { rule: "self.matches(r'^a$')", message: "must be a" };
    const text = z.string().max(1).regex(/^a$/u);
    expect(structuralSchema(text, "spec")).toHaveProperty("pattern");
    expect(structuralSchema(text.meta({ "x-kubernetes-validations": [rule] }), "spec")).not.toHaveProperty("pattern");
  });

  test.each([
    { schema: z.object({ either: z.union([z.string(), z.int()]) }), fault: 'spec.either: "anyOf" is not structural; use a CEL rule' },
    { schema: z.array(z.looseObject({})), fault: "spec[]: it has properties and additionalProperties; state the fields" },
  ])("refuses what the API server would: $fault", ({ schema, fault }) => {
    expect(() => structuralSchema(schema, "spec")).toThrow(`cannot write the schema of ${fault}`);
  });
});

describe("rules", () => {
  test("an immutable field is compared by its effective value", () => {
    expect(immutable("azureName", { absent: (self) => `${self}.metadata.name` }).rule).toBe(
      "(has(self.spec.azureName) ? self.spec.azureName : self.metadata.name).lowerAscii() == " +
        "(has(oldSelf.spec.azureName) ? oldSelf.spec.azureName : oldSelf.metadata.name).lowerAscii()",
    );
  });

  test("a text that no raw literal can hold is refused", () => {
    expect(quoted("a\\b")).toBe("r'a\\b'");
    expect(() => quoted("it's")).toThrow("cannot write it's as a CEL literal");
  });
});
