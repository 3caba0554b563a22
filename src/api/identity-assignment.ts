import { z } from "zod";
import { anyArmId, atLeastOneOf, checked, exactlyOneOf, matching } from "./crd-rules.ts";
import { DISRUPTIONS, systemAssignedRemoval, userAssigned } from "./host-identity.ts";
import { HOST_NAME_PATTERN, namedIdentity, objectRef } from "./references.ts";
import { hostIdentity, MAX_ARM_ID_LENGTH, policies, statusFields, text } from "./shared.ts";

const target = checked(
  z
    .object({
      armId: checked(text(MAX_ARM_ID_LENGTH, "ARM id of the host.").min(1), ...anyArmId, {
        rule: "!self.matches(r'(?i)/providers/Microsoft[.]ManagedIdentity/')",
        message: "must be the ARM id of a host, not of an identity; identities are named in userAssigned",
        holds: (id) => !/\/providers\/Microsoft[.]ManagedIdentity\//i.test(id),
      }).optional(),
      apiVersion: checked(
        text(
          32,
          "For a host of a type that the catalogue lacks: the api-version by which it is read, and written by PATCH only. " +
            "What a write disturbs is not known then and counts as Restart.",
        ),
        matching("^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:-preview)?$", "must be an api-version, for example 2025-05-01"),
      ).optional(),
      webAppRef: objectRef("WebApp").optional(),
      containerGroupRef: objectRef("ContainerGroup").optional(),
    })
    .describe("The host to which the identities are attached: exactly one of armId, webAppRef and containerGroupRef.")
    .meta({ "x-kubernetes-map-type": "atomic" }),
  exactlyOneOf("armId", "webAppRef", "containerGroupRef"),
  {
    rule: "!has(self.apiVersion) || has(self.armId)",
    message: "apiVersion needs armId",
    fieldPath: ".apiVersion",
    holds: (host) => host.apiVersion === undefined || host.armId !== undefined,
  },
);

const registryIdentity = z.object({
  server: checked(
    text(255, "Host name of the registry, as the host names it.").min(1),
    matching(HOST_NAME_PATTERN, "must be the host name of a registry, without https://"),
  ),
  identity: namedIdentity.describe("The identity that pulls images; it must be one of the host's."),
});

const followThrough = checked(
  z
    .object({
      keyVaultReferenceIdentity: namedIdentity.optional().describe("App Service: the identity that reads Key Vault references."),
      acrPullIdentity: namedIdentity.optional().describe("App Service: the identity that pulls images."),
      defaultIdentity: namedIdentity.optional().describe("Cosmos DB: the identity that reads customer-managed keys."),
      registries: z
        .array(registryIdentity)
        .max(8)
        .optional()
        .describe("Container Apps: the identities that pull images, by registry. They take the place of a user and password there.")
        .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["server"] }),
    })
    .describe("What the host uses the identities for. Each named identity must be one of the host's. What is absent is left alone."),
  atLeastOneOf("keyVaultReferenceIdentity", "acrPullIdentity", "defaultIdentity", "registries"),
);

/** `spec` of an IdentityAssignment. */
export const identityAssignmentSpec = checked(
  z
    .object({
      target,
      userAssigned: userAssigned("User-assigned identities that the host is to have. Empty only when ownership is Exclusive.").optional(),
      systemAssigned: z
        .boolean()
        .optional()
        .describe("Whether the host is to have its system-assigned identity. Absent: it is left alone."),
      systemAssignedRemoval,
      ownership: z
        .enum(["Shared", "Exclusive"])
        .default("Shared")
        .describe("Shared: only what is declared here is ours. Exclusive: the host has exactly the declared user-assigned identities."),
      allowDisruption: z
        .enum(DISRUPTIONS)
        .default("Recycle")
        .describe("How much attaching or detaching may disturb the host; what disturbs it more is refused."),
      followThrough: followThrough.optional(),
      ...policies,
    })
    .describe("What the host is to have, and how far the operator may go for it."),
  {
    rule: "has(self.userAssigned) || has(self.systemAssigned)",
    message: "nothing is declared: set userAssigned, systemAssigned or both",
    reason: "FieldValueRequired",
    fieldPath: ".userAssigned",
    holds: (spec) => spec.userAssigned !== undefined || spec.systemAssigned !== undefined,
  },
  {
    rule: "has(self.userAssigned) || self.ownership != 'Exclusive'",
    message: "userAssigned must be set when ownership is Exclusive; [] means that the host shall have no user-assigned identity",
    reason: "FieldValueRequired",
    fieldPath: ".userAssigned",
    holds: (spec) => spec.userAssigned !== undefined || spec.ownership !== "Exclusive",
  },
  {
    rule: "!has(self.userAssigned) || size(self.userAssigned) > 0 || self.ownership == 'Exclusive'",
    message: "userAssigned must not be empty unless ownership is Exclusive; name an identity or remove the field",
    fieldPath: ".userAssigned",
    holds: (spec) => spec.userAssigned?.length !== 0 || spec.ownership === "Exclusive",
  },
);

/** `status` of an IdentityAssignment. */
export const identityAssignmentStatus = z
  .object({
    ...statusFields,
    host: text(512, "Type and name of the host, for kubectl get.").optional(),
    identity: hostIdentity.optional(),
  })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of an IdentityAssignment. */
export type IdentityAssignmentSpec = z.infer<typeof identityAssignmentSpec>;

/** `spec.followThrough`. */
export type FollowThrough = z.infer<typeof followThrough>;

/** `status` of an IdentityAssignment. */
export type IdentityAssignmentStatus = z.infer<typeof identityAssignmentStatus>;
