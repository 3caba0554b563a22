import type { JsonObject } from "../api/json.ts";
import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { AzureFailure, AzureRead } from "./contract.ts";
import { parseJson } from "./envelope.ts";
import type { ErrorAnswer } from "./errors.ts";
import { AzureError } from "./errors.ts";
import { TransportError } from "./transport.ts";

/** The body of an answer when it is a JSON object, else undefined. */
export function bodyOf(answer: ErrorAnswer): JsonObject | undefined {
  const parsed = parseJson(answer.bodyAsText ?? "");
  return isJsonObject(parsed) ? parsed : undefined;
}

/** A successful answer to a read. */
export function foundOf(answer: ErrorAnswer): AzureRead {
  const body = bodyOf(answer);
  if (body === undefined) return { is: "failed", failure: unreadable(answer.status) };
  const etag = answer.headers.get("etag") ?? stringAt(body, "etag") ?? stringAt(body, "eTag") ?? stringAt(objectAt(body, "properties"), "eTag");
  return { is: "found", body, ...(etag === undefined ? {} : { etag }) };
}

/** The failure that a thrown error stands for. Rethrows what is no failure of Azure but a mistake of this program. */
export function failureOfThrown(error: unknown): AzureFailure {
  if (error instanceof AzureError) return error.failure;
  if (error instanceof TransportError) return { class: "unavailable", code: error.code, message: error.message };
  throw error;
}

/** The failure of an answer that says success and holds none of it. */
export function unreadable(status: number): AzureFailure {
  const message = `Azure answered ${status} with a body that is no JSON object; check what stands between the operator and Azure`;
  return { class: "unavailable", code: "UnreadableResponse", message };
}
