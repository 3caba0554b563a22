/** A name for another object of ours. Declared once, it drives resolution, wake-ups and in-use protection. */
export interface Reference {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Where in the spec it stands, for messages. */
  readonly path: string;
  /** Whether the referent must not be deleted while the referrer lives in the same namespace. */
  readonly protects: boolean;
}

/** What is said of a reference that leads nowhere: the same whether the object does not exist or may not be named from there (DESIGN 6). */
export function absentReferent({ kind, namespace, name, path }: Reference, from: string): string {
  const what = `${path}: ${kind} ${namespace}/${name} does not exist`;
  if (namespace === from) return `${what}: create it`;
  return `${what}, or does not allow namespace "${from}": whoever owns it can allow that in spec.allowedNamespaces`;
}

/** A Secret or ConfigMap of the namespace whose values go into a body. It is read when it is needed and never cached. */
export interface DocumentReference {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  /** The key that is needed; undefined when all are. */
  readonly key: string | undefined;
  readonly path: string;
}
