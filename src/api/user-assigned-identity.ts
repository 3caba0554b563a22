import { z } from "zod";
import { identityIds, location, policies, resourceGroup, statusFields, subscriptionId, tags } from "./shared.ts";

/** Names that Azure accepts for an identity (arm.md 3.2). */
export const IDENTITY_NAME_PATTERN = "^[A-Za-z0-9][-A-Za-z0-9_]{2,127}$";

/** `spec` of a UserAssignedIdentity. */
export const userAssignedIdentitySpec = z.object({
  subscriptionId: subscriptionId.optional(),
  resourceGroup: resourceGroup.optional(),
  azureName: z
    .string()
    .min(3)
    .max(128)
    .regex(new RegExp(IDENTITY_NAME_PATTERN))
    .optional()
    .describe("Name of the identity in Azure: 3 to 128 letters, digits, - and _. Default: metadata.name. Immutable."),
  location: location.optional(),
  tags: tags.optional(),
  ...policies,
});

/** `status` of a UserAssignedIdentity. */
export const userAssignedIdentityStatus = z.object({ ...statusFields, ...identityIds });

/** `spec` of a UserAssignedIdentity. */
export type UserAssignedIdentitySpec = z.infer<typeof userAssignedIdentitySpec>;

/** `status` of a UserAssignedIdentity. */
export type UserAssignedIdentityStatus = z.infer<typeof userAssignedIdentityStatus>;
