import { armIdKey, type ArmId, parseArmId } from "../api/arm-id.ts";
import { conditionOf, conditionsOf } from "../api/conditions.ts";
import { stringAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import type { HeldIdentity } from "../api/shared.ts";
import { absentReferent, type Reference } from "../kinds/reference.ts";
import type { NamedSetting, NamedShare, Share } from "../kinds/share.ts";
import { isInScopes } from "./allow-lists.ts";
import type { Claim } from "./claim.ts";
import { follow } from "./consent.ts";
import { subscriptionRefusal } from "./placement.ts";
import type { Refusal } from "./refusal.ts";
import type { Cache, Policy } from "./ports.ts";

/** The reference by which an identity is named, as `status.holds` records it: with its namespace when it is another one. */
export type HeldRef = NonNullable<HeldIdentity["identityRef"]>;

/** An identity that a claim wants, as far as it resolves. */
export type Wanted =
  | {
      readonly is: "resolved";
      readonly id: ArmId;
      readonly identityRef: HeldRef | undefined;
      /** Ids that the referent's status shows; what a host shows must agree. */
      readonly expected: ExpectedIds | undefined;
    }
  | {
      readonly is: "unresolved";
      /** The id, where the spec itself gives it. */
      readonly id: ArmId | undefined;
      readonly identityRef: HeldRef | undefined;
      readonly refusal: Refusal;
      /** Whether only a person can mend it, rather than time. */
      readonly stalls: boolean;
      /** Whether what is held by it is to be undone: its owner withdrew consent and wants it back. */
      readonly detaches?: boolean;
    };

/** Who names identities, what it holds by their names, how far its credential reaches, and what its namespace may use. */
export type Naming = Pick<Claim, "object" | "holds" | "credential" | "permissions">;

/** What names are resolved by. */
export interface Resolving {
  readonly cache: Cache;
  readonly policy: Policy;
}

/** Ids that a UserAssignedIdentity of ours reports. */
export interface ExpectedIds {
  readonly principalId: string | undefined;
  readonly clientId: string | undefined;
}

/** The identities of a share, resolved one by one: one that does not resolve never blocks the others. */
export function resolveShare(share: Share, naming: Naming, resolving: Resolving): readonly Wanted[] {
  const wanted = share.userAssigned.map((named) => resolveNamed(named, naming, resolving));
  const seen = new Set<string>();
  return wanted.filter((want) => want.is === "unresolved" || isFirst(seen, armIdKey(want.id)));
}

/** Whether a referrer keeps its referent from being deleted: it lives and does more than observe, in the same namespace, and its reference protects. */
export function isProtectedBy(referent: Claim, referrer: Claim): boolean {
  if (referrer.deleting || referrer.spec === undefined || referrer.spec.managementPolicy === "ObserveOnly") return false;
  const { name, namespace } = referent.object.metadata;
  if (referrer.object.metadata.namespace !== namespace) return false;
  const references = referrer.kind.references(referrer.spec, namespace);
  return references.some((ref) => ref.protects && ref.kind === referent.object.kind && ref.namespace === namespace && ref.name === name);
}

/** The settings of a share with the identities that they name. */
export function resolveSettings({ settings = [] }: Share, naming: Naming, resolving: Resolving): readonly { readonly named: NamedSetting; readonly want: Wanted }[] {
  return settings.map((named) => ({ named, want: resolveNamed(named.identity, naming, resolving) }));
}

function isFirst(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function resolveNamed(named: NamedShare, naming: Naming, resolving: Resolving): Wanted {
  const want = named.by.is === "ref" ? resolveReference(named.by.reference, naming, resolving) : resolveId(named.path, named.by.id, { naming, resolving });
  const refusal = naming.permissions.refusalAt(named.path);
  // Its owner has the last word: what is to be detached is, whatever the namespace is permitted.
  return refusal === undefined || (want.is === "unresolved" && want.detaches === true) ? want : notPermitted(named, naming, refusal);
}

function resolveId(path: string, id: ArmId, { naming, resolving }: { readonly naming: Naming; readonly resolving: Resolving }): Wanted {
  const refusal = reachRefusal(id, { path, what: id, naming }, resolving.policy);
  if (refusal === undefined) return { is: "resolved", id, identityRef: undefined, expected: undefined };
  return { is: "unresolved", id, identityRef: undefined, refusal, stalls: true };
}

/** What is held by the name stays: a permission that was taken back undoes nothing. */
function notPermitted({ by }: NamedShare, { object }: Naming, refusal: Refusal): Wanted {
  const stalls = refusal.waits !== true;
  if (by.is === "id") return { is: "unresolved", id: by.id, identityRef: undefined, refusal, stalls };
  const { name, namespace } = by.reference;
  return { is: "unresolved", id: undefined, identityRef: namespace === object.metadata.namespace ? { name } : { name, namespace }, refusal, stalls };
}

function resolveReference(reference: Reference, naming: Naming, { cache, policy }: Resolving): Wanted {
  const { kind, namespace, name, path } = reference;
  const from = naming.object.metadata.namespace;
  const identityRef = namespace === from ? { name } : { name, namespace };
  const referent = follow(reference, from, cache);
  if (referent.is === "withheld") return { ...waitingFor(identityRef, absent(reference, naming)), detaches: referent.detaches };
  const resolved = resolvedIdentity(referent.object);
  if (resolved === undefined) {
    const what = referent.object.metadata.deletionTimestamp === undefined ? "is not ready yet" : "is being deleted";
    return waitingFor(identityRef, { reason: "RefNotReady", message: `${path}: ${kind} ${namespace}/${name} ${what}: see its conditions` });
  }
  // What its own namespace may reach, this one need not be allowed to.
  const refusal = namespace === from ? undefined : reachRefusal(resolved.id, { path, what: `${kind} ${namespace}/${name}`, naming }, policy);
  if (refusal === undefined) return { is: "resolved", identityRef, ...resolved };
  return { is: "unresolved", id: undefined, identityRef, refusal, stalls: true };
}

/** Whether something is held by the name is the requester's own affair: what is said is the same whether or not the object exists. */
function absent(reference: Reference, { object, holds }: Naming): Refusal {
  const { name, namespace } = reference;
  const from = object.metadata.namespace;
  const isHeld = (holds?.userAssigned ?? []).some(({ identityRef }) => identityRef?.name === name && (identityRef.namespace ?? from) === namespace);
  const message = absentReferent(reference, from);
  return { reason: "RefNotFound", message: isHeld && namespace !== from ? `${message}; what is attached by it is not attached again` : message };
}

/** Why an administrator does not let the objects of a namespace use an identity, wherever it is declared. */
function reachRefusal(id: ArmId, { path, what, naming }: { readonly path: string; readonly what: string; readonly naming: Naming }, policy: Policy): Refusal | undefined {
  if (isInScopes(id, naming.credential, policy)) return subscriptionRefusal(id, { namespace: naming.object.metadata.namespace, policy, path: `${path}: ` });
  return { reason: "ScopeNotAllowed", message: `${path}: ${what} lies outside of what an administrator allows in --shared-credential-scopes` };
}

/** Whether two references, as they are recorded by objects of one namespace, name the same identity. */
export function isSameRef(left: HeldRef | undefined, right: HeldRef | undefined): boolean {
  return left?.name === right?.name && left?.namespace === right?.namespace;
}

/** What dependants use of an identity: undefined until it exists in Azure, is ours to name, and stays. */
export function resolvedIdentity(referent: KubeObject): { readonly id: ArmId; readonly expected: ExpectedIds } | undefined {
  const ready = conditionOf(conditionsOf(referent), "Ready");
  const parsed = parseArmId(stringAt(referent.status, "resourceId") ?? "");
  const principalId = stringAt(referent.status, "principalId");
  const usable = ready !== undefined && ready.status !== "False" && referent.metadata.deletionTimestamp === undefined;
  if (!usable || !parsed.ok || principalId === undefined) return undefined;
  return { id: parsed.id, expected: { principalId, clientId: stringAt(referent.status, "clientId") } };
}

function waitingFor(identityRef: HeldRef, refusal: Refusal): Wanted & { readonly is: "unresolved" } {
  return { is: "unresolved", id: undefined, identityRef, refusal, stalls: false };
}
