import type { Disruption } from "../api/host-identity.ts";
import type { NamedIdentity, NamedOrSystemIdentity } from "../api/references.ts";
import { namedShares } from "./named.ts";
import type { Share } from "./share.ts";

interface HostIdentitySpec {
  readonly systemAssigned?: boolean | undefined;
  readonly userAssigned?: readonly NamedIdentity[] | undefined;
}

/** The fields of a spec that declare the identity of a host of ours. */
export interface HostSpec {
  readonly identity?: HostIdentitySpec | undefined;
  readonly systemAssignedRemoval: "Keep" | "Destroy";
  readonly allowDisruption: Disruption;
}

/** Where such a spec lists its user-assigned identities. */
export const IDENTITIES_PATH = "spec.identity.userAssigned";

/** The share of its identity that a host of ours declares. */
export function hostShare({ identity, systemAssignedRemoval, allowDisruption }: HostSpec, namespace: string): Share {
  return {
    userAssigned: namedShares(identity?.userAssigned ?? [], namespace, IDENTITIES_PATH),
    systemAssigned: identity?.systemAssigned,
    mayDestroySystemAssigned: systemAssignedRemoval === "Destroy",
    exclusive: false,
    allowDisruption,
  };
}

/** Whether an identity that another field names is one of the host's: its system-assigned one, or one that it lists in the same way. */
export function isOwnIdentity({ identity }: HostSpec, { identityRef, armId }: NamedOrSystemIdentity): boolean {
  const own = identity?.userAssigned ?? [];
  if (identityRef !== undefined) return own.some((each) => each.identityRef?.name === identityRef.name && each.identityRef.namespace === identityRef.namespace);
  return armId === undefined || own.some((each) => each.armId?.toLowerCase() === armId.toLowerCase());
}
