import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** The version of the az CLI that the tests run. */
export const AZ_VERSION = "2.91.0";

const run = promisify(execFile);

/** Where the CLI is kept between runs: a folder of the user's cache, 730 MB. */
export function azFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment["XDG_CACHE_HOME"] || join(environment["HOME"] ?? homedir(), ".cache");
  return join(cache, "azure-identity-operator", `az-${AZ_VERSION}`);
}

/** The interpreter that runs `-m azure.cli`; the folder has its name only once the whole CLI is in it. */
export function azPython(folder: string = azFolder()): string {
  return join(folder, "bin/python");
}

// Whether the CLI has been installed.
function hasAz(): boolean {
  return existsSync(azPython());
}

/** Installs the CLI from PyPI, unless it is there. Throws when there is no Python with venv, or no package index. */
export async function installAz(note: (line: string) => void): Promise<void> {
  if (hasAz()) return;
  const folder = azFolder();
  const partial = `${folder}.${process.pid}`;
  note(`installing azure-cli ${AZ_VERSION} into ${folder}; this takes a minute or two`);
  try {
    await mkdir(dirname(folder), { recursive: true });
    await run("python3", ["-m", "venv", partial]);
    await run(azPython(partial), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `azure-cli==${AZ_VERSION}`], { maxBuffer: 16 * 1024 * 1024 });
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    const detail = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    throw new Error(`cannot install the az CLI: ${detail ?? ""}: it needs python3 with the venv module, and a package index that pip can reach`, { cause: error });
  }
}
