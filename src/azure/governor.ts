import type { Clock } from "./contract.ts";
import { type QuotaBucket, type SentToken } from "./quota-bucket.ts";
import { Buckets } from "./quota-buckets.ts";
import { type Demand, type Draw, typeIn } from "./quota-draws.ts";
import { type Asker, Askers, countOf } from "./quota-askers.ts";
import { type QuotaAnswer, remainingIn } from "./quota-headers.ts";
import type { Operation } from "./provider-limits.ts";
import type { Urgency } from "./waiting-line.ts";

/** What a unit of work asks for before it begins to ask Azure. */
export interface TurnAsk {
  /** Who asks: whatever it takes is kept for its requests. */
  readonly unit: string;
  readonly credential: string;
  readonly target: string;
  readonly operations: readonly Operation[];
  readonly region?: string;
  readonly urgency: Urgency;
  /** Among which turns are shared fairly. */
  readonly namespace: string;
}

/** A request that may be sent, or the milliseconds until it may. */
export type Admission = { readonly is: "admitted"; readonly sending: Sending } | { readonly is: "refused"; readonly afterMs: number };

/** A request that was admitted, until it is answered. */
export interface Sending {
  readonly demand: Demand;
  readonly tokens: readonly { readonly bucket: QuotaBucket<Asker>; readonly draw: Draw; readonly sent: SentToken }[];
}

/** What a governor is made of. */
export interface GovernorOptions {
  readonly clock: Clock;
  /** The part of Azure's quotas that is ours, above 0 and at most 1; undefined: they are not foreseen, and only Retry-After counts. */
  readonly share: number | undefined;
  /** Whose quota a credential's requests count against; default: each credential has its own. */
  readonly principalOf?: (credential: string) => string;
}

/**
 * Keeps the requests of this process within Azure's quotas, and says who is next where they do not suffice. It never lets anybody wait
 * inside: who is not next is told when to come again, and its place in the line is kept.
 *
 * Who needs several tokens stands in the line where it has to wait the longest. When that turn comes and something else is
 * short by then, it keeps what it got and goes before the others there, so that it cannot be turned away for ever.
 */
export class Governor {
  readonly #clock: Clock;
  readonly #buckets: Buckets;
  readonly #askers = new Askers();
  readonly #foresees: boolean;
  readonly #principalOf: (credential: string) => string;

  constructor({ clock, share, principalOf = (credential) => credential }: GovernorOptions) {
    this.#clock = clock;
    this.#foresees = share !== undefined;
    this.#principalOf = principalOf;
    this.#buckets = new Buckets(share ?? 1, (asker) => this.#drop(asker));
  }

