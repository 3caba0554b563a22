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

/** A Secret or ConfigMap of the namespace whose values go into a body. It is read when it is needed and never cached. */
export interface DocumentReference {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  /** The key that is needed; undefined when all are. */
  readonly key: string | undefined;
  readonly path: string;
}
