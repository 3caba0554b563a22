import type { AzureFailure } from "./contract.ts";
import { isJsonObject, stringAt } from "../api/json.ts";
import { parseJson } from "./envelope.ts";
import { oneLine } from "./redaction.ts";
import type { HeaderReader } from "./retry-after.ts";
import { retryAfterSeconds } from "./retry-after.ts";
import { TransportError } from "./transport.ts";

/** The last exchange with the authority before a token request failed; neither when it never came to one. */
export interface TokenExchange {
  readonly answer?: { readonly status: number; readonly headers: HeaderReader; readonly bodyAsText?: string | null };
  readonly error?: unknown;
}

/** What a person can do about the codes of an authority; `otherwise` about all others. */
export interface Remedies {
  readonly byCode: Readonly<Record<string, string>>;
  readonly otherwise: string;
}

const OWN_FEDERATION = "add a federated credential with the issuer, subject and audience of the operator's token to the identity";

/** What a person can do about the codes that a wrong installation meets; arm.md 17, item 21, and Entra's code list. */
const REMEDY_BY_CODE: Readonly<Record<string, string>> = {
  AADSTS50027: "the assertion is no valid token: check AZURE_FEDERATED_TOKEN_FILE",
  AADSTS500011: "the audience is not known in the tenant: check the cloud's endpoint and audience",
  AADSTS53003: "a Conditional Access policy blocks the operator: exempt its workload identity",
  AADSTS70021: OWN_FEDERATION,
  AADSTS70025: OWN_FEDERATION,
  AADSTS700016: "the application is not known in the tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID",
  AADSTS700024: "the assertion is not valid now: check the clocks and that the projected token is being renewed",
  AADSTS700027: "the assertion's signature is not accepted: check that the cluster's issuer publishes its present keys",
  AADSTS700211: OWN_FEDERATION,
  AADSTS700212: OWN_FEDERATION,
  AADSTS700213: OWN_FEDERATION,
  AADSTS700222: "the issuer of the assertion must not be Entra ID itself: use the cluster's own issuer",
  AADSTS7000112: "the application is disabled: enable its service principal",
  AADSTS7000215: "the secret is wrong: check AZURE_CLIENT_SECRET",
  AADSTS7000222: "the secret has expired: make a new one and set AZURE_CLIENT_SECRET",
  AADSTS7000229: "the application has no service principal in the tenant: create it",
  AADSTS90002: "the tenant is not known: check AZURE_TENANT_ID and AZURE_AUTHORITY_HOST",
  // The metadata service has no code of its own for an identity that the machine lacks.
  invalid_request: "the machine has no such managed identity: assign it, or check AZURE_CLIENT_ID",
};

/** Codes by which Entra says that it is in trouble itself. */
const TRANSIENT: ReadonlySet<string> = new Set(["AADSTS90033", "AADSTS90006", "AADSTS90051"]);

/** Codes that say that no federated credential of the application matches the assertion (arm.md 17, item 21). */
const NOT_FEDERATED = ["AADSTS70021", "AADSTS70025", "AADSTS700211", "AADSTS700212", "AADSTS700213", "AADSTS7002138"];

/** What helps with the operator's own credential. */
export const OPERATOR_REMEDIES: Remedies = { byCode: REMEDY_BY_CODE, otherwise: "check the operator's credential" };

/** What helps with the credential of a ServiceAccount; `federation` says what its federated credential has to hold. */
export function accountRemedies(account: { readonly title: string; readonly clientId: string; readonly federation: string }): Remedies {
  const { title, clientId, federation } = account;
  const federate = `add a federated credential with ${federation} to the identity with client id ${clientId}; a new one is seen after some minutes`;
  const byCode = {
    ...Object.fromEntries(NOT_FEDERATED.map((code) => [code, federate])),
    AADSTS700016: `client id ${clientId} is not known in the tenant: correct the annotations of ${title}`,
    AADSTS700027: "the token's signature is not accepted: check that the cluster's issuer publishes its present keys",
    AADSTS90002: `the tenant is not known: correct the annotations of ${title}`,
  };
  return { byCode, otherwise: `correct the annotations of ${title}, or its identity in Azure` };
}

/** What reads a failure: the time, for a Retry-After date, and what a person can do. */
export interface FailureReading {
  readonly nowMs: number;
  readonly remedies: Remedies;
}

/** Why no token could be had, in one line and without anything of a token. */
export function tokenFailure(exchange: TokenExchange, thrown: unknown, reading: FailureReading): AzureFailure {
  if (exchange.error instanceof TransportError) {
    const { code, message } = exchange.error;
    return { class: "unavailable", code, message: `cannot get a token from the authority: ${message}` };
  }
  if (exchange.answer !== undefined && exchange.answer.status >= 400) return refusal(exchange.answer, reading);
  return localFailure(thrown, reading.remedies);
}

function refusal(answer: NonNullable<TokenExchange["answer"]>, { nowMs, remedies }: FailureReading): AzureFailure {
  const body = parseJson(answer.bodyAsText ?? "");
  const description = isJsonObject(body) ? (stringAt(body, "error_description") ?? "") : "";
  const code = /\bAADSTS\d+/.exec(description)?.[0] ?? stringAt(body, "error") ?? String(answer.status);
  const named = oneLine(code, 64);
  const after = retryAfterSeconds(answer.headers, nowMs);
  const came = after === undefined ? {} : { afterSeconds: after };
  if (answer.status === 429) return { class: "throttled", code: named, message: `cannot get a token: the authority is throttling (${named})`, ...came };
  if (answer.status >= 500 || TRANSIENT.has(code)) {
    return { class: "unavailable", code: named, message: `cannot get a token: the authority is unavailable (${named})`, ...came };
  }
  return { class: "credential", code: named, message: `cannot get a token: the authority refused with ${named}; ${remedies.byCode[code] ?? remedies.otherwise}` };
}

function localFailure(thrown: unknown, { otherwise }: Remedies): AzureFailure {
  const fileCode = fileErrorCode(thrown);
  if (fileCode !== undefined) {
    const message = `cannot get a token: the federated token file cannot be read (${fileCode}); check AZURE_FEDERATED_TOKEN_FILE and the projected volume`;
    return { class: "credential", code: fileCode, message };
  }
  const { name, message: text } = thrown instanceof Error ? thrown : new Error("no cause was given");
  return { class: "credential", code: oneLine(name, 64), message: `cannot get a token: ${oneLine(text, 256)}; ${otherwise}` };
}

/** The code of a failed file access somewhere in the chain of causes, in which the SDK wraps it. */
function fileErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const code = "code" in thrown ? thrown.code : undefined;
  return code === "ENOENT" || code === "EACCES" || code === "EISDIR" ? code : fileErrorCode(thrown.cause);
}
