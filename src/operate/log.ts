import { destination, type DestinationStream, type Logger, pino } from "pino";
import { redacted, redactedText } from "./redact.ts";

/** Levels of the log, the most talkative first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** A level of the log. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What varies about a line. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log of the process: the message is a sentence without a full stop, everything that varies is a field. */
export interface ProcessLog {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A log whose lines carry these fields, too. */
  child(fields: LogFields): ProcessLog;
}

/** Where the log goes and how much of it. */
export interface LogOptions {
  readonly level: LogLevel;
  /** Default: standard output, written before the call returns, so that a crash loses no line. */
  readonly destination?: DestinationStream;
  /** Milliseconds since the epoch. Default: the system's clock. */
  readonly now?: () => number;
}

/** Keys that the line itself uses; JSON with a key twice is read differently by different readers. */
const reserved: ReadonlySet<string> = new Set(["ts", "level", "msg"]);

/**
 * Makes the log: one JSON object a line, with `level`, `ts` (RFC 3339, UTC), the fields and `msg`. Secrets are redacted by
 * name and by shape; characters that a terminal would obey are escaped.
 */
export function createLog(options: LogOptions): ProcessLog {
  const now = options.now ?? Date.now;
  const settings = {
    level: options.level,
    base: null,
    timestamp: () => `,"ts":"${new Date(now()).toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // pino would take the object that stands for an error for an error, and call its type "Object".
    serializers: { err: (value: unknown) => value },
  };
  return logOn(pino(settings, options.destination ?? destination({ dest: 1, sync: true })));
}

function logOn(logger: Logger): ProcessLog {
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](shown(fields), redactedText(message));
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => logOn(logger.child(shown(fields))),
  };
}

function shown(fields: LogFields): Record<string, unknown> {
  const renamed = Object.entries(fields).map(([key, value]) => [reserved.has(key) ? `field_${key}` : key, value]);
  return redacted(Object.fromEntries(renamed)) as Record<string, unknown>;
}
