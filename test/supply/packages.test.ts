import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { auditOf } from "../../supply/audit.ts";
import { ALLOWED_LICENCES } from "../../supply/licences.ts";
import { packageOfFile, shippedPackages } from "../../supply/packages.ts";

const ROOT = join(import.meta.dirname, "../..");

type Versions = Readonly<Record<string, string>>;
interface Manifest {
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
  readonly optionalDependencies: Versions;
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly resolved?: string; readonly integrity?: string; readonly link?: boolean }>>;
}

const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), "utf8"));
const manifest = read("package.json") as Manifest;
const lock = read("package-lock.json") as Lock;
const shipped = shippedPackages(ROOT);

describe("what the project is made of", () => {
  const named = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies });

  test.each(named)("%s is pinned to one version, the one of the lock", (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(lock.packages[`node_modules/${name}`]?.version).toBe(version);
  });

  test("comes with its digest, whole packages of the registry each", () => {
    const entries = Object.entries(lock.packages).filter(([path]) => path !== "");
    expect(entries.filter(([, { integrity, link }]) => link === true || integrity?.startsWith("sha512-") !== true).map(([path]) => path)).toEqual([]);
  });
});

describe("what ships", () => {
  test("is found through every dependency, also those that tools need as well", () => {
    const paths = shipped.map(({ path }) => path);
    for (const name of Object.keys(manifest.dependencies)) expect(paths).toContain(`node_modules/${name}`);
    for (const name of Object.keys(manifest.devDependencies)) if (name !== "jose" && name !== "@types/node") expect(paths).not.toContain(`node_modules/${name}`);
    for (const { needs } of shipped) for (const path of needs) expect(paths).toContain(path);
  });

  test("runs no script when it is installed", () => {
    expect(shipped.filter(({ hasInstallScript }) => hasInstallScript).map(({ path }) => path)).toEqual([]);
  });

  test("is under licences that are allowed", () => {
    expect(shipped.filter(({ license }) => !ALLOWED_LICENCES.includes(license)).map(({ path, license }) => `${path}: ${license}`)).toEqual([]);
    const used = new Set(shipped.map(({ license }) => license));
    expect(ALLOWED_LICENCES.filter((licence) => !used.has(licence))).toEqual([]);
  });
});

test.each([
  ["node_modules/zod/v4/core.js", "node_modules/zod"],
  ["node_modules/@azure/identity/dist/index.js", "node_modules/@azure/identity"],
  ["node_modules/a/node_modules/@b/c/index.js", "node_modules/a/node_modules/@b/c"],
  ["src/main.ts", undefined],
])("%s belongs to %s", (file, want) => expect(packageOfFile(file)).toBe(want));

describe("an audit", () => {
  test("is clean where the registry knows nothing", () => {
    expect(auditOf('{"auditReportVersion":2,"vulnerabilities":{},"metadata":{}}')).toEqual({ is: "clean" });
  });

  test("names what is vulnerable", () => {
    const output = '{"vulnerabilities":{"undici":{"name":"undici","severity":"high","range":"<8.0.0"}}}';
    expect(auditOf(output)).toEqual({ is: "vulnerable", found: ["undici <8.0.0: high"] });
  });

  test.each([
    ['{"message":"405 Method Not Allowed","error":{"summary":"","detail":""}}', "405 Method Not Allowed"],
    ["", "npm audit wrote no report"],
  ])("is unknown where the registry does not answer: %s", (output, problem) => {
    expect(auditOf(output)).toEqual({ is: "unknown", problem });
  });
});
