import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AzureError } from "../../src/azure/errors.ts";
import { tokenSource } from "../../src/azure/token-sources.ts";
import type { CredentialSettings } from "../../src/azure/token-sources.ts";
import { TransportError, createTransport } from "../../src/azure/transport.ts";
import type { Transport } from "../../src/azure/transport.ts";
import { startAzure } from "../azure/azure.ts";
import type { Azure } from "../azure/azure.ts";
import { issuerAt } from "../azure/raw-client.ts";
import type { Issuer } from "../azure/raw-client.ts";
import { TestClock, inTurn } from "./fake-azure.ts";

const SECRET = "a secret of a test";
const SUBJECT = "system:serviceaccount:azid-system:azid";
const clock = { now: () => Date.now() };

describe("tokens from an authority", () => {
  let azure: Azure;
  let transport: Transport;
  let issuer: Issuer;
  let folder: string;
  let client: { readonly clientId: string };

  beforeAll(async () => {
    issuer = await issuerAt("https://cluster.test");
    azure = await startAzure({ jwksOf: () => issuer.jwks() });
    client = azure.registerPrincipal({ name: "operator", secret: SECRET, federated: { issuer: issuer.url, subject: SUBJECT } });
    transport = createTransport({ clock, caPem: azure.caPem });
    folder = await mkdtemp(join(tmpdir(), "azure-client-"));
  });

  afterAll(async () => {
    await transport.close();
    await azure.stop();
    await rm(folder, { recursive: true });
  });

  const fetch = (settings: CredentialSettings) =>
    tokenSource(settings, { authorityHost: `${azure.authorityHost}/`, httpClient: transport.client(5000), clock })(`${azure.endpoint}/.default`);
  const bySecret = (more: object = {}) => ({ kind: "client-secret" as const, tenantId: azure.tenantId, clientId: client.clientId, clientSecret: SECRET, ...more });

  async function byAssertion(claims: object): Promise<CredentialSettings> {
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, await issuer.token({ sub: SUBJECT, ...claims }, Date.now()));
    return { kind: "workload-identity", tenantId: azure.tenantId, clientId: client.clientId, tokenFile };
  }

  async function refusal(settings: CredentialSettings) {
    const error: unknown = await fetch(settings).catch((thrown: unknown) => thrown);
    if (!(error instanceof AzureError)) throw new Error("a token was issued");
    return error.failure;
  }

  test("by federated assertion, read anew each time", async () => {
    const first = await fetch(await byAssertion({}));
    expect(first.lifetimeMs).toBeGreaterThan(3_500_000);
    await byAssertion({ sub: "system:serviceaccount:other:other" });
    const settings = { kind: "workload-identity" as const, tenantId: azure.tenantId, clientId: client.clientId, tokenFile: join(folder, "token") };
    expect((await refusal(settings)).class).toBe("credential");
  });

  test("by secret, a new one each time", async () => {
    const tokens = [await fetch(bySecret()), await fetch(bySecret())];
    expect(new Set(tokens.map((issued) => issued.token)).size).toBe(2);
  });

  test.each([
    [{ clientSecret: "wrong" }, "AADSTS7000215", "the secret is wrong: check AZURE_CLIENT_SECRET"],
    [{ clientId: "cccccccc-0000-4000-8000-000000000000" }, "AADSTS700016", "the application is not known in the tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID"],
    [{ tenantId: "dddddddd-0000-4000-8000-000000000000" }, "AADSTS90002", "the tenant is not known: check AZURE_TENANT_ID and AZURE_AUTHORITY_HOST"],
  ])("refused with %j", async (more, code, remedy) => {
    expect(await refusal(bySecret(more))).toEqual({ class: "credential", code, message: `cannot get a token: the authority refused with ${code}; ${remedy}` });
  });

  test("a federated credential that is missing", async () => {
    const failure = await refusal(await byAssertion({ sub: "system:serviceaccount:other:other" }));
    expect(failure).toMatchObject({ class: "credential", code: expect.stringMatching(/^AADSTS7002\d\d$|^AADSTS70021\d?$/) as string });
    expect(failure.message).toContain("add a federated credential with the issuer, subject and audience");
  });

  test("an assertion that has expired", async () => {
    const past = Math.floor(Date.now() / 1000) - 7200;
    expect(await refusal(await byAssertion({ iat: past, nbf: past, exp: past + 60 }))).toMatchObject({ class: "credential", code: "AADSTS700024" });
  });

  test("a token file that is not there", async () => {
    const settings = { kind: "workload-identity" as const, tenantId: azure.tenantId, clientId: client.clientId, tokenFile: join(folder, "none") };
    expect(await refusal(settings)).toEqual({
      class: "credential",
      code: "ENOENT",
      message: "cannot get a token: the federated token file cannot be read (ENOENT); check AZURE_FEDERATED_TOKEN_FILE and the projected volume",
    });
  });

  test.each([
    [{ do: "answer", status: 503, text: "<html>" }, { class: "unavailable", code: "503" }],
    [{ do: "answer", status: 429, headers: { "retry-after": "9" }, body: { error: "throttled" } }, { class: "throttled", afterSeconds: 9 }],
    [{ do: "reset", effect: "none" }, { class: "unavailable" }],
  ] as const)("trouble at the authority: %j, asked once", async (fault, expected) => {
    azure.clearRequests();
    azure.intercept((request) => request.path.endsWith("/oauth2/v2.0/token"), fault);
    expect(await refusal(bySecret())).toMatchObject(expected);
    expect(azure.requests.filter((request) => request.path.endsWith("/token"))).toHaveLength(1);
  });
});

// One test for one source: the SDK keeps the HTTP client of the first for the whole process.
test("tokens from the machine's managed identity come from the metadata service", async () => {
  const settings: CredentialSettings = { kind: "managed-identity", clientId: "cccccccc-0000-4000-8000-000000000001" };
  const body = { access_token: "t", expires_on: String(Math.floor(Date.now() / 1000) + 7000), token_type: "Bearer", resource: "https://arm.test" };
  const client = inTurn(new TransportError("timeout", "RequestTimeout", "no answer within 30 s"), { status: 400, body: { error: "invalid_request", error_description: "Identity not found" } }, { status: 200, body });
  const fetch = tokenSource(settings, { httpClient: client, clock: new TestClock() });
  await expect(fetch("https://arm.test/.default")).rejects.toMatchObject({
    failure: { class: "unavailable", code: "RequestTimeout", message: "cannot get a token from the authority: no answer within 30 s" },
  });
  await expect(fetch("https://arm.test/.default")).rejects.toMatchObject({ failure: { class: "credential", code: "invalid_request", message: expect.stringContaining("assign it") as string } });
  const issued = await fetch("https://arm.test/.default");
  expect(issued.token).toBe("t");
  expect(issued.lifetimeMs).toBeGreaterThan(6_000_000);
  const url = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Farm.test&client_id=cccccccc-0000-4000-8000-000000000001";
  expect(client.requests.map((request) => request.url)).toEqual([url, url, url]);
});
