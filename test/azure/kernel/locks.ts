import { typeOf } from "./arm-id.ts";
import { isWithin } from "./authorization.ts";
import { gatewayError } from "./errors.ts";
import { textAt } from "./json.ts";
import type { Resource } from "./store.ts";
import type { Target } from "./target.ts";
import type { World } from "./world.ts";

export const LOCK_TYPE = "Microsoft.Authorization/locks";

/**
 * Refuses what a lock forbids (arm.md 2.7): ReadOnly every write and every POST action, CanNotDelete deletions. A lock holds
 * at its scope and below; a deletion meets the locks below its scope too, because they would go with it.
 */
export function checkLocks(world: World, request: { readonly method: string; readonly target: Target }, scope: string): void {
  const { method, target } = request;
  if (method === "GET" || method === "HEAD" || isLock(target)) return;
  const isDeletion = method === "DELETE";
  const levels = isDeletion ? ["ReadOnly", "CanNotDelete"] : ["ReadOnly"];
  const forbids = (lock: Resource): boolean => levels.includes(textAt(lock.properties, "level") ?? "");
  const concerns = (lock: Resource): boolean => isWithin(scope, lock.id.scope) || (isDeletion && isWithin(lock.id.scope, scope));
  const locked = world.store.ofType(LOCK_TYPE).filter((lock) => forbids(lock) && concerns(lock));
  if (locked.length === 0) return;
  const scopes = [...new Set(locked.map((lock) => lock.id.scope))].toSorted().join(",");
  throw gatewayError(
    409,
    "ScopeLocked",
    `The scope '${scope}' cannot perform ${isDeletion ? "delete" : "write"} operation because following scope(s) are locked: '${scopes}'. Please remove the lock and try again.`,
  );
}

/** Locks are not locked: who may manage them can take them away. */
function isLock(target: Target): boolean {
  return target.is === "resource" && typeOf(target.id).toLowerCase() === LOCK_TYPE.toLowerCase();
}
