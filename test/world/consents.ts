import { isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { identityIdOf, isLive, readyOf, specOf } from "./seen.ts";
import type { Universe } from "./universe.ts";

/** Reading who lets whom name an identity, without the operator's own eyes: stories select by the label `tier` alone. */

/** A name of a spec's `userAssigned`. */
interface Named {
  readonly name: string;
  readonly namespace: string;
}

/** Whether an object lets those of a namespace name it. */
function lets({ api }: Universe, referent: KubeObject, namespace: string): boolean {
  if (referent.metadata.namespace === namespace) return true;
  const allowed = objectAt(specOf(referent), "allowedNamespaces");
  if (stringAt(allowed, "from") === "All") return true;
  const tier = stringAt(objectAt(objectAt(allowed, "selector"), "matchLabels"), "tier");
  return stringAt(allowed, "from") === "Selector" && tier !== undefined && api.namespace(namespace)?.metadata.labels?.["tier"] === tier;
}

function namesOf(object: KubeObject): readonly Named[] {
  const list = specOf(object)["userAssigned"];
  const entries = Array.isArray(list) ? list.filter(isJsonObject) : [];
  return entries.flatMap((entry) => {
    const ref = objectAt(entry, "identityRef");
    const name = stringAt(ref, "name");
    return name === undefined ? [] : [{ name, namespace: stringAt(ref, "namespace") ?? object.metadata.namespace }];
  });
}

/** Whether an assignment names an identity by its ARM id. */
export function isNamedById(object: KubeObject, id: string): boolean {
  const list = specOf(object)["userAssigned"];
  return Array.isArray(list) && list.some((entry) => isJsonObject(entry) && stringAt(entry, "armId")?.toLowerCase() === id);
}

/** Whether an object may attach an identity by the way in which it names it, or could until a moment ago. */
export function nameLets(universe: Universe, { carrier, id, withinMs }: { readonly carrier: KubeObject; readonly id: string; readonly withinMs: number }): boolean {
  const { api, clock } = universe;
  const { namespace } = carrier.metadata;
  const isNew = (key: string): boolean => clock.now() - (api.editedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < withinMs;
  if (isNamedById(carrier, id) || isNew(`${carrier.kind}/${namespace}/${carrier.metadata.name}`) || isNew(`Namespace//${namespace}`)) return true;
  return namesOf(carrier).filter(({ name }) => identityIdOf(name) === id).some((named) => {
    const key = `UserAssignedIdentity/${named.namespace}/${named.name}`;
    const referent = api.get(key);
    return isNew(key) || (referent !== undefined && lets(universe, referent, namespace));
  });
}

/** Names of other namespaces that an object has and may not name, be it that nothing is there. */
export function withheldNames(universe: Universe, object: KubeObject): readonly string[] {
  const { namespace: from } = object.metadata;
  return namesOf(object).filter((named) => {
    const referent = universe.api.get(`UserAssignedIdentity/${named.namespace}/${named.name}`);
    return named.namespace !== from && (referent === undefined || !lets(universe, referent, from));
  }).map(({ name }) => name);
}

/** Attachments that an owner wants back, and that are still held although nothing stands in the way. */
export function notGivenBack(universe: Universe): readonly string[] {
  const { administrators, api } = universe;
  if (administrators.setting === undefined || administrators.isAnythingLacking) return [];
  return api.list("IdentityAssignment").filter((object) => isLive(object) && isServed(universe, object)).flatMap((object) => {
    const wanted = heldRefs(object).find((named) => isWantedBack(universe, named, object.metadata.namespace));
    return wanted === undefined ? [] : [`${object.metadata.name} still holds ${wanted.name}, whose owner wants it back`];
  });
}

/** Whether an object is served at all: what is refused as a whole, or may not disturb its host, gives nothing back. */
function isServed({ administrators }: Universe, object: KubeObject): boolean {
  const { namespace } = object.metadata;
  const stops = ["DisruptionNotAllowed", "HostNotAllowed", "PermissionDenied", "ExclusiveConflict", "AuthorizationFailed", "CredentialNotAllowed", "CredentialUnavailable", "CredentialGone", "AzureResourceNotFound", "InvalidSpec"];
  return administrators.principalsOf(namespace, 0)[0] !== undefined && !stops.includes(readyOf(object)?.reason ?? "");
}

function isWantedBack(universe: Universe, { name, namespace }: Named, from: string): boolean {
  const referent = universe.api.get(`UserAssignedIdentity/${namespace}/${name}`);
  return namespace !== from && referent !== undefined && specOf(referent)["onConsentWithdrawn"] === "Detach" && !lets(universe, referent, from);
}

/** Whether the owner of an identity wants it back from an object. */
export function isWantedBackFrom(universe: Universe, object: KubeObject, id: string): boolean {
  return namesOf(object).some((named) => identityIdOf(named.name) === id && isWantedBack(universe, named, object.metadata.namespace));
}

/** The names by which an object holds what it holds. */
function heldRefs(object: KubeObject): readonly Named[] {
  const held = objectAt(object.status, "holds")?.["userAssigned"];
  return (Array.isArray(held) ? held.filter(isJsonObject) : []).flatMap((each) => {
    const ref = objectAt(each, "identityRef");
    return ref === undefined ? [] : [{ name: stringAt(ref, "name") ?? "", namespace: stringAt(ref, "namespace") ?? object.metadata.namespace }];
  });
}

/** Identities that count the objects of other namespaces otherwise than they are. */
export function miscounted(universe: Universe): readonly string[] {
  const { api, administrators } = universe;
  if (administrators.setting === undefined) return [];
  return api.list("UserAssignedIdentity").filter(isLive).flatMap((referent) => {
    const counted = objectAt(referent.status, "otherNamespaces");
    const said = `${JSON.stringify(counted?.["allowed"] ?? 0)} allowed, ${JSON.stringify(counted?.["withdrawn"] ?? 0)} withdrawn`;
    const uses = api.list("IdentityAssignment").map((object) => useOf(universe, object, referent));
    const real = `${uses.filter((use) => use === "allowed").length} allowed, ${uses.filter((use) => use === "withdrawn").length} withdrawn`;
    return said === real ? [] : [`${referent.metadata.name} counts ${said} of other namespaces, and there are ${real}`];
  });
}

function useOf(universe: Universe, object: KubeObject, { metadata: { name, namespace } }: KubeObject): "allowed" | "withdrawn" | undefined {
  const referent = universe.api.get(`UserAssignedIdentity/${namespace}/${name}`);
  const from = object.metadata.namespace;
  const isNamed = namesOf(object).some((named) => named.name === name && named.namespace === namespace);
  if (referent === undefined || from === namespace || !isNamed || specOf(object)["managementPolicy"] === "ObserveOnly") return undefined;
  if (lets(universe, referent, from)) return "allowed";
  return heldRefs(object).some((held) => held.name === name && held.namespace === namespace) ? "withdrawn" : undefined;
}
