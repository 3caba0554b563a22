import { armIdParts } from "../api/arm-id.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import { isInScopes } from "./allow-lists.ts";
import type { Claim, UnitKey } from "./claim.ts";
import type { EngineResult } from "./engine-options.ts";
import type { Conclusion } from "./outcome.ts";
import type { AzureFailure, AzurePage } from "./ports.ts";
import { coverageOf, listKey, type SweepList } from "./sweep-list.ts";
import { SweepPace } from "./sweep-pace.ts";
import { alarmed, isFresh, passed, type Place } from "./sweep-place.ts";
import { fieldsOf, type Reading, sweepKey, type SweepParts } from "./sweep-reading.ts";
import { isResting, isSettled } from "./sweep-rest.ts";
import { textHash } from "./text-hash.ts";

/** Between two pages of a list, so that a long one is no burst. The first reading of all does not wait. */
const PAGE_GAP_MS = 500;

/** How often a page is asked for in vain before its list counts as failing. */
const MAX_FAILURES = 3;

/**
 * Finds drift by LIST pages instead of a GET of each object (DESIGN 5). A difference or an absence in a page only queues a pass of the
 * unit, which reads the target by itself. One page is read in each run, and nothing of it is kept. Its readings are keys of the queue.
 */
export class Sweeps {
  readonly #parts: SweepParts;
  readonly #pace: SweepPace | undefined;
  readonly #readings = new Map<UnitKey, Reading>();
  readonly #places = new Map<UnitKey, Place>();
  readonly #denied = new Set<string>();
  #failing = 0;

  constructor(parts: SweepParts) {
    this.#parts = parts;
    const { sweepIntervalSeconds } = parts.world.policy;
    this.#pace = sweepIntervalSeconds === undefined ? undefined : new SweepPace(sweepIntervalSeconds);
  }

