import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { FLAGS } from "../src/config/flags.ts";
import { KINDS } from "../src/kinds/index.ts";
import { VERSION } from "../src/version.ts";

const ROOT = join(import.meta.dirname, "..");
const DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];
const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const manifest = JSON.parse(read("package.json")) as { readonly version: string; readonly scripts: Readonly<Record<string, string>>; readonly dependencies: Readonly<Record<string, string>> };

describe.each(DOCUMENTS)("%s", (name) => {
  const text = read(name);

  test("names only scripts that exist", () => {
    const named = [...text.matchAll(/(?:^|[`"]|&& )npm (?:run )?(test|start|[a-z]+(?::[a-z]+)?)(?=[ `\n])/gm)].map(([, script = ""]) => script);
    const known = new Set([...Object.keys(manifest.scripts), "ci", "run"]);
    expect(named.filter((script) => !known.has(script))).toEqual([]);
  });

  test("names only flags that exist", () => {
    const ours: readonly string[] = FLAGS.map((flag) => flag.name);
    const known = new Set([...ours, "keep", "server-side", "force-conflicts", "for", "all", "timeout"]);
    const named = [...text.matchAll(/--([a-z][a-z-]+)/g)].map(([, flag = ""]) => flag);
    expect(named.filter((flag) => !known.has(flag))).toEqual([]);
  });

  test("links and names only files that exist", () => {
    const links = [...text.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path = ""]) => path);
    const paths = [...text.matchAll(/`((?:src|test|deploy)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
    expect([...links, ...paths].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

test("every manifest of the README is one that its kind understands", () => {
  const manifests = [...read("README.md").matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = ""]) => parse(yaml) as { kind: string; metadata: { name: string } });
  expect(manifests.map(({ kind }) => kind).sort()).toEqual(KINDS.map(({ type }) => type.kind).sort());
  for (const object of manifests) {
    const kind = KINDS.find(({ type }) => type.kind === object.kind);
    const parsed = kind?.parse(object as never);
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed?.ok === true ? kind?.target(parsed.spec, object.metadata.name, {}) : undefined).toMatchObject({ ok: true });
  }
});

test("every runtime dependency has its line in ARCHITECTURE.md, and no other", () => {
  const section = read("ARCHITECTURE.md").split("## Runtime dependencies")[1]?.split("\n## ")[0] ?? "";
  const listed = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name);
  expect(listed.sort()).toEqual(Object.keys(manifest.dependencies).sort());
});

test("the version is that of the package", () => expect(VERSION).toBe(manifest.version));
