import { type ArmId, parseArmId } from "../api/arm-id.ts";
import type { IdentityRef, NamedIdentity, NamedOrSystemIdentity } from "../api/references.ts";
import { USER_ASSIGNED_IDENTITY } from "../api/resources.ts";
import type { Surroundings } from "./kind.ts";
import type { Reference } from "./reference.ts";
import { idOfReferent } from "./referent.ts";
import type { NamedShare } from "./share.ts";

/** A reference from a namespace to an identity; an identity is kept while a live object of its own namespace names it. */
export function identityReference({ name, namespace }: IdentityRef, from: string, path: string): Reference {
  const place = namespace ?? from;
  return { kind: USER_ASSIGNED_IDENTITY.kind, namespace: place, name, path, protects: place === from };
}

/** The references in a list of named identities. */
export function identityReferences(named: readonly NamedIdentity[], namespace: string, path: string): readonly Reference[] {
  return named.flatMap((each, index) => (each.identityRef === undefined ? [] : [identityReference(each.identityRef, namespace, `${path}[${index}]`)]));
}

/** The references of single fields that name an identity, each with its path; absent ones give none. */
export function fieldReferences(fields: Readonly<Record<string, NamedOrSystemIdentity | undefined>>, namespace: string): readonly Reference[] {
  return Object.entries(fields).flatMap(([path, named]) => (named?.identityRef === undefined ? [] : [identityReference(named.identityRef, namespace, path)]));
}

/** A list of named identities as a share of a host's identity. */
export function namedShares(named: readonly NamedIdentity[], namespace: string, path: string): readonly NamedShare[] {
  return named.flatMap((each, index) => namedField(each, namespace, `${path}[${index}]`));
}

/** One named identity with its path; none when the field is absent or its id cannot be understood. */
export function namedField(named: NamedIdentity | undefined, namespace: string, path: string): readonly NamedShare[] {
  if (named === undefined) return [];
  if (named.identityRef !== undefined) return [{ path, by: { is: "ref", reference: identityReference(named.identityRef, namespace, path) } }];
  const parsed = parseArmId(named.armId ?? "");
  return parsed.ok ? [{ path, by: { is: "id", id: parsed.id } }] : [];
}

/** The ARM ids in a list of named identities. */
export function namedIdsOf(named: readonly NamedIdentity[], path: string): readonly { readonly path: string; readonly id: ArmId }[] {
  return named.flatMap(({ armId }, index) => {
    const parsed = parseArmId(armId ?? "");
    return armId !== undefined && parsed.ok ? [{ path: `${path}[${index}].armId`, id: parsed.id }] : [];
  });
}

/** The ARM id of a named identity; undefined while its object does not show one. */
export function identityIdOf(named: NamedIdentity, surroundings: Surroundings, path: string): ArmId | undefined {
  if (named.identityRef !== undefined) return idOfReferent(identityReference(named.identityRef, surroundings.namespace, path), surroundings);
  const parsed = parseArmId(named.armId ?? "");
  return parsed.ok ? parsed.id : undefined;
}
