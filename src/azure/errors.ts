import type { ArmId } from "../api/arm-id.ts";
import { armIdParts, armIdType } from "../api/arm-id.ts";
import type { AzureFailure, FailureClass, Method } from "./contract.ts";
import { concernsIdentities, identitiesNamedIn, parseDenied } from "./denial.ts";
import type { ErrorEnvelope } from "./envelope.ts";
import { parseEnvelope } from "./envelope.ts";
import { CLASS_BY_CODE, EMPTY_NOT_FOUND, GONE_CODES, OWN_NOT_FOUND, SPECIAL_MEANINGS, classOfStatus } from "./error-codes.ts";
import type { SpecialMeaning } from "./error-codes.ts";
import { oneLine } from "./redaction.ts";
import type { HeaderReader } from "./retry-after.ts";
import { retryAfterInText, retryAfterSeconds } from "./retry-after.ts";

/** An HTTP answer that is no success. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: HeaderReader;
  readonly bodyAsText?: string | null;
}

/** An error that carries the failure which explains it. */
export class AzureError extends Error {
  readonly failure: AzureFailure;

  constructor(failure: AzureFailure) {
    super(failure.message);
    this.name = "AzureError";
    this.failure = failure;
  }
}

/** What an answer that is no success means, by its code and else by its status (arm.md 2.5). `nowMs` reads a Retry-After date. */
export function failureOf(answer: ErrorAnswer, nowMs: number): AzureFailure {
  return failureOfEnvelope(parseEnvelope(answer.bodyAsText), answer.status, retryAfterSeconds(answer.headers, nowMs));
}

/** What an error body means, also one inside the status of an operation that failed with HTTP status 200. */
export function failureOfEnvelope(envelope: ErrorEnvelope, status: number, retryAfter?: number): AzureFailure {
  const code = envelope.code ?? String(status);
  const denied = parseDenied(envelope.text);
  const refused: Refused = { code: code.toLowerCase(), status, text: envelope.text, aboutIdentities: concernsIdentities(denied) };
  const special = specialMeaningOf(refused);
  const meaning = special?.class ?? classify(refused);
  const afterSeconds = retryAfter ?? retryAfterInText(envelope.text) ?? special?.afterSeconds;
  const named = meaning === "identity" ? identitiesNamedIn(envelope.text) : [];
  const conflicting = meaning === "exists" ? conflictingIn(envelope.text) : undefined;
  return {
    class: meaning,
    code: special?.shownAs ?? oneLine(code, 128),
    message: messageOf(envelope, status, meaning),
    ...(afterSeconds === undefined ? {} : { afterSeconds }),
    ...(denied === undefined ? {} : { denied }),
    ...(named.length === 0 ? {} : { named }),
    ...(conflicting === undefined ? {} : { conflicting }),
  };
}

/**
 * The code by which a 404 says that the resource itself is gone, or undefined when it says something else (a
 * subscription, a tenant, a resource that the body refers to). A PUT is never answered so: what it makes need not
 * exist, so its 404 speaks of a group or a parent.
 */
export function absentCode(answer: ErrorAnswer, method: Method, id: ArmId): string | undefined {
  if (answer.status !== 404 || method === "PUT") return undefined;
  const { code, text } = parseEnvelope(answer.bodyAsText);
  if (code === undefined) return isEmpty(answer) && EMPTY_NOT_FOUND.test(armIdType(id)) ? String(answer.status) : undefined;
  const key = code.toLowerCase();
  if (GONE_CODES.has(key)) return method === "PATCH" && key !== "resourcenotfound" ? undefined : code;
  return saysItself(key, text, id) ? code : undefined;
}

function isEmpty(answer: ErrorAnswer): boolean {
  return (answer.bodyAsText ?? "").trim() === "";
}

function saysItself(code: string, text: string, id: ArmId): boolean {
  const type = armIdType(id);
  if (OWN_NOT_FOUND[type]?.includes(code) === true) return true;
  // App Service says NotFound of a site's plan as well: only a text that names the resource speaks of it (arm.md 6).
  const name = armIdParts(id).names.at(-1) ?? "";
  const ofPlan = /serverfarm/i.test(text) && type !== "microsoft.web/serverfarms";
  return code === "notfound" && namesWord(text, name) && !ofPlan;
}

