import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { RESOURCES } from "../src/api/resources.ts";

/** Source files by their path under src/. */
type Sources = ReadonlyMap<string, string>;

/** Folders, and what of the project each may import besides itself (DESIGN 2, style.md 4.1). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  api: [],
  kinds: ["api/"],
  reconcile: ["api/", "kinds/kind.ts", "kinds/reference.ts", "kinds/share.ts", "kinds/host-row.ts"],
  azure: ["api/"],
  kubernetes: ["api/"],
  queue: ["api/"],
  operate: ["api/"],
  config: ["api/", "operate/"],
};

/** Folders without a rule of their own; they plug everything together. */
const FREE = new Set(["commands"]);

/** Packages that one folder hides from all others; commands and the files at the top may use them. */
const HIDDEN_PACKAGES: readonly { readonly name: RegExp; readonly folders: readonly string[] }[] = [
  { name: /^@azure\//, folders: ["azure"] },
  { name: /^@kubernetes\//, folders: ["kubernetes"] },
  { name: /^undici$/, folders: ["azure", "kubernetes"] },
  { name: /^p-queue$/, folders: ["queue"] },
  { name: /^(pino|prom-client)$/, folders: ["operate"] },
  { name: /^zod$/, folders: ["api", "kinds", "config"] },
];

/** Built-ins that do I/O or tell the time; what is pure has none. */
const IMPURE = /^node:(fs|http|https|net|tls|dns|timers|child_process|worker_threads|perf_hooks)/;
const PURE_FOLDERS = new Set(["api", "kinds", "reconcile"]);

/** What users write, and the kinds themselves; everything else works for any kind. */
const MAY_NAME_KINDS = new Set(["api", "kinds"]);

const BANNED_NAMES = /(^|[-/])(utils?|helpers?|common|managers?|services?|misc)([-./]|$)/;
const MAX_LINES = 300;

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Code without its comments; strings stay. */
function withoutComments(code: string): string {
  const stringOrComment = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return code.replace(stringOrComment, (_match, text: string | undefined) => text ?? " ");
}

function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  const statements = code.matchAll(/^\s*(?:import|export)\b[^;"'`=]*?\bfrom\s*["']([^"']+)["']/gm);
  const sideEffects = code.matchAll(/^\s*import\s*["']([^"']+)["']/gm);
  const dynamic = code.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  return [...statements, ...sideEffects, ...dynamic].map(([, name = ""]) => ({
    from: path,
    to: name.startsWith(".") ? posix.join(posix.dirname(path), name) : name,
  }));
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

function directionFaults(sources: Sources): string[] {
  const faults: string[] = [];
  for (const { from, to } of projectImports(sources)) {
    const folder = folderOf(from);
    const allowed = MAY_IMPORT[folder];
    if (to === "main.ts") faults.push(`${from} imports main.ts`);
    if (allowed === undefined || folderOf(to) === folder) continue;
    if (!allowed.some((prefix) => to.startsWith(prefix))) faults.push(`${from} imports ${to}`);
  }
  for (const path of sources.keys()) {
    const folder = folderOf(path);
    if (folder !== "" && MAY_IMPORT[folder] === undefined && !FREE.has(folder)) faults.push(`${path} is in a folder without a rule`);
  }
  return faults;
}

function projectImports(sources: Sources): Import[] {
  return [...sources].flatMap(([path, text]) => importsOf(path, text)).filter(({ to }) => to.endsWith(".ts") && !to.startsWith("@"));
}

function packageFaults(sources: Sources): string[] {
  const faults: string[] = [];
  for (const { from, to } of [...sources].flatMap(([path, text]) => importsOf(path, text))) {
    const folder = folderOf(from);
    const hidden = HIDDEN_PACKAGES.find(({ name }) => name.test(to));
    if (hidden !== undefined && MAY_IMPORT[folder] !== undefined && !hidden.folders.includes(folder)) faults.push(`${from} imports ${to}`);
    if (builtinModules.includes(to)) faults.push(`${from} imports ${to} without node:`);
    if (PURE_FOLDERS.has(folder) && IMPURE.test(to)) faults.push(`${from} is pure and imports ${to}`);
  }
  return faults;
}

function cycles(sources: Sources): string[] {
  const next = Map.groupBy(projectImports(sources), ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(" -> "));
    if (start >= 0 || done.has(path)) return;
    for (const { to } of next.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

function shapeFaults(sources: Sources): string[] {
  const faults: string[] = [];
  for (const [path, text] of sources) {
    const code = withoutComments(text);
    const lines = text.trimEnd().split("\n").length;
    if (lines > MAX_LINES) faults.push(`${path} has ${lines} lines`);
    if (BANNED_NAMES.test(withoutKinds(path))) faults.push(`${path} has a name that says nothing`);
    if (!/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path)) faults.push(`${path} is not in kebab-case`);
    if (/^\s*export\s+default\b/m.test(code)) faults.push(`${path} has a default export`);
    if (isBarrel(code) && path !== "kinds/index.ts") faults.push(`${path} is a barrel`);
    if (/\bprocess\.exit\(/.test(code) && path !== "main.ts") faults.push(`${path} ends the process`);
  }
  return faults;
}

/** A path without the names of kinds: what Azure calls a service is called so. */
function withoutKinds(path: string): string {
  const files = RESOURCES.map(({ kind }) => kind.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase());
  return files.reduce((rest, file) => rest.replace(new RegExp(`\\b${file}(?=[.-])`), ""), path);
}

/** A file that hands on whole files, or has nothing of its own. */
function isBarrel(code: string): boolean {
  const handedOn = /^\s*export\b[^;"'`=]*?\bfrom\s*["'][^"']+["'];?/gm;
  const isEmpty = code.replace(handedOn, "").trim() === "";
  return /^\s*export\s*\*/m.test(code) || (isEmpty && handedOn.test(code));
}

function kindNameFaults(sources: Sources, names: readonly string[]): string[] {
  const name = new RegExp(`\\b(${names.join("|")})\\b`);
  return [...sources]
    .filter(([path, text]) => !MAY_NAME_KINDS.has(folderOf(path)) && name.test(withoutComments(text)))
    .map(([path]) => `${path} names a kind`);
}

function readSources(): Sources {
  const root = new URL("../src/", import.meta.url);
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return new Map(paths.map((path) => [path.replaceAll("\\", "/"), readFileSync(new URL(path, root), "utf8")]));
}

const sources = readSources();
const kindNames = RESOURCES.map(({ kind }) => kind);

describe("src", () => {
  test("imports run one way", () => expect(directionFaults(sources)).toEqual([]));
  test("packages stay behind the folder that hides them, and what is pure does no I/O", () => expect(packageFaults(sources)).toEqual([]));
  test("there are no cycles", () => expect(cycles(sources)).toEqual([]));
  test("files are short, named for what they hold, without default exports and barrels", () => expect(shapeFaults(sources)).toEqual([]));
  test("the engine and everything around it name no kind", () => expect(kindNameFaults(sources, kindNames)).toEqual([]));
});

describe("the rules find what breaks them", () => {
  const one = (path: string, text: string): Sources => new Map([[path, text]]);

  test.each([
    ["api/a.ts", 'import { x } from "../kinds/kind.ts";', "api/a.ts imports kinds/kind.ts"],
    ["kinds/a.ts", 'import type { x } from "../reconcile/ports.ts";', "kinds/a.ts imports reconcile/ports.ts"],
    ["reconcile/a.ts", 'import { x } from "../kinds/index.ts";', "reconcile/a.ts imports kinds/index.ts"],
    ["reconcile/a.ts", 'import {\n  x,\n  type Y,\n} from "../azure/client.ts";', "reconcile/a.ts imports azure/client.ts"],
    ["azure/a.ts", 'export { x } from "../queue/queue.ts";', "azure/a.ts imports queue/queue.ts"],
    ["queue/a.ts", 'const x = await import("../operate/log.ts");', "queue/a.ts imports operate/log.ts"],
    ["operate/a.ts", 'import "../config.ts";', "operate/a.ts imports config.ts"],
    ["commands/a.ts", 'import { main } from "../main.ts";', "commands/a.ts imports main.ts"],
    ["other/a.ts", "", "other/a.ts is in a folder without a rule"],
  ])("direction: %s %j", (path, text, want) => expect(directionFaults(one(path, text))).toEqual([want]));

  test.each([
    ["reconcile/a.ts", 'import type { y } from "../kinds/kind.ts";\nimport { x } from "../api/group.ts";\nimport { z } from "./ports.ts";'],
    ["main.ts", 'import { x } from "./queue/queue.ts";'],
    ["api/a.ts", '// import { x } from "../kinds/kind.ts";\n/* import "../kinds/kind.ts" */'],
  ])("direction allows: %s %j", (path, text) => expect(directionFaults(one(path, text))).toEqual([]));

  test.each([
    ["reconcile/a.ts", 'import { z } from "zod";', "reconcile/a.ts imports zod"],
    ["queue/a.ts", 'import { pino } from "pino";', "queue/a.ts imports pino"],
    ["operate/a.ts", 'import { join } from "path";', "operate/a.ts imports path without node:"],
    ["reconcile/a.ts", 'import { readFile } from "node:fs/promises";', "reconcile/a.ts is pure and imports node:fs/promises"],
  ])("packages: %s %j", (path, text, want) => expect(packageFaults(one(path, text))).toEqual([want]));

  test("cycles, over any number of files", () => {
    const ring = new Map([
      ["api/a.ts", 'import "./b.ts";'],
      ["api/b.ts", 'import type { x } from "./c.ts";'],
      ["api/c.ts", 'import "./a.ts";'],
      ["api/d.ts", 'import "./a.ts";\nimport "./b.ts";'],
    ]);
    expect(cycles(ring)).toEqual(["api/a.ts -> api/b.ts -> api/c.ts -> api/a.ts"]);
  });

  test.each([
    ["api/a.ts", "x\n".repeat(301), "api/a.ts has 301 lines"],
    ["api/string-utils.ts", "", "api/string-utils.ts has a name that says nothing"],
    ["api/plan-service.ts", "", "api/plan-service.ts has a name that says nothing"],
    ["common/a.ts", "", "common/a.ts has a name that says nothing"],
    ["api/armId.ts", "", "api/armId.ts is not in kebab-case"],
    ["api/a.ts", "export default 1;", "api/a.ts has a default export"],
    ["kinds/a.ts", 'export type { x } from "./b.ts";', "kinds/a.ts is a barrel"],
    ["kinds/a.ts", 'export * from "./b.ts";', "kinds/a.ts is a barrel"],
    ["operate/a.ts", "process.exit(1);", "operate/a.ts ends the process"],
  ])("shape: %s", (path, text, want) => expect(shapeFaults(one(path, text))).toEqual([want]));

  test("kind names in code, not in comments", () => {
    expect(kindNameFaults(one("reconcile/a.ts", 'if (kind === "IdentityAssignment") stop();'), kindNames)).toEqual(["reconcile/a.ts names a kind"]);
    expect(kindNameFaults(one("commands/a.ts", "const kinds = [IdentityAssignment];"), kindNames)).toEqual(["commands/a.ts names a kind"]);
    expect(kindNameFaults(one("kinds/a.ts", "const kind = \"IdentityAssignment\";"), kindNames)).toEqual([]);
    expect(kindNameFaults(one("reconcile/a.ts", "/** As for an IdentityAssignment. */\nconst userAssigned = 1;"), kindNames)).toEqual([]);
  });
});
