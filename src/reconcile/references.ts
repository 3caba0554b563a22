import { armIdKey, type ArmId, parseArmId } from "../api/arm-id.ts";
import { conditionOf, conditionsOf } from "../api/conditions.ts";
import { stringAt } from "../api/json.ts";
import { type KubeObject, objectKey } from "../api/object.ts";
import type { Reference } from "../kinds/reference.ts";
import type { NamedSetting, NamedShare, Share } from "../kinds/share.ts";
import { isInScopes } from "./allow-lists.ts";
import type { Claim } from "./claim.ts";
import type { Refusal } from "./refusal.ts";
import type { Cache, Policy } from "./ports.ts";

/** An identity that a claim wants, as far as it resolves. */
export type Wanted =
  | {
      readonly is: "resolved";
      readonly id: ArmId;
      readonly identityRef: string | undefined;
      /** Ids that the referent's status shows; what a host shows must agree. */
      readonly expected: ExpectedIds | undefined;
    }
  | {
      readonly is: "unresolved";
      /** The id, where the spec itself gives it. */
      readonly id: ArmId | undefined;
      readonly identityRef: string | undefined;
      readonly refusal: Refusal;
      /** Whether only a person can mend it, rather than time. */
      readonly stalls: boolean;
    };

/** Ids that a UserAssignedIdentity of ours reports. */
export interface ExpectedIds {
  readonly principalId: string | undefined;
  readonly clientId: string | undefined;
}

/** The identities of a share, resolved one by one: one that does not resolve never blocks the others. */
export function resolveShare(share: Share, cache: Cache, policy: Policy): readonly Wanted[] {
  const wanted = share.userAssigned.map((named) => resolveNamed(named, cache, policy));
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
export function resolveSettings({ settings = [] }: Share, cache: Cache, policy: Policy): readonly { readonly named: NamedSetting; readonly want: Wanted }[] {
  return settings.map((named) => ({ named, want: resolveNamed(named.identity, cache, policy) }));
}

function isFirst(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function resolveNamed(named: NamedShare, cache: Cache, policy: Policy): Wanted {
  if (named.by.is === "ref") return resolveReference(named.path, named.by.reference, cache);
  if (isInScopes(named.by.id, policy)) return { is: "resolved", id: named.by.id, identityRef: undefined, expected: undefined };
  const message = `${named.path}: ${named.by.id} lies outside of what an administrator allows in --shared-credential-scopes`;
  return { is: "unresolved", id: named.by.id, identityRef: undefined, refusal: { reason: "ScopeNotAllowed", message }, stalls: true };
}

function resolveReference(path: string, reference: Reference, cache: Cache): Wanted {
  const { kind, namespace, name } = reference;
  const referent = cache.get(objectKey(kind, namespace, name));
  if (referent === undefined) {
    return waitingFor(name, { reason: "RefNotFound", message: `${path}: ${kind} ${namespace}/${name} does not exist: create it` });
  }
  const resolved = resolvedIdentity(referent);
  if (resolved !== undefined) return { is: "resolved", identityRef: name, ...resolved };
  const what = referent.metadata.deletionTimestamp === undefined ? "is not ready yet" : "is being deleted";
  return waitingFor(name, { reason: "RefNotReady", message: `${path}: ${kind} ${namespace}/${name} ${what}: see its conditions` });
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

function waitingFor(identityRef: string, refusal: Refusal): Wanted {
  return { is: "unresolved", id: undefined, identityRef, refusal, stalls: false };
}
