import { OtherTools } from "./other-tools.ts";
import { WaitingLine, type Waiting } from "./waiting-line.ts";

/** A limit of Azure: a bucket of `size` tokens that gets `perSecond` new ones. */
export interface QuotaLimit {
  /** What people see in metrics, for example `writes` or `identity-creations`. */
  readonly name: string;
  readonly size: number;
  readonly perSecond: number;
  /** Tokens that a turn leaves for the further requests of passes that have begun. */
  readonly headroom?: number;
}

/** A request on its way, as the bucket that it was taken from remembers it. */
export interface SentToken {
  readonly sentAtMs: number;
  /** How many were sent, and how many answered, when it was. */
  readonly sends: number;
  readonly answers: number;
}

/**
 * Azure's bucket as far as we can tell, never fuller than the real one: while requests are on their way it is not known when they
 * arrive, and until then the real bucket may be full and get nothing. So ours fills only up to its size less what is under way.
 */
export class QuotaBucket<Who extends Waiting> {
  readonly limit: QuotaLimit;
  readonly line = new WaitingLine<Who>();
  /** What Azure's bucket holds at most, of which only a share is ours. */
  #fullSize: number;
  readonly #share: number;
  #level: number;
  #filledAtMs: number;
  #closedUntilMs = 0;
  /** Taken for a request that is not sent yet. */
  #reserved = 0;
  #underWay = 0;
  #sends = 0;
  #answers = 0;
  readonly #others = new OtherTools();

  constructor(limit: QuotaLimit, share: number, nowMs: number) {
    this.limit = limit;
    this.#share = share;
    this.#fullSize = limit.size;
    this.#level = this.#size;
    this.#filledAtMs = nowMs;
  }

  /** Tokens at this moment, whether or not it is closed. */
  tokens(nowMs: number): number {
    const seconds = Math.max(0, nowMs - this.#filledAtMs) / 1000;
    const room = Math.max(this.#level, this.#size - this.#reserved - this.#underWay);
    this.#level = Math.min(room, this.#level + seconds * this.perSecond);
    this.#filledAtMs = Math.max(nowMs, this.#filledAtMs);
    return this.#level;
  }

  /** Milliseconds until it has so many tokens and is open; 0 when that is now. */
  waitMs(count: number, nowMs: number): number {
    const missing = count - this.tokens(nowMs);
    const fillMs = missing <= 1e-6 ? 0 : Math.max(1, Math.ceil((missing / this.perSecond) * 1000));
    return Math.max(fillMs, this.closedForMs(nowMs));
  }

  closedForMs(nowMs: number): number {
    return Math.max(0, this.#closedUntilMs - nowMs);
  }

  /** The most tokens that can ever be there at once. */
  get capacity(): number {
    return Math.floor(this.#size);
  }

  /** Tokens that a turn leaves, of a bucket that is large enough. */
  get headroom(): number {
    return (this.limit.headroom ?? 0) * this.#share;
  }

  /** New tokens of ours in a second. */
  get perSecond(): number {
    const ours = this.limit.perSecond * this.#share;
    return Math.max(ours / 10, ours - this.#others.perSecond);
  }

  /** Whether it tells nothing that a new one would not. */
  isIdle(nowMs: number): boolean {
    const isUnused = this.line.size === 0 && this.#reserved === 0 && this.#underWay === 0 && this.closedForMs(nowMs) === 0;
    return isUnused && this.#fullSize === this.limit.size && this.tokens(nowMs) >= this.#size;
  }

  /** Takes a token for a request that will be sent. */
  reserve(nowMs: number): void {
    this.#level = this.tokens(nowMs) - 1;
    this.#reserved += 1;
  }

  /** Gives back a token for which nothing was sent. */
  giveBack(nowMs: number): void {
    this.#reserved -= 1;
    this.#level = Math.min(this.tokens(nowMs) + 1, this.#size);
  }

  /** A token that was reserved leaves with its request. */
  send(nowMs: number): SentToken {
    const sent = { sentAtMs: nowMs, sends: this.#sends, answers: this.#answers };
    this.tokens(nowMs);
    this.#reserved -= 1;
    this.#underWay += 1;
    this.#sends += 1;
    return sent;
  }

  /** The request was answered, or will never be. */
  answered(nowMs: number): void {
    this.tokens(nowMs);
    this.#underWay -= 1;
    this.#answers += 1;
  }

  /** Azure wants nothing before that time; until then the bucket fills from nothing. */
  close(untilMs: number, nowMs: number): void {
    this.#closedUntilMs = Math.max(this.#closedUntilMs, untilMs);
    this.#level = Math.min(this.tokens(nowMs), 0);
  }

  /**
   * Takes over what a header said was left when a request arrived; to be called after {@link answered}. What the others of our
   * principal took shows in fewer tokens than ours; more than ours is believed only as far as no request that was under way
   * at the same time can have taken it since.
   */
  correct(remaining: number, { sentAtMs, sends, answers }: SentToken, nowMs: number): void {
    if (remaining + 1 > this.#fullSize) this.#fullSize = sizeOf(remaining + 1);
    const left = remaining - this.#fullSize * (1 - this.#share);
    const filled = (this.perSecond * Math.max(0, nowMs - sentAtMs)) / 1000;
    const atMost = Math.min(this.#size, left + filled) - (this.#sends - sends - 1) - this.#reserved;
    const meanwhile = this.#answers - answers - 1 + this.#underWay;
    const atLeast = Math.min(left - meanwhile - this.#reserved, this.#size - this.#reserved - this.#underWay);
    const taken = this.#others.took(this.tokens(nowMs) - Math.max(0, atMost), meanwhile === 0, nowMs);
    this.#level = Math.max(atLeast, this.tokens(nowMs) - taken);
  }

  /** At least one, or nothing could ever be sent. */
  get #size(): number {
    return Math.max(1, this.#fullSize * this.#share);
  }
}

/** Bucket sizes that were recorded (arm.md 2.6); a header that shows another one is believed as it is. */
const RECORDED_SIZES = [200, 250, 800, 1100, 3000, 3750, 12_000, 16_500];

function sizeOf(atLeast: number): number {
  return RECORDED_SIZES.find((size) => size >= atLeast && size - atLeast <= size / 10) ?? atLeast;
}
