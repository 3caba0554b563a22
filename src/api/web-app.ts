import { z } from "zod";
import { appSettings } from "./app-settings.ts";
import { checked, exactlyOneOf, matching } from "./crd-rules.ts";
import { hostExport } from "./exports.ts";
import { functionAppConfig } from "./function-app-config.ts";
import { allowDisruption, hostIdentitySpec, systemAssignedRemoval } from "./host-identity.ts";
import { armIdField, namedOrSystemIdentity, objectRef } from "./references.ts";
import { hostIdentity, location, policies, resourceGroup, statusFields, subscriptionId, tags, text } from "./shared.ts";
import { siteConfig } from "./site-config.ts";

/** Names that Azure accepts for a site (arm.md 6) and for a slot. */
export const SITE_NAME_PATTERN = "^[A-Za-z0-9](?:[-A-Za-z0-9]{0,58}[A-Za-z0-9])$";

const plan = checked(
  z
    .object({
      planRef: objectRef("AppServicePlan").optional(),
      planArmId: armIdField("ARM id of a plan.", "an App Service plan", ["Microsoft.Web/serverfarms"]).optional(),
    })
    .describe("The App Service plan that runs the app. A slot runs on the plan of its site."),
  exactlyOneOf("planRef", "planArmId"),
);

const slotOf = z
  .object({ webAppRef: objectRef("WebApp") })
  .describe("The WebApp whose slot this is; azureName is the name of the slot. Immutable.");

/** `spec` of a WebApp. */
export const webAppSpec = checked(
  z
    .object({
      subscriptionId: subscriptionId.optional(),
      resourceGroup: resourceGroup.optional(),
      azureName: checked(
        text(
          60,
          "Name of the site in Azure: 2 to 60 letters, digits and hyphens, unique in all of Azure; of a slot, its name in the site. " +
            "Default: metadata.name. Immutable.",
        ).min(1),
        matching(SITE_NAME_PATTERN, "must be 2 to 60 letters, digits or hyphens, neither beginning nor ending with a hyphen"),
      ).optional(),
      location: location
        .describe(
          "Azure region. Default: the region that the object of the plan, or of the slot's site, declares, else the Namespace annotation " +
            "azureidentity.dev/location, else the resource group's. Immutable.",
        )
        .optional(),
      tags: tags.optional(),
      appKind: z
        .enum(["WebApp", "FunctionApp"])
        .default("WebApp")
        .describe("What the site is: a web app or a function app. Default: WebApp. Immutable."),
      slotOf: slotOf.optional(),
      plan: plan.optional(),
      httpsOnly: z.boolean().optional().describe("Whether plain HTTP is redirected. Absent: as it is in Azure."),
      state: z
        .enum(["Running", "Stopped"])
        .optional()
        .describe("Whether the app runs. Absent: as it is in Azure. Stopping it is refused only under allowDisruption None."),
      clientAffinityEnabled: z.boolean().optional().describe("Whether a client stays with its instance. Absent: as it is in Azure."),
      siteConfig: siteConfig.optional(),
      keyVaultReferenceIdentity: namedOrSystemIdentity
        .optional()
        .describe("The identity that reads Key Vault references; it must be one of the app's. Absent: as it is in Azure."),
      appSettings: appSettings.optional(),
      functionAppConfig: functionAppConfig.optional(),
      identity: hostIdentitySpec.optional(),
      systemAssignedRemoval,
      allowDisruption: allowDisruption("Recycle", "How much a change may disturb the app; a changed setting recycles its workers with overlap."),
      export: hostExport.optional(),
      ...policies,
    })
    .describe("Which web or function app there is to be, and what happens to it."),
  {
    rule: "has(self.slotOf) != has(self.plan)",
    message: "exactly one of plan and slotOf must be set: a slot runs on the plan of its site",
    fieldPath: ".plan",
    holds: (spec) => (spec.slotOf === undefined) !== (spec.plan === undefined),
  },
  {
    rule: "!has(self.slotOf) || !(has(self.subscriptionId) || has(self.resourceGroup))",
    message: "subscriptionId and resourceGroup must not be set beside slotOf: a slot is where its site is",
    fieldPath: ".slotOf",
    holds: (spec) => spec.slotOf === undefined || (spec.subscriptionId === undefined && spec.resourceGroup === undefined),
  },
  {
    rule: "!has(self.slotOf) || !has(self.appSettings) || self.appSettings.all(setting, !has(setting.slotSetting))",
    message: "slotSetting must not be set beside slotOf: the WebApp of the site says which settings stay, for all its slots",
    fieldPath: ".appSettings",
    holds: (spec) => spec.slotOf === undefined || (spec.appSettings ?? []).every(({ slotSetting }) => slotSetting === undefined),
  },
  {
    rule: "!has(self.functionAppConfig) || self.appKind == 'FunctionApp'",
    message: "functionAppConfig needs appKind FunctionApp",
    fieldPath: ".functionAppConfig",
    holds: (spec) => spec.functionAppConfig === undefined || spec.appKind === "FunctionApp",
  },
);

/** `status` of a WebApp. */
export const webAppStatus = z
  .object({
    ...statusFields,
    state: text(64, "Whether the app runs, in Azure's word.").optional(),
    defaultHostName: text(512, "Host name under which the app is reached.").optional(),
    identity: hostIdentity.optional(),
  })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of a WebApp. */
export type WebAppSpec = z.infer<typeof webAppSpec>;

/** `status` of a WebApp. */
export type WebAppStatus = z.infer<typeof webAppStatus>;
