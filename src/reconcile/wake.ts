import { ANNOTATIONS, FINALIZER } from "../api/group.ts";
import { isJsonObject } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import type { Change } from "./change.ts";
import { resolvedIdentity } from "./references.ts";
import { isSameJson } from "./same-json.ts";

/** How urgently a change that we did not make wakes the object's own unit; undefined when it says nothing to us. */
export function wakesItself({ previous, next }: Change): "user" | "resync" | undefined {
  if (next === undefined) return undefined;
  if (previous === undefined) return isSettled(next) ? "resync" : "user";
  if (!isSameJson(askedOf(previous), askedOf(next))) return "user";
  return isSameJson(previous.status, next.status) ? undefined : "user";
}

/** Whether a change matters to those that refer to the object. */
export function wakesDependants({ previous, next }: Change): boolean {
  if (previous === undefined || next === undefined) return true;
  return !isSameJson(resolvedIdentity(previous), resolvedIdentity(next)) || isLeaving(previous) !== isLeaving(next);
}

function isLeaving(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** What people and other controllers ask of an object. Labels and other annotations are none of our business. */
function askedOf({ metadata }: KubeObject): unknown {
  const annotations = Object.values(ANNOTATIONS).map((name) => metadata.annotations?.[name] ?? null);
  return [metadata.generation, metadata.deletionTimestamp ?? null, metadata.finalizers?.includes(FINALIZER) ?? false, ...annotations];
}

/** An object of the first list that was settled before: it can wait behind everything that was not. */
function isSettled({ metadata, status }: KubeObject): boolean {
  return isJsonObject(status) && status["observedGeneration"] === metadata.generation && metadata.deletionTimestamp === undefined;
}
