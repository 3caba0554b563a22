import { KeyedHeap } from "./heap.ts";

interface Lane {
  /** Keys that are ready to run, by their place in the line. */
  readonly ready: KeyedHeap;
  running?: string | undefined;
  /** The only key that may run here between its runs. */
  holder?: string | undefined;
}

/**
 * Which keys are ready in which lane, and which key has the lane. A key always has the same lane, therefore one run per
 * lane is also one run per key.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /** Puts a key into the line of its lane, or moves it there. */
  enter(name: string, key: string, place: number): void {
    const lane = this.#lanes.get(name) ?? { ready: new KeyedHeap() };
    this.#lanes.set(name, lane);
    lane.ready.set(key, place);
  }

  /** Takes a key out of the line, and the lane from it when it holds it between two runs. */
  leave(name: string, key: string): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return;
    lane.ready.delete(key);
    if (lane.holder === key && lane.running !== key) lane.holder = undefined;
    this.#drop(name, lane);
  }

  /** The place of the key that may run next; undefined when the lane is taken or no key is ready that may run. */
  nextPlace(name: string): number | undefined {
    return this.#next(this.#lanes.get(name))?.place;
  }

  /** Takes the lane for the key that may run next and returns the key. */
  take(name: string): string | undefined {
    const lane = this.#lanes.get(name);
    const next = this.#next(lane);
    if (lane === undefined || next === undefined) return undefined;
    lane.ready.delete(next.key);
    lane.running = next.key;
    return next.key;
  }

  /** Whether this key keeps the lane taken between its runs. */
  isHeldBy(name: string, key: string): boolean {
    return this.#lanes.get(name)?.holder === key;
  }

  /** Ends the run of a key; with `hold` the lane stays taken for the next run of the same key. */
  release(name: string, key: string, hold: boolean): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined || lane.running !== key) return;
    lane.running = undefined;
    lane.holder = hold ? key : undefined;
    this.#drop(name, lane);
  }

  #next(lane: Lane | undefined): { readonly key: string; readonly place: number } | undefined {
    if (lane === undefined || lane.running !== undefined) return undefined;
    if (lane.holder !== undefined) {
      const place = lane.ready.rankOf(lane.holder);
      return place === undefined ? undefined : { key: lane.holder, place };
    }
    const first = lane.ready.peek();
    return first === undefined ? undefined : { key: first.key, place: first.rank };
  }

  #drop(name: string, lane: Lane): void {
    if (lane.ready.size === 0 && lane.running === undefined && lane.holder === undefined) this.#lanes.delete(name);
  }
}
