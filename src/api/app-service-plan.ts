import { z } from "zod";
import { checked, matching } from "./crd-rules.ts";
import { location, policies, resourceGroup, statusFields, subscriptionId, tags, text, wholeNumber } from "./shared.ts";

/** Names that Azure accepts for a plan. */
export const PLAN_NAME_PATTERN = "^[-A-Za-z0-9]{1,60}$";

const sku = z
  .object({
    name: checked(
      text(20, "Name of the SKU, for example B1, P1v3, EP1 or FC1. Default: B1.").min(1),
      matching("^[A-Za-z0-9]+$", "must be the name of a SKU, for example B1"),
    ).default("B1"),
    capacity: wholeNumber(1, 100, "Number of workers. Absent: Azure decides, and what was set there stays.").optional(),
  })
  .default({ name: "B1" })
  .describe("Pricing tier and number of workers. Default: B1, as az appservice plan create chooses.");

/** `spec` of an AppServicePlan. */
export const appServicePlanSpec = checked(
  z
    .object({
      subscriptionId: subscriptionId.optional(),
      resourceGroup: resourceGroup.optional(),
      azureName: checked(
        text(60, "Name of the plan in Azure: 1 to 60 letters, digits and hyphens. Default: metadata.name. Immutable.").min(1),
        matching(PLAN_NAME_PATTERN, "must be 1 to 60 letters, digits or hyphens"),
      ).optional(),
      location: location.optional(),
      tags: tags.optional(),
      sku,
      osType: z
        .enum(["Windows", "Linux"])
        .default("Windows")
        .describe("Operating system of the workers. Default: Windows, as az appservice plan create chooses. Immutable."),
      zoneRedundant: z.boolean().optional().describe("Whether the workers are spread over availability zones. Absent: Azure decides."),
      ...policies,
    })
    .describe("Which plan there is to be, and what happens to it."),
  {
    rule: "!self.sku.name.matches('^[Ff][Cc][0-9]') || self.osType == 'Linux'",
    message: "osType must be Linux for a Flex Consumption plan (SKU FC1)",
    fieldPath: ".osType",
    holds: ({ sku: { name }, osType }) => !/^FC\d/i.test(name) || osType === "Linux",
  },
);

/** `status` of an AppServicePlan. */
export const appServicePlanStatus = z
  .object({
    ...statusFields,
    sku: text(20, "Name of the SKU in Azure.").optional(),
    provisioningState: text(64, "State of the last operation in Azure.").optional(),
    planStatus: text(64, "Whether the plan is ready, in Azure's word.").optional(),
    numberOfSites: wholeNumber(0, 1_000_000, "Number of apps on the plan.").optional(),
  })
  .describe("What the operator last saw. Only the operator writes it.");

/** `spec` of an AppServicePlan. */
export type AppServicePlanSpec = z.infer<typeof appServicePlanSpec>;

/** `status` of an AppServicePlan. */
export type AppServicePlanStatus = z.infer<typeof appServicePlanStatus>;
