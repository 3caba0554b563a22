import { FINALIZER } from "../api/group.ts";
import type { CustomObjects, JsonPatchOperation, ObjectAddress } from "./custom-objects.ts";
import type { ApiFailure } from "./failure.ts";
import { identityOf, readCurrent } from "./identity.ts";
import { addressText } from "./resource-path.ts";
import { failed, written } from "./write.ts";
import type { KubeWrite } from "./write.ts";

const MAX_ATTEMPTS = 5;

/**
 * Server-side apply of our finalizer. `vanished` also when deletion has begun: no finalizer can be added then, and as
 * nothing is held before the finalizer is stored, there is nothing to undo (DESIGN 4).
 */
export async function addFinalizer(objects: CustomObjects, address: ObjectAddress, fieldManager: string): Promise<KubeWrite> {
  const apply = await objects.apply(address, identityOf(address, { finalizers: [FINALIZER] }), fieldManager);
  if (apply.is === "done") return written(apply.result);
  if (apply.is === "refused" && isAbsent(apply.failure)) return { is: "vanished" };
  const what = `add the finalizer of ${addressText(address)}`;
  if (apply.is !== "refused" || apply.failure.code !== 409) return failed(what, apply);
  const current = await readCurrent(objects, address);
  return current.is === "vanished" ? current : failed(what, apply);
}

/** A new object of the name answers that its uid is immutable, one in deletion that finalizers are forbidden. */
function isAbsent({ code, causes }: ApiFailure): boolean {
  if (code === 404) return true;
  const isRefused = causes.some(
    ({ reason, field }) => field === "metadata.uid" || (field === "metadata.finalizers" && reason === "FieldValueForbidden"),
  );
  return code === 422 && isRefused;
}

/**
 * Removes our finalizer by a JSON patch that tests the uid and the finalizer at its place: an apply that omits it would
 * leave it there when another manager owns it, too (stack.md 9.16). When a test fails the object is read anew, a few
 * times. `written` also when the finalizer was gone already while the object lives; `vanished` when the object is gone.
 */
export async function removeFinalizer(objects: CustomObjects, address: ObjectAddress): Promise<KubeWrite> {
  const { uid, finalizers } = address.object.metadata;
  const what = `remove the finalizer of ${addressText(address)}`;
  let index = finalizers?.indexOf(FINALIZER) ?? -1;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (index >= 0) {
      const patch = await objects.jsonPatch(address, removal(uid, index));
      if (patch.is === "done") return written(patch.result);
      if (patch.is === "refused" && patch.failure.code === 404) return { is: "vanished" };
      if (patch.is !== "refused" || !isOutdated(patch.failure)) return failed(what, patch);
    }
    const current = await readCurrent(objects, address);
    if (current.is === "unread") return failed(what, current.cause);
    if (current.is === "vanished") return current;
    index = current.finalizers.indexOf(FINALIZER);
    if (index < 0) return { is: "written", resourceVersion: current.resourceVersion };
  }
  return { is: "failed", message: `cannot ${what}: others change the finalizers all the time` };
}

/** A failed `test` is answered by 422, a write that others overtook by 409. */
function isOutdated({ code }: ApiFailure): boolean {
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
