import { titleOf } from "../api/object.ts";
import { isInScopes } from "./allow-lists.ts";
import type { Claim } from "./claim.ts";
import { hostPass } from "./host-pass.ts";
import { type Conclusion, frozenOutcome } from "./outcome.ts";
import type { Pass } from "./pass.ts";
import { ended } from "./ending.ts";
import { resourcePass } from "./resource-pass.ts";
import { withUsage } from "./usage.ts";

/**
 * One pass over a unit: resolve, observe, decide, perform, conclude. Every claim of the unit gets a conclusion; the unit is
 * observed once and written once. A unit whose target somebody declares as a resource is that resource; else it is a host.
 */
export async function reconcile(pass: Pass): Promise<readonly Conclusion[]> {
  if (!isInScopes(pass.target, pass.credential, pass.world.policy)) return pass.claims.map(concludeOutside);
  const claims = pass.claims.filter(hasStanding);
  const aside = pass.claims.filter((claim) => !hasStanding(claim)).map(concludeOutside);
  if (claims.length === 0) return aside;
  return [...(await reconcileStanding({ ...pass, claims, others: pass.others.filter(hasStanding) })), ...aside];
}

async function reconcileStanding(pass: Pass): Promise<readonly Conclusion[]> {
  const shape = pass.claims.map(({ kind }) => kind.shape).find((each) => each.is === "resource");
  return shape === undefined ? hostPass(pass) : withUsage(pass, await resourcePass(pass, shape.variant?.(pass.target) ?? shape));
}

/**
 * Whether a claim counts beside others. One that is refused and holds nothing, paused or not, does not: else whoever may not have a
 * place could keep it from those who may, by declaring it first.
 */
function hasStanding({ mode, refusal, holds }: Claim): boolean {
  return mode !== "frozen" || refusal === undefined || holds !== undefined;
}

/** The end for a claim that has no target or no credential, or lies outside of what the credential may touch: Azure is not asked. */
export function concludeOutside(claim: Claim): Conclusion {
  if (claim.mode === "leaving" && (claim.holds === undefined || claim.retain)) {
    return { ...ended(claim, { is: "released", reason: "Released", message: leftAlone(claim) }), holds: undefined };
  }
  const outcome = frozenOutcome(claim);
  return claim.mode === "observing" ? { ...ended(claim, outcome), holds: undefined } : ended(claim, outcome);
}

function leftAlone({ holds, object }: Claim): string {
  return `${titleOf(object)}: ${holds === undefined ? "nothing is held in Azure" : "what is held stays in Azure, as deletionPolicy says"}`;
}
