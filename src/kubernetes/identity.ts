import { objectAt, stringAt } from "../api/json.ts";
import type { CustomObjects, ObjectAddress } from "./custom-objects.ts";
import { apiVersionOf } from "./resource-path.ts";
import type { Called } from "./write.ts";

/** An object as it is on the API server now, or that it is gone or another one of its name took its place. */
export type Current =
  | { readonly is: "current"; readonly resourceVersion: string; readonly finalizers: readonly string[] }
  | { readonly is: "vanished" }
  | { readonly is: "unread"; readonly cause: Exclude<Called, { is: "done" }> };

/** What an apply needs to name an object; with the uid the API server does not create one that has vanished (DESIGN 4). */
export function identityOf({ type, object }: ObjectAddress, metadata: object): { apiVersion: string; kind: string; metadata: object } {
  const { name, namespace, uid } = object.metadata;
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name, uid, ...(type.namespaced ? { namespace } : {}), ...metadata },
  };
}

/** Reads an object past the cache. */
export async function readCurrent(objects: CustomObjects, address: ObjectAddress): Promise<Current> {
  const read = await objects.get(address);
  if (read.is === "refused" && read.failure.code === 404) return { is: "vanished" };
  if (read.is !== "done") return { is: "unread", cause: read };
  const metadata = objectAt(read.result, "metadata");
  if (stringAt(metadata, "uid") !== address.object.metadata.uid) return { is: "vanished" };
  const finalizers = metadata?.["finalizers"];
  return {
    is: "current",
    resourceVersion: stringAt(metadata, "resourceVersion") ?? "",
    finalizers: Array.isArray(finalizers) ? finalizers.map(String) : [],
  };
}
