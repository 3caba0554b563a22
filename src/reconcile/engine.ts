import { armIdKey } from "../api/arm-id.ts";
import { ACCOUNT_KIND } from "../api/credential.ts";
import { keyOf, type KubeObject, type ObjectKey } from "../api/object.ts";
import type { HostRow } from "../kinds/host-row.ts";
import type { Kind } from "../kinds/kind.ts";
import { usersOfAccount } from "./account-changes.ts";
import type { Change } from "./change.ts";
import { AwaitedObjects } from "./awaited-objects.ts";
import { type Claim, claimOf, isUnresolved, lanesOf, stayingWith, type UnitKey } from "./claim.ts";
import type { EngineOptions, EngineResult, Enqueue } from "./engine-options.ts";
import { resultOf } from "./engine-result.ts";
import { exportAll } from "./exports.ts";
import { isLockedOut } from "./failures.ts";
import { Footings } from "./footing.ts";
import { resolveHeirs } from "./heirs.ts";
import { Lookups } from "./lookups.ts";
import { Memories, type UnitMemory } from "./memory.ts";
import type { Conclusion } from "./outcome.ts";
import { OwnWrites } from "./own-writes.ts";
import { PermissionReviews } from "./permission-reviews.ts";
import { type Pass, PassAborted } from "./pass.ts";
import type { Urgency, World } from "./ports.ts";
import { concludeOutside, reconcile } from "./reconcile.ts";
import { forgive, isRequested, requestedAt } from "./requests.ts";
import { settle } from "./settle.ts";
import { Snapshots } from "./snapshots.ts";
import { Sweeps } from "./sweep.ts";
import { isAsListed } from "./sweep-judge.ts";
import { isSweepKey } from "./sweep-reading.ts";
import { restingFor, vouchedFor, withoutOrdinary } from "./sweep-rest.ts";
import type { Next } from "./timing.ts";
import { NO_TURNS, turnsOf } from "./turns.ts";
import { credentialsOf, Units } from "./units.ts";
import { isCounted } from "./usage.ts";
import { affectedBy, dependantsOf, freedBetween, usedBetween, usedOtherwise } from "./usage-wake.ts";
import { wakesBeforeOwn, wakesDependants, wakesItself } from "./wake.ts";

export type { EngineOptions, EngineResult, Enqueue };

const HOST_SETTLE = { quietMs: 250, maxMs: 1000 };

