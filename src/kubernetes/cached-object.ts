import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import type { JsonObject } from "../api/json.ts";
import type { KubeObject, ObjectMeta, ResourceType } from "../api/object.ts";
import { apiVersionOf } from "./resource-path.ts";

/** kubectl keeps the whole manifest there; nobody reads it and it would double the size of an object. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Makes cached objects of a resource from what the API server sends. Metadata is rebuilt with what this project reads:
 * `delete managedFields` would leave a slow and bigger object (stack.md 1.3). Lists omit `apiVersion` and `kind`; both
 * are filled in, and they and the namespace are one string for all objects. Returns undefined for what is no object.
 */
export function createCacheForm(type: ResourceType): (raw: unknown) => KubeObject | undefined {
  const apiVersion = apiVersionOf(type);
  const { kind } = type;
  const namespaces = new Map<string, string>();

  const interned = (namespace: string): string => {
    const known = namespaces.get(namespace);
    if (known !== undefined) return known;
    namespaces.set(namespace, namespace);
    return namespace;
  };

  return (raw) => {
    const meta = objectAt(raw, "metadata");
    if (!isJsonObject(raw) || meta === undefined) return undefined;
    const metadata = metadataOf(meta, interned(stringAt(meta, "namespace") ?? ""));
    if (metadata === undefined) return undefined;
    return { apiVersion, kind, metadata, spec: raw["spec"], status: raw["status"] };
  };
}

function metadataOf(meta: JsonObject, namespace: string): ObjectMeta | undefined {
  const name = stringAt(meta, "name");
  const uid = stringAt(meta, "uid");
  const resourceVersion = stringAt(meta, "resourceVersion");
  if (name === undefined || uid === undefined || resourceVersion === undefined) return undefined;
  const generation = meta["generation"];
  const deletionTimestamp = stringAt(meta, "deletionTimestamp");
  const labels = textsAt(meta, "labels");
  const annotations = annotationsOf(meta);
  const finalizers = meta["finalizers"];
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    generation: typeof generation === "number" ? generation : 0,
    creationTimestamp: stringAt(meta, "creationTimestamp") ?? "",
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(Array.isArray(finalizers) ? { finalizers: finalizers.map(String) } : {}),
  };
}

function annotationsOf(meta: JsonObject): Readonly<Record<string, string>> | undefined {
  const annotations = textsAt(meta, "annotations");
  if (annotations === undefined || !(LAST_APPLIED in annotations)) return annotations;
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== LAST_APPLIED));
}

/** Maps of texts have been checked by the API server. */
function textsAt(meta: JsonObject, key: string): Readonly<Record<string, string>> | undefined {
  return objectAt(meta, key) as Readonly<Record<string, string>> | undefined;
}
