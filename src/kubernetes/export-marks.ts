import { createHash } from "node:crypto";
import { EXPORT_LABELS } from "../api/group.ts";
import type { KubeObject } from "../api/object.ts";

/** Value of {@link EXPORT_LABELS.managedBy} on what this operator exports to. */
const OPERATOR = "azure-identity-operator";

const MAX_LABEL_LENGTH = 63;
const DIGEST_LENGTH = 16;

/** How a label names an object: `<kind>.<name>`, a long name cut and told apart by a digest behind `_`, which no name contains. */
export function exporterOf({ kind, metadata }: KubeObject): string {
  const whole = `${kind}.${metadata.name}`;
  if (whole.length <= MAX_LABEL_LENGTH) return whole;
  const digest = createHash("sha256").update(whole).digest("hex").slice(0, DIGEST_LENGTH);
  return `${whole.slice(0, MAX_LABEL_LENGTH - DIGEST_LENGTH - 1).replace(/[.-]+$/, "")}_${digest}`;
}

/** The labels that mark what an object exports to as the operator's. */
export function exportLabels(object: KubeObject): Readonly<Record<string, string>> {
  return { [EXPORT_LABELS.managedBy]: OPERATOR, [EXPORT_LABELS.exportedBy]: exporterOf(object) };
}

/**
 * Field manager for what an object exports to an object that is not ours. One for each exporting object: with one for all, two
 * objects would overwrite each other's values without a conflict, and one's withdrawal would take the other's.
 */
export function exportManager(fieldManager: string, object: KubeObject): string {
  return `${fieldManager}/${exporterOf(object)}`;
}

/** An owner reference, as far as it is read here. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * Owner references with the object's own among them, so that what it exported is collected with it. Those of others stay; one to
 * an earlier object of the name goes. None blocks the owner's deletion, which would need a further permission.
 */
export function ownersWith(object: KubeObject, present: readonly OwnerReference[]): readonly OwnerReference[] {
  const { apiVersion, kind, metadata } = object;
  const own = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
  const isOwn = (reference: OwnerReference): boolean =>
    reference.kind === kind && reference.name === own.name && reference.apiVersion.split("/")[0] === apiVersion.split("/")[0];
  const kept = present.filter((reference) => !isOwn(reference) || reference.uid === own.uid);
  return kept.some(({ uid }) => uid === own.uid) ? kept : [...kept, own];
}
