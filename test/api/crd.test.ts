import { describe, expect, test } from "vitest";
import { z } from "zod";
import { customResourceDefinition } from "../../src/api/crd.ts";
import { checked, exactlyOneOf, immutable, listed, matching, quoted } from "../../src/api/crd-rules.ts";
import {
  APP_SERVICE_PLAN,
  CONTAINER_GROUP,
  FEDERATED_IDENTITY_CREDENTIAL,
  IDENTITY_ASSIGNMENT,
  RESOURCES,
  ROLE_ASSIGNMENT,
  USER_ASSIGNED_IDENTITY,
  WEB_APP,
} from "../../src/api/resources.ts";
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
    { resource: FEDERATED_IDENTITY_CREDENTIAL, domain: "Subject", wide: ["Issuer", "Resource-ID", "Message"] },
    { resource: IDENTITY_ASSIGNMENT, domain: "Host", wide: ["Resource-ID", "Principal-ID", "Message"] },
    { resource: ROLE_ASSIGNMENT, domain: "Role", wide: ["Scope", "Principal-ID", "Message"] },
    { resource: CONTAINER_GROUP, domain: "IP", wide: ["FQDN", "Principal-ID", "Resource-ID", "Message"] },
    { resource: APP_SERVICE_PLAN, domain: "SKU", wide: ["Resource-ID", "Message"] },
    { resource: WEB_APP, domain: "Host-Name", wide: ["Principal-ID", "Resource-ID", "Message"] },
  ])("shows $resource.kind with the columns of DESIGN 1", ({ resource, domain, wide }) => {
    const [{ additionalPrinterColumns: columns }] = definitionOf(resource).spec.versions;
    expect(columns.filter(({ priority }) => priority === undefined).map(({ name }) => name)).toEqual(["Ready", "Reason", domain, "Age"]);
    expect(columns.filter(({ priority }) => priority === 1).map(({ name }) => name)).toEqual(wide);
  });

  test("knows the short names and the category", () => {
    const names = RESOURCES.map((resource) => definitionOf(resource).spec.names);
    expect(names.map(({ shortNames }) => shortNames)).toEqual([["uai"], ["fic"], ["ida"], ["azra"], ["aci"], ["asp"], ["webapp"]]);
    expect(new Set(names.map(({ categories }) => categories.join()))).toEqual(new Set(["azure-identity"]));
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

  test.each([
    { schema: z.object({ either: z.union([z.string(), z.int()]) }), fault: 'spec.either: "anyOf" is not structural; use a CEL rule' },
    { schema: z.string().max(1).regex(/^a$/u), fault: 'spec: "pattern" is not structural; use a CEL rule' },
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

  test("a check is a rule of the CRD and of the parser, after those that are there", () => {
    const name = checked(checked(z.string().max(9), matching("^[a-z]+$", "must be letters")), matching("^A", "must begin with a", { anyCase: true }));
    expect(structuralSchema(name, "spec")["x-kubernetes-validations"]).toEqual([
      { rule: "self.matches(r'^[a-z]+$')", message: "must be letters" },
      { rule: "self.matches(r'(?i)^A')", message: "must begin with a" },
    ]);
    const messages = (text: string) => name.safeParse(text).error?.issues.map(({ message }) => message);
    expect([messages("abc"), messages("b"), messages("A1")]).toEqual([undefined, ["must begin with a"], ["must be letters"]]);
  });

  test("a check says which field it speaks of", () => {
    const field = z.string().max(9).optional();
    const one = checked(z.object({ a: field, b: field, c: field }), { ...exactlyOneOf("a", "b", "c"), fieldPath: ".a" });
    expect(one.safeParse({ b: "x" }).success).toBe(true);
    expect(one.safeParse({ a: "x", b: "x" }).error?.issues).toMatchObject([{ path: ["a"], message: "exactly one of a, b and c must be set" }]);
    expect([listed([], "or"), listed(["a"], "or"), listed(["a", "b"], "or")]).toEqual(["", "a", "a or b"]);
  });

  test("an immutable member is compared, not the object around it", () => {
    expect(immutable("identityRef", { member: ".name" }).rule).toBe(
      "(has(self.spec.identityRef) ? self.spec.identityRef.name : '').lowerAscii() == " +
        "(has(oldSelf.spec.identityRef) ? oldSelf.spec.identityRef.name : '').lowerAscii()",
    );
  });

  test("a text that no raw literal can hold is refused", () => {
    expect(quoted("a\\b")).toBe("r'a\\b'");
    expect(() => quoted("it's")).toThrow("cannot write it's as a CEL literal");
  });
});
