import { z } from "zod";
import { switchValues } from "./switch-values.ts";

const seconds = z.number().min(0);
const rates = z.enum(["unlimited", "documented"]);
const location = z.string();

/** The settings as they can be changed while the simulator runs, which is all of them. */
export const adjustableSettings = z
  .strictObject({
    principalReplicationSeconds: seconds,
    roleAssignmentDelaySeconds: seconds,
    federatedCredentialDelaySeconds: seconds,
    federatedMissCacheSeconds: seconds,
    listLagSeconds: seconds,
    resourcesLagSeconds: seconds,
    operationRetryAfterSeconds: seconds.nullable(),
    apiManagementRetentionHours: z.number().min(0),
    roleAssignmentLimit: z.int().min(0),
    pageSize: z.int().min(1),
    identityRates: rates,
    federatedCredentialRates: rates,
    quotas: z.enum(["shown", "enforced"]),
    regionsWithoutFederatedCredentials: z.array(z.string()),
    unregisteredProviders: z.array(z.string()),
    appServiceLimits: z.array(z.strictObject({ location, tier: z.string().exactOptional(), because: z.enum(["quota", "not-offered"]) })),
    containerGroupLimits: z.array(z.strictObject({ location, because: z.enum(["quota", "not-available"]) })),
  })
  .partial();

/** The switches alike. */
export const adjustableSwitches = z.strictObject(Object.fromEntries(Object.entries(switchValues).map(([name, values]) => [name, z.literal([...values])]))).partial();
