/** Headers as any of the clients shows them. */
export interface HeaderReader {
  get(name: string): string | undefined;
}

// The old hourly quota of ARM could ask for most of an hour (arm.md 2.6); no honest answer asks for more.
const MAX_SECONDS = 3600;

/** The seconds that `Retry-After` asks for, from 1 to 3600; it may hold seconds or a date. Undefined without one. */
export function retryAfterSeconds(headers: HeaderReader, nowMs: number): number | undefined {
  const milliseconds = Number(headers.get("retry-after-ms") ?? headers.get("x-ms-retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return bounded(milliseconds / 1000);
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(value)) return bounded(Number(value));
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : bounded((date - nowMs) / 1000);
}

/** The seconds after which a text itself asks to come back, as in "retry after 20 seconds". Undefined when it does not. */
export function retryAfterInText(text: string): number | undefined {
  const found = /\b(?:re)?try(?:ing)?(?: again)? (?:after|in) ['"]?(\d{1,6})['"]?\s*(m(?:in(?:ute)?s?)?\b)?/i.exec(text);
  if (found === null) return undefined;
  return bounded(Number(found[1]) * (found[2] === undefined ? 1 : 60));
}

function bounded(seconds: number): number {
  return Math.min(Math.max(Math.ceil(seconds), 1), MAX_SECONDS);
}
