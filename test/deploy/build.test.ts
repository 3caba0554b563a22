import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../build.ts";
import { withModels, withOperations } from "../../shake.ts";

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

describe("the operator as a bundle", () => {
  let outfile: string;

  beforeAll(async () => {
    outfile = join(folder, "main.mjs");
    await bundle(join(root, "src/main.ts"), outfile);
  });

  test("has no character that would double the memory of its source", async () => {
    expect(await textOf(folder)).not.toMatch(/[\u0100-\uffff]/);
  });

  test("holds the models that it sends and receives, and not the hundreds that it does not", async () => {
    const text = await textOf(folder);
    const models = ["EventsV1Event", "V1Deployment", "V1Namespace", "V1ObjectMeta", "V1PodSpec"];
    expect(models.filter((model) => text.includes(`"${model}"`))).toEqual(["EventsV1Event", "V1Namespace", "V1ObjectMeta"]);
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

describe("of a generated class stays", () => {
  const generated = [
    "class Api {",
    "    constructor(requests) {",
    "        this.requests = requests;",
    "    }",
    "    /** reads a pod */",
    "    async readPod(name, options) {",
    "        if (name === undefined) {",
    '            throw new Error("readNode");',
    "        }",
    '        return parse(name, "V1Pod");',
    "    }",
    "    readPodWithHttpInfo(name) {",
    "        return name;",
    "    }",
    "    readNode(name) {",
    '        return parse(name, "V1Node");',
    "    }",
    "}",
    "",
  ];

  test("what is named, with the constructor", () => {
    const kept = [...generated.slice(0, 14), ...generated.slice(17)].join("\n");
    expect(withOperations(generated.join("\n"), new Set(["readPod"]))).toBe(kept);
    expect(withOperations(generated.join("\n"), new Set(["readPod", "readNode"]))).toBe(generated.join("\n"));
  });

  test("of the table of models what is reachable, and everything that is no model", () => {
    const table = ["export * from '../models/V1Pod.js';", "export * from '../models/V1Node.js';", "import { V1Node } from '../models/V1Node.js';", "let typeMap = {", '    "V1Node": V1Node,', '    "V1Pod": V1Pod,', "};"];
    expect(withModels(table.join("\n"), new Set(["V1Pod"])).split("\n")).toEqual([table[0], "let typeMap = {", table[5], "};"]);
  });
});

test("an entry that does not exist is named", async () => {
  await expect(bundle(join(root, "src/absent.ts"), join(folder, "absent.mjs"))).rejects.toThrow(/absent\.ts/);
});

async function textOf(bundled: string): Promise<string> {
  const modules = (await readdir(bundled)).filter((file) => file.endsWith(".mjs"));
  return (await Promise.all(modules.map((file) => readFile(join(bundled, file), "utf8")))).join("\n");
}

function exportsOf(path: string): string {
  return `console.log(Object.keys(await import(${JSON.stringify(path)})).join(" "))`;
}
