import type { HostSwitches } from "./host-switches.ts";
import type { Switches } from "./switches.ts";

type Values<Of> = { readonly [Name in keyof Of]: readonly [Of[Name], Of[Name], ...Of[Name][]] };

const hostSwitchValues: Values<HostSwitches> = {
  unrecordedPatchMap: ["merge-keys", "full-map-replaces"],
  unrecordedPatchNullKey: ["removes", "rejected", "ignored"],
  unrecordedPutWithoutIdentity: ["keeps", "clears"],
  unrecordedAfterNone: ["absent", "none-object"],
  containerAppPatchIdentity: ["merge-keys", "full-map-replaces", "rejected", "ignored"],
  containerAppJobPatchMap: ["merge-keys", "full-map-replaces"],
  containerAppPatchNullKey: ["removes", "rejected", "ignored"],
  containerAppPutWithoutIdentity: ["clears", "keeps"],
  aksPutWithoutIdentity: ["keeps", "clears"],
  aksReturnToNone: ["rejected", "accepted"],
  aksBusyCode: ["OperationNotAllowed", "EtagMismatch"],
  aksPutWithoutSecrets: ["keeps", "clears"],
  springAppLocation: ["required", "optional"],
  serviceFabricIdentityOnlyPut: ["applied", "ignored"],
  messagingPatchOmissions: ["keeps", "resets"],
  apiManagementNotFound: ["standard", "message-only"],
};

/** Every value of every switch: what can be set while the simulator runs, and what a client should be tested under. */
export const switchValues: Values<Switches> = {
  ...hostSwitchValues,
  webPatchIdentity: ["merge-keys", "full-map-replaces", "rejected", "ignored"],
  webPatchNullKey: ["removes", "rejected", "ignored"],
  webPutWithoutIdentity: ["keeps", "clears"],
  webIfMatch: ["ignored", "honoured"],
  webAcrIdentityOnGet: ["shown", "null"],
  webPlanJoin: ["checked", "unchecked"],
  webPlanInUseStatus: [400, 409],
  webIdentityChange: ["recycles", "unnoticed"],
  containerGroupPutWithoutIdentity: ["clears", "keeps"],
  containerGroupAfterNone: ["absent", "none-object"],
  containerGroupDeleteStatus: [200, 202],
  containerGroupNotFoundBy: ["gateway", "provider"],
  containerGroupIdentityChange: ["restarts", "unnoticed"],
  computeIfMatch: ["honoured", "ignored"],
  reattachedIdentity: ["stays-stale", "refreshes"],
  vanishedIdentity: ["FailedIdentityOperation", "LinkedAuthorizationFailed"],
  restrictedIdentity: ["FailedIdentityOperation", "LinkedAuthorizationFailed"],
  removedIdentityAssign: ["unchecked", "checked"],
  locksAndPolicies: ["before-existence", "after-existence"],
  quotaFamily: ["documented", "large"],
  largeFamilyRefill: ["as-documented", "in-proportion"],
  federatedDuplicateStatus: [400, 409],
  federatedLimitStatus: [400, 409],
  cosmosIdentityWithDefault: ["default-lost", "identity-lost"],
  cosmosUnknownPrincipal: ["refused", "failed-operation"],
  cosmosEqualAssignment: ["accepted", "refused"],
  roleWildcardSegment: ["may-be-empty", "not-empty"],
  roleAssignmentRepeatStatus: [200, 201],
  roleAssignmentLimitStatus: [400, 409],
  roleDefinitionIdPrefix: ["subscription", "tenant"],
  emptyPages: [false, true],
};
