import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { V1ServiceAccount } from "@kubernetes/client-node";
import { exportManager } from "./export-marks.ts";
import { attempted, cannot, conflict, isOvertaken, notDone } from "./export-write.ts";
import type { Attempt, Export, ExportWrite } from "./export-write.ts";
import { annotationOwners } from "./managed-fields.ts";
import { called } from "./write.ts";
import type { Called } from "./write.ts";

type Annotations = Readonly<Record<string, string>>;

/**
 * Server-side apply, without force, of annotations on a ServiceAccount that exists. An equal value of others is shared with
 * them; another value of others is a conflict, also when nobody is on record as its manager: of built-in kinds the API server
 * tracks managers only from the first apply on.
 */
export function exportServiceAccount(made: Export, annotations: Annotations): Promise<ExportWrite> {
  return attempted(made, async () => {
    const read = await readServiceAccount(made);
    if (read.is === "refused" && read.failure.code === 404) {
      return { is: "absent", message: `${cannot(made)}: there is none: create it, or name another one` };
    }
    if (read.is !== "done") return notDone(made, read);
    const applied = appliedKeys(made, read.result);
    const present = read.result.metadata?.annotations ?? {};
    const contested = Object.keys(annotations).find((key) => !applied.has(key) && (present[key] ?? annotations[key]) !== annotations[key]);
    if (contested !== undefined) return contestedBy(made, read.result, contested);
    if (isSettled({ annotations, applied, present })) return { is: "unchanged" };
    return ended(made, await apply(made, read.result, annotations));
  });
}

/** Removes the annotations that the object's exports alone own; those that others had set equally stay. */
export function withdrawServiceAccount(made: Export): Promise<ExportWrite> {
  return attempted(made, async () => {
    const read = await readServiceAccount(made);
    if (read.is === "refused" && read.failure.code === 404) return { is: "unchanged" };
    if (read.is !== "done") return notDone(made, read);
    if (appliedKeys(made, read.result).size === 0) return { is: "unchanged" };
    return ended(made, await apply(made, read.result, undefined));
  });
}

function readServiceAccount({ api, name, object }: Export): Promise<Called<V1ServiceAccount>> {
  return called(() => api.readNamespacedServiceAccount({ namespace: object.metadata.namespace, name }));
}

/** With uid and version, so that one that vanished is not created again, and one that changed is looked at anew (DESIGN 4). */
function apply(made: Export, present: V1ServiceAccount, annotations: Annotations | undefined): Promise<Called> {
  const { api, name, object, fieldManager } = made;
  const { namespace } = object.metadata;
  const { uid, resourceVersion } = present.metadata ?? {};
  const metadata = { name, namespace, uid, resourceVersion, ...(annotations === undefined ? {} : { annotations }) };
  const body = { apiVersion: "v1", kind: "ServiceAccount", metadata };
  return called(() =>
    api.patchNamespacedServiceAccount(
      { namespace, name, body, fieldManager: exportManager(fieldManager, object) },
      setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
    ),
  );
}

function ended(made: Export, write: Called): Attempt {
  if (write.is === "done") return { is: "written" };
  if (write.is === "refused" && write.failure.causes.some(({ reason }) => reason === "FieldManagerConflict")) {
    return conflict(made, write.failure.message, "let the others give up the annotation, or name another ServiceAccount");
  }
  return isOvertaken(write) ? { is: "overtaken" } : notDone(made, write);
}

/** The annotations that the object's last export to this ServiceAccount owns. */
function appliedKeys({ fieldManager, object }: Export, { metadata }: V1ServiceAccount): ReadonlySet<string> {
  const manager = exportManager(fieldManager, object);
  const owner = annotationOwners(metadata?.managedFields ?? []).find((entry) => entry.isApplied && entry.manager === manager);
  return owner?.keys ?? new Set();
}

interface Standing {
  readonly annotations: Annotations;
  readonly applied: ReadonlySet<string>;
  readonly present: Annotations;
}

function isSettled({ annotations, applied, present }: Standing): boolean {
  const wanted = Object.entries(annotations);
  return wanted.length === applied.size && wanted.every(([key, value]) => applied.has(key) && present[key] === value);
}

function contestedBy(made: Export, { metadata }: V1ServiceAccount, key: string): ExportWrite {
  const managers = annotationOwners(metadata?.managedFields ?? []).flatMap(({ keys, manager }) => (keys.has(key) ? [manager] : []));
  const others = managers.length === 0 ? "" : `, set by ${[...new Set(managers)].sort().join(", ")}`;
  return conflict(made, `its annotation ${key} has another value${others}`, "remove that annotation, or name another ServiceAccount");
}
