import type { JsonObject } from "../api/json.ts";
import { isJsonObject } from "../api/json.ts";
import { isDeeperThan } from "./json-depth.ts";

/** What an error body says, whatever its shape. */
export interface ErrorEnvelope {
  /** Azure's code, trimmed; undefined when the body has none. */
  readonly code: string | undefined;
  /** The main message as it was given. */
  readonly message: string | undefined;
  /** All messages of the body, unescaped, in which ids and advice are looked for. */
  readonly text: string;
  /** Names of the policies that denied the request; at most five. */
  readonly policies: readonly string[];
}

const EMPTY: ErrorEnvelope = { code: undefined, message: undefined, text: "", policies: [] };
const MAX_DEPTH = 5;
const MAX_POLICIES = 5;
const MAX_PARSED_LENGTH = 1_048_576;

/**
 * Reads an error body in each of the shapes that arm.md 2.1 lists: the standard envelope, flat in either case, only a
 * message, empty, or no JSON at all. Never throws.
 */
export function parseEnvelope(body: string | null | undefined): ErrorEnvelope {
  if (body === null || body === undefined || body.length > MAX_PARSED_LENGTH) return EMPTY;
  const parsed = parseJson(body);
  return isJsonObject(parsed) ? envelopeOf(parsed) : EMPTY;
}

/**
 * How deep an answer may nest. What Azure Resource Manager answers nests some ten levels; what is deeper would end in a stack that
 * overflows wherever an answer is walked.
 */
const MAX_JSON_DEPTH = 100;

/** Parses JSON; undefined when the text is none, or nests too deep. */
export function parseJson(text: string): unknown {
  if (isDeeperThan(text, MAX_JSON_DEPTH)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads an error that is a member of a larger body, such as the `error` of a failed operation. */
export function envelopeOf(body: JsonObject): ErrorEnvelope {
  const inner = member(body, "error") ?? member(body, "odata.error");
  // OAuth has its code in `error` itself.
  if (typeof inner === "string") return flat({ code: inner, message: member(body, "error_description") as string });
  return flat(isJsonObject(inner) ? inner : body);
}

function flat(error: JsonObject): ErrorEnvelope {
  const messages = messagesOf(error, 0);
  const code = textOf(member(error, "code"));
  const text = unescaped(messages.join(" "));
  return { code, message: textOf(member(error, "message")) ?? messages[0], text, policies: policiesOf(error, text) };
}

/**
 * Who may not read policies gets no details: then the message itself has the names, as JSON (arm.md 2.5). The assignment's
 * name is left out: it is often a GUID.
 */
function policiesOf(error: JsonObject, text: string): readonly string[] {
  const infos = [error, ...listOf(member(error, "details"))].flatMap((one) => listOf(member(one, "additionalinfo")));
  const shown = infos.flatMap((one) => textOf(member(objectOf(member(one, "info")), "policydefinitiondisplayname")) ?? []);
  const written = [...text.matchAll(/"policyDefinition":\s*\{\s*"name":\s*"([^"]+)"/g)].flatMap(([, name]) => name ?? []);
  return [...new Set(shown.length > 0 ? shown : written)].slice(0, MAX_POLICIES);
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function messagesOf(value: unknown, depth: number): readonly string[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.flatMap((item) => messagesOf(item, depth + 1));
  if (!isJsonObject(value)) return [];
  const own = textOf(member(value, "message"));
  const nested = ["details", "innererror", "errorentity"].flatMap((name) => messagesOf(member(value, name), depth + 1));
  return own === undefined ? nested : [own, ...nested];
}

/** A member of an object, whatever the case of its name. */
function member(object: JsonObject, name: string): unknown {
  const key = Object.keys(object).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : object[key];
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  // OData wraps messages as {lang, value}.
  const text = isJsonObject(value) ? value["value"] : value;
  return typeof text === "string" && text.trim() !== "" ? text.trim() : undefined;
}

/** Messages embed whole JSON bodies as text, sometimes twice: ids are found in them only without the escapes. */
function unescaped(text: string): string {
  return text
    .replaceAll(/\\+u0027/g, "'")
    .replaceAll(/\\+u0022/g, '"')
    .replaceAll(/\\+(["'/])/g, "$1");
}
