import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../build.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

const AZURE = {
  AZURE_TENANT_ID: "aaaabbbb-0000-cccc-1111-dddd2222eeee",
  AZURE_CLIENT_ID: "11112222-bbbb-3333-cccc-4444dddd5555",
  AZURE_CLIENT_SECRET: "not used",
};

/** Nothing listens on port 1. */
const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{ name: none, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: none, user: { token: none } }]
contexts: [{ name: none, context: { cluster: none, user: none } }]
current-context: none
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bundle-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("a bundle needs nothing beside it, although packages in it are CommonJS", async () => {
  const outfile = join(folder, "log.mjs");
  const sizeBytes = await bundle(join(root, "src/operate/log.ts"), outfile);
  expect(sizeBytes).toBe((await stat(outfile)).size);
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", exportsOf(outfile)], { cwd: folder });
  expect(stdout).toContain("createLog");
});

describe("the operator as one file", () => {
  let outfile: string;

  beforeAll(async () => {
    outfile = join(folder, "main.mjs");
    await bundle(join(root, "src/main.ts"), outfile);
  });

  test("says its version", async () => {
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    expect(await run(process.execPath, [outfile, "--version"], { cwd: folder })).toMatchObject({ stdout: `azid ${version}\n` });
  });

  test("starts with the arguments of the Deployment, up to the cluster that is not there", async () => {
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, KUBECONFIG);
    const bare = ["--shared-credential-namespaces=", "--shared-credential-scopes=", "--health-probe-bind-address=0", "--metrics-bind-address=0"];
    const started = run(process.execPath, [outfile, "run", ...bare, `--kubeconfig=${kubeconfig}`], { cwd: folder, env: AZURE });
    await expect(started).rejects.toMatchObject({ code: 3, stderr: expect.stringContaining("https://127.0.0.1:1 ") as string });
  });
});

test("an entry that does not exist is named", async () => {
  await expect(bundle(join(root, "src/absent.ts"), join(folder, "absent.mjs"))).rejects.toThrow(/absent\.ts/);
});

function exportsOf(path: string): string {
  return `console.log(Object.keys(await import(${JSON.stringify(path)})).join(" "))`;
}
