import { webError } from "../kernel/errors.ts";
import { textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";

/** What a pricing tier of App Service allows. */
export interface Tier {
  readonly tier: string;
  readonly family: string;
  readonly alwaysOn: boolean;
  /** Deployment slots beside production. */
  readonly slots: number;
  /** Workers of a plan where nobody says; none where they are not the customer's. */
  readonly capacity: 0 | 1;
}

const dedicated = { alwaysOn: true, capacity: 1 } as const;
const shared = { alwaysOn: false, capacity: 0 } as const;

/** Tiers by the SKU names that they have. */
const tiers: readonly (readonly [RegExp, Tier])[] = [
  [/^F1$/, { tier: "Free", family: "F", slots: 0, ...shared }],
  [/^D1$/, { tier: "Shared", family: "D", slots: 0, ...shared }],
  [/^B[123]$/, { tier: "Basic", family: "B", slots: 0, ...dedicated }],
  [/^S[123]$/, { tier: "Standard", family: "S", slots: 5, ...dedicated }],
  [/^P[123]$/, { tier: "Premium", family: "P", slots: 20, ...dedicated }],
  [/^P[123]V2$/, { tier: "PremiumV2", family: "Pv2", slots: 20, ...dedicated }],
  [/^P0V3$/, { tier: "Premium0V3", family: "Pv3", slots: 20, ...dedicated }],
  [/^P[123]V3$/, { tier: "PremiumV3", family: "Pv3", slots: 20, ...dedicated }],
  [/^P[1-5]MV3$/, { tier: "PremiumMV3", family: "Pmv3", slots: 20, ...dedicated }],
  [/^P[0-3]V4$/, { tier: "PremiumV4", family: "Pv4", slots: 20, ...dedicated }],
  [/^P[1-5]MV4$/, { tier: "PremiumMV4", family: "Pmv4", slots: 20, ...dedicated }],
  [/^I[1-6]V2$/, { tier: "IsolatedV2", family: "Iv2", slots: 20, ...dedicated }],
  [/^Y1$/, { tier: "Dynamic", family: "Y", slots: 1, ...shared }],
  [/^EP[123]$/, { tier: "ElasticPremium", family: "EP", slots: 3, alwaysOn: false, capacity: 1 }],
  [/^WS[123]$/, { tier: "WorkflowStandard", family: "WS", slots: 0, alwaysOn: false, capacity: 1 }],
  [/^FC1$/, { tier: "FlexConsumption", family: "FC", slots: 0, ...shared }],
];

/** The tier that a SKU name belongs to, whatever its casing; undefined when there is none. */
export function tierOf(skuName: string): Tier | undefined {
  return tiers.find(([names]) => names.test(skuName.toUpperCase()))?.[1];
}

/** The sku of a plan with all members, from what was sent; that of an existing plan stands where nothing was. */
export function wholeSku(sent: JsonObject, existing: JsonObject | undefined): JsonObject {
  const name = textAt(sent, "name") ?? textAt(existing ?? {}, "name") ?? "F1";
  const tier = tierOf(name);
  if (!tier) throw webError(400, "BadRequest", "The parameter SKU.Name has an invalid value.", "01007");
  const size = name.toUpperCase().replace(/(?<=\d)(M?)V(?=\d)/, (_, memory: string) => `${memory.toLowerCase()}v`);
  const before = textAt(existing ?? {}, "name") === size ? existing?.["capacity"] : undefined;
  return { name: size, tier: tier.tier, size, family: tier.family, capacity: sent["capacity"] ?? before ?? tier.capacity };
}
