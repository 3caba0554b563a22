import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import { expect, it, vi } from "vitest";

import { isRunning } from "./process-identity.ts";

/** Starts `npm run control-plane` and returns it with the folder that its output names, once it is up. */
async function startMain() {
  const main = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], { stdio: ["ignore", "pipe", "ignore"] });
  const output = await untilUp(main);
  const kubeconfig = /export KUBECONFIG='(.+)'/.exec(output)?.[1] ?? "";
  const path = /export PATH='(.+)':"\$PATH"/.exec(output)?.[1] ?? "";
  const children = (await readFile(join(dirname(kubeconfig), "children"), "utf8")).trim().split("\n");
  return { main, kubeconfig, path, children };
}

async function untilUp(main: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  let output = "";
  for await (const line of createInterface(main.stdout)) {
    output += `${line}\n`;
    if (line.startsWith("Ctrl-C")) return output;
  }
  throw new Error(`cannot start the control plane: it ended after saying ${JSON.stringify(output)}`);
}

it("runs until SIGTERM with what it says to export, then leaves nothing and exits with 0", async () => {
  const { main, kubeconfig, path, children } = await startMain();
  const env = { KUBECONFIG: kubeconfig, PATH: `${path}:/bin:/usr/bin` };
  expect(execFileSync("kubectl", ["get", "namespace", "default", "--output=name"], { env, encoding: "utf8" })).toBe("namespace/default\n");
  expect(await Promise.all(children.map(isRunning))).toEqual([true, true, true]);

  const ended = new Promise((resolve) => main.once("exit", resolve));
  main.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(await Promise.all(children.map(isRunning))).toEqual([false, false, false]);
  await expect(access(dirname(kubeconfig))).rejects.toThrow("ENOENT");
});

it("leaves nothing when it is killed", async () => {
  const { main, kubeconfig, children } = await startMain();
  main.kill("SIGKILL");
  await vi.waitFor(() => expect(access(dirname(kubeconfig))).rejects.toThrow("ENOENT"), { timeout: 10_000 });
  // They are killed before the folder goes; a process with much memory takes a moment to be gone.
  await vi.waitFor(async () => expect(await Promise.all(children.map(isRunning))).toEqual([false, false, false]), { timeout: 10_000 });
});
