import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { Json, JsonObject } from "../api/json.ts";
import { parsedJson } from "./parsed-json.ts";

/** What the API server said when it did not do as asked. The message is one line without headers and ids. */
export interface ApiFailure {
  /** HTTP status. */
  readonly code: number;
  /** `reason` of the Status body, for example `Expired`; empty when there is none. */
  readonly reason: string;
  readonly message: string;
  /** When to come back at the earliest, where the server said so. */
  readonly afterSeconds?: number;
  /** `details.causes` of the Status body. */
  readonly causes: readonly { readonly reason: string; readonly field: string }[];
}

const MAX_MESSAGE_LENGTH = 512;
const MAX_PLAIN_LENGTH = 120;

/** A text on one line and not longer than a message should be. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MAX_MESSAGE_LENGTH ? line : `${line.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

/** The failure that a body of kind Status describes, given as JSON or as text. */
export function failureOf(code: number, body: unknown, retryAfter?: string): ApiFailure {
  const status = typeof body === "string" ? parsedJson(body) : body;
  const details = objectAt(status, "details");
  const afterSeconds = positiveNumber(retryAfter) ?? positiveNumber(details?.["retryAfterSeconds"]);
  return {
    code,
    reason: stringAt(status, "reason") ?? "",
    message: oneLine(stringAt(status, "message") ?? plainText(body)) || `HTTP ${code}`,
    causes: causesOf(details),
    ...(afterSeconds === undefined ? {} : { afterSeconds }),
  };
}

/** Whether the resource version or the continue token that was asked for is no longer known: list again. */
export function isExpired(failure: ApiFailure): boolean {
  return failure.code === 410 || failure.reason === "Expired" || failure.reason === "Gone";
}

function causesOf(details: JsonObject | undefined): ApiFailure["causes"] {
  const causes: Json | undefined = details?.["causes"];
  if (!Array.isArray(causes)) return [];
  return causes.filter(isJsonObject).map((cause) => ({
    reason: stringAt(cause, "reason") ?? "",
    field: stringAt(cause, "field") ?? "",
  }));
}

/** A short plain text as `404 page not found`; anything longer is a page of some proxy and says nothing. */
function plainText(body: unknown): string {
  return typeof body === "string" && body.length <= MAX_PLAIN_LENGTH && !/^\s*[{<]/.test(body) ? body : "";
}

function positiveNumber(value: unknown): number | undefined {
  const number = Number(value ?? Number.NaN);
  return Number.isFinite(number) && number > 0 ? number : undefined;
}
