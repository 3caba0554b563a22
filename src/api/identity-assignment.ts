import { z } from "zod";
import { hostIdentity, MAX_ARM_ID_LENGTH, policies, statusFields, text } from "./shared.ts";

/** The most identities that one assignment names. */
export const MAX_USER_ASSIGNED = 16;

/** How much a host may be disturbed, from least to most. */
export const DISRUPTIONS = ["None", "Recycle", "Restart", "Recreate"] as const;

/** One of {@link DISRUPTIONS}. */
export type Disruption = (typeof DISRUPTIONS)[number];

const identity = z.object({
  identityRef: z
    .object({ name: z.string().min(1).max(253).describe("Name of a UserAssignedIdentity of this namespace.") })
    .optional()
    .describe("A UserAssignedIdentity of this namespace."),
  armId: z.string().min(1).max(MAX_ARM_ID_LENGTH).optional().describe("ARM id of a user-assigned identity."),
});

/** `spec` of an IdentityAssignment. */
export const identityAssignmentSpec = z.object({
  target: z
    .object({ armId: z.string().min(1).max(MAX_ARM_ID_LENGTH).describe("ARM id of the host.") })
    .describe("The host to which the identities are attached."),
  userAssigned: z
    .array(identity)
    .max(MAX_USER_ASSIGNED)
    .optional()
    .describe("User-assigned identities that the host is to have.")
    .meta({ "x-kubernetes-list-type": "atomic" }),
  systemAssigned: z
    .boolean()
    .optional()
    .describe("Whether the host is to have its system-assigned identity. Absent: it is left alone."),
  systemAssignedRemoval: z
    .enum(["Keep", "Destroy"])
    .default("Keep")
    .describe("Whether a system-assigned identity that this object switched on may be destroyed. Its principal is lost for good."),
  ownership: z
    .enum(["Shared", "Exclusive"])
    .default("Shared")
    .describe("Shared: only what is declared here is ours. Exclusive: the host has exactly the declared user-assigned identities."),
  allowDisruption: z
    .enum(DISRUPTIONS)
    .default("Recycle")
    .describe("How much attaching or detaching may disturb the host; what disturbs it more is refused."),
  ...policies,
});

/** `status` of an IdentityAssignment. */
export const identityAssignmentStatus = z.object({
  ...statusFields,
  host: text(512, "Type and name of the host, for kubectl get.").optional(),
  identity: hostIdentity.optional(),
});

/** `spec` of an IdentityAssignment. */
export type IdentityAssignmentSpec = z.infer<typeof identityAssignmentSpec>;

/** One entry of `spec.userAssigned`. */
export type NamedIdentity = z.infer<typeof identity>;

/** `status` of an IdentityAssignment. */
export type IdentityAssignmentStatus = z.infer<typeof identityAssignmentStatus>;
