import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bundle, bundledPackages } from "../../build.ts";
import { licenceList } from "../../supply/licences.ts";
import { shippedPackages } from "../../supply/packages.ts";
import { billOfMaterials } from "../../supply/sbom.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const ENTRY = join(ROOT, "src/main.ts");

interface Component {
  readonly "bom-ref": string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly scope: string;
  readonly hashes: readonly object[];
  readonly licenses: readonly object[];
}
interface Bom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

let inside: ReadonlySet<string>;

beforeAll(async () => {
  inside = await bundledPackages(ENTRY);
});

const shipped = shippedPackages(ROOT);

test("the bundle holds packages that package.json leads to, and no others", () => {
  const paths = new Set(shipped.map(({ path }) => path));
  expect([...inside].filter((path) => !paths.has(path))).toEqual([]);
  expect(inside.size).toBeGreaterThan(20);
});

test("the licence list has the text of the licence of every package in the bundle", async () => {
  const packages = shipped.filter(({ path }) => inside.has(path));
  const list = await licenceList(ROOT, packages);
  for (const { name, version, license } of packages) expect(list).toContain(`${name} ${version} (${license})`);
  const without = list.split("-".repeat(80)).filter((section) => section.includes("holds no text of the licence"));
  expect(without).toEqual([]);
  expect(await licenceList(ROOT, packages)).toBe(list);
});

describe("the bill of materials", () => {
  let bom: Bom;
  let manifest: Parameters<typeof billOfMaterials>[0];

  beforeAll(async () => {
    manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as typeof manifest;
    bom = billOfMaterials(manifest, shipped, inside) as Bom;
  });

  test("says of every package what npm says, and names those of the bundle", async () => {
    const args = ["sbom", "--sbom-format=cyclonedx", "--omit=dev", "--package-lock-only"];
    const theirs = JSON.parse((await run("npm", args, { cwd: ROOT, maxBuffer: 2 ** 26 })).stdout) as Bom;
    const shown = ({ name, version, purl, hashes, licenses }: Component) => ({ name, version, purl, hashes, licenses });
    const known = new Map(theirs.components.map((component) => [component.purl, shown(component)]));
    const both = bom.components.filter(({ purl }) => known.has(purl));
    expect(both.map(shown)).toEqual(both.map(({ purl }) => known.get(purl)));
    expect(both.length).toBeGreaterThan(bom.components.length * 0.8);
    expect(new Set(bom.components.filter(({ scope }) => scope === "required").map(({ name, version }) => `${name}@${version}`))).toEqual(
      new Set(shipped.filter(({ path }) => inside.has(path)).map(({ name, version }) => `${name}@${version}`)),
    );
  });

  test("refers to nothing that it does not have, and is the same each time", () => {
    const references = new Set(bom.components.map((component) => component["bom-ref"]));
    expect(references.size).toBe(bom.components.length);
    expect(bom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((reference) => !references.has(reference))).toEqual([]);
    expect(bom.dependencies[0]?.dependsOn).toHaveLength(Object.keys(manifest.dependencies).length);
    expect(JSON.stringify(billOfMaterials(manifest, shipped, inside))).toBe(JSON.stringify(bom));
  });
});

test("the same sources give the same bytes in another folder, at another time, in another zone", async () => {
  // Beside node_modules, so that its files can be links to those: a copy takes half a minute.
  const folder = await mkdtemp(join(ROOT, ".reproducible-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [here, there] = [join(folder, "here"), join(folder, "other/there")];
  await bundle(ENTRY, join(here, "main.mjs"));
  for (const name of ["src", "supply", "build.ts", "shake.ts", "package.json", "package-lock.json", "tsconfig.json"]) await cp(join(ROOT, name), join(there, name), { recursive: true });
  await run("cp", ["-al", join(ROOT, "node_modules"), join(there, "node_modules")]);
  await run(process.execPath, [join(there, "build.ts")], { cwd: "/", env: { PATH: process.env["PATH"], TZ: "Asia/Tokyo", LANG: "tr_TR.UTF-8" } });
  const bytes = async (of: string) => Object.fromEntries(await Promise.all((await readdir(of)).filter((file) => file !== "THIRD_PARTY_LICENSES").map(async (file) => [file, await readFile(join(of, file), "utf8")] as const)));
  expect(await bytes(join(there, "dist"))).toEqual(await bytes(here));
}, 60_000);
