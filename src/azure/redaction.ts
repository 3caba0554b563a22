/** The longest text of a failure, in characters. */
export const MAX_FAILURE_TEXT = 1024;

// Texts of Azure are small; whatever follows is not worth the time of a pattern.
const MAX_INPUT = 65_536;

const SECRET_NAMES =
  "access_token|refresh_token|id_token|client_assertion|assertion|client_secret|client-secret|password|secret|signature|sharedaccesskey|accountkey|storageaccountkey";

/** What must never leave this process, as pattern and replacement; the order matters. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{8,}(?:\.[\w-]*)*/g, "[redacted]"],
  [/\bBearer\s+[^\s"',;]+/gi, "Bearer [redacted]"],
  // As JSON inside of a text, as JSON, and bare; a value that is cut off counts as well.
  [new RegExp(`\\b(${SECRET_NAMES})(\\\\*["']?\\s*[:=]\\s*)\\\\+"[^"]*(?:"|$)`, "gi"), "$1$2[redacted]"],
  [new RegExp(`\\b(${SECRET_NAMES})(["']?\\s*[:=]\\s*)(?:"(?:[^"\\\\]|\\\\[^]?)*(?:"|$)|'[^']*(?:'|$))`, "gi"), "$1$2[redacted]"],
  [new RegExp(`\\b(${SECRET_NAMES})(["']?\\s*[:=]\\s*)[^\\s"'&,;}\\\\[]+`, "gi"), "$1$2[redacted]"],
  [/(\bhttps?:\/\/)[^\s/@"'<>]+@/gi, "$1"],
  [/[?&][\w$.%-]+=[^\s"'<>\\]*/g, ""],
  // The signed parameters of operation URLs and of storage signatures, also outside of a whole URL (arm.md 2.3).
  [/\b(?:t|c|s|h|sig)=[^\s"'<>&;,\\]+&?/g, ""],
  [/[\w+-]{129,}={0,2}/g, "[redacted]"],
];

const GUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** What differs from one request to the next, and would make a condition change without a cause. */
const VOLATILE: readonly RegExp[] = [
  // App Service describes the operation that holds a site.
  new RegExp(` ?Details: Id: ${GUID}, OperationName: [^\\n]{0,300}?EntityType: \\d+\\.?`, "gi"),
  new RegExp(`\\(?\\b(?:x-ms-)?(?:client[- ]?)?(?:operation )?(?:request|correlation|activity|trace|tracking|session)[- ]?id\\b["']?\\s*(?:is|:|=)?\\s*["'{]?${GUID}["'}]?[).,;]?`, "gi"),
  /(?:\btimestamp\s*:?\s*)?\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?\s?(?:Z|[+-]\d\d:?\d\d)?[.,;]?/gi,
];

/** A text without tokens, secrets, signed query strings and user parts of URLs. */
export function redact(text: string): string {
  return replaceAll(text.slice(0, MAX_INPUT));
}

/** A redacted text on one line, without ids of requests and times, of at most `maxLength` characters. */
export function oneLine(text: string, maxLength: number = MAX_FAILURE_TEXT): string {
  const lasting = VOLATILE.reduce((rest, pattern) => rest.replace(pattern, ""), redact(text));
  const line = lasting.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1)}…`;
}

function replaceAll(text: string): string {
  return SECRETS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}
