import { z } from "zod";
import { allowedNamespaces, onConsentWithdrawn, otherNamespaces } from "./consent.ts";
import { checked, matching } from "./crd-rules.ts";
import { idExport } from "./exports.ts";
import { identityIds, location, policies, resourceGroup, statusFields, subscriptionId, tags, text } from "./shared.ts";

/** Names that Azure accepts for an identity (arm.md 3.2). */
export const IDENTITY_NAME_PATTERN = "^[A-Za-z0-9][-A-Za-z0-9_]{2,127}$";

/** `spec` of a UserAssignedIdentity. */
export const userAssignedIdentitySpec = z
  .object({
    subscriptionId: subscriptionId.optional(),
    resourceGroup: resourceGroup.optional(),
    azureName: checked(
      text(128, "Name of the identity in Azure: 3 to 128 letters, digits, - and _. Default: metadata.name. Immutable.").min(1),
      matching(IDENTITY_NAME_PATTERN, "must be 3 to 128 letters, digits, - or _, beginning with a letter or a digit"),
    ).optional(),
    location: location.optional(),
    tags: tags.optional(),
    export: idExport.optional(),
    allowedNamespaces: allowedNamespaces.optional(),
    onConsentWithdrawn,
    ...policies,
  })
  .describe("Which identity there is to be, and what happens to it.");

/** `status` of a UserAssignedIdentity. */
export const userAssignedIdentityStatus = z
  .object({ ...statusFields, ...identityIds, otherNamespaces: otherNamespaces.optional() })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of a UserAssignedIdentity. */
export type UserAssignedIdentitySpec = z.infer<typeof userAssignedIdentitySpec>;

/** `status` of a UserAssignedIdentity. */
export type UserAssignedIdentityStatus = z.infer<typeof userAssignedIdentityStatus>;
