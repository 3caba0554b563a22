import { type ArmId, parseArmId } from "../api/arm-id.ts";
import { conditionOf, conditionsOf } from "../api/conditions.ts";
import { stringAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import type { Surroundings, Unlocated } from "./kind.ts";
import { absentReferent, type Reference } from "./reference.ts";

/** A referenced object with its ARM id, once it is there to be used; or what its referrer waits for. */
export type Referent = { readonly ok: true; readonly object: KubeObject; readonly id: ArmId } | Unlocated;

/** Resolves a reference by what the referent's status shows: it exists in Azure, is not refused, and stays. */
export function referentOf(reference: Reference, surroundings: Surroundings): Referent {
  const { kind, namespace, name, path } = reference;
  const object = surroundings.referent(reference);
  if (object === undefined) return waiting("RefNotFound", absentReferent(reference, surroundings.namespace));
  const ready = conditionOf(conditionsOf(object), "Ready");
  const parsed = parseArmId(stringAt(object.status, "resourceId") ?? "");
  const isLeaving = object.metadata.deletionTimestamp !== undefined;
  if (!isLeaving && parsed.ok && ready !== undefined && ready.status !== "False") return { ok: true, object, id: parsed.id };
  const what = isLeaving ? "is being deleted" : "is not ready yet";
  return waiting("RefNotReady", `${path}: ${kind} ${namespace}/${name} ${what}: see its conditions`);
}

/** As {@link referentOf}; what was made by it goes on with the id that it shows, also while it is not ready. */
export function referentFor(reference: Reference, surroundings: Surroundings): Referent {
  const referent = referentOf(reference, surroundings);
  const object = surroundings.referent(reference);
  const id = idOfReferent(reference, surroundings);
  return referent.ok || surroundings.holds === undefined || object === undefined || id === undefined ? referent : { ok: true, object, id };
}

/** The ARM id of a referenced object, which its status shows; undefined while it has none. */
export function idOfReferent(reference: Reference, surroundings: Surroundings): ArmId | undefined {
  const parsed = parseArmId(stringAt(surroundings.referent(reference)?.status, "resourceId") ?? "");
  return parsed.ok ? parsed.id : undefined;
}

function waiting(reason: "RefNotFound" | "RefNotReady", message: string): Unlocated {
  return { ok: false, reason, message, waits: true };
}
