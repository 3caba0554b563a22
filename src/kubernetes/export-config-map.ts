import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import type { V1ConfigMap } from "@kubernetes/client-node";
import { EXPORT_LABELS } from "../api/group.ts";
import { exportLabels, ownersWith } from "./export-marks.ts";
import type { OwnerReference } from "./export-marks.ts";
import { attempted, conflict, isOvertaken, notDone } from "./export-write.ts";
import type { Attempt, Export, ExportWrite } from "./export-write.ts";
import { called } from "./write.ts";
import type { Called } from "./write.ts";

type Data = Readonly<Record<string, string>>;

/**
 * Makes the ConfigMap what it should be: labelled as exported by the object, owned by it, and with exactly these data. It is
 * created by POST, which never meets one that exists, and changed only in the version that was found to be ours.
 */
export function exportConfigMap(made: Export, data: Data): Promise<ExportWrite> {
  return attempted(made, async () => {
    const read = await readConfigMap(made);
    if (read.is === "refused" && read.failure.code === 404) return newlyMade(made, data);
    if (read.is !== "done") return notDone(made, read);
    const present = read.result;
    if (!isExportedBy(made, present)) return foreign(made, present);
    const change = changeOf(made, present, data);
    return change === undefined ? { is: "unchanged" } : ended(made, await patched(made, change));
  });
}

/** Deletes the ConfigMap if it is labelled as exported by the object; another one is left as it is. */
export function withdrawConfigMap(made: Export): Promise<ExportWrite> {
  const { api, name, object } = made;
  return attempted(made, async () => {
    const read = await readConfigMap(made);
    if (read.is === "refused" && read.failure.code === 404) return { is: "unchanged" };
    if (read.is !== "done") return notDone(made, read);
    if (!isExportedBy(made, read.result)) return { is: "unchanged" };
    const preconditions = { resourceVersion: versionOf(read.result) };
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions };
    return ended(made, await called(() => api.deleteNamespacedConfigMap({ namespace: object.metadata.namespace, name, body })));
  });
}

function readConfigMap({ api, name, object }: Export): Promise<Called<V1ConfigMap>> {
  return called(() => api.readNamespacedConfigMap({ namespace: object.metadata.namespace, name }));
}

async function newlyMade(made: Export, data: Data): Promise<Attempt> {
  const creation = await created(made, data);
  const isNamespaceGone = creation.is === "refused" && creation.failure.code === 404;
  return isNamespaceGone ? notDone(made, creation) : ended(made, creation);
}

function created({ api, name, object, fieldManager }: Export, data: Data): Promise<Called> {
  const { namespace } = object.metadata;
  const metadata = { name, namespace, labels: exportLabels(object), ownerReferences: [...ownersWith(object, [])] };
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data };
  return called(() => api.createNamespacedConfigMap({ namespace, body, fieldManager }));
}

function patched({ api, name, object, fieldManager }: Export, body: object): Promise<Called> {
  const { namespace } = object.metadata;
  return called(() =>
    api.patchNamespacedConfigMap({ namespace, name, body, fieldManager }, setHeaderOptions("Content-Type", PatchStrategy.MergePatch)),
  );
}

function ended(made: Export, write: Called): Attempt {
  if (write.is === "done") return { is: "written" };
  return isOvertaken(write) ? { is: "overtaken" } : notDone(made, write);
}

function isExportedBy({ object }: Export, { metadata }: V1ConfigMap): boolean {
  return Object.entries(exportLabels(object)).every(([key, value]) => metadata?.labels?.[key] === value);
}

function foreign(made: Export, { metadata }: V1ConfigMap): ExportWrite {
  const labels = metadata?.labels ?? {};
  const other = labels[EXPORT_LABELS.managedBy] === exportLabels(made.object)[EXPORT_LABELS.managedBy] ? labels[EXPORT_LABELS.exportedBy] : undefined;
  if (other !== undefined) return conflict(made, `${other} exports to it`, "name another ConfigMap");
  return conflict(made, "it exists and is not labelled as ours", "delete it, or name another ConfigMap");
}

/** What must change, as a merge patch of the version that was read; undefined when nothing must. */
function changeOf({ object }: Export, present: V1ConfigMap, data: Data): object | undefined {
  const references: readonly OwnerReference[] = present.metadata?.ownerReferences ?? [];
  const owners = ownersWith(object, references);
  const isOwned = owners.length === references.length && owners.every(({ uid }, index) => references[index]?.uid === uid);
  const values = changedValues(present.data ?? {}, data);
  if (isOwned && Object.keys(values).length === 0) return undefined;
  return { metadata: { resourceVersion: versionOf(present), ...(isOwned ? {} : { ownerReferences: owners }) }, data: values };
}

function changedValues(present: Data, wanted: Data): Readonly<Record<string, string | null>> {
  const changed = Object.entries(wanted).filter(([key, value]) => present[key] !== value);
  const surplus = Object.keys(present).filter((key) => wanted[key] === undefined);
  return Object.fromEntries([...changed, ...surplus.map((key) => [key, null] as const)]);
}

function versionOf({ metadata }: V1ConfigMap): string {
  return metadata?.resourceVersion ?? "";
}
