import type { HostRow } from "../host-row.ts";
import { PATCH_ELSE_PUT, USUAL } from "./defaults.ts";

/** App Service and Functions apps and their slots (arm.md 6). */
const site: Omit<HostRow, "type" | "title"> = {
  ...USUAL,
  recorded: "PATCH with identity is specified and was never recorded; PUT was, also without the key that leaves",
  apiVersion: "2025-05-01",
  forms: PATCH_ELSE_PUT,
  both: "SystemAssigned, UserAssigned",
  disruption: "Recycle",
  effect: "recycles its workers with overlap, as any setting does",
  answer: "new",
  settings: [
    { field: "keyVaultReferenceIdentity", at: "properties.keyVaultReferenceIdentity", form: "armId", nobody: "SystemAssigned" },
    { field: "acrPullIdentity", part: "config/web", at: "properties.acrUserManagedIdentityID", form: "clientId", nobody: "" },
    { field: "acrPullIdentity", part: "config/web", at: "properties.acrUseManagedIdentityCreds", form: "flag", nobody: "false" },
  ],
  parts: [{ path: "config/web", when: "properties.siteConfig.acrUseManagedIdentityCreds", uses: ["properties.acrUserManagedIdentityID"] }],
  uses: [
    "properties.keyVaultReferenceIdentity",
    "properties.siteConfig.keyVaultReferenceIdentity",
    "properties.siteConfig.acrUserManagedIdentityID",
    "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId",
  ],
};

/** Hosts of Microsoft.Web. */
export const WEB: readonly HostRow[] = [
  { ...site, type: "Microsoft.Web/sites", title: "App Service or Functions app" },
  { ...site, type: "Microsoft.Web/sites/slots", title: "Slot of an app" },
];
