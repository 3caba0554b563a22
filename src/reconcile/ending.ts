import { armIdKey, armIdParts, parseAnyArmId } from "../api/arm-id.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import { titleOf } from "../api/object.ts";
import type { Holds } from "../api/shared.ts";
import type { Making, Policies } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { tenantOf } from "./credential-choice.ts";
import type { ResourceFacts } from "./decide-resource.ts";
import { outcomeOf } from "./failures.ts";
import { type Conclusion, frozenOutcome, type Outcome } from "./outcome.ts";
import { type Pass, requestOf } from "./pass.ts";

/** The end of a pass for a claim whose holds and shown fields stay as they are. */
export function ended(claim: Claim, outcome: Outcome): Conclusion {
  return { claim, outcome, holds: claim.holds ?? claim.foreign, shown: undefined, done: [] };
}

/** Frozen claims, and those that leave without holding anything, are concluded without asking Azure. */
export function needsNoAzure(claim: Claim): boolean {
  return claim.mode === "frozen" || (claim.mode === "leaving" && claim.holds === undefined);
}

/** The end for a claim that needs no Azure. */
export function endedWithoutAzure(claim: Claim): Conclusion {
  if (claim.mode === "frozen") return ended(claim, frozenOutcome(claim));
  const message = `${titleOf(claim.object)}: nothing is held in Azure`;
  return { ...ended(claim, { is: "released", reason: "Released", message }), holds: undefined };
}

/** One outcome for every claim that the state of the resource concerns; the others are concluded without it. */
export function endedAll(claims: readonly Claim[], outcomeFor: (claim: Claim) => Outcome): readonly Conclusion[] {
  return claims.map((claim) => (needsNoAzure(claim) ? endedWithoutAzure(claim) : ended(claim, outcomeFor(claim))));
}

/** Azure is as declared; and what a person must still do where that alone is of no use. */
export function readyOutcome({ shape }: Pick<ResourceFacts, "shape">, { kind, spec, surroundings }: Claim, actual: JsonObject | undefined, message = `${kind.type.kind} is as declared`): Outcome {
  const advice = actual === undefined || spec === undefined ? undefined : shape.advice?.(spec, actual, surroundings);
  return { is: "ready", message: advice === undefined ? message : `${message}; ${advice}`, drift: [] };
}

/** Ids and name for the status of a claim to which the resource belongs, which observes it, or which it satisfies. */
export function shownOf(pass: Pass, { kind, spec, surroundings }: Claim, actual: JsonObject): JsonObject {
  const parsed = parseAnyArmId(stringAt(actual, "id") ?? "");
  const resourceId = parsed.ok && armIdKey(parsed.id) !== armIdKey(pass.target) ? parsed.id : pass.target;
  const shown = kind.shape.is === "resource" ? kind.shape.observed(actual, spec, surroundings) : {};
  return { resourceId, ...shown };
}

/** What the record of a resource says besides its target. Before a write it also says what the write before left. */
export function resourceRecord({ shape, parentIncarnation }: Pick<ResourceFacts, "shape" | "parentIncarnation">, spec: Policies, making: Making, before?: Holds): Partial<Holds> {
  const parent = parentIncarnation === undefined ? {} : { parentPrincipalId: parentIncarnation };
  const record = { ...shape.record?.(spec, making), ...parent };
  const tagKeys = [...new Set([...(before?.tagKeys ?? []), ...shape.tagKeys(spec)])];
  const settingNames = [...new Set([...(before?.settingNames ?? []), ...(record.settingNames ?? [])])];
  return { ...record, ...(tagKeys.length === 0 ? {} : { tagKeys }), ...(settingNames.length === 0 ? {} : { settingNames }) };
}

/** What a claim holds: the resource with its record. What it holds of a host's identity and has handed on stays as it is. */
export function holdsOf(pass: Pass, claim: Claim, made: { readonly adopted: boolean; readonly confirmed: boolean; readonly record: Partial<Holds> }): Holds {
  const { userAssigned, systemAssigned } = claim.holds ?? {};
  const { exports } = claim.holds ?? claim.foreign ?? {};
  return {
    target: pass.target,
    tenantId: claim.holds?.tenantId ?? tenantOf(pass.credential, pass.world.policy),
    credential: pass.credential,
    adopted: made.adopted,
    confirmed: made.confirmed,
    ...(userAssigned === undefined ? {} : { userAssigned }),
    ...(systemAssigned === undefined ? {} : { systemAssigned }),
    ...(exports === undefined ? {} : { exports }),
    ...made.record,
  };
}

/** The region in which a resource is created: the declared one, else that of its group; or why there is none. */
export async function locationFor(pass: Pass, making: Making, claim: Claim): Promise<{ readonly location: string } | { readonly outcome: Outcome }> {
  if (making.location !== "") return { location: making.location };
  const { subscriptionId, resourceGroup } = armIdParts(pass.target);
  const group = await pass.world.azure.groupLocation(subscriptionId, resourceGroup, requestOf(pass, "2021-04-01"));
  switch (group.is) {
    case "found":
      return { location: stringAt(group.body, "location") ?? "" };
    case "failed":
      return { outcome: outcomeOf(group.failure, claim, "read the resource group of") };
    case "absent":
      return { outcome: { is: "waiting", reason: "AzureNotFound", message: `resource group ${resourceGroup} does not exist: create it, or correct spec.resourceGroup` } };
  }
}
