import { type ArmId, armIdKey, type ArmIdKey, armIdType, parentOf, parseAnyArmId } from "../api/arm-id.ts";
import { ANNOTATIONS, FINALIZER } from "../api/group.ts";
import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import { keyOf, type KubeObject, type ObjectKey } from "../api/object.ts";
import type { Holds } from "../api/shared.ts";
import type { Kind, Located, LookedUp, Policies, RoleLookup, Surroundings } from "../kinds/kind.ts";
import type { Share } from "../kinds/share.ts";
import { isInScopes, refusalFor } from "./allow-lists.ts";
import { type Choice, chooseCredential } from "./credential-choice.ts";
import { placementRefusal, subscriptionRefusal } from "./placement.ts";
import { type ClaimPermissions, NO_PERMISSIONS, type Permitted, permissionsOf } from "./permissions.ts";
import type { Policy } from "./ports.ts";
import type { Refusal } from "./refusal.ts";
import { type ClaimWorld, surroundingsOf } from "./surroundings.ts";

declare const unitKeyBrand: unique symbol;

/** `credential|target`: the unit of work (DESIGN 2). An object that has neither is a unit of its own. */
export type UnitKey = string & { readonly [unitKeyBrand]: true };

/**
 * How a claim takes part in the decision. `live` wants its share; `frozen` is neither added to nor taken from; `observing`
 * contributes nothing and reports drift; `leaving` gives up what it holds, because it is deleted or moves.
 */
export type Mode = "live" | "frozen" | "observing" | "leaving";

/** An object's claim on an ARM resource, resolved as far as it can be without asking Azure. */
export interface Claim {
  readonly key: ObjectKey;
  readonly object: KubeObject;
  readonly kind: Kind;
  readonly unit: UnitKey;
  readonly mode: Mode;
  readonly deleting: boolean;
  readonly paused: boolean;
  /** The ARM resource: the held one until it is given back, else the declared one. */
  readonly target: ArmId | undefined;
  /** What the spec means, once it can be said. */
  readonly declared: ArmId | undefined;
  readonly credential: string | undefined;
  /** Whether the declared target is another one than the held one. */
  readonly moving: boolean;
  readonly refusal: Refusal | undefined;
  /** What has to be looked up in Azure before the target can be said. */
  readonly lookup: RoleLookup | undefined;
  /** The answer to it with which this claim was made. */
  readonly lookedUp: LookedUp | undefined;
  readonly spec: Policies | undefined;
  readonly permissions: ClaimPermissions;
  readonly surroundings: Surroundings;
  readonly holds: Holds | undefined;
  /** What is held beside a resource that is somebody else's: what was handed on. */
  readonly foreign: Holds | undefined;
  /** Whether what is held stays in Azure when this claim leaves. */
  readonly retain: boolean;
}

/**
 * How lanes are told from unit keys: units of one target run one after the other whatever their credential, and so do all units
 * below one parent whose ARM type is in `serialisedByParent`.
 */
export function lanesOf(serialisedByParent: ReadonlySet<string>): (unit: string) => string {
  return (unit) => {
    const target = unit.slice(unit.indexOf("|") + 1) as ArmId;
    if (!serialisedByParent.has(armIdType(target))) return target;
    return parentOf(target) ?? target;
  };
}

/**
 * A new claim of an object in the unit where it was. What it holds decides to which unit it belongs, too, and a pass may just have
 * stored that.
 */
export function stayingWith(before: Claim | undefined, claim: Claim): Claim {
  if (before === undefined || before.object.metadata.uid !== claim.object.metadata.uid) return claim;
  return { ...claim, unit: before.unit, target: before.target, credential: before.credential };
}

/** The claim of an object. Pure: it reads nothing but what is cached, and the administrator's policy. */
export function claimOf(object: KubeObject, kind: Kind, world: ClaimWorld): Claim {
  const { policy } = world;
  const parsed = kind.parse(object);
  const stored = holdsOf(object);
  const [holds, foreign] = stored?.foreign === true ? [undefined, stored] : [stored, undefined];
  const retain = retains(object, holds);
  const choice = chooseCredential({ object, holds: stored, retain }, world);
  const credential = choice.is === "chosen" ? choice.credential : undefined;
  const surroundings = surroundingsOf(object, { holds, credential }, world);
  const declared: Located = parsed.ok ? kind.target(parsed.spec, object.metadata.name, surroundings) : parsed;
  const held = holds === undefined ? undefined : heldTarget(holds);
  const target = held ?? (declared.ok ? declared.target : undefined);
  const moving = held !== undefined && declared.ok && armIdKey(held) !== armIdKey(declared.target);
  const spec = parsed.ok ? parsed.spec : undefined;
  const permissions = permissionsFor({ object, kind, spec, declared, surroundings }, world.permitted);
  const refusal = refusalOf({ object, kind, policy, spec, declared, target, moving, surroundings, choice }) ?? permissions.refusal;
  const lookup = lookupOf({ object, declared, policy, credential });
  const lookedUp = lookup === undefined ? undefined : world.role(lookup, credential);
  const base = { key: keyOf(object), object, kind, target, declared: declared.ok ? declared.target : undefined, credential, moving, refusal, lookup, lookedUp, surroundings, holds, foreign };
  return {
    ...base,
    spec,
    permissions,
    unit: unitOf(base.key, target, credential),
    mode: modeOf(base),
    deleting: object.metadata.deletionTimestamp !== undefined,
    paused: isPaused(object),
    retain,
  };
}

