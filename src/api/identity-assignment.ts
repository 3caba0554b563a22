import { z } from "zod";
import { armIdField } from "./references.ts";
import { checked } from "./crd-rules.ts";
import { DISRUPTIONS, systemAssignedRemoval, userAssigned } from "./host-identity.ts";
import { hostIdentity, policies, statusFields, text } from "./shared.ts";

/** Resource types of the hosts that an assignment reaches; the host catalogue has a row for each. */
export const HOST_TYPES = [
  "Microsoft.Web/sites",
  "Microsoft.Web/sites/slots",
  "Microsoft.ContainerInstance/containerGroups",
  "Microsoft.Compute/virtualMachines",
  "Microsoft.Compute/virtualMachineScaleSets",
] as const;

const target = z
  .object({
    armId: armIdField("ARM id of the host.", "a web app, deployment slot, container group, virtual machine or scale set", HOST_TYPES),
  })
  .describe("The host to which the identities are attached.")
  .meta({ "x-kubernetes-map-type": "atomic" });

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

/** `status` of an IdentityAssignment. */
export type IdentityAssignmentStatus = z.infer<typeof identityAssignmentStatus>;