/** Turns events into units to work on, and runs them. One process has one engine. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #world: World;
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #hosts: ReadonlyMap<string, HostRow>;
  readonly #units = new Units();
  readonly #memories = new Memories();
  readonly #own: OwnWrites;
  readonly #lookups: Lookups;
  readonly #snapshots: Snapshots;
  /** What the API server says about permissions that objects need. */
  readonly reviews: PermissionReviews;
  readonly #sweeps: Sweeps;
  readonly #footings: Footings;
  /** Objects that were refused what they need to leave. */
  readonly #lockedOut = new Set<ObjectKey>();
  /** Lane of a unit; a unit always has the same. */
  readonly laneOf: (unit: string) => string;
  readonly #awaited: AwaitedObjects;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#own = new OwnWrites(options.world.kube, (change) => this.#land(change));
    this.#awaited = new AwaitedObjects(this.#units, this.#own);
    this.#world = options.world;
    this.#footings = new Footings(this.#units, options.world);
    this.#kinds = new Map(options.kinds.map((kind) => [kind.type.kind, kind]));
    this.#hosts = new Map(options.hosts.map((row) => [row.type.toLowerCase(), row]));
    this.#lookups = new Lookups(this.#world.azure, this.#world.clock);
    this.#snapshots = new Snapshots(this.#world.azure, this.#world.clock);
    this.reviews = new PermissionReviews(this.#world.access, this.#world.clock, (claim) => this.#reclaim(claim));
    const laneOf = lanesOf(new Set(options.kinds.flatMap(({ serialisedByParent }) => serialisedByParent ?? [])));
    this.#sweeps = this.#sweepsOf(options);
    this.laneOf = (unit) => (isSweepKey(unit) ? unit : laneOf(unit));
  }

  /** Takes what happened to an object of one of our kinds, or to a ServiceAccount by which objects reach Azure. */
  onChange(change: Change): void {
    const object = change.next ?? change.previous;
    if (object?.kind === ACCOUNT_KIND) for (const claim of usersOfAccount(change, this.#units, this.#world.policy)) this.#reclaim(claim);
    const kind = object === undefined ? undefined : this.#kinds.get(object.kind);
    if (object === undefined || kind === undefined) return;
    const key = keyOf(object);
    this.#distrust(change, this.#units.get(key));
    const before = this.#set(key, change.next === undefined ? undefined : this.#claim(change.next, kind));
    const after = this.#units.get(key);
    if (before !== undefined && before.unit !== after?.unit) this.#add(before.unit, "user");
    if (before !== undefined && after !== undefined && before.unit !== after.unit) this.#add(after.unit, "user");
    if (after === undefined) for (const [unit, urgency] of this.#awaited.arrived(before, after)) this.#add(unit, urgency);
    for (const unit of freedBetween([before, after], this.#units)) this.#add(unit, "user");
    for (const unit of usedBetween([before, after], this.#units, this.#world.cache)) this.#add(unit, "resync");
    if (wakesDependants(change)) for (const claim of dependantsOf(change, this.#units, this.#world.cache)) this.#reclaim(claim);
    if (!this.#own.defers(key, change)) this.#judge(change);
  }

  /** Who asks for a pass asks for what it rests on, too. */
  #distrust({ previous, next }: Change, claim: Claim | undefined): void {
    if (claim === undefined || requestedAt(previous) === requestedAt(next)) return;
    const { key, lookup, credential } = claim;
    this.reviews.distrust(key);
    if (lookup !== undefined && credential !== undefined) this.#lookups.forget(lookup, credential);
  }

  /** Takes what happened to a Namespace: its annotations are defaults of its objects, its labels decide what they may name elsewhere. */
  onNamespaceChange(change: Change): void {
    for (const claim of affectedBy(change, this.#units)) this.#reclaim(claim);
    for (const unit of usedOtherwise(change, this.#units)) this.#add(unit, "user");
  }

  /** Takes the new claim of an object, gives its unit a list that stands for it, and forgets the tokens of credentials that no object uses any more. */
  #set(key: ObjectKey, claim: Claim | undefined): Claim | undefined {
    const before = this.#units.set(key, claim);
    this.reviews.track(key, claim);
    this.#lookups.rest(key, claim);
    const unused = before === undefined ? [] : credentialsOf(before).filter((name) => !this.#units.isCredentialUsed(name));
    for (const name of unused) this.#world.credentials.forget(name);
    if (claim === undefined) this.#lockedOut.delete(key);
    if (before !== undefined && claim === undefined) for (const unit of this.#footings.waitingFor(before)) this.#add(unit, "user");
    if (claim !== undefined) this.#sweeps.place(claim.unit);
    if (before !== undefined && before.unit !== claim?.unit) this.#sweeps.place(before.unit);
    for (const other of this.#units.beside(before, claim)) this.#sweeps.place(other);
    return before;
  }

  /** Resolves an object anew: what it refers to, or what its Namespace says, has changed. */
  #reclaim(claim: Claim): void {
    const next = this.#claim(claim.object, claim.kind);
    this.#set(claim.key, next);
    for (const each of new Set([claim.unit, next.unit])) this.#add(each, "user");
    this.#own.defers(claim.key, { previous: claim.object, next: claim.object });
  }

  /** Runs one unit, or reads a page of a list that stands for many; never throws. */
  async run(unit: UnitKey, context: { readonly signal: AbortSignal; readonly priority: Urgency }): Promise<EngineResult> {
    if (isSweepKey(unit)) return this.#sweeps.run(unit, context.signal);
    const claims = this.#units.of(unit);
    if (claims.length === 0) {
      this.#memories.forget(unit);
      this.#world.governor.end(unit, false);
      this.#awaited.forget(unit);
      return {};
    }
    const lapsed = claims.filter((claim) => claim.deleting && this.#claim(claim.object, claim.kind).unit !== claim.unit);
    for (const claim of lapsed) this.#reclaim(claim);
    if (lapsed.length > 0) return { again: { afterMs: 0, priority: "retry" }, holdLane: this.#memories.of(unit).running !== undefined };
    const again = this.#awaited.waitOf(unit, context.priority);
    if (again !== undefined) return { again, holdLane: this.#memories.of(unit).running !== undefined };
    return this.#sweeps.isAwaited(unit, claims) ? restingFor(this.#sweeps.restMs(unit)) : this.#attempt(unit, claims, context);
  }

  /** Makes the lookups that claims wait for and resolves them and the unit anew, which queues it. Returns what is said where one failed. */
  async #resolve(unit: UnitKey, due: readonly Claim[], signal: AbortSignal): Promise<readonly Conclusion[]> {
    const failed = await this.#lookups.makeAll(due, { signal, unit });
    if (failed.length < due.length) for (const claim of this.#units.named(new Set([...this.#units.of(unit), ...due].map(({ key }) => key)))) this.#reclaim(claim);
    return failed;
  }

  /** The kind that a unit stands for; empty when it has no objects any more. */
  kindOf(unit: UnitKey): string {
    return this.#units.of(unit)[0]?.kind.type.kind ?? "";
  }

  /** How many entries are remembered besides the objects themselves: all of them go when what they speak of is gone. */
  remembered(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries({ memories: this.#memories, ownWrites: this.#own, snapshots: this.#snapshots, lookups: this.#lookups, awaiting: this.#awaited }).map(([what, { size }]) => [what, size]));
  }

  /** Every claim, for the gauge of objects by readiness. */
  *claims(): Iterable<Claim> {
    yield* this.#units.all();
  }

  async #attempt(unit: UnitKey, claims: readonly Claim[], context: { readonly signal: AbortSignal; readonly priority: Urgency }): Promise<EngineResult> {
    const memory = this.#memories.of(unit);
    const begunAtMs = this.#world.clock.now();
    try {
      const next = await this.#pass(unit, claims, { ...context, memory });
      this.#world.governor.end(unit, next.some(({ isTurn }) => isTurn === true));
      return resultOf(this.#sweeps.covers(unit) ? withoutOrdinary(next, this.#sweeps.restMs(unit)) : next, memory, { begunAtMs, nowMs: this.#world.clock.now() });
    } catch (error) {
      if (!(error instanceof PassAborted)) this.#world.log.error({ unit, err: error }, "A pass failed: this is a defect of the operator");
      else this.#world.log.info({ unit, reason: error.message }, "A pass ended early and is tried again");
      const afterMs = (error instanceof PassAborted ? (error.afterSeconds ?? 0) : 0) * 1000;
      this.#world.governor.end(unit, true);
      return { failed: true, again: { afterMs, priority: "retry" }, holdLane: memory.running !== undefined };
    }
  }

  async #pass(unit: UnitKey, claims: readonly Claim[], context: PassContext): Promise<readonly Next[]> {
    const { memory, signal, priority } = context;
    if (await this.reviews.refresh(claims)) return [];
    const world: World = { ...this.#world, kube: this.#own.of(unit) };
    const due = claims.filter((claim) => this.#lookups.isDueFor(claim));
    if (due.length > 0) return settle(await this.#resolve(unit, due, signal), memory, world);
    const awaited = await resolveHeirs(claims, () => this.#units.named(this.#lookups.unanswered), (heirs) => this.#resolve(unit, heirs, signal));
    if (awaited !== undefined) return awaited;
    const [{ target, credential } = { target: undefined, credential: undefined }] = claims;
    if (target === undefined || credential === undefined) return settle(await exportAll({ world }, claims.map(concludeOutside)), memory, world);
    const isTold = (claim: Claim): boolean => isCounted(claim, { referrers: this.#units.referrersOf(claim.key), cache: world.cache });
    if (priority === "resync" && this.#sweeps.vouches(unit, claims) && claims.every(isTold)) return settle(await exportAll({ world }, claims.map(vouchedFor)), memory, world);
    const { firstAfterMs, turn } = await turnsOf(world, { unit, target, credential, claims, memory, urgency: priority, signal });
    if (firstAfterMs > 0) return [{ afterSeconds: firstAfterMs / 1000, priority: priority === "user" ? "user" : "retry", isTurn: true }];
    const requested = claims.some(isRequested);
    if (requested) forgive(memory);
    // A pass that waits in between for its turn goes on with what it read since.
    memory.requestedAfter = requested ? (memory.requestedAfter ?? this.#snapshots.count) : undefined;
    const pass = this.#passOf(unit, claims, { ...context, world, target, credential, turn });
    const conclusions = await exportAll(pass, await reconcile(pass));
    for (const { claim } of conclusions.filter(isLockedOut)) this.#lockedOut.add(claim.key);
    for (const { claim, outcome } of conclusions) if (outcome.is === "refused") this.#options.onRefused?.(claim.kind.type.kind);
    const next = await settle(conclusions, memory, world);
    if (!conclusions.some(({ outcome }) => outcome.is === "queued")) memory.isDrifted = false;
    this.#sweeps.concluded(unit, conclusions);
    return next;
  }

  #passOf(unit: UnitKey, claims: readonly Claim[], { world, target, credential, turn, memory, signal, priority }: PassContext & Pick<Pass, "world" | "target" | "credential" | "turn">): Pass {
    return {
      world,
      unit,
      target,
      credential,
      claims,
      others: this.#units.othersOn(armIdKey(target), unit),
      memory,
      signal,
      isUrgent: priority === "user",
      listedAfter: memory.requestedAfter,
      snapshots: this.#snapshots,
      turn,
      hosts: this.#hosts,
      footings: this.#footings,
      referrersOf: (claim) => this.#units.referrersOf(claim.key),
    };
  }

  #sweepsOf({ enqueue, sweepObserver: observer }: EngineOptions): Sweeps {
    return new Sweeps({
      world: this.#world,
      hosts: this.#hosts,
      enqueue,
      observer,
      claimsOf: (unit) => this.#units.of(unit),
      onDrift: (unit) => void (this.#memories.of(unit).isDrifted = true),
      isAsListed: async (unit, item) => {
        const signal = new AbortController().signal;
        await this.reviews.refresh(this.#units.of(unit));
        await this.#resolve(unit, this.#units.of(unit).filter((claim) => this.#lookups.isUnresolved(claim)), signal);
        const claims = this.#units.of(unit);
        const [{ target, credential } = { target: undefined, credential: undefined }] = claims;
        if (target === undefined || credential === undefined || claims.some(({ object }) => this.#own.isBehind(object))) return true;
        const context = { memory: this.#memories.of(unit), signal, priority: "resync" } as const;
        return isAsListed(this.#passOf(unit, claims, { ...context, world: this.#world, target, credential, turn: NO_TURNS.turn }), item);
      },
    });
  }

  /** The claim of an object; while a write of ours to it is not seen it stays in its unit, which keeps the lane for what is under way. */
  #claim(object: KubeObject, kind: Kind): Claim {
    const { cache, policy, credentials } = this.#world;
    const claim = claimOf(object, kind, { cache, policy, permitted: this.reviews.permitted, role: (lookup, credential) => this.#lookups.role(lookup, credential), isTokenHeld: (name) => credentials.isHeld(name), isLockedOut: (key) => this.#lockedOut.has(key) });
    return this.#own.isAhead(object) ? stayingWith(this.#units.get(claim.key), claim) : claim;
  }

  /** Judges what came while a write of ours was under way, for which the object may leave its unit. */
  #land(change: Change): void {
    const claim = change.next === undefined ? undefined : this.#units.get(keyOf(change.next));
    if (claim !== undefined && this.#claim(claim.object, claim.kind).unit !== claim.unit) this.#reclaim(claim);
    this.#judge(change);
  }

  /** Decides whether a change is news for the object's own unit; called once our own writes in flight are answered. */
  #judge(change: Change): void {
    const { next } = change;
    if (next === undefined) {
      if (change.previous !== undefined) this.#own.forget(keyOf(change.previous));
      return;
    }
    const claim = this.#units.get(keyOf(next));
    if (claim === undefined) return;
    for (const [unit, urgency] of this.#awaited.arrived(claim, claim)) this.#add(unit, urgency);
    const urgency = this.#own.isOwn(next) ? wakesBeforeOwn(change) : wakesItself(change);
    if (urgency === "resync" && change.previous === undefined) this.#sweeps.await(claim.unit);
    if (urgency !== undefined) this.#add(claim.unit, urgency);
  }

  #add(unit: UnitKey, priority: Urgency): void {
    const isHost = !isUnresolved(unit) && this.#units.some(unit, ({ kind }) => kind.shape.is === "share");
    this.#options.enqueue(unit, isHost ? { priority, settle: HOST_SETTLE } : { priority });
  }
}

interface PassContext {
  readonly signal: AbortSignal;
  readonly priority: Urgency;
  readonly memory: UnitMemory;
}
