import { isJsonObject } from "./json.ts";
import type { KubeObject } from "./object.ts";

/** `metav1.Condition`. */
export interface Condition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** `Ready` is always there; the others only while they are true (DESIGN 1). */
export const CONDITION_TYPES = ["Ready", "Reconciling", "Stalled", "Paused", "Drifted"] as const;

/** One of {@link CONDITION_TYPES}. */
export type ConditionType = (typeof CONDITION_TYPES)[number];

/** What each condition says while it is True. */
export const CONDITION_MEANINGS: Readonly<Record<ConditionType, string>> = {
  Ready: "Azure is as declared. False: it is not, and the reason says why. Unknown: it is not known yet.",
  Reconciling: "Something is under way or waited for; the operator comes back by itself.",
  Stalled: "A person has to do something; the message says what. It is tried again on a change, and slowly without one.",
  Paused: "The annotation azureidentity.dev/paused is set.",
  Drifted: "managementPolicy is ObserveOnly, and Azure differs from what is declared; status.drift lists how.",
};

/** The condition of a type, if the list has it. */
export function conditionOf(conditions: readonly Condition[] | undefined, type: ConditionType): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Conditions of an object's status; empty when it has none yet. */
export function conditionsOf(object: KubeObject | undefined): readonly Condition[] {
  const conditions = isJsonObject(object?.status) ? object.status["conditions"] : undefined;
  return Array.isArray(conditions) ? (conditions as readonly Condition[]) : [];
}
