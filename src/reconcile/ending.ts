import { armIdParts } from "../api/arm-id.ts";
import { type JsonObject, stringAt } from "../api/json.ts";
import { titleOf } from "../api/object.ts";
import type { Holds } from "../api/shared.ts";
import type { Making, Policies, ResourceShape } from "../kinds/kind.ts";
import type { Claim } from "./claim.ts";
import { outcomeOf } from "./failures.ts";
import type { Conclusion, Outcome } from "./outcome.ts";
import { type Pass, requestOf } from "./pass.ts";

/** The end of a pass for a claim whose holds and shown fields stay as they are. */
export function ended(claim: Claim, outcome: Outcome): Conclusion {
  return { claim, outcome, holds: claim.holds, shown: undefined, done: [] };
}

/** Frozen claims, and those that leave without holding anything, are concluded without asking Azure. */
export function needsNoAzure(claim: Claim): boolean {
  return claim.mode === "frozen" || (claim.mode === "leaving" && claim.holds === undefined);
}

/** What a frozen claim comes to, whatever happens to the resource: a pause hides a refusal until it ends. */
export function frozenOutcome({ paused, refusal }: Claim): Outcome {
  return paused || refusal === undefined ? { is: "paused" } : { is: "refused", ...refusal };
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

/** Ids and name for the status of a claim to which the resource belongs, or which observes it. */
export function shownOf(pass: Pass, shape: ResourceShape<Policies>, actual: JsonObject): JsonObject {
  return { resourceId: pass.target, ...shape.observed(actual) };
}

/** What a claim holds once its write is done. */
export function holdsOf(pass: Pass, claim: Claim, made: { readonly adopted: boolean; readonly confirmed: boolean; readonly tagKeys: readonly string[] }): Holds {
  const tenantId = claim.holds?.tenantId ?? pass.world.policy.tenantId;
  const { tagKeys, ...flags } = made;
  return { target: pass.target, tenantId, credential: pass.credential, ...flags, ...(tagKeys.length === 0 ? {} : { tagKeys: [...tagKeys] }) };
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
