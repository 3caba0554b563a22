import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { GROUP } from "../../src/api/group.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { KINDS } from "../../src/kinds/index.ts";
import { FIXTURES } from "../contract/fixtures.ts";
import { OPERATOR_ROLES } from "../tutorial/roles.ts";

const ROOT = join(import.meta.dirname, "../..");
const MIN_VALID = 8;
const MIN_INVALID = 20;

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const manifests = (folder: string, shortName: string) => readdirSync(join(ROOT, "test/crds", folder)).filter((name) => name.startsWith(`${shortName}-`));
const readme = read("README.md");

/** Rows of the table of kinds: kind and short name, what it declares, and the roles that the operator needs for it. */
const rows = [...readme.matchAll(/^\| `(\w+)` \(`(\w+)`\) \| (.+) \| (.+) \|$/gm)].map(([, kind = "", shortName = "", declares = "", roles = ""]) => ({ kind, shortName, declares, roles }));

/**
 * What a kind consists of, so that whoever adds one knows when it is whole. Nothing else names it: the engine and everything around it
 * work for any kind (test/architecture.test.ts).
 */
describe.each(KINDS.map(({ type }) => [type.kind, type] as const))("%s", (kind, type) => {
  const resource = RESOURCES.find((each) => each.kind === kind);
  const file = kind.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
  const shortName = resource?.shortNames[0] ?? "";

  test("has its schema, its page and its line in the index", () => {
    expect(resource).toMatchObject({ kind, plural: type.plural });
    expect(["api", "kinds"].filter((folder) => !existsSync(join(ROOT, "src", folder, `${file}.ts`)))).toEqual([]);
    expect(read("src/kinds/index.ts").match(new RegExp(`from "./${file}.ts";`, "g"))).toHaveLength(1);
  });

  test("has what is generated of it", () => {
    expect(existsSync(join(ROOT, "crds", `${GROUP}_${type.plural}.yaml`))).toBe(true);
    expect(read("crds/kustomization.yaml")).toContain(`${GROUP}_${type.plural}.yaml`);
    expect(read("docs/reference.md")).toContain(`\n## ${kind}\n`);
  });

  test("has a sample with what it needs and one with what it takes", () => {
    expect(["minimal", "full"].filter((which) => !existsSync(join(ROOT, "deploy/samples", `${file}-${which}.yaml`)))).toEqual([]);
  });

  test("has manifests that the API server takes, and more that it refuses", () => {
    expect(manifests("valid", shortName).length).toBeGreaterThanOrEqual(MIN_VALID);
    expect(manifests("invalid", shortName).length).toBeGreaterThanOrEqual(MIN_INVALID);
  });

  test("has a fixture for the suite of all kinds", () => {
    expect(FIXTURES.filter((fixture) => fixture.kind === kind)).toHaveLength(1);
  });

  test("has its row in the README", () => {
    expect(rows.filter((row) => row.kind === kind)).toEqual([{ kind, shortName, declares: expect.stringMatching(/\w/) as string, roles: expect.stringMatching(/\w/) as string }]);
  });
});

test("the table of kinds has no other rows", () => {
  expect(rows.map(({ kind }) => kind).toSorted()).toEqual(KINDS.map(({ type }) => type.kind).toSorted());
});

test("the roles in the table are those with which the tutorial is run", () => {
  const named = rows.map(({ roles }) => roles).join("; ");
  expect(OPERATOR_ROLES.filter((role) => !named.includes(role))).toEqual([]);
  const left = OPERATOR_ROLES.reduce((text, role) => text.replaceAll(role, ""), named);
  expect(left.match(/[A-Z][\w ]+ (?:Contributor|Operator|Administrator|Role)\b/g)).toBeNull();
});