/**
 * Whether what an object refers to still means what its claim was made with: while a pass waits for Azure, a reference can come to
 * mean another resource, and a body that is made then would go to the wrong one. Of what is frozen or deleted no body is made, and
 * nothing is looked up for it: a role that others had looked up since would go on to differ.
 */
export function isCurrent({ kind, spec, object, declared, surroundings, mode, deleting }: Claim): boolean {
  if (spec === undefined || mode === "frozen" || deleting) return true;
  const now = kind.target(spec, object.metadata.name, surroundings);
  return (now.ok ? now.target : undefined) === declared;
}

/**
 * What is deleted needs no answer (DESIGN 3, invariant 3), and nothing is asked outside of what the credential may touch. What is
 * paused keeps for others what it names (DESIGN 2), and so has to know it.
 */
function lookupOf({ object, declared: { lookup }, policy, credential }: Pick<Addressed, "object" | "declared" | "policy"> & Pick<Claim, "credential">): RoleLookup | undefined {
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  if (lookup === undefined || isDeleted || !isInScopes(lookup.scope, credential, policy)) return undefined;
  return subscriptionRefusal(lookup.scope, { namespace: object.metadata.namespace, policy }) === undefined ? lookup : undefined;
}

/** What is deleted or paused needs none: deleting must work whatever was taken back. */
function permissionsFor({ object, kind, spec, declared, surroundings }: Pick<Addressed, "object" | "kind" | "spec" | "declared" | "surroundings">, permitted: Permitted | undefined): ClaimPermissions {
  if (permitted === undefined || spec === undefined || isPaused(object) || object.metadata.deletionTimestamp !== undefined) return NO_PERMISSIONS;
  return permissionsOf({ kind, spec, namespace: object.metadata.namespace, surroundings, declared: declared.ok ? declared.target : undefined }, permitted);
}

/** The part of a host's identity that a claim's spec declares; undefined when it declares none, or cannot be understood. */
export function shareOf({ kind, spec, object }: Pick<Claim, "kind" | "spec" | "object">): Share | undefined {
  return spec === undefined ? undefined : kind.shape.share?.(spec, object.metadata.namespace);
}

/** Whether the object has our finalizer. */
export function hasFinalizer(object: KubeObject): boolean {
  return object.metadata.finalizers?.includes(FINALIZER) ?? false;
}

/** Whether the annotation that pauses is set. */
export function isPaused(object: KubeObject): boolean {
  return object.metadata.annotations?.[ANNOTATIONS.paused] === "true";
}

/**
 * `status.holds`, when its shape is one that we wrote. An object that is being deleted without our finalizer holds nothing any
 * more: it was released, and only somebody else's finalizer keeps it.
 */
export function holdsOf(object: KubeObject): Holds | undefined {
  if (object.metadata.deletionTimestamp !== undefined && !hasFinalizer(object)) return undefined;
  const holds = objectAt(object.status, "holds");
  if (holds === undefined || stringAt(holds, "target") === undefined) return undefined;
  return holds as unknown as Holds;
}

/** Seniority among claims: holders first, then the older, then the lower uid. */
export function bySeniority(left: Claim, right: Claim): number {
  const holding = Number(right.holds !== undefined) - Number(left.holds !== undefined);
  if (holding !== 0) return holding;
  const [a, b] = [left.object.metadata, right.object.metadata];
  return compare(a.creationTimestamp, b.creationTimestamp) || compare(a.uid, b.uid);
}

/** Key of the target, or undefined when there is none. */
export function targetKey(claim: Claim): ArmIdKey | undefined {
  return claim.target === undefined ? undefined : armIdKey(claim.target);
}

