import { conditionOf, conditionsOf } from "../api/conditions.ts";
import { ANNOTATIONS, FINALIZER } from "../api/group.ts";
import { isJsonObject, objectAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import type { Change } from "./change.ts";
import { isSameJson } from "./same-json.ts";

/** How urgently a change that we did not make wakes the object's own unit; undefined when it says nothing to us. */
export function wakesItself({ previous, next }: Change): "user" | "resync" | undefined {
  if (next === undefined) return undefined;
  if (previous === undefined) return isSettled(next) ? "resync" : "user";
  if (!isSameJson(askedOf(previous), askedOf(next))) return "user";
  return isSameJson(previous.status, next.status) ? undefined : "user";
}

/**
 * The same for a change to a version that is not newer than our own last write. Somebody's edit can have come just before that
 * write, which did not see it; what our writes change themselves, status and finalizer, says nothing.
 */
export function wakesBeforeOwn({ previous, next }: Change): "user" | undefined {
  if (previous === undefined || next === undefined) return undefined;
  return isSameJson(editedOf(previous), editedOf(next)) ? undefined : "user";
}

/** Whether a change matters to those that refer to the object. */
export function wakesDependants({ previous, next }: Change): boolean {
  if (previous === undefined || next === undefined) return true;
  return !isSameJson(offeredBy(previous), offeredBy(next)) || isLeaving(previous) !== isLeaving(next);
}

/** What dependants may use of an object: whether it is ready, its ids, the principal of its host's identity, and whose objects may name it. */
function offeredBy(object: KubeObject): unknown {
  const ready = conditionOf(conditionsOf(object), "Ready");
  const { resourceId, principalId, clientId } = isJsonObject(object.status) ? object.status : {};
  const isUsable = ready !== undefined && ready.status !== "False";
  const { allowedNamespaces, onConsentWithdrawn } = isJsonObject(object.spec) ? object.spec : {};
  const consent = [allowedNamespaces ?? null, onConsentWithdrawn ?? null];
  return [isUsable, resourceId ?? null, principalId ?? null, clientId ?? null, objectAt(object.status, "identity")?.["principalId"] ?? null, consent];
}

function isLeaving(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** What people and other controllers ask of an object. Labels and other annotations are none of our business. */
function askedOf(object: KubeObject): unknown {
  return [editedOf(object), object.metadata.finalizers?.includes(FINALIZER) ?? false];
}

/** The part of it that no write of ours changes. Another uid is another object of the same name. */
function editedOf({ metadata }: KubeObject): unknown {
  const annotations = Object.values(ANNOTATIONS).map((name) => metadata.annotations?.[name] ?? null);
  return [metadata.uid, metadata.generation, metadata.deletionTimestamp ?? null, ...annotations];
}

/** An object of the first list that was settled before: it can wait behind everything that was not. */
function isSettled({ metadata, status }: KubeObject): boolean {
  return isJsonObject(status) && status["observedGeneration"] === metadata.generation && metadata.deletionTimestamp === undefined;
}
