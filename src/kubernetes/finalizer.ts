import { isJsonObject, objectAt, stringAt } from "../api/json.ts";
import { FINALIZER } from "../api/group.ts";
import { resourceName } from "./resource-path.ts";
import type { CustomObjects, JsonPatchOperation, ObjectAddress } from "./custom-objects.ts";
import { failed, written } from "./write.ts";
import type { KubeWrite } from "./write.ts";

const MAX_ATTEMPTS = 5;

/** What is known of an object's finalizers. */
interface Finalizers {
  readonly resourceVersion: string;
  readonly names: readonly string[];
}

/**
 * Removes our finalizer by a JSON patch that tests the uid and the finalizer at its place: an apply that omits it would
 * leave it there when another manager owns it, too (stack.md 9.16). When a test fails the object is read anew, a few
 * times. `written` also when the finalizer was gone already while the object lives; `vanished` when the object is gone.
 */
export async function removeFinalizer(objects: CustomObjects, address: ObjectAddress): Promise<KubeWrite> {
  const { metadata } = address.object;
  const what = `remove the finalizer of ${resourceName(address.type)} ${metadata.namespace}/${metadata.name}`;
  let names = metadata.finalizers ?? [];
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const index = names.indexOf(FINALIZER);
    if (index >= 0) {
      const patch = await objects.jsonPatch(address, removal(metadata.uid, index));
      if (patch.is === "done") return written(patch.result);
      if (patch.is === "refused" && patch.failure.code === 404) return { is: "vanished" };
      if (patch.is !== "refused" || !isOutdated(patch.failure.code)) return failed(what, patch);
    }
    const current = await readFinalizers(objects, address, what);
    if ("is" in current) return current;
    if (!current.names.includes(FINALIZER)) return { is: "written", resourceVersion: current.resourceVersion };
    names = current.names;
  }
  return { is: "failed", message: `cannot ${what}: others change the finalizers all the time` };
}

/** A failed `test` is answered by 422; a write that others overtook by 409. */
function isOutdated(code: number): boolean {
  return code === 422 || code === 409;
}

function removal(uid: string, index: number): readonly JsonPatchOperation[] {
  const path = `/metadata/finalizers/${index}`;
  return [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "test", path, value: FINALIZER },
    { op: "remove", path },
  ];
}

async function readFinalizers(objects: CustomObjects, address: ObjectAddress, what: string): Promise<Finalizers | KubeWrite> {
  const read = await objects.get(address);
  if (read.is === "refused" && read.failure.code === 404) return { is: "vanished" };
  if (read.is !== "done") return failed(what, read);
  const metadata = objectAt(read.result, "metadata");
  if (stringAt(metadata, "uid") !== address.object.metadata.uid) return { is: "vanished" };
  const names: unknown = isJsonObject(metadata) ? metadata["finalizers"] : undefined;
  return {
    resourceVersion: stringAt(metadata, "resourceVersion") ?? "",
    names: Array.isArray(names) ? names.map(String) : [],
  };
}
