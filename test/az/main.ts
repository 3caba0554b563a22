import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { installAz } from "./az-install.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Installs the az CLI where it is not yet, and runs its tests; further arguments go to vitest. */
async function main(args: readonly string[]): Promise<number> {
  try {
    await installAz((line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", "--project", "az", ...args], { cwd: ROOT, stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

process.exitCode = await main(process.argv.slice(2));
