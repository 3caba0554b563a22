import type { ArmIdKey } from "../api/arm-id.ts";
import { type ObjectKey, objectKey } from "../api/object.ts";
import { bySeniority, type Claim, targetKey, type UnitKey } from "./claim.ts";

/**
 * The claims of all objects, indexed by unit, by target and by what they refer to. Each change costs the references of one
 * object, never a walk over all of them.
 */
export class Units {
  readonly #claims = new Map<ObjectKey, Claim>();
  readonly #byUnit = new Index<UnitKey>();
  readonly #byTarget = new Index<ArmIdKey>();
  readonly #byReference = new Index<ObjectKey>();
  readonly #byNamespace = new Index<string>();
  readonly #byCredential = new Index<string>();

  /** Takes the new claim of an object, or its end, and returns the one before. */
  set(key: ObjectKey, claim: Claim | undefined): Claim | undefined {
    const before = this.#claims.get(key);
    if (before !== undefined) this.#unlink(before);
    if (claim === undefined) this.#claims.delete(key);
    else this.#link(claim);
    return before;
  }

  get(key: ObjectKey): Claim | undefined {
    return this.#claims.get(key);
  }

  /** Claims of these objects, as far as there are any. */
  named(keys: Iterable<ObjectKey>): readonly Claim[] {
    return this.#resolve(keys);
  }

  /** Claims of a unit, the senior first. */
  of(unit: UnitKey): readonly Claim[] {
    return this.#resolve(this.#byUnit.get(unit)).toSorted(bySeniority);
  }

  /** Whether any claim of a unit meets the test; unlike {@link of} it sorts nothing, for it is asked at every event. */
  some(unit: UnitKey, test: (claim: Claim) => boolean): boolean {
    return this.#resolve(this.#byUnit.get(unit)).some(test);
  }

  /** Claims on a target that belong to other units. */
  othersOn(target: ArmIdKey, unit: UnitKey): readonly Claim[] {
    return this.#resolve(this.#byTarget.get(target)).filter((claim) => claim.unit !== unit);
  }

  /** Other units of the targets that an object has claimed until now and claims by now: what they decide rests on it, too. */
  beside(before: Claim | undefined, after: Claim | undefined): Iterable<UnitKey> {
    const targets = new Set([before, after].flatMap((claim) => (claim === undefined ? [] : (targetKey(claim) ?? []))));
    const own = new Set([before?.unit, after?.unit]);
    return new Set([...targets].flatMap((target) => this.#resolve(this.#byTarget.get(target))).flatMap(({ unit }) => (own.has(unit) ? [] : unit)));
  }

  /** Claims of objects that refer to an object. */
  referrersOf(key: ObjectKey): readonly Claim[] {
    return this.#resolve(this.#byReference.get(key));
  }

  /** Claims of objects of a namespace. */
  inNamespace(namespace: string): readonly Claim[] {
    return this.#resolve(this.#byNamespace.get(namespace));
  }

  /** Whether any object uses a credential, or holds something by it. */
  isCredentialUsed(name: string): boolean {
    return this.#byCredential.has(name);
  }

  /** Names of the credentials in use. */
  credentials(): Iterable<string> {
    return this.#byCredential.keys();
  }

  /** Claims that use a credential, or hold something by it. */
  withCredential(name: string): readonly Claim[] {
    return this.#resolve(this.#byCredential.get(name));
  }

  /** Every claim. */
  all(): Iterable<Claim> {
    return this.#claims.values();
  }

  #link(claim: Claim): void {
    this.#claims.set(claim.key, claim);
    this.#byUnit.add(claim.unit, claim.key);
    this.#byNamespace.add(claim.object.metadata.namespace, claim.key);
    for (const name of credentialsOf(claim)) this.#byCredential.add(name, claim.key);
    const target = targetKey(claim);
    if (target !== undefined) this.#byTarget.add(target, claim.key);
    for (const reference of referencesOf(claim)) this.#byReference.add(reference, claim.key);
  }

  #unlink(claim: Claim): void {
    this.#byUnit.delete(claim.unit, claim.key);
    this.#byNamespace.delete(claim.object.metadata.namespace, claim.key);
    for (const name of credentialsOf(claim)) this.#byCredential.delete(name, claim.key);
    const target = targetKey(claim);
    if (target !== undefined) this.#byTarget.delete(target, claim.key);
    for (const reference of referencesOf(claim)) this.#byReference.delete(reference, claim.key);
  }

  #resolve(keys: Iterable<ObjectKey>): readonly Claim[] {
    return [...keys].flatMap((key) => this.#claims.get(key) ?? []);
  }
}

/** Keys of the objects to which a claim's spec refers. */
export function referencesOf(claim: Claim): readonly ObjectKey[] {
  if (claim.spec === undefined) return [];
  const references = claim.kind.references(claim.spec, claim.object.metadata.namespace);
  return references.map(({ kind, namespace, name }) => objectKey(kind, namespace, name));
}

/** Names of the credentials that a claim uses, or by which its object holds something. */
export function credentialsOf({ credential, holds }: Claim): readonly string[] {
  return [credential, holds?.credential].filter((name) => name !== undefined);
}

/** A map to sets of object keys that keeps no empty set. */
class Index<Key> {
  readonly #sets = new Map<Key, Set<ObjectKey>>();

  get(key: Key): Iterable<ObjectKey> {
    return this.#sets.get(key) ?? [];
  }

  keys(): Iterable<Key> {
    return this.#sets.keys();
  }

  has(key: Key): boolean {
    return this.#sets.has(key);
  }

  add(key: Key, value: ObjectKey): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([value]));
    else set.add(value);
  }

  delete(key: Key, value: ObjectKey): void {
    const set = this.#sets.get(key);
    set?.delete(value);
    if (set?.size === 0) this.#sets.delete(key);
  }
}
