import { allowedNamespaces, type NamespaceSelector } from "../api/consent.ts";
import { isJsonObject, stringAt } from "../api/json.ts";
import { type KubeObject, objectKey } from "../api/object.ts";
import type { Reference } from "../kinds/reference.ts";
import type { Cache } from "./ports.ts";

/**
 * Whether the objects of a namespace may name an object. `withheld` is also what is said of an object that does not exist: who is
 * not allowed must not learn that it does (DESIGN 6). `detaches` when what is held by the reference is to be undone.
 */
export type Consent = { readonly is: "given" } | { readonly is: "withheld"; readonly detaches: boolean };

/** A namespace whose objects name something. `labels` is undefined when its Namespace is not known. */
export interface Requester {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

/** The object that a reference names, where it may be named. */
export type Referent = { readonly is: "found"; readonly object: KubeObject } | (Consent & { readonly is: "withheld" });

const WITHHELD = { is: "withheld", detaches: false } as const;

/**
 * Decides whether an object lets those of a namespace name it; pure, and the only place that does. An object without
 * `spec.allowedNamespaces`, or with one that cannot be understood, lets nobody else: then what was attached stays, as it does
 * when the labels that a selector asks for are not known.
 */
export function consentOf({ metadata, spec }: KubeObject, requester: Requester): Consent {
  if (metadata.namespace === requester.namespace) return { is: "given" };
  const parsed = allowedNamespaces.safeParse((isJsonObject(spec) ? spec["allowedNamespaces"] : undefined) ?? {});
  if (!parsed.success) return WITHHELD;
  const { from, selector } = parsed.data;
  const withdrawn: Consent = { is: "withheld", detaches: stringAt(spec, "onConsentWithdrawn") === "Detach" };
  switch (from) {
    case "Same":
      return withdrawn;
    case "All":
      return { is: "given" };
    case "Selector":
      if (requester.labels === undefined || selector === undefined) return WITHHELD;
      return isSelected(requester.labels, selector) ? { is: "given" } : withdrawn;
  }
}

/** Follows a reference from a namespace, as far as the cache and the consent of what it names allow. */
export function follow({ kind, namespace, name }: Reference, from: string, cache: Cache): Referent {
  const object = cache.get(objectKey(kind, namespace, name));
  if (object === undefined) return WITHHELD;
  const consent = consentOf(object, requesterOf(from, cache));
  return consent.is === "given" ? { is: "found", object } : consent;
}

/** A namespace as others judge it: by the labels of its Namespace. */
export function requesterOf(namespace: string, cache: Pick<Cache, "namespace">): Requester {
  const found = cache.namespace(namespace);
  return { namespace, labels: found === undefined ? undefined : (found.metadata.labels ?? {}) };
}

/** Labels against a selector, as Kubernetes reads one: an absent label is not in any list of values. */
function isSelected(labels: Readonly<Record<string, string>>, { matchLabels = {}, matchExpressions = [] }: NamespaceSelector): boolean {
  const valueOf = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  const isMet = ({ key, operator, values = [] }: (typeof matchExpressions)[number]): boolean => {
    const value = valueOf(key);
    switch (operator) {
      case "In":
        return value !== undefined && values.includes(value);
      case "NotIn":
        return value === undefined || !values.includes(value);
      case "Exists":
        return value !== undefined;
      case "DoesNotExist":
        return value === undefined;
    }
  };
  return Object.entries(matchLabels).every(([key, value]) => valueOf(key) === value) && matchExpressions.every(isMet);
}
