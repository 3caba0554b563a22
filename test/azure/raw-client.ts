import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { CryptoKey, JWTPayload } from "jose";
import { Agent, request } from "undici";
import { ManualClock, startAzure } from "./azure.ts";
import type { Azure, AzureOptions, JsonObject, JsonValue } from "./azure.ts";
import { isObject, textAt } from "./kernel/json.ts";

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; an empty object when it is no JSON object. */
  readonly body: JsonObject;
}

/** What a raw request may carry. */
export interface RawRequest {
  readonly body?: JsonValue;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent instead of the client's own token; `null` sends none. */
  readonly token?: string | null;
}

/** A started simulator on a clock that stands still, with a principal that may do everything. */
export interface Bench {
  readonly azure: Azure;
  readonly clock: ManualClock;
  readonly principal: { readonly clientId: string; readonly principalId: string };
  readonly token: string;
  /** `/subscriptions/{s}` and `/subscriptions/{s}/resourceGroups/rg`, which exists in West Europe. */
  readonly subscription: string;
  readonly group: string;
  /** Sends one request; a path is completed by the endpoint, a URL is used as it is. */
  send(method: string, pathOrUrl: string, raw?: RawRequest): Promise<RawAnswer>;
  /** Posts a form to the token endpoint. */
  logIn(form: Readonly<Record<string, string>>, tenant?: string): Promise<RawAnswer>;
  stop(): Promise<void>;
}

export const SECRET = "a secret of a test";

/** Starts a simulator for a test file or a test. */
export async function startBench(options: AzureOptions = {}): Promise<Bench> {
  const clock = new ManualClock(Date.UTC(2026, 5, 1, 12));
  const azure = await startAzure({ clock, ...options });
  const dispatcher = new Agent({ connect: { ca: azure.caPem } });
  const principal = azure.registerPrincipal({ name: "tester", secret: SECRET });
  azure.grant({ principalId: principal.principalId, actions: ["*"], scope: "/" });
  const subscription = `/subscriptions/${azure.subscriptionIds[0] ?? ""}`;
  azure.portal.createResourceGroup(azure.subscriptionIds[0] ?? "", "rg", "westeurope");
  const logIn = async (form: Readonly<Record<string, string>>, tenant = azure.tenantId): Promise<RawAnswer> => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(form).toString();
    return rawAnswer(await request(`${azure.authorityHost}/${tenant}/oauth2/v2.0/token`, { dispatcher, method: "POST", headers, body }));
  };
  const first = await logIn(secretForm(principal.clientId));
  const token = textAt(first.body, "access_token") ?? "";
  azure.clearRequests();
  return {
    azure,
    clock,
    principal,
    token,
    subscription,
    group: `${subscription}/resourceGroups/rg`,
    logIn,
    send: async (method, pathOrUrl, raw = {}) => {
      const url = pathOrUrl.startsWith("https://") ? pathOrUrl : azure.endpoint + pathOrUrl;
      const bearer = raw.token === undefined ? token : raw.token;
      const headers = { ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }), "content-type": "application/json", ...raw.headers };
      const body = raw.text ?? (raw.body === undefined ? null : JSON.stringify(raw.body));
      return rawAnswer(await request(url, { dispatcher, method: method as "GET", headers, body }));
    },
    stop: async () => {
      await dispatcher.destroy();
      await azure.stop();
    },
  };
}

/** Runs a test on a simulator of its own. */
export async function withBench(options: AzureOptions, act: (on: Bench) => Promise<void>): Promise<void> {
  const on = await startBench(options);
  try {
    await act(on);
  } finally {
    await on.stop();
  }
}

/** The form of a login by secret. */
export function secretForm(clientId: string, secret: string = SECRET): Readonly<Record<string, string>> {
  return { grant_type: "client_credentials", client_id: clientId, client_secret: secret, scope: "https://management.azure.com/.default" };
}

/** The form of a login by federated assertion. */
export function assertionForm(clientId: string, assertion: string): Readonly<Record<string, string>> {
  return {
    grant_type: "client_credentials",
    client_id: clientId,
    client_assertion: assertion,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    scope: "https://management.azure.com/.default",
  };
}

async function rawAnswer(response: Awaited<ReturnType<typeof request>>): Promise<RawAnswer> {
  const text = await response.body.text();
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  return { status: response.statusCode, headers, text, body: parsed(text) };
}

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** An OIDC issuer outside of Azure, such as a cluster's API server. */
export interface Issuer {
  readonly url: string;
  readonly jwks: () => Promise<unknown>;
  /** A signed token with these claims; issuer, audience, and an hour of life are filled in. */
  token(claims: JWTPayload, nowMs: number): Promise<string>;
}

/** Makes an issuer with a key of its own. */
export async function issuerAt(url: string): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256" }] };
  return { url, jwks: async () => jwks, token: (claims, nowMs) => signed(privateKey, { iss: url, ...claims }, nowMs) };
}

function signed(key: CryptoKey, claims: JWTPayload, nowMs: number): Promise<string> {
  const nowSeconds = Math.floor(nowMs / 1000);
  const filled = { aud: "api://AzureADTokenExchange", iat: nowSeconds, nbf: nowSeconds, exp: nowSeconds + 3600, ...claims };
  return new SignJWT(filled).setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(key);
}

/** The `error.code`, `Code` or `code` of an answer. */
export function codeOf(answer: RawAnswer): unknown {
  const { error } = answer.body;
  return isObject(error) ? error["code"] : (answer.body["Code"] ?? answer.body["code"]);
}

/** The message that goes with it. */
export function messageOf(answer: RawAnswer): string {
  const { error } = answer.body;
  return textAt(isObject(error) ? error : answer.body, "message") ?? textAt(answer.body, "Message") ?? "";
}
