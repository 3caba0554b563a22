import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { customResourceDefinition } from "./crd.ts";
import type { JsonObject } from "./json.ts";
import { RESOURCES } from "./resources.ts";

const HEADER = '# Generated from src/api by "npm run generate"; changes made here are lost.\n';

/** Every generated file: path below the project's root → content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const definitions = RESOURCES.map(
    (resource) => [`crds/${resource.group}_${resource.plural}.yaml`, yaml(customResourceDefinition(resource))] as const,
  );
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: definitions.map(([path]) => path.slice("crds/".length)),
  };
  return new Map([...definitions, ["crds/kustomization.yaml", yaml(kustomization)]]);
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
  const present = await readdir(join(root, "crds")).catch(() => []);
  const unwanted = present.map((file) => `crds/${file}`).filter((path) => !wanted.has(path));
  return [...found.flat(), ...unwanted.toSorted()];
}

function yaml(document: JsonObject): string {
  return HEADER + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
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
  process.stderr.write(`cannot accept the generated files: ${stale.join(", ")}: not as src/api says; run "npm run generate"\n`);
  process.exitCode = 1;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "../..");
  await (process.argv.includes("--check") ? check(root) : write(root));
}
