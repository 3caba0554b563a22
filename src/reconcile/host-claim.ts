import type { JsonObject } from "../api/json.ts";
import { type Claim, shareOf } from "./claim.ts";
import type { HostClaim } from "./host-facts.ts";
import type { Pass } from "./pass.ts";
import { resolveSettings, resolveShare } from "./references.ts";

/** The object of ours that declares the whole host. */
export interface HostOwner {
  readonly claim: Claim;
  /** A body read from Azure with what Azure hides; undefined when the object cannot give it now, or its kind is not written so. */
  readonly withHidden: ((body: JsonObject) => JsonObject) | undefined;
}

/** A claim with its share and what it names, as far as the cache resolves it. */
export function hostClaimOf(pass: Pass, claim: Claim, owner?: HostOwner): HostClaim {
  const share = shareOf(claim);
  const owns = owner?.claim === claim;
  if (share === undefined) return { claim, share, wants: [], follows: [], owns };
  return { claim, share, wants: resolveShare(share, claim, pass.world), follows: resolveSettings(share, claim, pass.world), owns };
}
