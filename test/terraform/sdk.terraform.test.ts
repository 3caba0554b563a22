import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAzure } from "../azure/azure.ts";
import type { Azure } from "../azure/azure.ts";
import { welcome } from "../azure/welcome.ts";

// The SDK of Terraform's azurerm provider, which finds the cloud by its metadata endpoint and waits by its own rules for what takes time.
const run = promisify(execFile);
const CLIENT = join(import.meta.dirname, "client");

const QUICK = { "Microsoft.ContainerInstance/containerGroups": 1, "Microsoft.Resources/resourceGroups": 1 };

let folder: string;
let azure: Azure;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "terraform-"));
  await run("go", ["build", "-o", join(folder, "client"), "."], { cwd: CLIENT });
  azure = await startAzure({ durations: QUICK, settings: { operationRetryAfterSeconds: 1 } });
});
afterAll(async () => {
  await azure.stop();
  rmSync(folder, { recursive: true });
});

test("an identity, its credential, a container group and a grant are created, read and destroyed", async () => {
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, azure.caPem);
  const printed = welcome(azure, { caFile, folder, controlKey: "none" });
  const env = Object.fromEntries([...printed.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
  const { stdout } = await run(join(folder, "client"), [], { env, maxBuffer: 16 * 1024 * 1024 });
  expect(stdout.trim().split("\n")).toEqual([
    "cloud: AzureSimulator",
    "identity: web 36 36",
    "credentials: 1 system:serviceaccount:web:web",
    "containers: Succeeded SystemAssigned, UserAssigned 1 36",
    "grant: true true 1",
    "destroyed: true",
    "group destroyed: true",
  ]);
  const writes = azure.requests.filter(({ type, method }) => type !== "entra" && method !== "GET").map(({ method, type, status }) => `${method} ${type.split("/").at(-1) ?? ""} ${status}`);
  expect(writes).toEqual([
    "PUT resourceGroups 201",
    "PUT userAssignedIdentities 201",
    "PUT federatedIdentityCredentials 201",
    "PUT containerGroups 201",
    "PUT roleAssignments 201",
    "DELETE roleAssignments 200",
    "DELETE containerGroups 200",
    "DELETE federatedIdentityCredentials 200",
    "DELETE userAssignedIdentities 200",
    "DELETE resourceGroups 202",
  ]);
});
