import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { azPython } from "./az-install.ts";

const main = join(import.meta.dirname, "../azure/main.ts");

it("what npm run azure prints, pasted into a shell, makes az ready to use", async () => {
  const folder = mkdtempSync(join(tmpdir(), "az-printed-"));
  const child = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = (await printed(child.stdout)).split("\n").filter((line) => /^(export|az|#) /.test(line));
  writeFileSync(join(folder, "az"), `#!/bin/sh\nexec ${azPython()} -m azure.cli "$@"\n`, { mode: 0o755 });
  symlinkSync(process.execPath, join(folder, "node"));
  const script = [...lines, "az account show --query tenantId --output tsv"].join("\n");
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder };
  const { stdout } = await promisify(execFile)("sh", ["-e", "-c", script], { env });
  expect(stdout.trim().split("\n").at(-1)).toBe("a0000000-0000-4000-8000-000000000001");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  rmSync(folder, { recursive: true });
});

/** Reads up to the last line that the program prints. */
async function printed(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += chunk.toString();
    if (/AZURE_TENANT_ID=adfs.*\n/.test(text)) break;
  }
  return text;
}
