import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Azure, startAzure } from "../azure/azure.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { SUBSCRIPTION, TENANT } from "./stage.ts";

let plane: ControlPlane;
let azure: Azure;
let folder: string;

beforeAll(async () => {
  [plane, azure, folder] = await Promise.all([startControlPlane(), startAzure({ tenantId: TENANT, subscriptionIds: [SUBSCRIPTION] }), mkdtemp(join(tmpdir(), "start-"))]);
  await writeFile(join(folder, "ca.pem"), azure.caPem);
});

afterAll(async () => {
  await Promise.all([plane.stop(), azure.stop()]);
  await rm(folder, { recursive: true, force: true });
});

const identity = { AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: "11112222-bbbb-3333-cccc-4444dddd5555", AZURE_CLIENT_SECRET: "not-the-secret" };

function run(args: readonly string[], environment: Readonly<Record<string, string>> = identity): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const program = inject("operator");
  const env = { PATH: process.env["PATH"], HOME: folder, ...program.environment, ...environment };
  const child = spawn(process.execPath, [...program.args, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stderr })));
}

const started = () => ["run", `--kubeconfig=${plane.adminKubeconfig}`, `--azure-endpoint=${azure.endpoint}`, `--azure-authority-host=${azure.authorityHost}`, `--azure-ca-file=${join(folder, "ca.pem")}`];

describe("a start that cannot succeed ends with one message, the remedy and its exit code", () => {
  test("a wrong flag: 2", async () => {
    const { code, stderr } = await run(["run", "--sync-intervall-seconds=5"]);
    expect(code).toBe(2);
    expect(stderr).toContain("did you mean --sync-interval-seconds?");
  });

  test("no identity of the operator that namespaces shall use: 2, and the missing variable is named", async () => {
    const { code, stderr } = await run(["run", "--shared-credential-namespaces=apps", `--shared-credential-scopes=/subscriptions/${SUBSCRIPTION}`], {});
    expect(code).toBe(2);
    expect(stderr).toContain("AZURE_TENANT_ID");
  });

  test("a kubeconfig that is not there: 3", async () => {
    const { code, stderr } = await run(["run", "--kubeconfig=/nowhere/kubeconfig"]);
    expect(code).toBe(3);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain("--kubeconfig");
  });

  test("a policy file that is not there, or wrong: 2, with a line for each fault", async () => {
    const missing = await run(["run", "--policy-file=/nowhere/policy.yaml"]);
    expect(missing).toEqual({ code: 2, stderr: 'cannot read --policy-file="/nowhere/policy.yaml": ENOENT: name a file that the operator may read\n' });
    const file = join(folder, "policy.yaml");
    await writeFile(file, "roles: [{role: Reader}]\nfederations: []\n");
    const { code, stderr } = await run(["run", `--policy-file=${file}`]);
    expect(code).toBe(2);
    expect(stderr.trim().split("\n").toSorted()).toEqual([
      `cannot use --policy-file="${file}": roles[0].scope: it is missing: expected an ARM scope`,
      `cannot use --policy-file="${file}": there is no "federations" here: did you mean federation?`,
    ]);
  });

  test("an API server that does not answer: 3", async () => {
    const { readFile } = await import("node:fs/promises");
    const file = join(folder, "closed.kubeconfig");
    await writeFile(file, (await readFile(plane.adminKubeconfig, "utf8")).replace(/127\.0\.0\.1:\d+/, "127.0.0.1:1"));
    const { code, stderr } = await run(["run", `--kubeconfig=${file}`]);
    expect(code).toBe(3);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  test("no CRDs: 4, with the line that installs them", async () => {
    const { code, stderr } = await run(started());
    expect(code).toBe(4);
    expect(stderr).toContain("kubectl apply --server-side -k crds");
  });

  test("a secret that Entra does not take: 5, and it is not shown", async () => {
    const { kubectl } = await import("../control-plane/access.ts");
    await kubectl(plane, ["apply", "--server-side", "-k", join(import.meta.dirname, "../../crds")]);
    await kubectl(plane, ["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    const { code, stderr } = await run(started());
    expect(code).toBe(5);
    expect(stderr).toMatch(/AADSTS\d+/);
    expect(stderr).not.toContain("not-the-secret");
  });

  test("no such command: 2", async () => {
    expect((await run(["frobnicate"])).code).toBe(2);
  });
});
