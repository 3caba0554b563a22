import { type ArmId, armIdKey, armIdType, parseArmId } from "../api/arm-id.ts";
import type { JsonObject } from "../api/json.ts";
import type { Holds } from "../api/shared.ts";
import { type Claim, shareOf } from "./claim.ts";
import { hostIdentityOf, identityBlock } from "./host-identity.ts";
import { frozenOutcome, type Outcome } from "./outcome.ts";
import type { Pass } from "./pass.ts";
import { resolveShare, type Wanted } from "./references.ts";

/** The identity block with which a host of ours is created, and what is held by it; or what it waits for. */
export type FirstIdentity =
  | { readonly is: "ready"; readonly block: JsonObject | undefined; readonly holds: Pick<Holds, "userAssigned" | "systemAssigned"> }
  | { readonly is: "waiting"; readonly outcome: Outcome };

/** A host is created once all identities that its spec names are there: attaching them later would disturb it. */
export function firstIdentity(pass: Pass, claim: Claim): FirstIdentity {
  const row = pass.hosts.get(armIdType(pass.target));
  const share = shareOf(claim);
  if (share === undefined || row === undefined) return NONE;
  const wants = resolveShare(share, claim, pass.world);
  const unresolved = wants.find((want) => want.is === "unresolved");
  if (unresolved !== undefined) return { is: "waiting", outcome: waitingOutcome(claim, unresolved) };
  const resolved = wants.filter((want): want is Wanted & { is: "resolved" } => want.is === "resolved");
  const systemAssigned = share.systemAssigned === true;
  const attach = [...new Map([...resolved.map(({ id }) => id), ...heldByGuests(pass)].map((id) => [armIdKey(id), id])).values()];
  if (attach.length === 0 && !systemAssigned) return NONE;
  const change = { attach, detach: [], systemAssigned };
  const userAssigned = resolved.map(({ id, identityRef }) => ({ resourceId: id, ...(identityRef === undefined ? {} : { identityRef }) }));
  return {
    is: "ready",
    block: identityBlock(row, "put", change, hostIdentityOf({})),
    holds: { ...(userAssigned.length === 0 ? {} : { userAssigned }), ...(systemAssigned ? { systemAssigned: {} } : {}) },
  };
}

/** What assignments hold on a host that is made again. */
function heldByGuests({ claims }: Pass): readonly ArmId[] {
  const guests = claims.filter(({ kind, mode }) => kind.shape.is === "share" && (mode === "live" || mode === "frozen"));
  const held = guests.flatMap(({ holds }) => holds?.userAssigned ?? []);
  return held.flatMap(({ resourceId }) => {
    const parsed = parseArmId(resourceId);
    return parsed.ok ? [parsed.id] : [];
  });
}

const NONE: FirstIdentity = { is: "ready", block: undefined, holds: {} };

function waitingOutcome(claim: Claim, { refusal, stalls }: Wanted & { is: "unresolved" }): Outcome {
  return frozenOutcome({ ...claim, paused: false, refusal: stalls ? refusal : { ...refusal, waits: true } });
}