/** Whether a unit is an object without a target or a credential. */
export function isUnresolved(unit: UnitKey): boolean {
  return unit.startsWith("-|");
}

function unitOf(key: ObjectKey, target: ArmId | undefined, credential: string | undefined): UnitKey {
  if (target === undefined || credential === undefined) return `-|${key}` as UnitKey;
  return `${credential}|${armIdKey(target)}` as UnitKey;
}

/** What only observes does so also while it is deleted: it gives up what it held, and nothing in Azure is touched (DESIGN 2). */
function modeOf(claim: Pick<Claim, "object" | "moving" | "refusal" | "holds">): Mode {
  if (isPaused(claim.object)) return "frozen";
  if (claim.refusal?.forbids === true && claim.holds === undefined && claim.object.metadata.deletionTimestamp === undefined) return "frozen";
  if (rawText(claim.object, "managementPolicy") === "ObserveOnly") return "observing";
  if (claim.object.metadata.deletionTimestamp !== undefined) return "leaving";
  if (claim.refusal !== undefined) return "frozen";
  return claim.moving ? "leaving" : "live";
}

interface Addressed {
  readonly object: KubeObject;
  readonly kind: Kind;
  readonly policy: Policy;
  readonly spec: Policies | undefined;
  readonly declared: Located;
  readonly target: ArmId | undefined;
  readonly moving: boolean;
  readonly surroundings: Surroundings;
  readonly choice: Choice;
}

/** The first thing that stands in the way, in the order in which a person can mend it. */
function refusalOf(addressed: Addressed): Refusal | undefined {
  const { object, policy, declared, target, choice } = addressed;
  if (choice.is === "none") return choice.refusal;
  if (!declared.ok) {
    const { lookup } = declared;
    if (lookup !== undefined && !isInScopes(lookup.scope, choice.credential, policy)) return scopeNotAllowed(lookup.scope);
    return (lookup === undefined ? undefined : subscriptionRefusal(lookup.scope, { namespace: object.metadata.namespace, policy })) ?? unlocated(declared);
  }
  const outside = scopeRefusal(addressed, { target: target ?? declared.target, credential: choice.credential });
  const placed = placementRefusal({ ...addressed, namespace: object.metadata.namespace, target: declared.target });
  return outside ?? placed ?? movingRefusal(addressed) ?? askedRefusal(addressed);
}

function unlocated({ reason = "InvalidSpec", message, waits = false }: Extract<Located, { ok: false }>): Refusal {
  return waits ? { reason, message, waits } : { reason, message };
}

function scopeRefusal({ kind, spec, policy, declared }: Addressed, { target, credential }: { readonly target: ArmId; readonly credential: string }): Refusal | undefined {
  const targets = declared.ok ? [target, declared.target] : [target];
  const outside = targets.find((id) => !isInScopes(id, credential, policy));
  if (outside !== undefined) return scopeNotAllowed(outside);
  const named = spec === undefined ? [] : (kind.namedIds?.(spec) ?? []);
  const beyond = named.find(({ id }) => !isInScopes(id, credential, policy));
  return beyond === undefined ? undefined : scopeNotAllowed(`${beyond.path}: ${beyond.id}`);
}

function scopeNotAllowed(what: string): Refusal {
  return { reason: "ScopeNotAllowed", message: `${what} lies outside of what an administrator allows in --shared-credential-scopes` };
}

function movingRefusal({ kind, moving, target }: Addressed): Refusal | undefined {
  if (!moving || kind.shape.is === "share" || kind.shape.moves === true) return undefined;
  const message = `this object holds ${target ?? ""} and now declares another resource: set back what was changed (spec, or annotations of the Namespace), or create a new object`;
  return { reason: "ImmutableFieldChanged", message };
}

function askedRefusal({ object, kind, spec, policy, surroundings }: Addressed): Refusal | undefined {
  if (spec === undefined) return undefined;
  const asked = kind.asks?.(spec, surroundings) ?? [];
  return asked.map((each) => refusalFor(each, object.metadata.namespace, policy)).find((refusal) => refusal !== undefined);
}

function heldTarget(holds: Holds): ArmId | undefined {
  const parsed = parseAnyArmId(holds.target);
  return parsed.ok ? parsed.id : undefined;
}

function retains(object: KubeObject, holds: Holds | undefined): boolean {
  const policy = rawText(object, "deletionPolicy");
  return policy === "Retain" || (policy !== "Delete" && holds?.adopted === true);
}

/** A policy is read from the raw spec: deleting must work however invalid the rest of it is. */
function rawText({ spec }: KubeObject, field: string): string | undefined {
  return isJsonObject(spec) ? stringAt(spec, field) : undefined;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
