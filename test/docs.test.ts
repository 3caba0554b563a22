import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { ACCOUNT_KIND, accountSubject, readAccount } from "../src/api/credential.ts";
import type { KubeObject } from "../src/api/object.ts";
import { EXIT_CODES, FLAGS } from "../src/config/flags.ts";
import { KINDS } from "../src/kinds/index.ts";
import { surroundings } from "./reconcile/never.ts";
import { VERSION } from "../src/version.ts";

interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

interface Kustomization {
  readonly kind: "Kustomization";
  readonly images?: readonly { readonly name: string }[];
  readonly configMapGenerator: readonly { readonly name: string; readonly namespace: string; readonly literals?: readonly string[]; readonly files?: readonly string[] }[];
}

const ROOT = join(import.meta.dirname, "..");
const DOCUMENTS = ["docs/tutorial.md", "docs/azure-roles.md", "docs/security.md", "docs/attacks.md", "docs/credentials.md", "docs/sweep.md", "docs/quotas.md", "docs/performance.md", "docs/reference.md", "docs/hosts.md", "docs/simulator.md", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];
/** Flags in the documents that are not of `azid run`: those of kubectl, those of our scripts, and those of az. */
const OTHER_FLAGS = ["server-side", "for", "all", "timeout", "ignore-not-found", "keep", "json", "objects", "enable-managed-identity", "name", "object-id", "secret-permissions", "seed", "seeds", "role-definition", "type"];

const read = (name: string) => readFileSync(join(ROOT, name), "utf8");
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = ""]) => found);
const manifest = JSON.parse(read("package.json")) as Manifest;
const scriptsIn = (text: string) => [...all(text, /\bnpm run ([a-z][\w:-]*)/g), ...all(text, /\bnpm (test|start)\b/g)];

describe.each(DOCUMENTS)("%s", (name) => {
  const text = read(name);

  test("names only scripts that exist", () => {
    expect(scriptsIn(text).filter((script) => !(script in manifest.scripts))).toEqual([]);
  });

  test("links and names only files that exist", () => {
    const links = all(text, /\]\((?!https?:)([^)#]+)[^)]*\)/g).map((link) => join(dirname(name), link));
    const paths = all(text, /`((?:src|test|deploy|crds)\/[\w./-]+)`/g);
    expect([...links, ...paths].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

/** Documents of which every command is run: by test/tutorial and test/e2e, and by test/azure. */
const RUN = ["docs/tutorial.md", "docs/simulator.md"];

test.each(DOCUMENTS.filter((name) => !RUN.includes(name)))("%s names only flags that exist", (name) => {
  const known = new Set<string>([...FLAGS.map((flag) => flag.name), ...OTHER_FLAGS]);
  expect(all(read(name), /(?<![\w-])--([a-z][a-z-]*)/g).filter((flag) => !known.has(flag))).toEqual([]);
});

describe("docs/credentials.md", () => {
  const blocks = all(read("docs/credentials.md"), /```yaml\n([\s\S]*?)```/g).flatMap((yaml) => parseAllDocuments(yaml).map((document) => document.toJS() as KubeObject));

  test("shows objects that the schema takes, and the account that they are about", () => {
    const ours = blocks.filter(({ apiVersion }) => apiVersion !== "v1");
    const parsed = ours.map((object) => KINDS.find(({ type }) => type.kind === object.kind)?.parse(object));
    expect(parsed).toEqual([expect.objectContaining({ ok: true }), expect.objectContaining({ ok: true })]);
    const account = blocks.find(({ kind }) => kind === ACCOUNT_KIND);
    expect(account === undefined ? undefined : readAccount({ ...account, metadata: { ...account.metadata, uid: "u" } }, "")).toMatchObject({ ok: true });
    expect(ours.map(({ spec }) => spec)).toContainEqual(expect.objectContaining({ subject: accountSubject(account?.metadata.namespace ?? "") }));
  });
});

describe("README.md", () => {
  const text = read("README.md");
  const blocks = all(text, /```yaml\n([\s\S]*?)```/g).map((yaml) => parse(yaml) as KubeObject | Kustomization);

  test("names every script", () => {
    const named = scriptsIn(text);
    expect(Object.keys(manifest.scripts).filter((script) => !named.includes(script))).toEqual([]);
  });

  test.each(KINDS.map((kind) => [kind.type.kind, kind] as const))("shows one %s, and the schema takes it", (name, kind) => {
    const objects = blocks.filter((block): block is KubeObject => block.kind === name);
    expect(objects).toHaveLength(1);
    for (const object of objects) {
      expect(object).toMatchObject({ apiVersion: `${kind.type.group}/${kind.type.version}` });
      const parsed = kind.parse(object);
      expect(parsed).toMatchObject({ ok: true });
      expect(parsed.ok ? kind.target(parsed.spec, object.metadata.name, surroundings()) : parsed).toMatchObject({ ok: true });
    }
  });

  test("shows nothing else but an overlay that sets what the base has", () => {
    const [overlay, ...rest] = blocks.filter((block): block is Kustomization => !KINDS.some((kind) => kind.type.kind === block.kind));
    expect(rest).toEqual([]);
    const base = parse(read("deploy/kustomize/base/kustomization.yaml")) as Kustomization;
    const settings = ({ configMapGenerator }: Kustomization) =>
      configMapGenerator.map((map) => ({ name: map.name, namespace: map.namespace, keys: map.files ?? map.literals?.map((literal) => literal.split("=")[0]) }));
    expect(overlay === undefined ? undefined : settings(overlay)).toEqual(settings(base));
    expect(read("deploy/kustomize/base/deployment.yaml")).toContain(`image: ${overlay?.images?.[0]?.name ?? "?"}:`);
  });

  test("explains every exit code", () => {
    const rows = [...text.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, code, meaning]) => ({ code: Number(code), meaning }));
    expect(rows).toEqual(Object.values(EXIT_CODES));
  });
});

test("every runtime dependency has its line in ARCHITECTURE.md, and nothing else has", () => {
  const section = read("ARCHITECTURE.md").split("## Runtime dependencies")[1]?.split("\n## ")[0] ?? "";
  expect(all(section, /^\| `([^`]+)` \|/gm).toSorted()).toEqual(Object.keys(manifest.dependencies).toSorted());
});

test("the version is that of the package", () => expect(VERSION).toBe(manifest.version));
