import type { CustomObjects, ObjectAddress } from "./custom-objects.ts";
import { identityOf, readCurrent } from "./identity.ts";
import { addressText } from "./resource-path.ts";
import { failed, written } from "./write.ts";
import type { KubeWrite } from "./write.ts";

const MAX_ATTEMPTS = 5;

/** A status to apply. */
export interface StatusWrite {
  readonly status: object;
  readonly fieldManager: string;
}

/**
 * Server-side apply of a status. The API server ignores `metadata.uid` on the status subresource (measured on 1.36): an
 * apply that names it would write the status into a new object of the same name. So the apply carries the
 * resourceVersion as well, and when that is outdated, the object is read and its uid compared before the next attempt.
 */
export async function applyStatus(objects: CustomObjects, address: ObjectAddress, write: StatusWrite): Promise<KubeWrite> {
  const what = `write the status of ${addressText(address)}`;
  let { resourceVersion } = address.object.metadata;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const body = { ...identityOf(address, { resourceVersion }), status: write.status };
    const apply = await objects.applyStatus(address, body, write.fieldManager);
    if (apply.is === "done") return written(apply.result);
    if (apply.is === "refused" && apply.failure.code === 404) return { is: "vanished" };
    if (apply.is !== "refused" || apply.failure.code !== 409) return failed(what, apply);
    const current = await readCurrent(objects, address);
    if (current.is === "unread") return failed(what, current.cause);
    if (current.is === "vanished") return current;
    resourceVersion = current.resourceVersion;
  }
  return { is: "failed", message: `cannot ${what}: others change the object all the time` };
}
