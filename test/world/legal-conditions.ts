import type { Condition } from "../../src/api/conditions.ts";
import { conditionOf, conditionsOf } from "../../src/api/conditions.ts";
import { isJsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { REASONS } from "../../src/api/reasons.ts";

/** A row of the table of outcomes (DESIGN 7, style.md 4.1): what stands beside Ready, and for what reasons. */
interface Legal {
  readonly ready: Condition["status"];
  readonly besides: readonly Condition["type"][];
  readonly reasons: RegExp;
  /** Whether the generation counts as observed. */
  readonly settles: boolean;
}

/** Reasons that name an end, and those of what is under way; every other one says why something is not as declared. */
const ENDS = "Succeeded|Observed|Drifted|Paused|Created|Updated|Adopted|Attached|Detached|Creating|Updating|Deleting|AzureUnavailable|Released|HandedOver|Deleted";
const UNDER_WAY = "Creating|Updating|Deleting|HostBusy|WriteIneffective|AzureUnavailable|Released|HandedOver|Deleted";
const WANTING = new RegExp(`^(?!(?:${ENDS})$)`);

const LEGAL: readonly Legal[] = [
  { ready: "True", besides: [], reasons: /^(?:Succeeded|Observed)$/, settles: true },
  { ready: "True", besides: ["Drifted"], reasons: /^Drifted$/, settles: true },
  { ready: "False", besides: ["Stalled"], reasons: WANTING, settles: true },
  { ready: "False", besides: ["Reconciling"], reasons: WANTING, settles: false },
  { ready: "Unknown", besides: ["Reconciling"], reasons: new RegExp(`^(?:${UNDER_WAY})$`), settles: false },
];

/** What is wrong about the conditions that are about to be stored; empty when the table has them. */
export function illegalConditions(before: KubeObject, after: KubeObject): readonly string[] {
  const conditions = conditionsOf(after);
  const name = `${after.kind} ${after.metadata.name}`;
  const ready = conditionOf(conditions, "Ready");
  // Azure may be away for some minutes before conditions say so, also the first ones.
  if (conditions.length === 0 && conditionsOf(before).length === 0) return [];
  if (ready === undefined) return [`${name} has no Ready condition: ${JSON.stringify(conditionsOf(before))}`];
  const forms = conditions.flatMap(formFaults);
  const says = [...forms, ...(isPause(conditions, before) || LEGAL.some((row) => isRow(row, { conditions, ready, after })) ? [] : ["the table of outcomes has no such row"])];
  return says.map((fault) => `${name} says ${shown(conditions)}, and ${fault}`);
}

/** A pause leaves Ready as it was. */
function isPause(conditions: readonly Condition[], before: KubeObject): boolean {
  const [ready, paused, ...more] = conditions;
  const was = conditionOf(conditionsOf(before), "Ready");
  const isAsItWas = was === undefined ? ready?.status === "Unknown" && ready.reason === "Paused" : JSON.stringify(was) === JSON.stringify(ready);
  return paused?.type === "Paused" && paused.status === "True" && more.length === 0 && isAsItWas;
}

function isRow({ ready: status, besides, reasons, settles }: Legal, { conditions, ready, after }: { readonly conditions: readonly Condition[]; readonly ready: Condition; readonly after: KubeObject }): boolean {
  const others = conditions.filter((condition) => condition !== ready);
  const isSame = others.length === besides.length && others.every(({ type, reason, message }, index) => type === besides[index] && reason === ready.reason && message === ready.message);
  const observed = isJsonObject(after.status) ? after.status["observedGeneration"] : undefined;
  return ready.status === status && isSame && reasons.test(ready.reason) && (!settles || observed === ready.observedGeneration);
}

/** What holds of each condition by itself (metav1.Condition). */
function formFaults({ type, status, reason, message, lastTransitionTime }: Condition): readonly string[] {
  return [
    ...(Object.hasOwn(REASONS, reason) ? [] : [`${reason} is no reason of ours`]),
    ...(message !== "" && !message.includes("\n") ? [] : [`the message of ${type} is not one line`]),
    ...(type === "Ready" || status === "True" ? [] : [`${type} is ${status}, and would be absent`]),
    ...(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(lastTransitionTime) ? [] : [`the time of ${type} is ${lastTransitionTime}`]),
  ];
}

function shown(conditions: readonly Condition[]): string {
  return conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`).join(", ");
}
