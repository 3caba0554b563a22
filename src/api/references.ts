import { z } from "zod";
import { armIdOf, checked, exactlyOneOf, matching } from "./crd-rules.ts";
import { MAX_ARM_ID_LENGTH, text } from "./shared.ts";

const OBJECT_NAME_PATTERN = "^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$";

/** The host name of a registry. */
export const HOST_NAME_PATTERN = "^[A-Za-z0-9](?:[-A-Za-z0-9.:]*[A-Za-z0-9])?$";

/** Resource types of what `identityRef` and ids of identities name. */
export const IDENTITY_TYPES = ["Microsoft.ManagedIdentity/userAssignedIdentities"];

/** The name of an object in a spec. */
export function objectName(description: string) {
  const message = "must be the name of an object: lower-case letters, digits, - and .";
  return checked(text(253, description).min(1), matching(OBJECT_NAME_PATTERN, message));
}

/** A reference to an object of one kind in the namespace of the referrer. */
export function objectRef(kind: string) {
  const article = /^[AEIO]/.test(kind) ? "An" : "A";
  return z
    .object({ name: objectName(`Name of ${article.toLowerCase()} ${kind} of this namespace.`) })
    .describe(`${article} ${kind} of this namespace.`)
    .meta({ "x-kubernetes-map-type": "atomic" });
}

/** A reference to a UserAssignedIdentity of the same namespace. */
export const identityRef = objectRef("UserAssignedIdentity");

const NAMESPACE_PATTERN = "^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$";

/** A reference to a UserAssignedIdentity that is to be attached, in any namespace that consents (DESIGN 6). */
const sharedIdentityRef = z
  .object({
    name: objectName("Name of a UserAssignedIdentity."),
    namespace: checked(
      text(63, "Its namespace. Default: this one. Another one must allow it in spec.allowedNamespaces of the identity.").min(1),
      matching(NAMESPACE_PATTERN, "must be the name of a namespace: lower-case letters, digits and -"),
    ).optional(),
  })
  .describe("A UserAssignedIdentity of this namespace, or of another one that allows it.")
  .meta({ "x-kubernetes-map-type": "atomic" });

const key = (of: string) =>
  checked(
    text(253, `Key in the ${of}.`).min(1),
    matching("^[-._A-Za-z0-9]+$", `must be a key of a ${of}: letters, digits, -, _ and .`),
  );

/** One value of a Secret of the same namespace; the operator needs a Role that lets it get that Secret (DESIGN 6). */
export const secretKeyRef = z
  .object({ name: objectName("Name of a Secret of this namespace."), key: key("Secret") })
  .describe("A value in a Secret of this namespace. The operator must be allowed to get that Secret.")
  .meta({ "x-kubernetes-map-type": "atomic" });

/** One value of a ConfigMap of the same namespace; the operator needs a Role that lets it get that ConfigMap (DESIGN 6). */
export const configMapKeyRef = z
  .object({ name: objectName("Name of a ConfigMap of this namespace."), key: key("ConfigMap") })
  .describe("A value in a ConfigMap of this namespace. The operator must be allowed to get that ConfigMap.")
  .meta({ "x-kubernetes-map-type": "atomic" });

/** The ARM id of a resource of one of these types in a spec. */
export function armIdField(description: string, what: string, types: readonly string[]) {
  return checked(text(MAX_ARM_ID_LENGTH, description).min(1), ...armIdOf(what, types));
}

const identityFields = {
  identityRef: sharedIdentityRef.optional(),
  armId: armIdField("ARM id of a user-assigned identity.", "a user-assigned identity", IDENTITY_TYPES).optional(),
};

/** A user-assigned identity in a spec: one that is declared in a namespace, or any by its ARM id. */
export const namedIdentity = checked(z.object(identityFields), exactlyOneOf("identityRef", "armId"));

/** An identity by which a host reads something: a user-assigned one, or its own system-assigned one. */
export const namedOrSystemIdentity = checked(
  z.object({
    ...identityFields,
    systemAssigned: z.literal(true).optional().describe("The system-assigned identity of the host."),
  }),
  exactlyOneOf("identityRef", "armId", "systemAssigned"),
);

/** One entry of a list of user-assigned identities: exactly one member is set. */
export type NamedIdentity = z.infer<typeof namedIdentity>;

/** A reference to a UserAssignedIdentity; without a namespace, in that of the referrer. */
export type IdentityRef = z.infer<typeof sharedIdentityRef>;

/** A {@link NamedIdentity}, or the system-assigned identity of the host. */
export type NamedOrSystemIdentity = z.infer<typeof namedOrSystemIdentity>;
