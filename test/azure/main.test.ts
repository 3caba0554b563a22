import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientSecretCredential } from "@azure/identity";
import { Agent, request } from "undici";
import { expect, it } from "vitest";

const main = join(import.meta.dirname, "main.ts");

it.each(["SIGINT", "SIGTERM"] as const)("runs as a process of its own, prints how to use it, writes its log, and ends with 0 on %s", async (signal) => {
  const folder = mkdtempSync(join(tmpdir(), "azure-main-"));
  const log = join(folder, "requests.jsonl");
  const child = spawn(process.execPath, [main, "--log", log], { stdio: ["ignore", "pipe", "inherit"] });
  const environment = await exported(child.stdout);
  const { AZURE_TENANT_ID = "", AZURE_CLIENT_ID = "", AZURE_CLIENT_SECRET = "", AZURE_AUTHORITY_HOST: authorityHost = "" } = environment;
  const ca = readFileSync(environment["NODE_EXTRA_CA_CERTS"] ?? "", "utf8");
  const options = { authorityHost, disableInstanceDiscovery: true, tlsOptions: { ca } };
  const credential = new ClientSecretCredential(AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, options);
  expect((await credential.getToken("https://management.azure.com/.default")).token).toMatch(/^ey/);
  expect(await disturbed(environment, ca)).toEqual([201, 418]);
  const { AZURE_CONFIG_DIR: config, ARM_METADATA_HOSTNAME: host } = environment;
  expect([config?.startsWith(tmpdir()), `https://${host ?? ""}`, environment["ARM_CLIENT_SECRET"]]).toEqual([true, authorityHost, AZURE_CLIENT_SECRET]);
  child.kill(signal);
  expect(await once(child, "exit")).toEqual([0, null]);
  const lines = readFileSync(log, "utf8").trim().split("\n").map((line) => JSON.parse(line) as unknown);
  expect(lines).toContainEqual(expect.objectContaining({ method: "POST", type: "entra", status: 200 }));
  rmSync(folder, { recursive: true });
});

it("says what is wrong with its flags", async () => {
  const child = spawn(process.execPath, [main, "--port", "high"], { stdio: ["ignore", "ignore", "pipe"] });
  const [text, [code]] = await Promise.all([textOf(child.stderr), once(child, "exit")]);
  expect(text).toContain("cannot listen on port 'high': it must be 0 to 65535\nusage: npm run azure");
  expect(code).toBe(2);
});

/** The statuses of a fault set over HTTP with the printed key, and of a request that meets it. */
async function disturbed(environment: Readonly<Record<string, string>>, ca: string): Promise<readonly number[]> {
  const { AZURE_ARM_ENDPOINT = "", AZURE_SIMULATOR_KEY = "" } = environment;
  const dispatcher = new Agent({ connect: { ca } });
  const rule = { match: { path: "^/subscriptions$" }, fault: { do: "answer", status: 418 } };
  const headers = { "x-simulator-key": AZURE_SIMULATOR_KEY };
  const set = await request(`${AZURE_ARM_ENDPOINT}/simulator/faults`, { dispatcher, method: "POST", headers, body: JSON.stringify(rule) });
  const met = await request(`${AZURE_ARM_ENDPOINT}/subscriptions?api-version=2022-12-01`, { dispatcher });
  await Promise.all([set.body.dump(), met.body.dump()]);
  await dispatcher.close();
  return [set.statusCode, met.statusCode];
}

/** Reads the `export` lines, up to the last one that the program prints. */
async function exported(stream: AsyncIterable<Buffer>): Promise<Readonly<Record<string, string>>> {
  let text = "";
  for await (const chunk of stream) {
    text += chunk.toString();
    if (/^export SSL_CERT_FILE=.*\n/m.test(text)) break;
  }
  return Object.fromEntries([...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])) as Record<string, string>;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += chunk.toString();
  return text;
}
