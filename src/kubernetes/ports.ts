/** Time as a parameter. {@link systemClock} is the real one. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs a function once after a delay; returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

/** Randomness as a parameter: a number in [0, 1). */
export type Random = () => number;

/** Structured log: the message is a sentence, everything that varies is a field. */
export interface Log {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** A log that keeps nothing. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
