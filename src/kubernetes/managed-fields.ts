import { objectAt, stringAt } from "../api/json.ts";

/** Who set which annotation, as the API server tracks it (`metadata.managedFields`). */
export interface AnnotationOwner {
  readonly manager: string;
  /** Whether by server-side apply: only that entry is what the manager's next apply replaces. */
  readonly isApplied: boolean;
  readonly keys: ReadonlySet<string>;
}

/** Everybody who owns annotations, in the order of the entries. Entries that cannot be read own nothing. */
export function annotationOwners(managedFields: readonly unknown[]): readonly AnnotationOwner[] {
  return managedFields.flatMap((entry) => {
    const fields = objectAt(objectAt(objectAt(entry, "fieldsV1"), "f:metadata"), "f:annotations");
    const keys = Object.keys(fields ?? {}).flatMap((field) => (field.startsWith("f:") ? [field.slice(2)] : []));
    const manager = stringAt(entry, "manager");
    if (manager === undefined || keys.length === 0) return [];
    return [{ manager, isApplied: stringAt(entry, "operation") === "Apply", keys: new Set(keys) }];
  });
}
