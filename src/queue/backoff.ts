/** Bounds of the wait between failed attempts. */
export interface BackoffBounds {
  /** The longest wait after the first failure. */
  readonly baseMs: number;
  /** The longest wait after any number of failures. */
  readonly maxMs: number;
}

/**
 * Milliseconds to wait after the given number of failures (at least 1) in a row: the bound doubles with each, and half of
 * it is left to chance, so that keys that failed together do not come back together.
 */
export function backoffMs(failures: number, bounds: BackoffBounds, random: () => number): number {
  const boundMs = Math.min(bounds.maxMs, bounds.baseMs * 2 ** (failures - 1));
  return boundMs / 2 + (random() * boundMs) / 2;
}
