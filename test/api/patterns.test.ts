import { expect, test } from "vitest";
import { ARM_ID_PATTERN, GUID_PATTERN, RESOURCE_GROUP_PATTERN } from "../../src/api/arm-id.ts";
import { customResourceDefinition } from "../../src/api/crd.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { doubtAbout } from "./patterns.ts";

const written = RESOURCES.map((resource) => customResourceDefinition(resource));
const literals = textsAt("rule", written).flatMap((rule) => [...rule.matchAll(/\br'([^']+)'/gu)]);
const inRules = literals.map(([, pattern = ""]) => pattern);
const patterns = [...new Set(inRules)];

test("all patterns are found", () => {
  expect(patterns).toEqual(expect.arrayContaining([GUID_PATTERN, RESOURCE_GROUP_PATTERN, `(?i)${ARM_ID_PATTERN}`]));
});

test.each(patterns)("%s takes linear time", (pattern) => {
  expect(doubtAbout(pattern)).toBeUndefined();
});

test.each([
  { pattern: "^(a+)+$", doubt: 'the repeated group "a+" can be split in more than one way' },
  { pattern: "^(?:a|a)*$", doubt: 'the repeated group "a|a" can be split in more than one way' },
  { pattern: "^(?:/[^?]+)+$", doubt: 'the repeated group "/[^?]+" can be split in more than one way' },
  { pattern: "^[a-z]+[a-z0-9]*$", doubt: "[a-z] and [a-z0-9] side by side can share a text in more than one way" },
  { pattern: "^(?=a)a$", doubt: "it looks around" },
  { pattern: "^(a)\\1$", doubt: "it refers back" },
  { pattern: "^[a-z]+(?:\\.[a-z]+)*$", doubt: undefined },
])("$pattern: $doubt", ({ pattern, doubt }) => {
  expect(doubtAbout(pattern)).toBe(doubt);
});

function textsAt(key: string, value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    name === key && typeof member === "string" ? [member] : textsAt(key, member),
  );
}
