import {
  APP_SERVICE_PLAN,
  CONTAINER_GROUP,
  FEDERATED_IDENTITY_CREDENTIAL,
  IDENTITY_ASSIGNMENT,
  ROLE_ASSIGNMENT,
  USER_ASSIGNED_IDENTITY,
  WEB_APP,
} from "../resources.ts";

/**
 * What decides for whom or for what a thing is named, by the plural of the kind: once one of these fields changes, all that the
 * object names counts as named anew. Otherwise whoever may change an object could turn an identity that somebody else named in it
 * to a host, a ServiceAccount or a container of their own.
 */
const DECIDING: Readonly<Record<string, readonly string[]>> = {
  [USER_ASSIGNED_IDENTITY.plural]: ["allowedNamespaces"],
  [FEDERATED_IDENTITY_CREDENTIAL.plural]: ["issuer", "subject", "serviceAccountRef", "audiences"],
  [IDENTITY_ASSIGNMENT.plural]: ["target"],
  [ROLE_ASSIGNMENT.plural]: ["scope", "subscriptionId", "roleDefinitionName", "roleDefinitionId", "condition"],
  [CONTAINER_GROUP.plural]: ["containers", "volumes"],
  [APP_SERVICE_PLAN.plural]: [],
  [WEB_APP.plural]: ["siteConfig", "functionAppConfig", "appSettings"],
};

/** The CEL expression of whether an object of a kind is changed and stays what it is for. */
export function keepsPurpose(plural: string): string {
  const fields = DECIDING[plural];
  if (fields === undefined) throw new Error(`cannot write the policies of ${plural}: nothing says what its objects name things for; say it in src/api/admission/purposes.ts`);
  const same = fields.map((field) => `object.spec.?${field}.orValue(null) == oldObject.spec.?${field}.orValue(null)`);
  return ["oldObject != null", ...same].join(" && ");
}
