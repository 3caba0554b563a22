/** A key in a {@link KeyedHeap} with its rank. */
export interface Ranked {
  readonly key: string;
  readonly rank: number;
}

interface Item extends Ranked {
  /** Position among equal ranks: first in, first out. */
  readonly order: number;
}

/** A binary heap of distinct keys, the smallest rank on top. A map of positions makes moving and removing O(log n). */
export class KeyedHeap {
  readonly #items: Item[] = [];
  readonly #positions = new Map<string, number>();
  #nextOrder = 0;

  /** Number of keys. */
  get size(): number {
    return this.#items.length;
  }

  /** The rank of a key; undefined when it is not in the heap. */
  rankOf(key: string): number | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#items[position]?.rank;
  }

  /** The key with the smallest rank; the oldest of equals. Undefined when empty. */
  peek(): Ranked | undefined {
    return this.#items[0];
  }

  /** Adds a key, or moves it to another rank; a key that stays at its rank keeps its position among equals. */
  set(key: string, rank: number): void {
    const position = this.#positions.get(key);
    if (this.rankOf(key) === rank) return;
    const item = { key, rank, order: this.#nextOrder++ };
    this.#settle(item, position ?? this.#items.length);
  }

  /** Removes a key; false when it was not there. */
  delete(key: string): boolean {
    const position = this.#positions.get(key);
    if (position === undefined) return false;
    this.#positions.delete(key);
    const last = this.#items.pop();
    if (last !== undefined && last.key !== key) this.#settle(last, position);
    return true;
  }

  /** Removes every key. */
  clear(): void {
    this.#items.length = 0;
    this.#positions.clear();
  }

  #settle(item: Item, position: number): void {
    const hole = this.#raiseHole(item, position);
    this.#put(item, hole === position ? this.#lowerHole(item, position) : hole);
  }

  #raiseHole(item: Item, position: number): number {
    if (position === 0) return 0;
    const parentPosition = (position - 1) >> 1;
    const parent = this.#items[parentPosition];
    if (parent === undefined || precedes(parent, item)) return position;
    this.#put(parent, position);
    return this.#raiseHole(item, parentPosition);
  }

  #lowerHole(item: Item, position: number): number {
    const childPosition = this.#firstChild(position);
    const child = this.#items[childPosition];
    if (child === undefined || precedes(item, child)) return position;
    this.#put(child, position);
    return this.#lowerHole(item, childPosition);
  }

  #firstChild(position: number): number {
    const leftPosition = 2 * position + 1;
    const left = this.#items[leftPosition];
    const right = this.#items[leftPosition + 1];
    return left !== undefined && right !== undefined && precedes(right, left) ? leftPosition + 1 : leftPosition;
  }

  #put(item: Item, position: number): void {
    this.#items[position] = item;
    this.#positions.set(item.key, position);
  }
}

function precedes(a: Item, b: Item): boolean {
  return a.rank === b.rank ? a.order < b.order : a.rank < b.rank;
}