  /** Milliseconds until the turn of a unit; 0 when it is now, and then its tokens are taken. */
  turn(ask: TurnAsk): number {
    if (!this.#foresees) return 0;
    const asker = this.#askers.obtain(ask.unit, ask);
    const subscriptionId = /^\/subscriptions\/([^/]+)/i.exec(ask.target)?.[1];
    const path = ask.target.toLowerCase();
    const base = { credential: this.#principalOf(ask.credential), subscriptionId, type: typeIn(path), path };
    const region = ask.region === undefined ? {} : { region: ask.region };
    asker.needs.clear();
    for (const [key, learned] of asker.learned) asker.needs.set(key, learned);
    for (const operation of ask.operations) asker.wants(this.#buckets.drawsOf({ ...base, ...region, operation }));
    return this.#acquire(asker, true);
  }

  /** Ends a pass: what was taken and not used goes back. Who does not wait for its turn any more leaves the line. */
  end(unit: string, isWaiting: boolean): void {
    const asker = this.#askers.get(unit);
    if (asker === undefined) return;
    asker.used.clear();
    if (isWaiting && asker.standsIn !== undefined) return;
    this.#drop(asker);
  }

  /** Lets a request go, with the tokens that its unit has or can get now. */
  admit(given: Demand, unit: string | undefined): Admission {
    const demand = { ...given, credential: this.#principalOf(given.credential) };
    const draws = this.#buckets.drawsOf(demand);
    const closedMs = this.#buckets.closedForMs(demand, draws, this.#clock.now());
    if (closedMs > 0) return { is: "refused", afterMs: closedMs };
    if (!this.#foresees) return this.#send(demand, draws, undefined);
    const asker = this.#askers.obtain(unit ?? strangerOf(demand), { urgency: "resync", namespace: "" });
    asker.needs.clear();
    asker.wants(draws.filter(({ key }) => !asker.held.has(key)));
    const afterMs = this.#acquire(asker, unit === undefined);
    if (afterMs > 0) return this.#refused(asker, draws, afterMs);
    const admitted = this.#send(demand, draws, asker);
    if (unit === undefined) this.#drop(asker);
    return admitted;
  }

  /** Next time the pass has from the start what it needed up to here; until then others may have what it does not use. */
  #refused(asker: Asker, draws: readonly Draw[], afterMs: number): Admission {
    this.#giveBack(asker);
    for (const [key, used] of asker.used) asker.learned.set(key, used);
    for (const draw of draws) asker.learned.set(draw.key, { draw, count: countOf(asker.used, draw.key) + 1 });
    return { is: "refused", afterMs };
  }

  /** Takes the end of a request; without an answer nothing is learned from it. */
  answered(sending: Sending, answer: QuotaAnswer | undefined): void {
    const nowMs = this.#clock.now();
    for (const { bucket } of sending.tokens) bucket.answered(nowMs);
    if (answer === undefined) return;
    for (const { limit, remaining } of remainingIn(answer.headers, sending.demand)) {
      const token = sending.tokens.find(({ draw }) => draw.limit.name === limit);
      if (token !== undefined) token.bucket.correct(remaining, token.sent, nowMs);
    }
    this.#buckets.learn(answer.headers, sending.demand);
    const { refused } = answer;
    if (refused !== undefined) this.#buckets.close(sending.demand, refused, nowMs);
  }

  /** What is left and who waits, for metrics and `/statusz`. */
  state() {
    return this.#buckets.state(this.#clock.now());
  }

  /** Takes all that is missing, or nothing but the token for which it stood in line; returns how long until all can be had. */
  #acquire(asker: Asker, isTurn: boolean): number {
    const nowMs = this.#clock.now();
    asker.dueAtMs = nowMs;
    const waits = this.#missing(asker, nowMs);
    for (const { bucket } of waits) this.#buckets.pruneLine(bucket, nowMs);
    const timed = waits.map((each) => ({ ...each, afterMs: waitMs(asker, each, { isTurn, nowMs }) })).toSorted((left, right) => right.afterMs - left.afterMs);
    const [longest] = timed;
    if (longest === undefined || longest.afterMs === 0) {
      for (const { bucket, draw, count } of timed) this.#take(asker, { bucket, draw, count });
      leaveLine(asker);
      asker.needs.clear();
      if (isTurn) asker.learned.clear();
      return 0;
    }
    this.#stand(asker, timed, longest.bucket);
    asker.dueAtMs = nowMs + longest.afterMs;
    return longest.afterMs;
  }

  /** What it needs beyond what it has, as far as a bucket can ever hold so much. */
  #missing(asker: Asker, nowMs: number): readonly Missing[] {
    return [...asker.needs.values()].flatMap(({ draw, count }) => {
      const bucket = this.#buckets.obtain(draw, nowMs);
      const missing = Math.min(count, bucket.capacity) - countOf(asker.held, draw.key);
      return missing > 0 ? [{ bucket, draw, count: missing }] : [];
    });
  }

  /** Waits on where it stands; or, when its turn has come there, keeps what it got and goes before the others where it is missing more. */
  #stand(asker: Asker, timed: readonly Timed[], longest: QuotaBucket<Asker>): void {
    const stood = timed.find(({ bucket }) => bucket === asker.standsIn);
    if (stood !== undefined && stood.afterMs > 0) return;
    if (stood !== undefined) this.#take(asker, stood);
    leaveLine(asker);
    longest.line.enter(asker, stood !== undefined);
    asker.standsIn = longest;
  }

  #take(asker: Asker, { bucket, draw, count }: Missing): void {
    for (let taken = 0; taken < count; taken += 1) bucket.reserve(this.#clock.now());
    bucket.line.serve(asker);
    asker.holds(draw, count);
  }

  #send(demand: Demand, draws: readonly Draw[], asker: Asker | undefined): Admission {
    const nowMs = this.#clock.now();
    const tokens = draws.map((draw) => {
      const bucket = this.#buckets.obtain(draw, nowMs);
      if (asker === undefined) bucket.reserve(nowMs);
      else asker.use(draw);
      return { bucket, draw, sent: bucket.send(nowMs) };
    });
    this.#buckets.prune(nowMs);
    return { is: "admitted", sending: { demand, tokens } };
  }

  /** Gives back all that an asker has, and forgets it. */
  #drop(asker: Asker): void {
    leaveLine(asker);
    this.#giveBack(asker);
    this.#askers.forget(asker);
  }

  #giveBack(asker: Asker): void {
    const nowMs = this.#clock.now();
    for (const { draw, count } of asker.held.values()) {
      for (let back = 0; back < count; back += 1) this.#buckets.obtain(draw, nowMs).giveBack(nowMs);
    }
    asker.held.clear();
  }
}

interface Missing {
  readonly bucket: QuotaBucket<Asker>;
  readonly draw: Draw;
  readonly count: number;
}

interface Timed extends Missing {
  readonly afterMs: number;
}

function leaveLine(asker: Asker): void {
  asker.standsIn?.line.leave(asker);
  asker.standsIn = undefined;
}

/** A turn waits for those before it; a request of a pass that has begun takes what turns leave for it. */
function waitMs(asker: Asker, { bucket, count }: Missing, { isTurn, nowMs }: { readonly isTurn: boolean; readonly nowMs: number }): number {
  if (!isTurn && bucket.waitMs(count, nowMs) === 0) return 0;
  return bucket.waitMs(bucket.line.aheadOf(asker) + Math.min(count + bucket.headroom, bucket.capacity), nowMs);
}

/** Who asks without a unit waits under the name of what it asks for. */
function strangerOf({ credential, operation, path }: Demand): string {
  return `?|${credential}|${operation}|${path}`;
}
