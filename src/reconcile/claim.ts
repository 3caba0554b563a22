import { type ArmId, armIdKey, type ArmIdKey, isWithinScope, parseArmId } from "../api/arm-id.ts";
import { ANNOTATIONS, FINALIZER, NAMESPACE_ANNOTATIONS } from "../api/group.ts";
import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import { keyOf, type KubeObject, type ObjectKey } from "../api/object.ts";
import type { Reason } from "../api/reasons.ts";
import type { Holds } from "../api/shared.ts";
import type { Kind, NamespaceDefaults, Policies } from "../kinds/kind.ts";
import type { Policy } from "./ports.ts";

declare const unitKeyBrand: unique symbol;

/** `credential|target`: the unit of work (DESIGN 2). An object that has neither is a unit of its own. */
export type UnitKey = string & { readonly [unitKeyBrand]: true };

/** Why an object cannot be served as it stands, and what a person can do. */
export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
}

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
  readonly credential: string | undefined;
  /** Whether the declared target is another one than the held one. */
  readonly moving: boolean;
  readonly refusal: Refusal | undefined;
  readonly spec: Policies | undefined;
  readonly defaults: NamespaceDefaults;
  readonly holds: Holds | undefined;
  /** Whether what is held stays in Azure when this claim leaves. */
  readonly retain: boolean;
}

/** The only credential of this version: the operator's own, shared by the listed namespaces. */
export const SHARED_CREDENTIAL = "shared";

/** Lane of a unit: units of one target run one after the other whatever their credential. */
export function laneOf(unit: string): string {
  return unit.slice(unit.indexOf("|") + 1);
}

/** The claim of an object. Pure: what it reads of the world are its Namespace and the administrator's policy. */
export function claimOf(object: KubeObject, kind: Kind, namespace: KubeObject | undefined, policy: Policy): Claim {
  const parsed = kind.parse(object);
  const defaults = defaultsOf(namespace);
  const declared = parsed.ok ? kind.target(parsed.spec, object.metadata.name, defaults) : parsed;
  const holds = holdsOf(object);
  const held = holds === undefined ? undefined : heldTarget(holds);
  const target = held ?? (declared.ok && "target" in declared ? declared.target : undefined);
  const moving = held !== undefined && "target" in declared && armIdKey(held) !== armIdKey(declared.target);
  const refusal = refusalOf({ object, kind, policy, target, moving, problem: declared.ok ? undefined : declared.message });
  const credential = credentialOf(object, policy);
  const base = { key: keyOf(object), object, kind, target, credential, moving, refusal, defaults, holds };
  return {
    ...base,
    spec: parsed.ok ? parsed.spec : undefined,
    unit: unitOf(base.key, target, credential),
    mode: modeOf(base, parsed.ok ? parsed.spec : undefined),
    deleting: object.metadata.deletionTimestamp !== undefined,
    paused: isPaused(object),
    retain: retains(object, holds),
  };
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

function unitOf(key: ObjectKey, target: ArmId | undefined, credential: string | undefined): UnitKey {
  if (target === undefined || credential === undefined) return `-|${key}` as UnitKey;
  return `${credential}|${armIdKey(target)}` as UnitKey;
}

function modeOf(claim: Pick<Claim, "object" | "kind" | "moving" | "refusal">, spec: Policies | undefined): Mode {
  if (isPaused(claim.object)) return "frozen";
  if (claim.object.metadata.deletionTimestamp !== undefined) return "leaving";
  if (spec?.managementPolicy === "ObserveOnly") return "observing";
  if (claim.refusal !== undefined) return "frozen";
  return claim.moving ? "leaving" : "live";
}

interface Addressed {
  readonly object: KubeObject;
  readonly kind: Kind;
  readonly policy: Policy;
  readonly target: ArmId | undefined;
  readonly moving: boolean;
  readonly problem: string | undefined;
}

function refusalOf({ object, kind, policy, target, moving, problem }: Addressed): Refusal | undefined {
  if (problem !== undefined) return { reason: "InvalidSpec", message: problem };
  if (credentialOf(object, policy) === undefined) {
    const message = `namespace "${object.metadata.namespace}" may not use the operator's credential: an administrator can list it in --shared-credential-namespaces`;
    return { reason: "CredentialNotAllowed", message };
  }
  if (target !== undefined && !isInScopes(target, policy)) {
    return { reason: "ScopeNotAllowed", message: `${target} lies outside of what an administrator allows in --shared-credential-scopes` };
  }
  if (moving && kind.shape.is === "resource") {
    const message = `this object holds ${target ?? ""} and now declares another resource: set back what was changed (spec, or annotations of the Namespace), or create a new object`;
    return { reason: "ImmutableFieldChanged", message };
  }
  return undefined;
}

/** Whether an id lies within the scopes of the shared credential; reads need that, too. */
export function isInScopes(id: ArmId, policy: Policy): boolean {
  return policy.sharedScopes.some((scope) => isWithinScope(id, scope));
}

function credentialOf(object: KubeObject, policy: Policy): string | undefined {
  return policy.sharedNamespaces.has(object.metadata.namespace) ? SHARED_CREDENTIAL : undefined;
}

function heldTarget(holds: Holds): ArmId | undefined {
  const parsed = parseArmId(holds.target);
  return parsed.ok ? parsed.id : undefined;
}

function defaultsOf(namespace: KubeObject | undefined): NamespaceDefaults {
  const annotations = namespace?.metadata.annotations ?? {};
  const pick = (name: string) => annotations[name]?.trim();
  const entries = Object.entries(NAMESPACE_ANNOTATIONS).map(([field, name]) => [field, pick(name)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== "")) as NamespaceDefaults;
}

/** Read from the raw spec: deleting must work however invalid the rest of it is. */
function retains(object: KubeObject, holds: Holds | undefined): boolean {
  const policy = isJsonObject(object.spec) ? stringAt(object.spec, "deletionPolicy") : undefined;
  return policy === "Retain" || (policy !== "Delete" && holds?.adopted === true);
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
