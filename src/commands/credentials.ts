import { readFileSync } from "node:fs";
import { type Account, ACCOUNT_NAME, accountSubject } from "../api/credential.ts";
import { CredentialSet } from "../azure/credential-set.ts";
import { CachedCredential, type TokenSource } from "../azure/credentials.ts";
import { AzureError } from "../azure/errors.ts";
import { subjectOfToken } from "../azure/token-claims.ts";
import { accountRemedies } from "../azure/token-failure.ts";
import { type CredentialSettings, TOKEN_TIMEOUT_MS, tokenSource } from "../azure/token-sources.ts";
import type { Transport } from "../azure/transport.ts";
import type { AzureConfig, AzureCredential } from "../config/azure.ts";
import type { RequestedToken, TokenDemand } from "../kubernetes/tokens.ts";
import type { ProcessLog } from "../operate/log.ts";

/** Asks the API server for a token of a ServiceAccount. */
export type TokenRequester = (demand: TokenDemand) => Promise<RequestedToken>;

/** What the tokens of all credentials come through. */
export interface CredentialSurroundings {
  readonly transport: Transport;
  readonly log: ProcessLog;
  readonly requestToken: TokenRequester;
}

/** How often tokens are looked at whether they are due, used or not; the last tenth of their life is longer. */
const RENEWAL_MS = 60_000;

const clock = { now: Date.now };

/** The tokens of the operator, if it has an identity of its own, and of every account that an object uses. */
export function openCredentials(config: AzureConfig, surroundings: CredentialSurroundings) {
  const { log } = surroundings;
  const operator = config.credential === undefined ? undefined : operatorTokens(config, config.credential, surroundings);
  const set = new CredentialSet({
    operator,
    operatorSubject: () => subjectOf(config.credential),
    sourceOf: (account) => accountTokens(account, config, surroundings),
    clock,
    random: Math.random,
    onRefreshFailed: (credential, { code, message }) => log.warn({ credential, code, note: message }, "A token for Azure could not be renewed yet"),
  });
  const timer = setInterval(() => void set.renewDue(), RENEWAL_MS);
  timer.unref();
  return { set, operator, stop: () => clearInterval(timer) };
}

function operatorTokens(config: AzureConfig, credential: AzureCredential, { transport, log }: CredentialSurroundings): CachedCredential {
  return new CachedCredential({
    source: tokenSource(settingsOf(config.tenantId, credential), { authorityHost: config.authorityHost, httpClient: transport.client(TOKEN_TIMEOUT_MS), clock }),
    clock,
    random: Math.random,
    onRefreshFailed: ({ code, message }) => log.warn({ code, note: message }, "The token for Azure could not be renewed yet"),
  });
}

/** Whose token the operator exchanges; undefined where it exchanges none, or while it cannot be read. */
function subjectOf(credential: AzureCredential | undefined): string | undefined {
  if (credential?.is !== "workload-identity") return undefined;
  try {
    return subjectOfToken(readFileSync(credential.tokenFile, "utf8"));
  } catch {
    return undefined;
  }
}

function settingsOf(tenantId: string, credential: AzureCredential): CredentialSettings {
  switch (credential.is) {
    case "workload-identity":
      return { kind: credential.is, tenantId, clientId: credential.clientId, tokenFile: credential.tokenFile };
    case "client-secret":
      return { kind: credential.is, tenantId, clientId: credential.clientId, clientSecret: credential.clientSecret.reveal() };
    case "managed-identity":
      return { kind: credential.is, ...(credential.clientId === undefined ? {} : { clientId: credential.clientId }) };
  }
}

/** A token of the ServiceAccount is exchanged at the authority: whoever may not have the one cannot have the other (DESIGN 6). */
function accountTokens(account: Account, { authorityHost, assertionAudience: audience }: AzureConfig, { transport, requestToken }: CredentialSurroundings): TokenSource {
  const { namespace, uid, clientId, tenantId } = account;
  const title = `ServiceAccount ${namespace}/${ACCOUNT_NAME}`;
  const federation = `the cluster's issuer, subject ${accountSubject(namespace)} and audience ${audience}`;
  const assertion = async (): Promise<string> => {
    const answer = await requestToken({ namespace, name: ACCOUNT_NAME, uid, audience });
    if (answer.is === "issued") return answer.token;
    const message = `cannot get a token of ${title}: ${answer.problem}`;
    throw new AzureError({ class: answer.isTemporary ? "unavailable" : "credential", code: "TokenRequestRefused", message });
  };
  const settings: CredentialSettings = { kind: "client-assertion", tenantId, clientId, assertion };
  return tokenSource(settings, { authorityHost, httpClient: transport.client(TOKEN_TIMEOUT_MS), clock, remedies: accountRemedies({ title, clientId, federation }) });
}
