/** The metadata of a Kubernetes object, as far as this project reads it. */
export interface ObjectMeta {
  readonly name: string;
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** A Kubernetes object as it is cached; nobody mutates it. */
export interface KubeObject<Spec = unknown, Status = unknown> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: Spec;
  readonly status?: Status;
}

/** A resource of the Kubernetes API, as URLs and watches name it. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

declare const objectKeyBrand: unique symbol;

/** `Kind/namespace/name`: what names an object in this process. */
export type ObjectKey = string & { readonly [objectKeyBrand]: true };

/** The key of an object of a kind. */
export function objectKey(kind: string, namespace: string, name: string): ObjectKey {
  return `${kind}/${namespace}/${name}` as ObjectKey;
}

/** The key of a cached object. */
export function keyOf(object: KubeObject): ObjectKey {
  return objectKey(object.kind, object.metadata.namespace, object.metadata.name);
}

/** How messages name an object: `Kind namespace/name`. */
export function titleOf(object: KubeObject): string {
  return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
}

/** Whether a version of an object comes before another: they are decimal numbers that grow (KEP 5504, GA in Kubernetes 1.35). */
export function isOlderVersion(version: string, than: string): boolean {
  return version.length === than.length ? version < than : version.length < than.length;
}
