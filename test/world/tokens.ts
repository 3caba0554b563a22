import type { Account } from "../../src/api/credential.ts";
import { CredentialSet } from "../../src/azure/credential-set.ts";
import { CachedCredential, type IssuedToken, type TokenSource } from "../../src/azure/credentials.ts";
import { AzureError } from "../../src/azure/errors.ts";
import type { ApiServer } from "./api-server.ts";
import type { WorldClock } from "./clock.ts";
import { type Application, principalIdOf, TOKEN } from "./principals.ts";
import { Chance } from "./random.ts";

/** How long what Entra gives for the token of an account lives. */
const LIFETIME_MS = 60 * 60_000;

/** What the tokens of one operator process come through. */
export interface Issuers {
  readonly api: ApiServer;
  readonly clock: WorldClock;
  /** What Azure takes as a token of an application. */
  readonly issue: (application: Application) => string;
}

/**
 * The real caches of tokens over an API server that gives tokens of accounts, and an Entra that takes them: as `src/commands/credentials.ts`
 * puts them together, but for the exchange itself, which takes real time. A process that starts has no token of any account.
 */
export function credentialsOf(issuers: Issuers): CredentialSet {
  const { clock } = issuers;
  const random = new Chance(1).next;
  const operator = new CachedCredential({ source: () => Promise.resolve({ token: TOKEN, lifetimeMs: Number.MAX_SAFE_INTEGER / 2 }), clock, random });
  return new CredentialSet({ operator, sourceOf: (account) => sourceOf(account, issuers), clock, random });
}

/** Who is the subject of a token is checked by the API server, and who may be which application by Entra. */
function sourceOf(account: Account, { api, clock, issue }: Issuers): TokenSource {
  return async (): Promise<IssuedToken> => {
    await clock.sleep(40);
    const problem = problemOf(account, api, clock.now());
    if (problem !== undefined) throw new AzureError({ ...problem, code: "TokenRequestRefused", message: `cannot get a token of ServiceAccount ${account.namespace}/azure-identity: ${problem.message}` });
    return { token: issue(applicationOf(account.clientId)), lifetimeMs: LIFETIME_MS };
  };
}

interface Problem {
  readonly class: "unavailable" | "credential";
  readonly message: string;
}

function problemOf({ namespace, uid }: Account, api: ApiServer, nowMs: number): Problem | undefined {
  if (api.awayUntilMs > nowMs) return { class: "unavailable", message: "the API server is away" };
  if (api.namespace(namespace)?.metadata.deletionTimestamp !== undefined) return { class: "credential", message: "the namespace is terminating" };
  const now = api.account(namespace);
  if (now === undefined) return { class: "credential", message: "it does not exist" };
  return now.metadata.uid === uid ? undefined : { class: "credential", message: "it has another uid" };
}

function applicationOf(clientId: string): Application {
  const principalId = principalIdOf(clientId);
  if (principalId === undefined) throw new AzureError({ class: "credential", code: "AADSTS700016", message: "there is no such application" });
  return { clientId, principalId };
}
