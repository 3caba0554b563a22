import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundledPackages } from "../build.ts";
import { type LockedPackage, shippedPackages } from "./packages.ts";

const ROOT = join(import.meta.dirname, "..");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * A CycloneDX 1.5 bill of materials: what the operator needs to run, with the digests of package-lock.json. What the bundle leaves out has
 * the scope `excluded`. The same for the same sources: it has neither a time nor a serial number, both of which the format lets be absent.
 * `npm sbom` would omit `yaml`, which also is an optional peer of a tool.
 */
export function billOfMaterials(manifest: Manifest, packages: readonly LockedPackage[], bundled: ReadonlySet<string>): object {
  const references = new Map(packages.map((one) => [one.path, referenceOf(one)]));
  const root = referenceOf(manifest);
  const needsOf = (needs: readonly string[]) => [...new Set(needs.map((path) => references.get(path) ?? ""))];
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { "bom-ref": root, type: "application", name: manifest.name, version: manifest.version, purl: root, licenses: licencesOf(manifest.license) } },
    components: unique(packages.map((one) => componentOf(one, bundled.has(one.path)))),
    dependencies: [
      { ref: root, dependsOn: needsOf(Object.keys(manifest.dependencies).map((name) => `node_modules/${name}`)) },
      ...unique(packages.map((one) => ({ "bom-ref": referenceOf(one), needs: one.needs }))).map(({ "bom-ref": ref, needs }) => ({ ref, dependsOn: needsOf(needs) })),
    ],
  };
}

function componentOf(one: LockedPackage, isBundled: boolean) {
  const [, algorithm = "", digest = ""] = /^(sha\d+)-(.*)$/.exec(one.integrity) ?? [];
  const hash = { alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(digest, "base64").toString("hex") };
  return {
    "bom-ref": referenceOf(one),
    type: "library",
    name: one.name,
    version: one.version,
    scope: isBundled ? "required" : "excluded",
    purl: referenceOf(one),
    hashes: [hash],
    licenses: licencesOf(one.license),
  };
}

function licencesOf(license: string): readonly object[] {
  return [license.includes(" ") ? { expression: license } : { license: { id: license } }];
}

/** The URL of a package, in which the `@` of a scope is escaped. */
function referenceOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** A package can lie in several places; it is one component. */
function unique<Item extends { readonly "bom-ref": string }>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.toReversed().map((item) => [item["bom-ref"], item])).values()].toReversed();
}

/** The bill of materials of this project, as JSON. */
export async function projectBillOfMaterials(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as Manifest;
  const bundled = await bundledPackages(join(ROOT, "src/main.ts"));
  return `${JSON.stringify(billOfMaterials(manifest, shippedPackages(ROOT), bundled), undefined, 2)}\n`;
}

if (import.meta.main) {
  await mkdir(join(ROOT, "dist"), { recursive: true });
  await writeFile(join(ROOT, "dist/sbom.cdx.json"), await projectBillOfMaterials());
  console.log("wrote dist/sbom.cdx.json");
}
