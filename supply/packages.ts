import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A package as package-lock.json pins it. */
export interface LockedPackage {
  /** Where npm puts it, `node_modules/…`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** Digest of its archive, `<algorithm>-<base64>`. */
  readonly integrity: string;
  readonly hasInstallScript: boolean;
  /** Paths of the packages that it needs. */
  readonly needs: readonly string[];
}

interface Entry {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

type Lock = Readonly<Record<string, Entry>>;

const FOLDER = "node_modules/";

/**
 * Every package that the operator needs to run, in the order of their paths: what `dependencies` of package.json lead to. Packages that
 * only may be there (optional ones, optional peers) are not among them, unless somebody needs them.
 */
export function shippedPackages(root: string): readonly LockedPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { readonly packages: Lock };
  const found = new Map<string, LockedPackage>();
  const pending = [...needsOf("", packages)];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (found.has(path)) continue;
    const locked = lockedPackage(path, packages);
    found.set(path, locked);
    pending.push(...locked.needs);
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function lockedPackage(path: string, lock: Lock): LockedPackage {
  const { version, license, integrity, hasInstallScript = false } = lock[path] ?? {};
  if (version === undefined || license === undefined || integrity === undefined) {
    throw new Error(`cannot tell what ${path} is: package-lock.json has no version, licence or digest of it: run npm install`);
  }
  return { path, name: nameOf(path), version, license, integrity, hasInstallScript, needs: needsOf(path, lock) };
}

function needsOf(path: string, lock: Lock): readonly string[] {
  const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = lock[path] ?? {};
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  const names = [...Object.keys(dependencies), ...(path === "" ? [] : peers)];
  return names.map((name) => placeOf(name, path, lock)).toSorted();
}

/** Where Node finds a package that is named by one at `path`: in its own folder, or in one further up. */
function placeOf(name: string, path: string, lock: Lock): string {
  for (let folder = path; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf(`/${FOLDER}`)))) {
    const place = `${folder === "" ? "" : `${folder}/`}${FOLDER}${name}`;
    if (lock[place] !== undefined) return place;
    if (folder === "") throw new Error(`cannot find ${name}, which ${path} needs: package-lock.json has none: run npm install`);
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf(FOLDER) + FOLDER.length);
}

/** The package that a file belongs to, by the file's path below the project. */
export function packageOfFile(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}
