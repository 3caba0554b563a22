import type { Switches } from "../../azure/azure.ts";
import { onHost } from "./of-switches.ts";

/** Every value of a switch, and what the operator goes through under each: scenarios by name, or a test of its own. */
export interface Switched<Value> {
  readonly values: readonly Value[];
  readonly by: readonly string[] | { readonly file: string };
}

const sites = onHost("Microsoft.Web/sites");
const groups = onHost("Microsoft.ContainerInstance/containerGroups");
const machines = onHost("Microsoft.Compute/virtualMachines");
const containerApps = onHost("Microsoft.App/containerApps");
const jobs = onHost("Microsoft.App/jobs");
const registries = [onHost("Microsoft.ContainerRegistry/registries"), onHost("Microsoft.AppConfiguration/configurationStores")];
const app = "an app with settings, slot settings and an identity that it uses, changed and deleted with its plan";
const movingGrant = "a grant moves with its role, its scope and its principal";
const dataGrant = "a data grant to a principal that Cosmos DB does not know yet, beside a stranger's equal one";
const quotas = "sixty identities at the quotas of ARM";
const kubernetes = { file: "test/catalogue/kubernetes.test.ts" };

/** A row for every switch: the types see that none is missing, and the test that no value is. */
export const SWITCHED: { readonly [Name in keyof Switches]: Switched<Switches[Name]> } = {
  webPatchIdentity: { values: ["merge-keys", "full-map-replaces", "rejected", "ignored"], by: [sites, app] },
  webPatchNullKey: { values: ["removes", "rejected", "ignored"], by: [sites, app] },
  webPutWithoutIdentity: { values: ["keeps", "clears"], by: [sites, app] },
  webIfMatch: { values: ["ignored", "honoured"], by: [sites, app] },
  webAcrIdentityOnGet: { values: ["shown", "null"], by: ["an app pulls its image by an identity"] },
  webPlanJoin: { values: ["checked", "unchecked"], by: [sites, app] },
  webPlanInUseStatus: { values: [400, 409], by: ["a plan on which somebody else's app runs is deleted, and that app after it"] },
  webIdentityChange: { values: ["recycles", "unnoticed"], by: [sites, app] },
  containerGroupPutWithoutIdentity: { values: ["clears", "keeps"], by: [groups, "a group with hidden values has guests, and its Secret changes"] },
  containerGroupAfterNone: { values: ["absent", "none-object"], by: [groups] },
  containerGroupDeleteStatus: { values: [200, 202], by: ["a group is made again by what cannot change in place"] },
  containerGroupNotFoundBy: { values: ["gateway", "provider"], by: ["ContainerGroup: deleted and made again"] },
  containerGroupIdentityChange: { values: ["restarts", "unnoticed"], by: [groups] },
  computeIfMatch: { values: ["honoured", "ignored"], by: [machines] },
  reattachedIdentity: { values: ["stays-stale", "refreshes"], by: ["an identity is made again behind our back, and its dead attachment healed"] },
  vanishedIdentity: { values: ["FailedIdentityOperation", "LinkedAuthorizationFailed"], by: ["one of two identities does not exist"] },
  restrictedIdentity: { values: ["FailedIdentityOperation", "LinkedAuthorizationFailed"], by: ["one of two identities is kept from the host"] },
  removedIdentityAssign: { values: ["unchecked", "checked"], by: [sites, machines] },
  locksAndPolicies: { values: ["before-existence", "after-existence"], by: ["the resource group is locked for a while"] },
  quotaFamily: { values: ["documented", "large"], by: [quotas] },
  largeFamilyRefill: { values: ["as-documented", "in-proportion"], by: [quotas] },
  federatedDuplicateStatus: { values: [400, 409], by: ["a credential clashes with another one's issuer and subject"] },
  federatedLimitStatus: { values: [400, 409], by: ["the twenty-first credential of an identity"] },
  cosmosIdentityWithDefault: { values: ["default-lost", "identity-lost"], by: ["an assignment makes its identity the default one of a Cosmos DB account"] },
  cosmosUnknownPrincipal: { values: ["refused", "failed-operation"], by: [dataGrant] },
  cosmosEqualAssignment: { values: ["accepted", "refused"], by: [dataGrant] },
  roleWildcardSegment: { values: ["may-be-empty", "not-empty"], by: [containerApps, movingGrant] },
  roleAssignmentRepeatStatus: { values: [200, 201], by: [movingGrant, "a grant gets a condition, and loses it"] },
  roleAssignmentLimitStatus: { values: [400, 409], by: ["a grant over the limit of the subscription"] },
  roleDefinitionIdPrefix: { values: ["subscription", "tenant"], by: [movingGrant, "a grant follows a principal that was made again"] },
  emptyPages: { values: [false, true], by: [movingGrant, "credentials of one identity, one after the other"] },
  unrecordedPatchMap: { values: ["merge-keys", "full-map-replaces"], by: registries },
  unrecordedPatchNullKey: { values: ["removes", "rejected", "ignored"], by: registries },
  unrecordedPutWithoutIdentity: { values: ["keeps", "clears"], by: registries },
  unrecordedAfterNone: { values: ["absent", "none-object"], by: registries },
  containerAppPatchIdentity: { values: ["merge-keys", "full-map-replaces", "rejected", "ignored"], by: [containerApps] },
  containerAppJobPatchMap: { values: ["merge-keys", "full-map-replaces"], by: [jobs] },
  containerAppPatchNullKey: { values: ["removes", "rejected", "ignored"], by: [containerApps, jobs] },
  containerAppPutWithoutIdentity: { values: ["clears", "keeps"], by: [containerApps, jobs] },
  aksPutWithoutIdentity: { values: ["keeps", "clears"], by: kubernetes },
  aksReturnToNone: { values: ["rejected", "accepted"], by: kubernetes },
  aksBusyCode: { values: ["OperationNotAllowed", "EtagMismatch"], by: kubernetes },
  aksPutWithoutSecrets: { values: ["keeps", "clears"], by: kubernetes },
  springAppLocation: { values: ["required", "optional"], by: [onHost("Microsoft.AppPlatform/Spring/apps")] },
  serviceFabricIdentityOnlyPut: { values: ["applied", "ignored"], by: { file: "test/catalogue/fabric.test.ts" } },
  messagingPatchOmissions: { values: ["keeps", "resets"], by: [onHost("Microsoft.EventHub/namespaces")] },
  apiManagementNotFound: { values: ["standard", "message-only"], by: [onHost("Microsoft.ApiManagement/service")] },
};
