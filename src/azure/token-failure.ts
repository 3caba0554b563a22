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

const OWN_FEDERATION = "add a federated credential with the issuer, subject and audience of the operator's token to the identity";

/** What a person can do about the codes that a wrong installation meets; arm.md 17, item 21, and Entra's code list. */
const REMEDY_BY_CODE: Readonly<Record<string, string>> = {
  AADSTS50027: "the assertion is no valid token: check AZURE_FEDERATED_TOKEN_FILE",
  AADSTS500011: "the audience is not known in the tenant: check the cloud's endpoint and audience",
  AADSTS53003: "a Conditional Access policy blocks the operator: exempt its workload identity",
  AADSTS70021: OWN_FEDERATION,
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

const DEFAULT_REMEDY = "check the operator's credential";

/** Why no token could be had, in one line and without anything of a token. `nowMs` reads a Retry-After date. */
export function tokenFailure(exchange: TokenExchange, thrown: unknown, nowMs: number): AzureFailure {
  if (exchange.error instanceof TransportError) {
    const { code, message } = exchange.error;
    return { class: "unavailable", code, message: `cannot get a token from the authority: ${message}` };
  }
  if (exchange.answer !== undefined && exchange.answer.status >= 400) return refusal(exchange.answer, nowMs);
  return localFailure(thrown);
}

function refusal(answer: NonNullable<TokenExchange["answer"]>, nowMs: number): AzureFailure {
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
  return { class: "credential", code: named, message: `cannot get a token: the authority refused with ${named}; ${REMEDY_BY_CODE[code] ?? DEFAULT_REMEDY}` };
}

function localFailure(thrown: unknown): AzureFailure {
  const fileCode = fileErrorCode(thrown);
  if (fileCode !== undefined) {
    const message = `cannot get a token: the federated token file cannot be read (${fileCode}); check AZURE_FEDERATED_TOKEN_FILE and the projected volume`;
    return { class: "credential", code: fileCode, message };
  }
  const { name, message: text } = thrown instanceof Error ? thrown : new Error("no cause was given");
  return { class: "credential", code: oneLine(name, 64), message: `cannot get a token: ${oneLine(text, 256)}; ${DEFAULT_REMEDY}` };
}

/** The code of a failed file access somewhere in the chain of causes, in which the SDK wraps it. */
function fileErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const code = "code" in thrown ? thrown.code : undefined;
  return code === "ENOENT" || code === "EACCES" || code === "EISDIR" ? code : fileErrorCode(thrown.cause);
}
