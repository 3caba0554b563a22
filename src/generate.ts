import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { policyFiles } from "./api/admission/policy-files.ts";
import { crdFiles } from "./api/crd-files.ts";
import { referenceFiles } from "./api/reference.ts";
import { attackFiles } from "./attacks-reference.ts";
import { azureRoleFiles } from "./kinds/azure-roles-reference.ts";
import { hostReferenceFiles } from "./kinds/host-reference.ts";

const ROOT = join(import.meta.dirname, "..");

/** Folders in which everything is generated. */
const OWN_FOLDERS = ["crds", "deploy/policy", "deploy/azure-roles"];

/** Every generated file: path below the project's root → content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([...crdFiles(), ...referenceFiles(), ...hostReferenceFiles(), ...azureRoleFiles(), ...attackFiles(ROOT), ...policyFiles()]);
}

/** The paths below `root` of generated files that are absent or differ, and of those that would not be written any more. */
export async function staleFiles(root: string): Promise<readonly string[]> {
  const wanted = generatedFiles();
  const found = await Promise.all(
    [...wanted].map(async ([path, content]) => {
      const current = await readFile(join(root, path), "utf8").catch(() => undefined);
      return current === content ? [] : [path];
    }),
  );
  const present = await Promise.all(OWN_FOLDERS.map((folder) => filesIn(root, folder)));
  const unwanted = present.flat().filter((path) => !wanted.has(path));
  return [...found.flat(), ...unwanted.toSorted()];
}

async function filesIn(root: string, folder: string): Promise<readonly string[]> {
  const names = await readdir(join(root, folder)).catch(() => []);
  return names.map((name) => `${folder}/${name}`);
}

async function write(root: string): Promise<void> {
  for (const [path, content] of generatedFiles()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    process.stdout.write(`wrote ${path}\n`);
  }
}

async function check(root: string): Promise<void> {
  const stale = await staleFiles(root);
  if (stale.length === 0) return;
  process.stderr.write(`cannot accept the generated files: ${stale.join(", ")}: not as src says; run "npm run generate"\n`);
  process.exitCode = 1;
}

if (import.meta.main) {
  await (process.argv.includes("--check") ? check(ROOT) : write(ROOT));
}