  /** Takes what the claims of a unit are by now. */
  place(unit: UnitKey): void {
    if (this.#pace === undefined) return;
    const claims = this.#parts.claimsOf(unit);
    const coverage = coverageOf(claims, this.#surroundings);
    const before = this.#places.get(unit);
    const key = coverage === undefined ? undefined : sweepKey(coverage.list);
    if (before !== undefined && before.key !== key) this.#leave(unit, before.key);
    if (coverage === undefined || key === undefined) return;
    const isNew = before?.key !== key;
    const readAtMs = before?.readAtMs ?? this.#nowMs + (coverage.readEverySeconds ?? Infinity) * 1000 * this.#parts.world.random();
    const rest = { isAwaited: before?.isAwaited ?? false, passedAtMs: before?.passedAtMs, readAtMs, seenIn: before?.seenIn ?? 0, alarm: before?.alarm, sameAs: undefined };
    const reading = this.#readingOf(key, coverage.list);
    this.#places.set(unit, { ...rest, key, coverage: { ...coverage, list: reading.list } });
    if (isNew) reading.units.add(unit);
  }

  /** A unit that was settled before this process saw it need not be read by its own id: the first reading of its list will tell. */
  await(unit: UnitKey): void {
    const place = this.#places.get(unit);
    const reading = place === undefined ? undefined : this.#readings.get(place.key);
    if (place === undefined || reading === undefined || place.passedAtMs !== undefined || reading.sweeps > 0) return;
    place.isAwaited = true;
    if (reading.list.everySeconds === undefined) this.#parts.enqueue(place.key, { priority: "retry" });
  }

  /** Takes what a pass of a unit came to. One that did not get to see the target says nothing but what it wrote. */
  concluded(unit: UnitKey, conclusions: readonly Conclusion[]): void {
    const place = this.#places.get(unit);
    if (place === undefined) return;
    if (conclusions.some(({ done }) => done.length > 0)) place.alarm = undefined;
    if (!conclusions.every(({ outcome }) => ["ready", "observed", "refused"].includes(outcome.is))) return;
    const readMs = this.#spread(place.coverage.readEverySeconds ?? Infinity) * 1000;
    passed(place, { nowMs: this.#nowMs, readMs });
  }

  /** Whether a list stands for the ordinary GET of a unit. */
  covers(unit: UnitKey): boolean {
    const place = this.#places.get(unit);
    return place !== undefined && this.#readings.get(place.key)?.fault === undefined;
  }

  /** Whether a unit that is as it was stored waits for the first reading of its list, as all do after a restart. */
  isAwaited(unit: UnitKey, claims: readonly Claim[]): boolean {
    const place = this.#places.get(unit);
    if (place?.isAwaited !== true || place.readAtMs <= this.#nowMs || place.alarm !== undefined || !claims.every(isResting)) return false;
    const reading = this.#readings.get(place.key);
    return reading !== undefined && reading.fault === undefined && reading.sweeps === 0;
  }

  /** Whether the pages say all that an ordinary pass of a unit would have to ask Azure. */
  vouches(unit: UnitKey, claims: readonly Claim[]): boolean {
    const place = this.#places.get(unit);
    const isSeen = place !== undefined && (this.#readings.get(place.key)?.sweeps ?? 0) > 0 && this.covers(unit);
    return isSeen && place.alarm === undefined && place.readAtMs > this.#nowMs && claims.every((claim) => claim.mode === "live" && isResting(claim));
  }

  /** Milliseconds until the next ordinary pass of a unit that a list stands for; undefined when nothing but the list calls for one. */
  restMs(unit: UnitKey): number | undefined {
    const place = this.#places.get(unit);
    if (place === undefined) return undefined;
    const { policy } = this.#parts.world;
    const exportsMs = place.coverage.hasExports ? this.#spread(policy.syncIntervalSeconds) * 1000 : Infinity;
    const restMs = Math.min(exportsMs, Math.max(0, place.readAtMs - this.#nowMs));
    return restMs === Infinity ? undefined : restMs;
  }

  /** Reads the next page of a list; never throws for an answer. */
  async run(key: UnitKey, signal: AbortSignal): Promise<EngineResult> {
    const reading = this.#readings.get(key);
    if (reading === undefined) return {};
    if (reading.units.size === 0) {
      this.#forget(key, reading);
      return {};
    }
    const { scope, collection, apiVersion, credential, filter } = reading.list;
    const { azure, governor } = this.#parts.world;
    const waitMs = governor.turn({ unit: key, credential, target: scope, operations: ["read"], urgency: "resync", namespace: "" });
    if (waitMs > 0) {
      governor.end(key, true);
      return { again: { afterMs: waitMs, priority: "resync" } };
    }
    reading.current ??= { startedAtMs: this.#nowMs, pages: 0, from: undefined };
    const optional = { ...(filter === undefined ? {} : { filter }), ...(reading.current.from === undefined ? {} : { from: reading.current.from }) };
    const page = await azure.page(scope, collection, { apiVersion, credential, signal, unit: key, ...optional });
    governor.end(key, false);
    switch (page.is) {
      case "found":
        return this.#take(key, reading, page);
      case "absent":
        return this.#complete(reading);
      case "failed":
        return this.#failed(key, reading, page.failure);
    }
  }

  async #take(key: UnitKey, reading: Reading, { items, next }: Extract<AzurePage, { is: "found" }>): Promise<EngineResult> {
    const { current } = reading;
    if (current === undefined) return {};
    current.pages += 1;
    reading.failures = 0;
    for (const item of items) await this.#judge(key, { reading, startedAtMs: current.startedAtMs }, item);
    if (next === undefined) return this.#complete(reading);
    current.from = next;
    const isFirst = reading.sweeps === 0;
    return { again: { afterMs: isFirst ? 0 : PAGE_GAP_MS, priority: isFirst ? "retry" : "resync" } };
  }

  async #judge(key: UnitKey, { reading, startedAtMs }: { readonly reading: Reading; readonly startedAtMs: number }, item: JsonObject): Promise<void> {
    const unit = `${reading.list.credential}|${(stringAt(item, "id") ?? "").toLowerCase()}` as UnitKey;
    const place = this.#places.get(unit);
    if (place?.key !== key) return;
    place.seenIn = reading.sweeps + 1;
    if (isFresh(place, startedAtMs) || !this.#parts.claimsOf(unit).every(isSettled)) return;
    const said = textHash(JSON.stringify(item));
    const isSame = place.sameAs === said || (await this.#parts.isAsListed(unit, item));
    this.#parts.observer?.compared(isSame ? "same" : "differs");
    place.sameAs = isSame ? said : undefined;
    if (isSame) place.alarm = undefined;
    else this.#alarm(unit, place, said);
  }

  /** What is in none of the pages may be gone. */
  #complete(reading: Reading): EngineResult {
    const { current } = reading;
    reading.sweeps += 1;
    reading.failures = 0;
    reading.current = undefined;
    for (const unit of reading.units) {
      const place = this.#places.get(unit);
      if (place === undefined || place.seenIn === reading.sweeps || current === undefined || isFresh(place, current.startedAtMs)) continue;
      if (!this.#parts.claimsOf(unit).every(isResting)) continue;
      this.#parts.observer?.compared("absent");
      this.#alarm(unit, place, "absent");
    }
    if (reading.fault !== undefined) this.#parts.world.log.info({ ...fieldsOf(reading.list) }, "A list of Azure can be read again, and stands for GETs of its objects");
    if (reading.fault !== undefined) this.#failing -= 1;
    reading.fault = undefined;
    this.#tellLists();
    this.#pace?.note(reading.list, current?.pages ?? 1);
    return this.#later(reading);
  }

  /** A pass of its own finds out. */
  #alarm(unit: UnitKey, place: Place, said: number | "absent"): void {
    if (!alarmed(place, said, this.#nowMs)) return;
    this.#parts.onDrift(unit);
    this.#parts.enqueue(unit, { priority: "resync" });
  }

  #failed(key: UnitKey, reading: Reading, failure: AzureFailure): EngineResult {
    if (failure.class === "throttled") return { again: { afterMs: this.#spread(failure.afterSeconds ?? 60) * 1000, priority: "resync" } };
    if (failure.class === "forbidden" && armIdParts(reading.list.scope).resourceGroup === "") return this.#divide(key, reading);
    reading.failures += 1;
    if (reading.failures < MAX_FAILURES && failure.class === "unavailable") return { again: { afterMs: this.#spread(5 * 2 ** reading.failures) * 1000, priority: "resync" } };
    reading.current = undefined;
    if (reading.fault === undefined) {
      this.#parts.world.log.warn({ ...fieldsOf(reading.list), code: failure.code, note: failure.message }, "A list of Azure cannot be read: its objects are read one by one until it can");
      reading.fault = failure.code;
      this.#failing += 1;
      this.#tellLists();
      for (const unit of reading.units) this.#readAlone(unit);
    }
    return this.#later(reading);
  }

  /** What cannot be listed in the whole subscription is listed in each group that is in use. */
  #divide(key: UnitKey, reading: Reading): EngineResult {
    this.#denied.add(listKey(reading.list));
    this.#parts.world.log.info(fieldsOf(reading.list), "A list of a subscription is not permitted: resource groups are listed one by one");
    for (const unit of reading.units) {
      const isAwaited = this.#places.get(unit)?.isAwaited === true;
      this.place(unit);
      if (isAwaited) this.await(unit);
      if (!this.#places.has(unit)) this.#readAlone(unit);
    }
    this.#forget(key, reading);
    return {};
  }

  /** Spread over the interval in which each would have been read without lists. */
  #readAlone(unit: UnitKey): void {
    const { policy, random } = this.#parts.world;
    this.#parts.enqueue(unit, { priority: "resync", afterMs: policy.syncIntervalSeconds * 1000 * random() });
  }

  #later({ list }: Reading): EngineResult {
    return { again: { afterMs: this.#nextMs(list), priority: "resync" } };
  }

  #nextMs(list: SweepList): number {
    return this.#spread(this.#pace?.secondsFor(list) ?? 0) * 1000;
  }

  #readingOf(key: UnitKey, list: SweepList): Reading {
    const known = this.#readings.get(key);
    if (known !== undefined) return known;
    const made: Reading = { list, units: new Set(), sweeps: 0, fault: undefined, failures: 0, current: undefined };
    this.#readings.set(key, made);
    this.#tellLists();
    // What is read seldom is not read at each start: its predecessor has read it half an interval ago, on average.
    const afterMs = list.everySeconds === undefined ? this.#nextMs(list) : list.everySeconds * 1000 * this.#parts.world.random();
    this.#parts.enqueue(key, { priority: "resync", afterMs });
    return made;
  }

  #leave(unit: UnitKey, key: UnitKey): void {
    this.#places.delete(unit);
    this.#readings.get(key)?.units.delete(unit);
  }

  #forget(key: UnitKey, reading: Reading): void {
    if (reading.fault !== undefined) this.#failing -= 1;
    this.#readings.delete(key);
    this.#tellLists();
    this.#pace?.note(reading.list, 0);
  }

  #tellLists(): void {
    this.#parts.observer?.lists(this.#readings.size - this.#failing, this.#failing);
  }

  get #nowMs(): number {
    return this.#parts.world.clock.now();
  }

  #spread(seconds: number): number {
    return seconds * (0.9 + 0.2 * this.#parts.world.random());
  }

  get #surroundings(): Parameters<typeof coverageOf>[1] {
    const { hosts, world } = this.#parts;
    return {
      hosts,
      isAllowed: (scope, credential) => isInScopes(scope, credential, world.policy),
      isDenied: (list) => this.#denied.has(listKey(list)),
    };
  }
}
