import type { ArmError, Refusal } from "./errors.ts";
import { patchRules } from "./host-switches.ts";
import type { HostSwitches } from "./host-switches.ts";
import type { JsonObject } from "./json.ts";
import type { Attachment } from "./store.ts";

/** How hosts of one type take and show identities: a row of the matrix in arm.md 1. */
export interface IdentityRules {
  /** How the combined value comes back; `refused` where a host has one kind or the other, never both. */
  readonly combined: "SystemAssigned, UserAssigned" | "SystemAssigned,UserAssigned" | "refused";
  /** ContainerRegistry begins the values with a small letter. */
  readonly spelling?: "lower-camel";
  /** How the keys of the map come back (arm.md 2.2). */
  readonly keys: "canonical" | "as-sent";
  /** What `type: None` does; it is taken by default. */
  readonly none?: "taken" | "refused" | "refused-on-update";
  readonly afterNone: "absent" | "none-object" | "null" | "none-with-null-members";
  /** What PATCH does with the block; `unsupported` is for types whose PATCH does not know it. */
  readonly patch: "merges" | "replaces" | "rejected" | "ignored" | "unsupported";
  readonly patchNullKey: "removes" | "rejected" | "ignored";
  readonly putWithoutIdentity: "keeps" | "clears";
  /** What `identity: null` in a PUT does: the same as leaving it out unless it clears. */
  readonly putNullIdentity?: "clears";
  /** How a new attachment looks before its operation has ended, and whether anything of the change shows at all. */
  readonly fresh: "details" | "empty-until-finished" | "previous-until-finished";
  /** Whether tenantId is shown without a system-assigned identity. */
  readonly tenantIdAlways: boolean;
  /** The most keys that one request may name; no bound when absent. */
  readonly mostKeys?: number;
  /** The most user-assigned identities that a host may have; no bound when absent. */
  readonly mostAttached?: number;
  /** What the values of the map may be; anything by default. */
  readonly values?: "empty-or-stored";
  /** More members of a value, beside principalId and clientId. */
  readonly leaked?: (attachment: Attachment) => JsonObject;
  /** The provider's envelope for its own refusals; ARM's by default. */
  readonly refuse?: (status: number, error: ArmError) => Refusal;
}

/** The rules of a type of which nothing was recorded; each type says where it differs. */
export function unrecordedRules(switches: HostSwitches): IdentityRules {
  return {
    combined: "SystemAssigned, UserAssigned",
    keys: "as-sent",
    afterNone: switches.unrecordedAfterNone,
    patch: patchRules[switches.unrecordedPatchMap],
    patchNullKey: switches.unrecordedPatchNullKey,
    putWithoutIdentity: switches.unrecordedPutWithoutIdentity,
    fresh: "details",
    tenantIdAlways: false,
  };
}
