/** So many answers in a row must show the same before it is believed: requests overtake each other. */
const SURE_AFTER = 8;

/** A pace is not judged by less time than this, in milliseconds. */
const SHORTEST_MS = 1000;

/** What other tools of a principal take from a bucket, of which only the headers of our own answers tell, and late. */
export class OtherTools {
  #least = Infinity;
  #sign = 0;
  #answers = 0;
  #sinceMs = 0;
  #perSecond = 0;

  /** How much they take in a second, by and large. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Takes how many tokens fewer than ours an answer shows, or more if below zero; returns how many are certainly gone. */
  took(excess: number, isAlone: boolean, nowMs: number): number {
    const sign = Math.sign(excess);
    if (sign !== this.#sign) this.#restart(sign);
    this.#least = Math.min(this.#least, Math.abs(excess));
    this.#answers += 1;
    if (sign === 0 || (this.#answers < SURE_AFTER && !isAlone)) return 0;
    const least = this.#least;
    const seconds = Math.max(SHORTEST_MS, nowMs - this.#sinceMs) / 1000;
    this.#perSecond = Math.max(0, this.#perSecond + (sign * least) / seconds / 2);
    this.#sinceMs = nowMs;
    this.#restart(sign);
    return sign > 0 ? least : 0;
  }

  #restart(sign: number): void {
    this.#sign = sign;
    this.#least = Infinity;
    this.#answers = 0;
  }
}
