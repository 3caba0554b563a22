import type { WildcardSegment } from "./authorization.ts";
import { defaultHostSwitches } from "./host-switches.ts";
import type { HostSwitches } from "./host-switches.ts";

/**
 * Behaviours that no recording settles (arm.md 18 and the marks [?] before it). A client should work under all of them.
 * The defaults are the readings that arm.md calls more likely.
 */
export interface Switches extends HostSwitches {
  /** What PATCH with `identity` does on Microsoft.Web sites and slots: in the spec, never recorded. */
  readonly webPatchIdentity: "merge-keys" | "full-map-replaces" | "rejected" | "ignored";
  /** What a null key does in a PATCH of a site. */
  readonly webPatchNullKey: "removes" | "rejected" | "ignored";
  /** PUT of a site without an identity block. */
  readonly webPutWithoutIdentity: "keeps" | "clears";
  /** Whether Web honours If-Match. */
  readonly webIfMatch: "ignored" | "honoured";
  /** Whether GET of a site shows `siteConfig.acrUserManagedIdentityID`; `config/web` always does (arm.md 6). */
  readonly webAcrIdentityOnGet: "shown" | "null";
  /** Whether a write that names a site's plan needs `serverfarms/join/action` on it, as the built-in roles suggest (arm.md 16). */
  readonly webPlanJoin: "checked" | "unchecked";
  /** Status of the deletion of a plan on which sites run (arm.md 18). */
  readonly webPlanInUseStatus: 400 | 409;
  /** Whether an identity change recycles a site's workers (arm.md 6). */
  readonly webIdentityChange: "recycles" | "unnoticed";
  /** PUT of a container group without an identity block. */
  readonly containerGroupPutWithoutIdentity: "clears" | "keeps";
  /** How a container group looks after `type: None`. */
  readonly containerGroupAfterNone: "absent" | "none-object";
  /** How a container group is deleted: at once with the group as body, or accepted and done later (arm.md 5). */
  readonly containerGroupDeleteStatus: 200 | 202;
  /** Who answers for a container group that is missing, and with it under which code (arm.md 5). */
  readonly containerGroupNotFoundBy: "gateway" | "provider";
  /** What an identity change of a running container group does; the documents say it restarts (arm.md 5). */
  readonly containerGroupIdentityChange: "restarts" | "unnoticed";
  /** What Compute does with If-Match that does not match (arm.md 7). */
  readonly computeIfMatch: "honoured" | "ignored";
  /** Whether attaching an identity that was deleted and created again, without detaching it first, refreshes its ids. */
  readonly reattachedIdentity: "stays-stale" | "refreshes";
  /** The answer to a host write that names an identity which does not exist (arm.md 2.5, 3.4, 3.5). */
  readonly vanishedIdentity: "FailedIdentityOperation" | "LinkedAuthorizationFailed";
  /** The answer to a host write that names an identity which is isolated or restricted away from the host (arm.md 3.3). */
  readonly restrictedIdentity: "FailedIdentityOperation" | "LinkedAuthorizationFailed";
  /** Whether a write needs the permission to assign the identities that it takes away, too (arm.md 16). */
  readonly removedIdentityAssign: "unchecked" | "checked";
  /** Where locks and policies come in ARM's order of checks: before it is asked what is there, or after (arm.md 2.5). */
  readonly locksAndPolicies: "before-existence" | "after-existence";
  /** Status of a request for a type that its namespace does not have (arm.md 2.5). */
  readonly unknownTypeStatus: 400 | 404;
  /** Status of a request for a namespace that there is not (arm.md 2.5). */
  readonly unknownNamespaceStatus: 400 | 404;
  /** The sizes of ARM's token buckets: two families were recorded (arm.md 2.6). */
  readonly quotaFamily: "documented" | "large";
  /** How quickly the buckets of the large family fill: as the documented ones, or as much quicker as they are larger (arm.md 2.6). */
  readonly largeFamilyRefill: "as-documented" | "in-proportion";
  /** Status of a federated credential whose issuer and subject exist already under the identity (arm.md 4). */
  readonly federatedDuplicateStatus: 400 | 409;
  /** Status of the 21st federated credential of an identity (arm.md 4). */
  readonly federatedLimitStatus: 400 | 409;
  /** What a write that changes the identity and `defaultIdentity` of a Cosmos DB account together loses (arm.md 11). */
  readonly cosmosIdentityWithDefault: "default-lost" | "identity-lost";
  /** How a principal that Cosmos DB does not know is told: at once, or by the operation (arm.md 11). */
  readonly cosmosUnknownPrincipal: "refused" | "failed-operation";
  /** What an equal Cosmos DB role assignment under another GUID comes to, of which nothing was recorded. */
  readonly cosmosEqualAssignment: "accepted" | "refused";
  /** Whether a `*` between two slashes in a role's action may stand for nothing (arm.md 16, Container Apps Contributor). */
  readonly roleWildcardSegment: WildcardSegment;
  /** Status of a role assignment's PUT that repeats what is there (arm.md 13). */
  readonly roleAssignmentRepeatStatus: 200 | 201;
  /** Status of a role assignment over the limit (arm.md 13). */
  readonly roleAssignmentLimitStatus: 400 | 409;
  /** How a role assignment spells a built-in role: below its subscription, or at the tenant (arm.md 13). */
  readonly roleDefinitionIdPrefix: "subscription" | "tenant";
  /** Whether a list may have an empty page that still has a nextLink (arm.md 2.4). */
  readonly emptyPages: boolean;
}

/** What is assumed where nothing else is set. */
export const defaultSwitches: Switches = {
  ...defaultHostSwitches,
  webPatchIdentity: "merge-keys",
  webPatchNullKey: "removes",
  webPutWithoutIdentity: "keeps",
  webIfMatch: "ignored",
  webAcrIdentityOnGet: "shown",
  webPlanJoin: "checked",
  webPlanInUseStatus: 409,
  webIdentityChange: "recycles",
  containerGroupPutWithoutIdentity: "clears",
  containerGroupAfterNone: "absent",
  containerGroupDeleteStatus: 200,
  containerGroupNotFoundBy: "gateway",
  containerGroupIdentityChange: "restarts",
  computeIfMatch: "honoured",
  reattachedIdentity: "stays-stale",
  vanishedIdentity: "FailedIdentityOperation",
  restrictedIdentity: "FailedIdentityOperation",
  removedIdentityAssign: "unchecked",
  locksAndPolicies: "before-existence",
  unknownTypeStatus: 400,
  unknownNamespaceStatus: 404,
  quotaFamily: "documented",
  largeFamilyRefill: "in-proportion",
  federatedDuplicateStatus: 409,
  federatedLimitStatus: 400,
  cosmosIdentityWithDefault: "default-lost",
  cosmosUnknownPrincipal: "refused",
  cosmosEqualAssignment: "accepted",
  roleWildcardSegment: "may-be-empty",
  roleAssignmentRepeatStatus: 201,
  roleAssignmentLimitStatus: 400,
  roleDefinitionIdPrefix: "subscription",
  emptyPages: false,
};
