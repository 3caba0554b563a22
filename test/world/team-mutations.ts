import type { Mutation } from "./mutations.ts";

/** What is broken about whose credential is used, and for what. */
const CREDENTIALS: readonly Mutation[] = [
  {
    name: "claims of one target are one unit whatever their credential",
    file: "src/reconcile/claim.ts",
    find: "return `${credential}|${armIdKey(target)}` as UnitKey;",
    replace: "return `any|${armIdKey(target)}` as UnitKey;",
  },
  {
    name: "an account that is another one now wakes nobody",
    file: "src/reconcile/account-changes.ts",
    find: "if (!isOtherAccount(change)) return [];",
    replace: "if (change.next !== undefined || change.previous !== undefined) return [];",
  },
  {
    name: "whoever leaves uses the operator's credential",
    file: "src/reconcile/credential-choice.ts",
    find: 'if (name !== undefined && !(isLockedOut && canCleanUp && place.source === "Own")) return chosen(name);',
    replace: 'if (name !== undefined) return chosen("shared");',
  },
  {
    name: "what Azure forbids is not tried again",
    file: "src/reconcile/timing.ts",
    find: 'return { afterSeconds: backoffSeconds((timing.patience?.attempts ?? 1) + 2, MAX_WAIT_SECONDS, timing), priority: "retry" };',
    replace: 'return { afterSeconds: 86_400, priority: "retry" };',
  },
];

/** What is broken about who may name what. */
const CONSENT: readonly Mutation[] = [
  {
    name: "withdrawn consent is not looked at",
    file: "src/reconcile/consent.ts",
    find: 'return isSelected(requester.labels, selector) ? { is: "given" } : withdrawn;',
    replace: 'return { is: "given" };',
  },
  {
    name: "what an owner wants back stays",
    file: "src/reconcile/references.ts",
    find: "detaches: referent.detaches };",
    replace: "detaches: false };",
  },
  {
    name: "labels of a Namespace wake nobody",
    file: "src/reconcile/usage-wake.ts",
    find: 'return differs("labels", change) ? claims.filter((claim) => foreignReferences(claim).length > 0) : [];',
    replace: "return [];",
  },
  {
    name: "who uses an identity is counted only when it is read",
    file: "src/reconcile/engine.ts",
    find: "this.#sweeps.vouches(unit, claims) && claims.every(isTold)",
    replace: "this.#sweeps.vouches(unit, claims)",
  },
];

/** What is broken about permissions and lists. */
const PERMISSIONS: readonly Mutation[] = [
  {
    name: "an answer about a permission counts for ever",
    file: "src/reconcile/permission-reviews.ts",
    find: 'return answer === "unknown" || this.#clock.now() - atMs >= MAX_AGE_MS;',
    replace: 'return answer === "unknown";',
  },
  {
    name: "what may not be used is attached",
    file: "src/reconcile/references.ts",
    find: "? want : notPermitted(named, naming, refusal);",
    replace: "? want : want;",
  },
  {
    name: "a host that may not be attached to is written",
    file: "src/reconcile/permissions.ts",
    find: "refusal: first === undefined ? undefined : refusals.get(first.path) };",
    replace: "refusal: first === undefined ? undefined : undefined };",
  },
  {
    name: "hosts that are not listed are written",
    file: "src/reconcile/placement.ts",
    find: "if (hosts === undefined || hosts.some((rule) => rule.type === type && isFor(rule, namespace))) return undefined;",
    replace: "if (hosts === undefined || hosts.some((rule) => rule.type === type)) return undefined;",
  },
  {
    name: "who only observes counts as a user while it is refused",
    file: "src/reconcile/usage.ts",
    find: 'if (from === namespace || claim.spec?.managementPolicy === "ObserveOnly") return undefined;',
    replace: 'if (from === namespace || claim.mode === "observing") return undefined;',
  },
];

/** Mutations that only stories of two namespaces notice. */
export const TEAM_MUTATIONS: readonly Mutation[] = [...CREDENTIALS, ...CONSENT, ...PERMISSIONS];
