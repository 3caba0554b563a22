import type { Asker } from "./quota-askers.ts";
import { QuotaBucket } from "./quota-bucket.ts";
import { type Demand, type Draw, drawsOf, isOfPrincipal, kindOf } from "./quota-draws.ts";
import { type RateRefusal, RESOURCE_REQUESTS, remainingIn } from "./quota-headers.ts";
import type { HeaderReader } from "./retry-after.ts";

/** Buckets of one limit in one place, as people see them. */
export interface QuotaState {
  readonly quota: string;
  /** The fewest tokens that any of them has. */
  readonly tokens: number;
  readonly waiting: number;
  /** Seconds until Azure wants requests again; 0 when it does. */
  readonly closedForSeconds: number;
}

/** How late somebody may be for its turn before the others stop waiting for it. */
const LATE_MS = 60_000;

/** Buckets are looked through for idle ones after so many requests. */
const PRUNE_EVERY = 2000;

/** All buckets by key, made when they are first needed. */
export class Buckets {
  readonly #share: number;
  readonly #onLate: (asker: Asker) => void;
  readonly #buckets = new Map<string, QuotaBucket<Asker>>();
  /** Until when single resources are to be left alone, by path. */
  readonly #closedPaths = new Map<string, number>();
  /** Draws of providers that have a bucket of their own in place of ARM's. */
  readonly #ofProviders = new Map<string, Draw>();
  #untilPrune = PRUNE_EVERY;

  constructor(share: number, onLate: (asker: Asker) => void) {
    this.#share = share;
    this.#onLate = onLate;
  }

  obtain({ key, limit }: Draw, nowMs: number): QuotaBucket<Asker> {
    const known = this.#buckets.get(key);
    if (known !== undefined) return known;
    const made = new QuotaBucket<Asker>(limit, this.#share, nowMs);
    this.#buckets.set(key, made);
    return made;
  }

  /** The tokens that a request takes, as far as is known by now. */
  drawsOf(demand: Demand): readonly Draw[] {
    const ofProvider = this.#ofProviders.get(providerKey(demand));
    const draws = drawsOf(demand);
    return ofProvider === undefined ? draws : draws.map((draw) => (isOfPrincipal(draw) ? ofProvider : draw));
  }

  /** Learns that a provider counts for itself: then ARM's own header is missing (arm.md 2.6). */
  learn(headers: HeaderReader, demand: Demand): void {
    const key = providerKey(demand);
    if (this.#ofProviders.has(key)) return;
    const told = remainingIn(headers, demand).find(({ limit }) => limit === RESOURCE_REQUESTS);
    if (told === undefined) return;
    // Its rate is not documented: the slowest of ARM's own.
    this.#ofProviders.set(key, { key: `${RESOURCE_REQUESTS}|${key}`, limit: { name: RESOURCE_REQUESTS, size: told.remaining + 1, perSecond: 10 } });
  }

  /** Milliseconds until none of these buckets is closed, nor the resource itself. */
  closedForMs({ path }: Demand, draws: readonly Draw[], nowMs: number): number {
    const closed = draws.map(({ key }) => this.#buckets.get(key)?.closedForMs(nowMs) ?? 0);
    return Math.max(0, (this.#closedPaths.get(path) ?? 0) - nowMs, ...closed);
  }

  /** Takes Azure at its word that it wants nothing like this for some time. */
  close(demand: Demand, { by, afterSeconds }: RateRefusal, nowMs: number): void {
    const draws = this.drawsOf(demand);
    const [narrowest] = draws;
    const untilMs = nowMs + afterSeconds * 1000;
    const isOwnLimit = narrowest !== undefined && !isOfPrincipal(narrowest) && kindOf(demand.operation) !== "reads";
    const draw = by === "arm" ? draws.find(isOfPrincipal) : by === "provider" && isOwnLimit ? narrowest : undefined;
    if (draw === undefined) this.#closedPaths.set(demand.path, untilMs);
    else this.obtain(draw, nowMs).close(untilMs, nowMs);
  }

  /** Whoever is next and does not come must not keep its token from the others for ever. */
  pruneLine(bucket: QuotaBucket<Asker>, nowMs: number): void {
    for (const asker of bucket.line.heads()) if (asker.dueAtMs + LATE_MS < nowMs) this.#onLate(asker);
  }

  /** Forgets, from time to time, buckets that are full and wait for nothing: each identity has some. */
  prune(nowMs: number): void {
    this.#untilPrune -= 1;
    if (this.#untilPrune > 0) return;
    this.#untilPrune = Math.max(PRUNE_EVERY, this.#buckets.size);
    for (const [key, bucket] of this.#buckets) if (bucket.isIdle(nowMs)) this.#buckets.delete(key);
    for (const [path, untilMs] of this.#closedPaths) if (untilMs < nowMs) this.#closedPaths.delete(path);
  }

  state(nowMs: number): readonly QuotaState[] {
    const states = new Map<string, QuotaState>();
    for (const bucket of this.#buckets.values()) {
      const quota = bucket.limit.name;
      const before = states.get(quota);
      states.set(quota, {
        quota,
        tokens: Math.min(before?.tokens ?? Infinity, Math.floor(bucket.tokens(nowMs))),
        waiting: (before?.waiting ?? 0) + bucket.line.size,
        closedForSeconds: Math.max(before?.closedForSeconds ?? 0, bucket.closedForMs(nowMs) / 1000),
      });
    }
    return [...states.values()].toSorted((left, right) => (left.quota < right.quota ? -1 : 1));
  }
}

function providerKey({ credential, subscriptionId = "tenant", type }: Demand): string {
  return `${credential}|${subscriptionId}|${type.split("/")[0] ?? ""}`;
}
