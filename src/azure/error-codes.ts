import type { FailureClass } from "./contract.ts";

/**
 * What Azure's codes mean, in lower case. A code that is not here is classified by its status. Sources: arm.md 2.5
 * (gateway), 3 and 4 (identities), 5 (container groups), 6 (App Service), 14 (others).
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
  invalidresourcelocation: "invalid",
  missingsubscriptionregistration: "invalid",
  readonlydisabledsubscription: "invalid",
  requestdisallowedbyazure: "invalid",
  requestdisallowedbypolicy: "invalid",
  roleassignmentlimitexceeded: "invalid",
};

/** Codes that say the resource itself, its parent or its group is gone (DESIGN 3, invariant 3). */
export const GONE_CODES: ReadonlySet<string> = new Set(["resourcenotfound", "parentresourcenotfound", "resourcegroupnotfound"]);

/** Codes by which a provider itself says that a resource of the type is gone; arm.md 5. */
export const OWN_NOT_FOUND: Readonly<Record<string, readonly string[]>> = {
  "microsoft.containerinstance/containergroups": ["containergroupnotfound"],
};

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
