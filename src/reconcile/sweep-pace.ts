import { armIdParts } from "../api/arm-id.ts";
import { listKey, type SweepList } from "./sweep-list.ts";

/**
 * Pages a second that the lists of one credential ask of one subscription on average, at most: 1 % of the 25 reads by which ARM refills a
 * principal's bucket each second (arm.md 2.6), which is 900 an hour and 21,600 a day.
 */
export const MAX_PAGES_PER_SECOND = 0.25;

/** What lists with an interval of their own may take of that, so that the others come as well. */
const MAX_OF_SELDOM = 0.8 * MAX_PAGES_PER_SECOND;

interface Load {
  /** Pages of the lists that are read as often as configured. */
  oftenPages: number;
  /** Pages a second of those that have an interval of their own. */
  seldomPerSecond: number;
}

/** How often lists may be read: as configured, or more seldom where their pages would take too much of the quota. */
export class SweepPace {
  readonly #intervalSeconds: number;
  readonly #loads = new Map<string, Load>();
  readonly #pages = new Map<string, number>();

  constructor(intervalSeconds: number) {
    this.#intervalSeconds = intervalSeconds;
  }

  /** Takes how many pages a list had; 0 for one that is read no more. */
  note(list: SweepList, pages: number): void {
    const key = listKey(list);
    const more = pages - (this.#pages.get(key) ?? 0);
    if (pages === 0) this.#pages.delete(key);
    else this.#pages.set(key, pages);
    const load = this.#loadOf(list);
    if (list.everySeconds === undefined) load.oftenPages += more;
    else load.seldomPerSecond += more / list.everySeconds;
  }

  /** Seconds from one reading of a list to the next. */
  secondsFor(list: SweepList): number {
    const { oftenPages, seldomPerSecond } = this.#loadOf(list);
    if (list.everySeconds !== undefined) return list.everySeconds * Math.max(1, seldomPerSecond / MAX_OF_SELDOM);
    return Math.max(this.#intervalSeconds, oftenPages / (MAX_PAGES_PER_SECOND - Math.min(seldomPerSecond, MAX_OF_SELDOM)));
  }

  #loadOf({ credential, scope }: SweepList): Load {
    const key = `${credential}|${armIdParts(scope).subscriptionId}`;
    const load = this.#loads.get(key) ?? { oftenPages: 0, seldomPerSecond: 0 };
    this.#loads.set(key, load);
    return load;
  }
}
