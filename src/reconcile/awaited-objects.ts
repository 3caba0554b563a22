import { armIdKey } from "../api/arm-id.ts";
import type { Claim, UnitKey } from "./claim.ts";
import type { OwnWrites } from "./own-writes.ts";
import type { Urgency } from "./ports.ts";
import type { Units } from "./units.ts";

/** How long a unit waits for what it has not seen yet, unless that comes before. */
const AGAIN_MS = 5000;

/**
 * Units that found an object older than our own last write to it: theirs, or one of another unit of their target. What the others hold is left
 * to them, so that who believed one that has just given up what it held would leave it to nobody.
 */
export class AwaitedObjects {
  readonly #units: Units;
  readonly #own: OwnWrites;
  readonly #waiting = new Map<UnitKey, Urgency>();

  constructor(units: Units, own: OwnWrites) {
    this.#units = units;
    this.#own = own;
  }

  /** Units that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** When a unit comes again because it has to wait; undefined when it need not. */
  waitOf(unit: UnitKey, priority: Urgency): { readonly afterMs: number; readonly priority: Urgency } | undefined {
    const claims = this.#units.of(unit);
    const target = claims[0]?.target;
    const concerned = target === undefined ? claims : [...claims, ...this.#units.othersOn(armIdKey(target), unit)];
    if (!concerned.some(({ object }) => this.#own.isBehind(object))) return undefined;
    this.#waiting.set(unit, priority);
    return { afterMs: AGAIN_MS, priority };
  }

  /** Ends the waiting of the units that the news of an object concerns, and tells how urgent they are. */
  arrived(before: Claim | undefined, after: Claim | undefined): readonly (readonly [UnitKey, Urgency])[] {
    if (this.#waiting.size === 0) return [];
    const own = [before, after].flatMap((claim) => claim?.unit ?? []);
    return [...new Set([...own, ...this.#units.beside(before, after)])].flatMap((unit) => {
      const priority = this.#waiting.get(unit);
      this.#waiting.delete(unit);
      return priority === undefined ? [] : [[unit, priority] as const];
    });
  }

  /** Forgets a unit that has no objects any more. */
  forget(unit: UnitKey): void {
    this.#waiting.delete(unit);
  }
}
