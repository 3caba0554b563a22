import { keyOf, type KubeObject } from "../api/object.ts";
import type { Change } from "./change.ts";
import type { Claim, UnitKey } from "./claim.ts";
import { consentOf, requesterOf } from "./consent.ts";
import type { Cache } from "./ports.ts";
import { referencesOf, type Units } from "./units.ts";
import { foreignReferences, holdsBy, useOf } from "./usage.ts";

/** Claims that a change of their Namespace concerns: annotations are defaults for all, in one that ends no token can be had, labels decide what may be named elsewhere. */
export function affectedBy(change: Change, units: Units): readonly Claim[] {
  const claims = units.inNamespace(nameOf(change));
  if (differs("annotations", change) || isEnding(change.previous) !== isEnding(change.next)) return claims;
  return differs("labels", change) ? claims.filter((claim) => foreignReferences(claim).length > 0) : [];
}

/** Units of objects that a Namespace with other labels may now name, or no more: their status counts it. */
export function usedOtherwise(change: Change, units: Units): readonly UnitKey[] {
  if (!differs("labels", change)) return [];
  const namespace = nameOf(change);
  const keys = new Set(units.inNamespace(namespace).flatMap(foreignReferences));
  return [...keys].flatMap((key) => {
    const referent = units.get(key);
    if (referent === undefined) return [];
    const [before, after] = [change.previous, change.next].map((each) => consentOf(referent.object, { namespace, labels: each?.metadata.labels ?? {} }).is);
    return before === after ? [] : [referent.unit];
  });
}

/** Units of objects of other namespaces whose use by an object began, ended or changed with its change. */
export function usedBetween(claims: readonly [Claim | undefined, Claim | undefined], units: Units, cache: Cache): readonly UnitKey[] {
  const names = claims.map((claim) => new Set(claim === undefined ? [] : foreignReferences(claim)));
  const keys = new Set(names.flatMap((each) => [...each]));
  return [...keys].flatMap((key) => {
    const referent = units.get(key);
    if (referent === undefined) return [];
    const [before, after] = claims.map((claim, index) => (claim !== undefined && names[index]?.has(key) === true ? useOf(claim, referent, cache) : undefined));
    return before === after ? [] : [referent.unit];
  });
}

function isEnding(namespace: KubeObject | undefined): boolean {
  return namespace?.metadata.deletionTimestamp !== undefined;
}

function nameOf({ previous, next }: Change): string {
  return (next ?? previous)?.metadata.name ?? "";
}

function differs(member: "annotations" | "labels", { previous, next }: Change): boolean {
  return JSON.stringify(previous?.metadata[member] ?? {}) !== JSON.stringify(next?.metadata[member] ?? {});
}

/**
 * Claims that a change of an object concerns: those that refer to it. Of another namespace only those that it lets name it, or did, and
 * those that hold something by it: else who names it in vain could have it cause work without end, and tell that it exists by that.
 */
export function dependantsOf(change: Change, units: Units, cache: Cache): readonly Claim[] {
  const object = change.next ?? change.previous;
  if (object === undefined) return [];
  const versions = [change.previous, change.next].filter((version) => version !== undefined);
  return units.referrersOf(keyOf(object)).filter((claim) => {
    const requester = requesterOf(claim.object.metadata.namespace, cache);
    return versions.some((version) => consentOf(version, requester).is === "given") || holdsBy(claim, object.metadata);
  });
}

/**
 * Units of what a claim referred to and is about to leave: what stops referring, or begins to leave, may free what it refers to in its
 * own namespace; nothing else keeps anything from being deleted.
 */
export function freedBetween([before, after]: readonly [Claim | undefined, Claim | undefined], units: Units): readonly UnitKey[] {
  if (before?.spec === undefined || (after !== undefined && after.deleting === before.deleting && after.spec === before.spec)) return [];
  const referents = referencesOf(before).map((key) => units.get(key));
  const { namespace } = before.object.metadata;
  return referents.flatMap((referent) => (referent?.deleting === true && referent.object.metadata.namespace === namespace ? [referent.unit] : []));
}
