import type { OtherNamespaces } from "../api/consent.ts";
import { isJsonObject } from "../api/json.ts";
import { type ObjectKey, objectKey, type ObjectMeta } from "../api/object.ts";
import type { Claim } from "./claim.ts";
import { consentOf, requesterOf } from "./consent.ts";
import { isSameJson } from "./same-json.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import type { Pass } from "./pass.ts";
import type { Cache } from "./ports.ts";

/** How a claim of another namespace uses an object. What may neither name nor hold it does not count, so that it can cause no work. */
export type Use = "allowed" | "withdrawn";

/** How a claim uses an object of another namespace that its spec names; undefined when it does not. */
export function useOf(claim: Claim, referent: Claim, cache: Cache): Use | undefined {
  const from = claim.object.metadata.namespace;
  const { name, namespace } = referent.object.metadata;
  // One that only observes may be frozen, too.
  if (from === namespace || claim.spec?.managementPolicy === "ObserveOnly") return undefined;
  if (consentOf(referent.object, requesterOf(from, cache)).is === "given") return "allowed";
  return holdsBy(claim, { name, namespace }) ? "withdrawn" : undefined;
}

/** Whether a claim holds something by the name of an object of another namespace. */
export function holdsBy({ holds }: Claim, { name, namespace }: Pick<ObjectMeta, "name" | "namespace">): boolean {
  return (holds?.userAssigned ?? []).some(({ identityRef }) => identityRef?.name === name && identityRef.namespace === namespace);
}

/** Keys of the objects of other namespaces to which a claim's spec refers. */
export function foreignReferences({ kind, spec, object }: Claim): readonly ObjectKey[] {
  if (spec === undefined) return [];
  const { namespace: from } = object.metadata;
  const references = kind.references(spec, from).filter(({ namespace }) => namespace !== from);
  return references.map((reference) => objectKey(reference.kind, reference.namespace, reference.name));
}

/** Conclusions that say how many objects of other namespaces use theirs: a number, never which (DESIGN 1). */
export function withUsage(pass: Pass, conclusions: readonly Conclusion[]): readonly Conclusion[] {
  return conclusions.map((conclusion) => {
    const otherNamespaces = countOf(conclusion.claim, { referrers: pass.referrersOf(conclusion.claim), cache: pass.world.cache });
    const shows = otherNamespaces !== undefined || hasCount(conclusion.claim);
    if (!shows) return conclusion;
    return { ...conclusion, shown: { ...conclusion.shown, otherNamespaces }, outcome: told(conclusion.outcome, otherNamespaces) };
  });
}

/** What is counted as using an object. */
interface Counting {
  readonly referrers: readonly Claim[];
  readonly cache: Cache;
}

/** Whether the status of an object counts those of other namespaces that use it as they are. */
export function isCounted(claim: Claim, counting: Counting): boolean {
  const shown = isJsonObject(claim.object.status) ? claim.object.status["otherNamespaces"] : undefined;
  return isSameJson(countOf(claim, counting), shown);
}

function countOf(claim: Claim, { referrers, cache }: Counting): OtherNamespaces | undefined {
  const uses = referrers.map((referrer) => useOf(referrer, claim, cache));
  const [allowed, withdrawn] = (["allowed", "withdrawn"] as const).map((use) => uses.filter((each) => each === use).length);
  return allowed === 0 && withdrawn === 0 ? undefined : { allowed: allowed ?? 0, withdrawn: withdrawn ?? 0 };
}

function hasCount({ object: { status } }: Claim): boolean {
  return typeof status === "object" && status !== null && "otherNamespaces" in status;
}

function told(outcome: Outcome, count: OtherNamespaces | undefined): Outcome {
  if (outcome.is !== "ready" || count === undefined || count.withdrawn === 0) return outcome;
  const [many, hold] = count.withdrawn === 1 ? ["1 object", "holds"] : [`${count.withdrawn} objects`, "hold"];
  return { ...outcome, message: `${outcome.message}; ${many} of other namespaces still ${hold} it, which spec.allowedNamespaces no longer allows` };
}