function namesWord(text: string, name: string): boolean {
  const at = text.toLowerCase().indexOf(name.toLowerCase());
  const before = text.at(at - 1) ?? "";
  const after = text.at(at + name.length) ?? "";
  return at >= 0 && (at === 0 || !/[\w-]/.test(before)) && !/[\w-]/.test(after);
}

interface Refused {
  readonly code: string;
  readonly status: number;
  readonly text: string;
  readonly aboutIdentities: boolean;
}

function specialMeaningOf({ code, status, text }: Refused): SpecialMeaning | undefined {
  if (status === 429 || status >= 500) return undefined;
  return SPECIAL_MEANINGS.find((special) => (special.code?.test(code) ?? true) && (special.text?.test(text) ?? true));
}

const GUID = /\b([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\b/gi;

/** The GUID of the assignment that exists, which Azure prints without dashes and last (arm.md 13). */
function conflictingIn(text: string): string | undefined {
  return [...text.matchAll(GUID)].at(-1)?.slice(1).join("-").toLowerCase();
}

function classify(refused: Refused): FailureClass {
  if (refused.status === 429) return "throttled";
  const known = CLASS_BY_CODE[refused.code];
  const meaning = known ?? classOfStatus(refused.status);
  switch (meaning) {
    case "busy":
      return isTaken(refused) ? "invalid" : "busy";
    case "identity":
      if (isThrottledInside(refused.text)) return "throttled";
      return refused.aboutIdentities ? "identity" : "forbidden";
    case "throttled":
    case "unavailable":
    case "forbidden":
    case "locked":
    case "missing":
    case "credential":
    case "principal":
    case "exists":
    case "invalid":
      return meaning;
  }
}

/** Whether a conflict is one that waiting does not end: a name that is taken, a quota that is used up, what there is not. */
function isTaken(refused: Refused): boolean {
  if (/(?:exists?|inuse|exceeded|limitreached|notavailable|unsupported)$/.test(refused.code)) return true;
  return /\balready (?:exists?|taken)\b|\balready in use\b|\bquota\b/i.test(refused.text);
}

/** MSI's own 429 arrives inside of a FailedIdentityOperation: then no identity is to blame (arm.md 2.6, 3.5). */
function isThrottledInside(text: string): boolean {
  return /\bTooManyRequests\b|status:? ['"]?429\b|"code":\s*"?429\b|\bthrottl/i.test(text);
}

function messageOf(envelope: ErrorEnvelope, status: number, meaning: FailureClass): string {
  const text = oneLine(withoutPolicyIds(envelope.message ?? "")) || `Azure answered ${status} without an explanation`;
  const remedy = remedyOf(envelope, meaning);
  return remedy === undefined ? text : `${text.replace(/[.;]?$/, ";")} ${remedy}`;
}

/** The ids of the policies are a JSON text of some hundred characters within the message; their names follow it. */
function withoutPolicyIds(message: string): string {
  const from = message.indexOf(POLICY_IDS);
  const to = message.lastIndexOf("]'");
  // Found by its ends: an expression would look for the second one from each place that looks like the first.
  if (from < 0 || to < from) return message;
  return message.slice(0, from).replace(/ $/, "") + message.slice(to + 2).replace(/^\./, "");
}

const POLICY_IDS = "Policy identifiers: '[";

function remedyOf(envelope: ErrorEnvelope, meaning: FailureClass): string | undefined {
  if (envelope.code?.toLowerCase() === "missingsubscriptionregistration") {
    const namespace = /["'](microsoft\.[\w.]+)["']/i.exec(envelope.text)?.[1] ?? "<namespace>";
    return `register the provider once: az provider register --namespace ${namespace}`;
  }
  if (envelope.policies.length > 0) {
    const names = envelope.policies.map((name) => `"${oneLine(name, 128)}"`).join(", ");
    return `denied by the policy ${names}: declare what it allows, or ask for an exemption`;
  }
  if (meaning === "credential") return "Azure refused a fresh token: check the tenant and the audience of the operator's credential";
  if (meaning === "locked") return "remove the lock or leave the resource as it is";
  return undefined;
}
