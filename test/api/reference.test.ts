import { describe, expect, test } from "vitest";
import { customResourceDefinition } from "../../src/api/crd.ts";
import { ANNOTATIONS, NAMESPACE_ANNOTATIONS } from "../../src/api/group.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { escaped, table } from "../../src/api/markdown.ts";
import { REASONS } from "../../src/api/reasons.ts";
import { fieldRows } from "../../src/api/reference-fields.ts";
import { referenceFiles } from "../../src/api/reference.ts";
import { RESOURCES } from "../../src/api/resources.ts";

const page = referenceFiles().get("docs/reference.md") ?? "";
const section = (kind: string) => page.split(`\n## ${kind}\n`)[1]?.split("\n## ")[0] ?? "";
const shared = section("What every kind has");

describe.each(RESOURCES)("the reference of $kind", (resource) => {
  const text = section(resource.kind);

  test("has every field of the spec and the status once, there or among those that every kind has", () => {
    const paths = pathsIn(resource);
    expect(paths.length).toBeGreaterThan(30);
    const written = [...(shared + text).matchAll(/^\| `((?:spec|status)\.[^`]+)` \|/gmu)].map(([, path = ""]) => path);
    expect(written.toSorted()).toEqual(paths.toSorted());
  });

  test("has the message of every rule, as the API server says it", () => {
    const messages = textsAt("message", textsAtKey("x-kubernetes-validations", customResourceDefinition(resource)));
    expect(messages.length).toBeGreaterThan(0);
    expect(messages.filter((message) => !(shared + text).includes(escaped(message)))).toEqual([]);
  });

  test("has its columns and its short name", () => {
    for (const { name, description } of resource.columns) expect(text).toMatch(new RegExp(`^\\| ${name}(?: \\(wide\\))? \\| ${description} \\|`, "mu"));
    expect(text).toContain(`Short name: \`${resource.shortNames.join()}\`.`);
  });
});

test("every reason and annotation is explained", () => {
  for (const [reason, sentence] of Object.entries(REASONS)) expect(section("Reasons")).toContain(`| \`${reason}\` | ${escaped(sentence)} |`);
  for (const name of Object.values({ ...ANNOTATIONS, ...NAMESPACE_ANNOTATIONS })) expect(section("Annotations")).toMatch(new RegExp(`^\\| \`${name}\` \\| [A-Z]`, "mu"));
});

describe("a field", () => {
  const field = (schema: JsonObject, required: readonly string[] = []) => fieldRows({ properties: { a: { description: "A field.", ...schema } }, required: [...required] })[0];

  test.each<{ schema: JsonObject; type: string }>([
    { schema: { type: "string", maxLength: 5 }, type: "string, at most 5 characters" },
    { schema: { type: "string", minLength: 2, maxLength: 5 }, type: "string, 2 to 5 characters" },
    { schema: { type: "string", format: "date-time" }, type: "time" },
    { schema: { type: "string", enum: ["A", "B", "C"] }, type: "`A`, `B` or `C`" },
    { schema: { type: "integer", minimum: 1 }, type: "integer, at least 1" },
    { schema: { type: "number", minimum: 0.5, maximum: 2 }, type: "number, 0.5 to 2" },
    { schema: { type: "boolean" }, type: "boolean" },
    { schema: { type: "array", minItems: 1, maxItems: 1, items: { type: "string", maxLength: 3 } }, type: "list of exactly 1: string, at most 3 characters" },
    { schema: { type: "object", maxProperties: 4, additionalProperties: { type: "string", maxLength: 3 } }, type: "map of at most 4: string, at most 3 characters" },
  ])("$type", ({ schema, type }) => {
    expect(field(schema)).toEqual(["`a`", type, "", "A field."]);
  });

  test("says whether it is required, its default and its rules", () => {
    expect(field({ type: "boolean" }, ["a"])?.[1]).toBe("boolean, required");
    expect(field({ type: "string", default: "x" })?.[2]).toBe("`x`");
    expect(field({ type: "object", default: { b: 1 } })?.[2]).toBe('`{"b":1}`');
    expect(field({ type: "string", "x-kubernetes-validations": [{ rule: "true", message: "must be <a>|<b>" }] })?.[3]).toBe("A field. Rule: must be \\<a\\>\\|\\<b\\>");
  });
});

test("what would be mark-up in a table is escaped", () => {
  expect(escaped("a|b *c* _d_ <e> [f] `g` \\h")).toBe("a\\|b \\*c\\* \\_d\\_ \\<e\\> \\[f\\] \\`g\\` \\\\h");
  expect(table(["A", "B"], [["1", "2"]])).toBe("| A | B |\n| --- | --- |\n| 1 | 2 |");
});

/** The path of every field below spec and status; `[]` stands for each entry of a list. */
function pathsIn(resource: (typeof RESOURCES)[number]): readonly string[] {
  const [version] = (customResourceDefinition(resource)["spec"] as { versions: [{ schema: { openAPIV3Schema: JsonObject } }] }).versions;
  const { spec, status } = version.schema.openAPIV3Schema["properties"] as { spec: JsonObject; status: JsonObject };
  return [...pathsBelow(spec, "spec"), ...pathsBelow(status, "status")];
}

function pathsBelow(schema: JsonObject, path: string): readonly string[] {
  const items = schema["items"] as JsonObject | undefined;
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, JsonObject>);
  const own = properties.flatMap(([name, member]) => [`${path}.${name}`, ...pathsBelow(member, `${path}.${name}`)]);
  return items === undefined ? own : pathsBelow(items, `${path}[]`);
}

function textsAt(key: string, value: unknown): readonly string[] {
  return textsAtKey(key, value).filter((found) => typeof found === "string");
}

function textsAtKey(key: string, value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => (name === key ? [member] : textsAtKey(key, member)));
}
