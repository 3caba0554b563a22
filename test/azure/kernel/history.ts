import type { Clock } from "./clock.ts";
import type { Change, Store } from "./store.ts";
import type { World } from "./world.ts";

/** How far back the past can be asked for. */
export const HISTORY_SECONDS = 600;

/** What was stored a while ago, for whoever answers from a copy that lags behind. */
export class History {
  readonly #store: Store;
  readonly #clock: Clock;
  #changes: { readonly atMs: number; readonly change: Change }[] = [];
  #forgotten = 0;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    store.watch((change) => this.#note(change));
  }

  /** All that was stored at that moment; epoch milliseconds. */
  at(ms: number): Store {
    const later = this.#changes.slice(this.#forgotten).filter(({ atMs }) => atMs > ms);
    return this.#store.without(later.map(({ change }) => change).toReversed());
  }

  #note(change: Change): void {
    const nowMs = this.#clock.now();
    this.#changes.push({ atMs: nowMs, change });
    while ((this.#changes[this.#forgotten]?.atMs ?? nowMs) < nowMs - HISTORY_SECONDS * 1000) this.#forgotten += 1;
    if (this.#forgotten < 1000) return;
    this.#changes = this.#changes.slice(this.#forgotten);
    this.#forgotten = 0;
  }
}

/** The world as it was so many seconds ago: for reading only. */
export function pastOf(world: World, seconds: number): World {
  if (seconds <= 0) return world;
  const thenMs = world.clock.now() - Math.min(seconds, HISTORY_SECONDS) * 1000;
  return { ...world, store: world.history.at(thenMs), directory: world.directory.at(thenMs) };
}
