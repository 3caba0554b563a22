import type { FailureClass } from "./contract.ts";

/**
 * What Azure's codes mean, in lower case. A code that is not here is classified by its status. Sources: arm.md 2.5
 * (gateway), 3 and 4 (identities), 5 (container groups), 6 (App Service), 8 (AKS), 9 (Container Apps), 13 (roles), 14 (others).
 */
export const CLASS_BY_CODE: Readonly<Record<string, FailureClass>> = {
  subscriptionrequeststhrottled: "throttled",
  toomanyrequests: "throttled",
  resourcerequeststhrottled: "throttled",
  operationratelimitexceeded: "throttled",
  "429": "throttled",

  gatewaytimeout: "unavailable",
  internalservererror: "unavailable",
  serviceunavailable: "unavailable",
  servertimeout: "unavailable",
  requesttimeout: "unavailable",

  anotheroperationinprogress: "busy",
  concurrentfederatedidentitycredentialswritesforsinglemanagedidentity: "busy",
  conflict: "busy",
  containerappoperationinprogress: "busy",
  containergrouptransitioning: "busy",
  etagmismatch: "busy",
  namespaceintransition: "busy",
  operationpreempted: "busy",
  preconditionfailed: "busy",
  referencedresourcenotprovisioned: "busy",
  resourcegroupbeingdeleted: "busy",
  retryableerror: "busy",
  storageaccountisnotprovisioned: "busy",

  authorizationfailed: "forbidden",
  forbidden: "forbidden",

  failedidentityoperation: "identity",
  linkedauthorizationfailed: "identity",

  principalnotfound: "principal",

  roleassignmentexists: "exists",

  scopelocked: "locked",

  subscriptionnotfound: "missing",
  tenantnotfound: "missing",

  authenticationfailed: "credential",
  authenticationfailedinvalidheader: "credential",
  expiredauthenticationtoken: "credential",
  invalidauthenticationtoken: "credential",
  invalidauthenticationtokentenant: "credential",

  alreadyexists: "invalid",
  badrequest: "invalid",
  invalidcontainergroupupdate: "invalid",
  invalidresourcelocation: "invalid",
  // With which status is not confirmed (arm.md 2.5).
  invalidresourcenamespace: "invalid",
  invalidresourcetype: "invalid",
  missingsubscriptionregistration: "invalid",
  readonlydisabledsubscription: "invalid",
  requestdisallowedbyazure: "invalid",
  requestdisallowedbypolicy: "invalid",
  roleassignmentlimitexceeded: "invalid",
  roleassignmentupdatenotpermitted: "invalid",
  skunotavailable: "invalid",
};

/** What a refusal means whose code says too little, or something else. */
export interface SpecialMeaning {
  /** Matched against the code in lower case; without it any code fits. */
  readonly code?: RegExp;
  /** Matched against all messages; without it any text fits. */
  readonly text?: RegExp;
  readonly class: FailureClass;
  /** The code that is shown instead of Azure's. */
  readonly shownAs?: string;
  /** When to come back where Azure does not say it. */
  readonly afterSeconds?: number;
}

