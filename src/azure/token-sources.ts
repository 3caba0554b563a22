import type { TokenCredential } from "@azure/core-auth";
import type { HttpClient } from "@azure/core-rest-pipeline";
import { ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from "@azure/identity";
import type { Clock } from "./contract.ts";
import type { TokenSource } from "./credentials.ts";
import { AzureError } from "./errors.ts";
import type { TokenExchange } from "./token-failure.ts";
import { OPERATOR_REMEDIES, type Remedies, tokenFailure } from "./token-failure.ts";

/** How long a request for a token may take, in milliseconds. */
export const TOKEN_TIMEOUT_MS = 30_000;

/** The authority of the public cloud. */
export const PUBLIC_AUTHORITY = "https://login.microsoftonline.com";

/** Authorities that instance discovery knows; any other is trusted because the administrator named it (stack.md 2.3). */
const DISCOVERABLE: ReadonlySet<string> = new Set([
  "login.microsoftonline.com",
  "login.microsoftonline.us",
  "login.partner.microsoftonline.cn",
  "login.chinacloudapi.cn",
]);

/** What each kind of credential needs. */
export type CredentialSettings =
  | { readonly kind: "workload-identity"; readonly tenantId: string; readonly clientId: string; readonly tokenFile: string }
  | { readonly kind: "client-secret"; readonly tenantId: string; readonly clientId: string; readonly clientSecret: string }
  | { readonly kind: "managed-identity"; readonly clientId?: string }
  /** `assertion` throws an {@link AzureError} when there is none. */
  | { readonly kind: "client-assertion"; readonly tenantId: string; readonly clientId: string; readonly assertion: () => Promise<string> };

/** What {@link tokenSource} needs besides the settings. */
export interface AuthorityOptions {
  /** Default {@link PUBLIC_AUTHORITY}. */
  readonly authorityHost?: string;
  /** The connections for requests to the authority; their time-out should be {@link TOKEN_TIMEOUT_MS}. */
  readonly httpClient: HttpClient;
  readonly clock: Clock;
  /** What a person can do about what the authority refuses; default what helps with the operator's own credential. */
  readonly remedies?: Remedies;
}

/**
 * A source that asks the authority each time: the SDK's own cache would return the token that is to be replaced, so each
 * fetch makes a new SDK credential, which also reads the federated token anew. Managed identities are the exception:
 * the SDK keeps their tokens and their first HTTP client for the whole process, and hands out a kept token until five
 * minutes before its end.
 */
export function tokenSource(settings: CredentialSettings, options: AuthorityOptions): TokenSource {
  const recorder = recording(options.httpClient);
  return async (scope) => {
    recorder.clear();
    try {
      const credential = sdkCredential(await ready(settings), { ...options, httpClient: recorder.client });
      const token = await credential.getToken(scope);
      if (token === null) throw new Error("the authority's answer has no token");
      // The SDK stamps the end by the machine's clock, whatever clock the rest goes by.
      return { token: token.token, lifetimeMs: token.expiresOnTimestamp - Date.now() };
    } catch (error) {
      if (error instanceof AzureError) throw error;
      throw new AzureError(tokenFailure(recorder.exchange(), error, { nowMs: options.clock.now(), remedies: options.remedies ?? OPERATOR_REMEDIES }));
    }
  };
}

/** The SDK wraps what its callback throws, so the assertion is had before. */
async function ready(settings: CredentialSettings): Promise<CredentialSettings> {
  if (settings.kind !== "client-assertion") return settings;
  const assertion = await settings.assertion();
  return { ...settings, assertion: () => Promise.resolve(assertion) };
}

function sdkCredential(settings: CredentialSettings, options: AuthorityOptions): TokenCredential {
  const authorityHost = (options.authorityHost ?? PUBLIC_AUTHORITY).replace(/\/+$/, "");
  const shared = { httpClient: options.httpClient, retryOptions: { maxRetries: 0 }, redirectOptions: { maxRetries: 0 } };
  const authority = { ...shared, authorityHost, disableInstanceDiscovery: !DISCOVERABLE.has(hostOf(authorityHost)) };
  switch (settings.kind) {
    case "workload-identity": {
      const { tenantId, clientId, tokenFile } = settings;
      return new WorkloadIdentityCredential({ ...authority, tenantId, clientId, tokenFilePath: tokenFile });
    }
    case "client-assertion":
      return new ClientAssertionCredential(settings.tenantId, settings.clientId, settings.assertion, authority);
    case "client-secret":
      return new ClientSecretCredential(settings.tenantId, settings.clientId, settings.clientSecret, authority);
    case "managed-identity":
      return new ManagedIdentityCredential({ ...shared, ...(settings.clientId === undefined ? {} : { clientId: settings.clientId }) });
  }
}

function hostOf(authorityHost: string): string {
  return URL.canParse(authorityHost) ? new URL(authorityHost).host.toLowerCase() : "";
}

interface Recorder {
  readonly client: HttpClient;
  exchange(): TokenExchange;
  clear(): void;
}

/** Remembers the last answer: the SDK wraps what happened in texts that are neither stable nor safe to show. */
function recording(client: HttpClient): Recorder {
  let last: TokenExchange = {};
  const sendRequest: HttpClient["sendRequest"] = async (request) => {
    try {
      const answer = await client.sendRequest(request);
      last = { answer };
      return answer;
    } catch (error) {
      last = { error };
      throw error;
    }
  };
  const clear = () => {
    last = {};
  };
  return { client: { sendRequest }, exchange: () => last, clear };
}
