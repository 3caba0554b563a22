import { expect, test } from "vitest";
import { hostReferenceFiles } from "../../src/kinds/host-reference.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";

const text = hostReferenceFiles().get("docs/hosts.md") ?? "";
const rowsOf = (title: string) => text.split("\n").filter((line) => line.startsWith(`| ${title} |`));

test.each(HOSTS)("docs/hosts.md has $type: how it attaches, what it disturbs, what is known", ({ title, type, disruption, effect, recorded, apiVersion, uses }) => {
  const [first = "", second = "", ...more] = rowsOf(title);
  expect(more).toEqual([]);
  for (const part of [`\`${type}\``, disruption, effect]) expect(first).toContain(part);
  for (const part of [apiVersion, recorded === true ? "| recorded |" : recorded, ...uses]) expect(second).toContain(part);
});

test("docs/hosts.md lists the settings that follow an identity", () => {
  const settings = HOSTS.flatMap((row) => (row.settings ?? []).map(({ field, at }) => ({ title: row.title, field, at })));
  for (const { title, field, at } of settings) expect(text).toMatch(new RegExp(`\\| \`${field}\` \\| ${title} \\| \`${at.replaceAll(".", "[.]")}\``, "u"));
  expect(settings.length).toBeGreaterThan(0);
});

test("docs/hosts.md says what a write without If-Match can lose, and what Azure Resource Manager does not grant", () => {
  expect(text).toMatch(/Without If-Match, the GET directly precedes a write of all identities, and still an addition in that gap can be lost/u);
  expect(text).toContain("CREATE USER [<name of the identity>] FROM EXTERNAL PROVIDER;");
  expect(text).toContain("access-policy mode");
});
