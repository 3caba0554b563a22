import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

/** A Kubernetes object as a manifest states it. */
export interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** Root of the manifests that users apply. */
export const DEPLOY = join(import.meta.dirname, "../../deploy");

/** The objects of a YAML stream. */
export function documentsOf(text: string): readonly Document[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Document);
}

/** Files that hold no objects. */
const OTHER_FILES = new Set(["kustomization.yaml", "policy.yaml"]);

/** The files of a folder below `deploy` that hold objects, in the order of their names. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(join(DEPLOY, folder))).filter((file) => file.endsWith(".yaml") && !OTHER_FILES.has(file)).sort();
}

/** The objects in the files of a folder below `deploy`, or in one of them. */
export async function documentsIn(folder: string, file?: string): Promise<readonly Document[]> {
  const files = file === undefined ? await filesIn(folder) : [file];
  const texts = await Promise.all(files.map((each) => readFile(join(DEPLOY, folder, each), "utf8")));
  return texts.flatMap(documentsOf);
}

/** The one object of a kind. Throws when there is none or more than one. */
export function only(documents: readonly Document[], kind: string): Document {
  const found = documents.filter((document) => document.kind === kind);
  const [document] = found;
  if (document === undefined || found.length > 1) throw new Error(`cannot find the ${kind}: there are ${found.length}`);
  return document;
}