/** The first that fits a refusal (an answer below 500, and not 429) decides. */
export const SPECIAL_MEANINGS: readonly SpecialMeaning[] = [
  // A new principal has not reached the directory's replica that Cosmos DB asks; the code is BadRequest (arm.md 11).
  { text: /was not found in the AAD tenant/i, class: "principal", shownAs: "PrincipalNotFound" },
  // The same that Microsoft.Authorization has codes for, of its data roles.
  { text: /\bupdating sql role assignment .{0,80}\bnot permitted\b/i, class: "invalid", shownAs: "RoleAssignmentUpdateNotPermitted" },
  { code: /^conflict$/, text: /\bsql role assignment\b.{0,200}\b(?:already exists|exists already)\b/i, class: "exists", shownAs: "RoleAssignmentExists" },
  // One operation at a time, each of about a minute (arm.md 11).
  { code: /^preconditionfailed$/, text: /\bexclusive lock\b/i, class: "busy", afterSeconds: 60 },
  // Documented as 400, seen as 409 Conflict (arm.md 4).
  { text: /\bissuer and subject combination already exists\b/i, class: "invalid", shownAs: "IssuerSubjectInUse" },
  {
    text: /\bmaximum of \d+ (?:\w+ )?federated\b|\bfederated identity credentials?\b.{0,200}\bmaximum of \d+/i,
    class: "invalid",
    shownAs: "FederatedCredentialLimit",
  },
  // App Service says Conflict for a name that anybody in the world has, and for a site that is busy (ExtendedCode 54001, 59203).
  {
    code: /^conflict$/,
    text: /\b(?:website with given name|host ?name)\b.{0,200}\balready (?:exists|taken|in use)\b/i,
    class: "invalid",
    shownAs: "NameNotAvailable",
  },
  // App Service's conflicts with a plan that lacks what is declared.
  {
    code: /^conflict$/,
    text: /\bnot allowed in this resource group\b|\bplan does not allow it\b|\bexceed the number of slots\b/i,
    class: "invalid",
  },
  // Its sites go first; whether with 409 or 400 is not confirmed (arm.md 18).
  { text: /\bcannot be deleted because it has web app/i, class: "busy", shownAs: "InUse" },
  // App Service refuses a plan for want of quota as 401, which is not about the token (ExtendedCode 52039).
  { code: /^unauthorized$/, text: /\bquota\b/i, class: "invalid", shownAs: "QuotaExceeded" },
  { code: /quota(?:exceeded|reached)$/, class: "invalid" },
  // Container Instances says ServiceUnavailable with 409: another size or region is wanted, not patience.
  { text: /\bnot available in (?:the |this )?(?:location|region)\b/i, class: "invalid" },
  // AKS names the operation that runs in the text of codes that have other meanings too (arm.md 8).
  { code: /^operationnotallowed$/, text: /\bin[- ]progress\b/i, class: "busy" },
  { code: /^operationnotallowed$/, text: /\bnot supported\b/i, class: "invalid" },
];

/** Codes that say the resource itself, its parent or its group is gone (DESIGN 3, invariant 3). */
export const GONE_CODES: ReadonlySet<string> = new Set(["resourcenotfound", "parentresourcenotfound", "resourcegroupnotfound"]);

/** Codes by which a provider itself says that a resource of the type is gone; arm.md 4, 5, 9, 11 to 14. */
export const OWN_NOT_FOUND: Readonly<Record<string, readonly string[]>> = {
  "microsoft.app/jobs": ["containerappsjobnotfound"],
  "microsoft.authorization/roleassignments": ["roleassignmentnotfound"],
  "microsoft.authorization/roledefinitions": ["roledefinitiondoesnotexist"],
  "microsoft.containerinstance/containergroups": ["containergroupnotfound"],
  "microsoft.documentdb/databaseaccounts/sqlroleassignments": ["notfound"],
  "microsoft.documentdb/databaseaccounts/sqlroledefinitions": ["notfound"],
  "microsoft.eventhub/namespaces": ["namespacenotfound"],
  "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials": ["notfound"],
  "microsoft.servicebus/namespaces": ["namespacenotfound"],
  "microsoft.servicefabric/clusters/applications": ["notfound"],
  "microsoft.servicefabric/managedclusters/applications": ["notfound"],
};

/** Children whose provider says that they are gone by a 404 without a body (arm.md 2.1). */
export const EMPTY_NOT_FOUND = /^microsoft\.(?:sql\/servers|synapse\/workspaces)\/./;

/** The class of a status for which the code says nothing. */
export function classOfStatus(status: number): FailureClass {
  if (status === 401) return "credential";
  if (status === 403) return "forbidden";
  if (status === 404) return "missing";
  if (status === 409 || status === 412 || status === 423) return "busy";
  if (status === 429) return "throttled";
  // Redirects are not followed, so one says that somebody else than ARM answered.
  if (status === 408 || status < 400 || status >= 500) return "unavailable";
  return "invalid";
}
