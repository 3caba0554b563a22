import { keyOf, nameOf, textOf } from "../kernel/arm-id.ts";
import { isWithin } from "../kernel/authorization.ts";
import type { Answer } from "../kernel/errors.ts";
import { gatewayError } from "../kernel/errors.ts";
import { objectAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { LOCK_TYPE } from "../kernel/locks.ts";
import type { Call, ResourceType, ScopeListing } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";

const LEVELS = ["NotSpecified", "CanNotDelete", "ReadOnly"];

/** Management locks on any scope (arm.md 2.7). */
export const locks: ResourceType = {
  type: LOCK_TYPE,
  apiVersions: ["2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01"],
  name: { pattern: /^[^<>%&:?/]{1,260}$/, says: "1 to 260 characters without '<', '>', '%', '&', ':', '?' or '/'" },
  show,
  notFound: (id) => gatewayError(404, "LockNotFound", `The lock '${nameOf(id)}' could not be found.`),
  put,
  delete: (call) => ({ status: call.world.store.delete(call.id) ? 200 : 204 }),
  extension: { list },
};

function show(lock: Resource): JsonObject {
  return { properties: lock.properties, id: textOf(lock.id), type: LOCK_TYPE, name: nameOf(lock.id) };
}

function put({ world, id, existing, body }: Call): Answer {
  const { level, notes } = objectAt(body, "properties");
  if (typeof level !== "string" || !LEVELS.includes(level)) {
    throw gatewayError(400, "InvalidLockLevel", `The level of a lock must be one of ${LEVELS.join(", ")}.`);
  }
  const stored = world.store.set({
    ...(existing ?? blankResource(id, undefined)),
    properties: { level, ...(notes === undefined ? {} : { notes }) },
  });
  return { status: existing ? 200 : 201, body: show(stored) };
}

/** Those at the scope and below it, or, under `atScope()`, at the scope and above. */
function list({ world, scope, query, page }: ScopeListing): Answer {
  const above = query.get("$filter")?.toLowerCase() === "atscope()";
  const isMeant = (lock: Resource): boolean => (above ? isWithin(scope, lock.id.scope) : isWithin(lock.id.scope, scope));
  const found = world.store.list(LOCK_TYPE, "/").filter(isMeant);
  return page(found.map((lock) => ({ key: keyOf(lock.id), body: () => show(lock) })));
}
