import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { AZ_VERSION, azFolder } from "./az-install.ts";

it.each([
  { environment: { XDG_CACHE_HOME: "/caches", HOME: "/home/me" }, folder: `/caches/azure-identity-operator/az-${AZ_VERSION}` },
  { environment: { HOME: "/home/me" }, folder: `/home/me/.cache/azure-identity-operator/az-${AZ_VERSION}` },
])("the CLI is kept in $folder", ({ environment, folder }) => {
  expect(azFolder(environment)).toBe(folder);
});

it("without a Python the script says what it needs, and leaves nothing that looks installed", async () => {
  const cache = mkdtempSync(join(tmpdir(), "az-install-"));
  const env = { XDG_CACHE_HOME: cache, PATH: cache };
  const failed = promisify(execFile)(process.execPath, [join(import.meta.dirname, "main.ts")], { env });
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/cannot install the az CLI: spawn python3 ENOENT: it needs python3 with the venv module, and a package index that pip can reach\n$/) as unknown,
  });
  expect(readdirSync(join(cache, "azure-identity-operator"))).toEqual([]);
  rmSync(cache, { recursive: true });
});
