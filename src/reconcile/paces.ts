import type { Pace } from "../kinds/kind.ts";

/**
 * Turns for writes that Azure takes only so often (arm.md 4). A turn is reserved for a unit when it first asks; the unit comes back
 * at its time, so that nothing waits in a worker, and the turns keep the order in which they were asked for.
 */
export class Paces {
  /** When each bucket would be full again but for one token, in milliseconds since the epoch. */
  readonly #fullAtMs = new Map<string, number>();
  readonly #reserved = new Map<string, number>();

  /** Milliseconds until the unit's turn; 0 when it is now, and then the turn is used up. */
  turn(unit: string, limits: readonly { readonly key: string; readonly pace: Pace }[], nowMs: number): number {
    const reservedMs = this.#reserved.get(unit) ?? this.#reserve(limits, nowMs);
    if (reservedMs <= nowMs) {
      this.#reserved.delete(unit);
      return 0;
    }
    this.#reserved.set(unit, reservedMs);
    return reservedMs - nowMs;
  }

  /** Gives up the turn of a unit that has nothing to write any more. */
  forget(unit: string): void {
    this.#reserved.delete(unit);
  }

  /** The generic cell rate algorithm: a write may come `capacity - 1` intervals before its bucket is full again. */
  #reserve(limits: readonly { readonly key: string; readonly pace: Pace }[], nowMs: number): number {
    const earliest = limits.map(({ key, pace }) => this.#fullAt(key) - (pace.capacity - 1) * intervalMs(pace));
    const atMs = Math.max(nowMs, ...earliest);
    for (const { key, pace } of limits) this.#fullAtMs.set(key, Math.max(this.#fullAt(key), atMs) + intervalMs(pace));
    return atMs;
  }

  #fullAt(key: string): number {
    return this.#fullAtMs.get(key) ?? 0;
  }
}

function intervalMs({ perSecond }: Pace): number {
  return 1000 / perSecond;
}
