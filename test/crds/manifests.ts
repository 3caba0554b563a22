import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseAllDocuments } from "yaml";

/** A file of `test/crds/valid` or `test/crds/invalid`. */
export interface Manifest {
  readonly path: string;
  readonly file: string;
  /** One document is created; of two, the second replaces the first. */
  readonly documents: readonly string[];
  /** How kubectl names the object: `kind.group/name`. */
  readonly object: string;
  /** What a person must read when it is refused; empty for a valid one. */
  readonly expected: string;
}

const EXPECT = "# expect: ";

/** The manifests of a folder, sorted by file name. Throws on one without an object. */
export async function readManifests(folder: string): Promise<readonly Manifest[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(files.map((file) => readManifest(join(folder, file))));
}

/** Writes one document of each manifest into `folder`, under the same file name, and returns the paths. */
export async function writeDocuments(manifests: readonly Manifest[], index: 0 | 1, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    manifests.map(async ({ file, documents }) => {
      const path = join(folder, file);
      await writeFile(path, documents[index] ?? "");
      return path;
    }),
  );
}

async function readManifest(path: string): Promise<Manifest> {
  const text = await readFile(path, "utf8");
  const [first = ""] = text.split("\n");
  const [object] = parseAllDocuments(text).map((document) => document.toJS() as { kind: string; metadata: { name: string } });
  if (object === undefined) throw new Error(`cannot read ${path}: it has no object`);
  return {
    path,
    file: basename(path),
    documents: text.split(/^---\n/mu),
    object: `${object.kind.toLowerCase()}.azureidentity.dev/${object.metadata.name}`,
    expected: first.startsWith(EXPECT) ? first.slice(EXPECT.length) : "",
  };
}
