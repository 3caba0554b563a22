/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_TEXT_LENGTH = 8192;

/** Names that hold secrets, by their last word: `clientSecret` and `access_token` do, `secretName` and `tokenFile` do not. */
const secretName = /(authorization|token|assertion|secret|password|passphrase|cookie|credentials|signature|(private|account|access|api)[-_]?key|connection[-_]?string|^sig)$/i;

/** Characters that move a terminal's cursor, end a line or turn the direction of text. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Three dotted base64url parts of which the first one begins like a JSON object: a token of Kubernetes or of Entra. */
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const authorizationValue = /\b(bearer|basic)\s+[\w~+/.=-]{8,}/gi;
/** The URL of a long-running operation is signed by its query, and so is that of a blob (DESIGN 3, invariant 8). */
const urlQuery = /(\bhttps?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/gi;

/** A text that may be shown: no tokens, no queries of URLs, nothing that a terminal would obey, at most 8192 characters. */
export function redactedText(text: string): string {
  const shown = text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}… (${text.length} characters)` : text;
  return shown
    .replace(jsonWebToken, REDACTED)
    .replace(authorizationValue, `$1 ${REDACTED}`)
    .replace(urlQuery, `$1?${REDACTED}`)
    .replace(unprintable, escaped);
}

/**
 * A copy of a value that may be shown as JSON: members whose name says that they are secret are replaced, texts are
 * redacted, errors become objects, and neither depth nor length is unbounded.
 */
export function redacted(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case "string":
      return redactedText(value);
    case "bigint":
    case "symbol":
      return value.toString();
    case "function":
      return `[function ${value.name}]`;
    case "object":
      return value === null ? null : redactedObject(value, depth);
    default:
      return value;
  }
}

function redactedObject(value: object, depth: number): unknown {
  if (depth >= MAX_DEPTH) return "[too deep]";
  if (value instanceof Error) return redactedError(value, depth);
  if (value instanceof URL) return redactedText(value.href);
  if (value instanceof Map) return members([...value].map(([key, member]) => [String(key), member]), depth);
  if (Array.isArray(value) || value instanceof Set) return items([...value], depth);
  if ("toJSON" in value && typeof value.toJSON === "function") return redacted(value.toJSON(), depth + 1);
  return members(Object.entries(value), depth);
}

function redactedError(error: Error, depth: number): unknown {
  const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return {
    type: error.name,
    message: redactedText(error.message),
    ...code,
    stack: frames.map((line) => redactedText(line.trim())),
    ...(error.cause === undefined ? {} : { cause: redacted(error.cause, depth + 1) }),
  };
}

function items(list: readonly unknown[], depth: number): unknown[] {
  const shown = list.slice(0, MAX_ITEMS).map((item) => redacted(item, depth + 1));
  return list.length > MAX_ITEMS ? [...shown, `… (${list.length} items)`] : shown;
}

function members(entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> {
  const shown = entries.slice(0, MAX_ITEMS).map(([key, member]) => [redactedText(key), shownMember(key, member, depth)] as const);
  return Object.fromEntries(shown);
}

function shownMember(key: string, member: unknown, depth: number): unknown {
  if (member === undefined || member === null || typeof member === "boolean") return member;
  return secretName.test(key) ? REDACTED : redacted(member, depth + 1);
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
