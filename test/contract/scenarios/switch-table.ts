import type { Switches } from "../../azure/azure.ts";
import { onHost } from "./of-switches.ts";

/** What the operator goes through under every value of a switch: scenarios by name, or a test of its own. */
export type Switched = readonly string[] | { readonly file: string };

const sites = onHost("Microsoft.Web/sites");
const groups = onHost("Microsoft.ContainerInstance/containerGroups");
const machines = onHost("Microsoft.Compute/virtualMachines");
const containerApps = onHost("Microsoft.App/containerApps");
const jobs = onHost("Microsoft.App/jobs");
const registries = [onHost("Microsoft.ContainerRegistry/registries"), onHost("Microsoft.AppConfiguration/configurationStores")];
const app = "an app with settings, slot settings and an identity that it uses, changed and deleted with its plan";
const movingGrant = "a grant moves with its role, its scope and its principal";
const dataGrant = "a data grant to a principal that Cosmos DB does not know yet, beside a stranger's equal one";
const strangeHosts = "an assignment names a host of a type and of a provider that there are not, and then one that there is";
const quotas = "sixty identities at the quotas of ARM";
const kubernetes = { file: "test/catalogue/kubernetes.test.ts" };

/** A row for every switch: the types see that none is missing. */
export const SWITCHED: Readonly<Record<keyof Switches, Switched>> = {
  webPatchIdentity: [sites, app],
  webPatchNullKey: [sites, app],
  webPutWithoutIdentity: [sites, app],
  webIfMatch: [sites, app],
  webAcrIdentityOnGet: ["an app pulls its image by an identity"],
  webPlanJoin: [sites, app],
  webPlanInUseStatus: ["a plan on which somebody else's app runs is deleted, and that app after it"],
  webIdentityChange: [sites, app],
  containerGroupPutWithoutIdentity: [groups, "a group with hidden values has guests, and its Secret changes"],
  containerGroupAfterNone: [groups],
  containerGroupDeleteStatus: ["a group is made again by what cannot change in place"],
  containerGroupNotFoundBy: ["ContainerGroup: deleted and made again"],
  containerGroupIdentityChange: [groups],
  computeIfMatch: [machines],
  reattachedIdentity: ["an identity is made again behind our back, and its dead attachment healed"],
  vanishedIdentity: ["one of two identities does not exist"],
  restrictedIdentity: ["one of two identities is kept from the host"],
  removedIdentityAssign: [sites, machines],
  locksAndPolicies: ["the resource group is locked for a while"],
  unknownTypeStatus: [strangeHosts],
  unknownNamespaceStatus: [strangeHosts],
  quotaFamily: [quotas],
  largeFamilyRefill: [quotas],
  federatedDuplicateStatus: ["a credential clashes with another one's issuer and subject"],
  federatedLimitStatus: ["the twenty-first credential of an identity"],
  cosmosIdentityWithDefault: ["an assignment makes its identity the default one of a Cosmos DB account"],
  cosmosUnknownPrincipal: [dataGrant],
  cosmosEqualAssignment: [dataGrant],
  roleWildcardSegment: [containerApps, movingGrant],
  roleAssignmentRepeatStatus: [movingGrant, "a grant gets a condition, and loses it"],
  roleAssignmentLimitStatus: ["a grant over the limit of the subscription"],
  roleDefinitionIdPrefix: [movingGrant, "a grant follows a principal that was made again"],
  emptyPages: [movingGrant, "credentials of one identity, one after the other"],
  unrecordedPatchMap: registries,
  unrecordedPatchNullKey: registries,
  unrecordedPutWithoutIdentity: registries,
  unrecordedAfterNone: registries,
  containerAppPatchIdentity: [containerApps],
  containerAppJobPatchMap: [jobs],
  containerAppPatchNullKey: [containerApps, jobs],
  containerAppPutWithoutIdentity: [containerApps, jobs],
  aksPutWithoutIdentity: kubernetes,
  aksReturnToNone: kubernetes,
  aksBusyCode: kubernetes,
  aksPutWithoutSecrets: kubernetes,
  springAppLocation: [onHost("Microsoft.AppPlatform/Spring/apps")],
  serviceFabricIdentityOnlyPut: { file: "test/catalogue/fabric.test.ts" },
  messagingPatchOmissions: [onHost("Microsoft.EventHub/namespaces")],
  apiManagementNotFound: [onHost("Microsoft.ApiManagement/service")],
};
