import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientSecretCredential, WorkloadIdentityCredential } from "@azure/identity";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import type { JSONWebKeySet } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textAt } from "./kernel/json.ts";
import { assertionForm, codeOf, issuerAt, SECRET, secretForm, startBench } from "./raw-client.ts";
import type { Bench, Issuer, RawAnswer } from "./raw-client.ts";

const SUBJECT = "system:serviceaccount:apps:web";

let bench: Bench;
let cluster: Issuer;
let identity: { clientId: string; principalId: string };

beforeAll(async () => {
  cluster = await issuerAt("https://cluster.example");
  const impostor = await issuerAt("https://cluster.example");
  expect(await impostor.jwks()).not.toEqual(await cluster.jwks());
  bench = await startBench({
    settings: { federatedCredentialDelaySeconds: 10 },
    jwksOf: async (issuer) => {
      if (issuer === "https://unreachable.example") throw new Error("no route");
      return cluster.jwks();
    },
  });
  identity = federate("trusted", cluster.url, SUBJECT);
  bench.clock.advance(10_000);
});

afterAll(() => bench.stop());

function federate(name: string, issuer: string, subject: string): { clientId: string; principalId: string } {
  const id = `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const { properties } = bench.azure.portal.put(id, {});
  bench.azure.portal.put(`${id}/federatedIdentityCredentials/one`, { properties: { issuer, subject, audiences: ["api://AzureADTokenExchange"] } });
  return properties as unknown as { clientId: string; principalId: string };
}

const token = (claims: Parameters<Issuer["token"]>[0]): Promise<string> => cluster.token(claims, bench.clock.now());
const exchange = async (assertion: string): Promise<RawAnswer> => bench.logIn(assertionForm(identity.clientId, assertion));

describe("discovery", () => {
  it("serves openid-configuration with endpoints on its own host", async () => {
    const { status, body } = await bench.send("GET", `/${bench.azure.tenantId}/v2.0/.well-known/openid-configuration`, { token: null });
    const authority = `${bench.azure.endpoint}/${bench.azure.tenantId}`;
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_endpoint: `${authority}/oauth2/v2.0/token`, jwks_uri: `${authority}/discovery/v2.0/keys` });
  });

  it.each([
    { path: () => `/${bench.azure.tenantId}/.well-known/openid-configuration`, token: () => `/${bench.azure.tenantId}/oauth2/token` },
    { path: () => "/common/v2.0/.well-known/openid-configuration", token: () => `/${bench.azure.tenantId}/oauth2/v2.0/token` },
    { path: () => "/organizations/v2.0/.well-known/openid-configuration", token: () => `/${bench.azure.tenantId}/oauth2/v2.0/token` },
    { path: () => "/adfs/.well-known/openid-configuration", token: () => "/adfs/oauth2/token" },
  ])("of another form has that form's token endpoint, which works (stack.md 10)", async ({ path, token: endpoint }) => {
    const { body } = await bench.send("GET", path(), { token: null });
    const url = textAt(body, "token_endpoint") ?? "";
    expect(url).toBe(bench.azure.endpoint + endpoint());
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const form = new URLSearchParams(secretForm(bench.principal.clientId)).toString();
    const answer = await bench.send("POST", url, { token: null, headers, text: form });
    expect(decodeJwt(textAt(answer.body, "access_token") ?? "")).toMatchObject({ oid: bench.principal.principalId });
  });

  it("of the instance names its own host only", async () => {
    const { body } = await bench.send("GET", "/common/discovery/instance?api-version=1.1", { token: null });
    const { host } = new URL(bench.azure.endpoint);
    expect(body).toMatchObject({ metadata: [{ preferred_network: host, aliases: [host] }] });
  });

  it("has a v1 endpoint that takes a resource and answers with texts and times", async () => {
    const { scope: _scope, ...form } = secretForm(bench.principal.clientId) as { readonly scope: string };
    const text = new URLSearchParams({ ...form, resource: "https://management.azure.com/" }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const { status, body } = await bench.send("POST", `/${bench.azure.tenantId}/oauth2/token`, { token: null, headers, text });
    const nowSeconds = Math.floor(bench.clock.now() / 1000);
    expect([status, body["expires_in"], body["expires_on"], body["resource"]]).toEqual([200, "3600", String(nowSeconds + 3600), "https://management.azure.com/"]);
  });

  it("publishes the keys that its tokens are signed with", async () => {
    const { body } = await bench.send("GET", `/${bench.azure.tenantId}/discovery/v2.0/keys`, { token: null });
    const { payload } = await jwtVerify(bench.token, createLocalJWKSet(body as unknown as JSONWebKeySet), { currentDate: new Date(bench.clock.now()) });
    expect(payload).toMatchObject({ oid: bench.principal.principalId, appid: bench.principal.clientId, tid: bench.azure.tenantId, aud: "https://management.azure.com" });
  });
});

describe("tokens for federated assertions (arm.md 17.21)", () => {
  it("exchanges an assertion that a federated credential matches for a token of the identity", async () => {
    const { status, body } = await exchange(await token({ sub: SUBJECT }));
    expect(status).toBe(200);
    expect(decodeJwt(textAt(body, "access_token") ?? "")).toMatchObject({ oid: identity.principalId, appid: identity.clientId });
    expect(body["expires_in"]).toBe(86_400);
  });

  const refused: readonly { name: string; number: number; claims: () => Parameters<Issuer["token"]>[0] }[] = [
    { name: "another issuer", number: 700211, claims: () => ({ sub: SUBJECT, iss: "https://elsewhere.example" }) },
    { name: "the issuer with a trailing slash", number: 700211, claims: () => ({ sub: SUBJECT, iss: `${cluster.url}/` }) },
    { name: "another subject", number: 700213, claims: () => ({ sub: "system:serviceaccount:apps:other" }) },
    { name: "a subject in other case", number: 7_002_138, claims: () => ({ sub: SUBJECT.toUpperCase() }) },
    { name: "another audience", number: 700212, claims: () => ({ sub: SUBJECT, aud: "api://other" }) },
    { name: "an issuer of Entra", number: 700222, claims: () => ({ sub: SUBJECT, iss: "https://login.microsoftonline.com/x/v2.0" }) },
    { name: "an expired assertion", number: 700024, claims: () => ({ sub: SUBJECT, exp: Math.floor(bench.clock.now() / 1000) - 1 }) },
    { name: "an assertion of the future", number: 700024, claims: () => ({ sub: SUBJECT, nbf: Math.floor(bench.clock.now() / 1000) + 600 }) },
  ];
  it.each(refused)("refuses $name with AADSTS$number", async ({ number, claims }) => {
    const answer = await exchange(await token(claims()));
    expect([answer.status, answer.body["error"], answer.body["error_codes"]]).toEqual([401, "invalid_client", [number]]);
    expect(textAt(answer.body, "error_description")).toMatch(new RegExp(`^AADSTS${number}: .* Trace ID: .* Correlation ID: .* Timestamp: `));
  });

  it("refuses an assertion that another key has signed", async () => {
    const impostor = await issuerAt(cluster.url);
    const answer = await exchange(await impostor.token({ sub: SUBJECT }, bench.clock.now()));
    expect(answer.body["error_codes"]).toEqual([700027]);
  });

  it("refuses when the issuer's keys cannot be had", async () => {
    identity = federate("unreachable", "https://unreachable.example", SUBJECT);
    bench.clock.advance(10_000);
    const answer = await exchange(await token({ sub: SUBJECT, iss: "https://unreachable.example" }));
    expect(answer.body["error_codes"]).toEqual([90061]);
  });

  it("refuses what is no JWT", async () => {
    expect((await exchange("nonsense")).body["error_codes"]).toEqual([50027]);
  });

  it("does not see a new credential for some seconds (AADSTS70021, arm.md 4)", async () => {
    identity = federate("late", cluster.url, "system:serviceaccount:apps:late");
    const assertion = await token({ sub: "system:serviceaccount:apps:late" });
    expect((await exchange(assertion)).body["error_codes"]).toEqual([70021]);
    bench.clock.advance(10_000);
    expect((await exchange(assertion)).status).toBe(200);
  });

  it("forgets the credentials of a deleted identity together with the identity", async () => {
    identity = federate("deleted", cluster.url, "system:serviceaccount:apps:deleted");
    bench.azure.portal.delete(`${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deleted`);
    expect((await exchange(await token({ sub: "system:serviceaccount:apps:deleted" }))).body["error_codes"]).toEqual([700016]);
  });

  it("accepts a federated application as well", async () => {
    const { clientId } = bench.azure.registerPrincipal({ name: "operator", federated: { issuer: cluster.url, subject: "system:serviceaccount:op:op" } });
    const answer = await bench.logIn(assertionForm(clientId, await token({ sub: "system:serviceaccount:op:op" })));
    expect([answer.status, answer.body["expires_in"]]).toEqual([200, 3600]);
  });
});

describe("the token endpoint", () => {
  const forms: readonly { name: string; number: number; form: () => Record<string, string>; tenant?: string }[] = [
    { name: "a wrong secret", number: 7_000_215, form: () => ({ ...secretForm(bench.principal.clientId, "wrong") }) },
    { name: "no proof", number: 7_000_216, form: () => ({ ...secretForm(bench.principal.clientId), client_secret: "" }) },
    { name: "an unknown application", number: 700_016, form: () => ({ ...secretForm("00000000-0000-0000-0000-00000000dead") }) },
    { name: "an unknown tenant", number: 90_002, form: () => ({ ...secretForm(bench.principal.clientId) }), tenant: "00000000-0000-0000-0000-00000000dead" },
    { name: "another grant", number: 70_003, form: () => ({ ...secretForm(bench.principal.clientId), grant_type: "password" }) },
    { name: "a scope without /.default", number: 1_002_012, form: () => ({ ...secretForm(bench.principal.clientId), scope: "https://management.azure.com/user_impersonation" }) },
    { name: "an unknown resource", number: 500_011, form: () => ({ ...secretForm(bench.principal.clientId), scope: "https://nowhere.example/.default" }) },
    { name: "no client_id", number: 900_144, form: () => ({ grant_type: "client_credentials" }) },
  ];
  it.each(forms)("refuses $name with AADSTS$number", async ({ number, form, tenant }) => {
    const wanted = number === 7_000_216 ? Object.fromEntries(Object.entries(form()).filter(([name]) => name !== "client_secret")) : form();
    expect((await bench.logIn(wanted, tenant)).body["error_codes"]).toEqual([number]);
  });

  it("keeps secrets and assertions out of the request log", async () => {
    bench.azure.clearRequests();
    await bench.logIn(secretForm(bench.principal.clientId));
    await bench.logIn(assertionForm(bench.principal.clientId, "abc"));
    expect(bench.azure.requests.map(({ type, status }) => [type, status])).toEqual([["entra", 200], ["entra", 401]]);
    expect(JSON.stringify(bench.azure.requests)).not.toContain(SECRET);
    expect(bench.azure.requests[1]?.body).toMatchObject({ client_assertion: "REDACTED" });
  });
});

describe("access tokens at ARM (arm.md 2.5: 401)", () => {
  const path = (): string => `${bench.group}?api-version=2021-04-01`;

  it("are asked for with a challenge", async () => {
    const answer = await bench.send("GET", path(), { token: null });
    expect([answer.status, codeOf(answer)]).toEqual([401, "AuthenticationFailed"]);
    expect(answer.headers["www-authenticate"]).toContain(`Bearer authorization_uri="${bench.azure.endpoint}/${bench.azure.tenantId}"`);
  });

  it("are refused when they are forged", async () => {
    const forged = await token({ sub: "x", aud: "https://management.azure.com", oid: bench.principal.principalId });
    const answer = await bench.send("GET", path(), { token: forged });
    expect([answer.status, codeOf(answer)]).toEqual([401, "InvalidAuthenticationToken"]);
  });

  it("expire in clock time", async () => {
    const { body } = await bench.logIn(secretForm(bench.principal.clientId));
    const fresh = textAt(body, "access_token") ?? "";
    expect((await bench.send("GET", path(), { token: fresh })).status).toBe(200);
    bench.clock.advance(3_600_000);
    const answer = await bench.send("GET", path(), { token: fresh });
    expect([answer.status, codeOf(answer)]).toEqual([401, "ExpiredAuthenticationToken"]);
  });
});

describe("the real @azure/identity", () => {
  const options = (): { authorityHost: string; disableInstanceDiscovery: true; tlsOptions: { ca: string } } => ({
    authorityHost: bench.azure.authorityHost,
    disableInstanceDiscovery: true,
    tlsOptions: { ca: bench.azure.caPem },
  });

  it("logs in by client secret", async () => {
    const credential = new ClientSecretCredential(bench.azure.tenantId, bench.principal.clientId, SECRET, options());
    const got = await credential.getToken("https://management.azure.com/.default");
    expect((await bench.send("GET", `${bench.group}?api-version=2021-04-01`, { token: got.token })).status).toBe(200);
  });

  it("logs in by a projected ServiceAccount token", async () => {
    const folder = mkdtempSync(join(tmpdir(), "projected-"));
    const tokenFilePath = join(folder, "token");
    const subject = "system:serviceaccount:apps:projected";
    const { clientId } = federate("projected", cluster.url, subject);
    bench.clock.advance(10_000);
    writeFileSync(tokenFilePath, await token({ sub: subject }));
    const credential = new WorkloadIdentityCredential({ tenantId: bench.azure.tenantId, clientId, tokenFilePath, ...options() });
    const got = await credential.getToken(`${bench.azure.endpoint}/.default`);
    rmSync(folder, { recursive: true });
    expect(decodeJwt(got.token)["appid"]).toBe(clientId);
  });

  it("reports the AADSTS code of a refusal", async () => {
    const credential = new ClientSecretCredential(bench.azure.tenantId, bench.principal.clientId, "wrong", options());
    await expect(credential.getToken("https://management.azure.com/.default")).rejects.toThrow(/AADSTS7000215/);
  });
});
