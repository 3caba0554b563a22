import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Account, accountSubject, credentialName } from "../../src/api/credential.ts";
import { parseAnyArmId } from "../../src/api/arm-id.ts";
import { objectAt, stringAt } from "../../src/api/json.ts";
import { CredentialSet } from "../../src/azure/credential-set.ts";
import { AzureError } from "../../src/azure/errors.ts";
import { createAzure } from "../../src/azure/gateway.ts";
import { accountRemedies } from "../../src/azure/token-failure.ts";
import { ARM_TIMEOUT_MS } from "../../src/azure/pipeline.ts";
import { TOKEN_TIMEOUT_MS, tokenSource } from "../../src/azure/token-sources.ts";
import { createTransport, type Transport } from "../../src/azure/transport.ts";
import { type Azure, startAzure } from "../azure/azure.ts";
import { type Issuer, issuerAt } from "../azure/raw-client.ts";

const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";
const SUBJECT = accountSubject("team");
const clock = { now: Date.now };
let azure: Azure;
let transport: Transport;
let issuer: Issuer;
let account: Account;
let id: string;
let requested: string[] = [];
let denies = false;

beforeAll(async () => {
  issuer = await issuerAt("https://cluster.test");
  azure = await startAzure({ clock, jwksOf: () => issuer.jwks() });
  transport = createTransport({ clock, caPem: azure.caPem });
  const [subscription = ""] = azure.subscriptionIds;
  azure.portal.createResourceGroup(subscription, "g", "westeurope");
  id = `/subscriptions/${subscription}/resourceGroups/g/providers/${IDENTITIES}/team`;
  const properties = objectAt(azure.portal.put(id, { location: "westeurope" }), "properties");
  const [clientId = "", principalId = ""] = [stringAt(properties, "clientId"), stringAt(properties, "principalId")];
  azure.portal.put(`${id}/federatedIdentityCredentials/cluster`, { properties: { issuer: issuer.url, subject: SUBJECT, audiences: ["api://AzureADTokenExchange"] } });
  azure.setPermissions([{ principalId, actions: ["*"], scope: "/" }]);
  account = { namespace: "team", uid: "u1", clientId, tenantId: azure.tenantId };
});

afterAll(async () => {
  await transport.close();
  await azure.stop();
});

beforeEach(() => {
  requested = [];
  denies = false;
  azure.clearRequests();
});

function credentials(subject = SUBJECT): CredentialSet {
  const remedies = accountRemedies({ title: "ServiceAccount team/azure-identity", clientId: account.clientId, federation: "what it needs" });
  return new CredentialSet({
    operator: undefined,
    clock,
    random: () => 0.5,
    sourceOf: ({ clientId, tenantId, uid }) => {
      const assertion = (): Promise<string> => {
        requested.push(uid);
        if (denies) throw new AzureError({ class: "credential", code: "TokenRequestRefused", message: "the account is gone" });
        return issuer.token({ sub: subject }, Date.now());
      };
      const settings = { kind: "client-assertion", tenantId, clientId, assertion } as const;
      return tokenSource(settings, { authorityHost: azure.authorityHost, httpClient: transport.client(TOKEN_TIMEOUT_MS), clock, remedies });
    },
  });
}

/** Reads the identity so often, and returns how the last read ended. */
async function read(set: CredentialSet, name: string, times: number): Promise<string> {
  const gateway = createAzure({ endpoint: azure.endpoint, httpClient: transport.client(ARM_TIMEOUT_MS), credential: (each) => set.provider(each), clock, userAgent: "azid/test" });
  const parsed = parseAnyArmId(id);
  if (!parsed.ok) throw new Error(parsed.error);
  let last = "";
  for (let count = 0; count < times; count += 1) {
    const answer = await gateway.read(parsed.id, { apiVersion: "2024-11-30", credential: name, signal: new AbortController().signal });
    last = answer.is === "failed" ? `${answer.failure.class}: ${answer.failure.message}` : answer.is;
  }
  return last;
}

const asked = (isEntra: boolean) => azure.requests.filter(({ type, method }) => (type === "entra") === isEntra && (!isEntra || method === "POST")).length;

test("a hundred requests take one token of the API server and one of Entra; all but the first are one request", async () => {
  const set = credentials();
  const name = credentialName({ source: "Own", account });
  expect(await read(set, name, 1)).toBe("found");
  const first = { ofKubernetes: requested.length, ofEntra: asked(true), ofArm: asked(false) };
  expect(first).toEqual({ ofKubernetes: 1, ofEntra: 1, ofArm: 1 });
  azure.clearRequests();
  expect(await read(set, name, 99)).toBe("found");
  expect([requested.length, azure.requests.length]).toEqual([1, 99]);
});

test("the account that is made anew has a token of its own requested", async () => {
  const set = credentials();
  for (const uid of ["u1", "u2"]) await read(set, credentialName({ source: "Own", account: { ...account, uid } }), 2);
  expect([requested, asked(true)]).toEqual([["u1", "u2"], 2]);
});

test("a token of another account is refused by Entra, with what a person can do", async () => {
  const set = credentials("system:serviceaccount:other:azure-identity");
  const says = await read(set, credentialName({ source: "Own", account }), 1);
  expect(says).toBe(
    `credential: cannot get a token: the authority refused with AADSTS700213; add a federated credential with what it needs to the identity with client id ${account.clientId}; a new one is seen after some minutes`,
  );
  expect(asked(false)).toBe(0);
});

test("an account of which no token can be had is told in its own words, and nothing is asked of Entra", async () => {
  const set = credentials();
  denies = true;
  expect(await read(set, credentialName({ source: "Own", account }), 1)).toBe("credential: the account is gone");
  expect(azure.requests).toEqual([]);
});

test("the token says whose quota its requests count against", async () => {
  const set = credentials();
  const name = credentialName({ source: "Own", account });
  expect(set.principalOf(name)).toBe(account.clientId);
  await read(set, name, 1);
  expect(set.claims(name)).toMatchObject({ clientId: account.clientId, resourceId: id.toLowerCase(), subject: SUBJECT });
  expect(set.principalOf(name)).not.toBe(account.clientId);
});
