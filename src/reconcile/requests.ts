import { ANNOTATIONS } from "../api/group.ts";
import { stringAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import type { Claim } from "./claim.ts";
import type { UnitMemory } from "./memory.ts";

/** Whether a person asked for a pass by annotation and was not answered yet. */
export function isRequested({ object }: Pick<Claim, "object">): boolean {
  const asked = requestedAt(object);
  return asked !== undefined && asked !== stringAt(object.status, "lastHandledReconcileAt");
}

/** What the annotation by which a person asks for a pass says. */
export function requestedAt(object: KubeObject | undefined): string | undefined {
  return object?.metadata.annotations?.[ANNOTATIONS.reconcileRequestedAt];
}

/** A person who asks for a pass lifts every stop. */
export function forgive(memory: UnitMemory): void {
  memory.ineffectiveWrites = 0;
  memory.reversalsAtMs = [];
  memory.culprits.clear();
}
