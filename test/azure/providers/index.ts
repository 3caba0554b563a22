import { coreRoutes } from "../kernel/core-routes.ts";
import type { Route } from "../kernel/route.ts";
import type { ResourceType } from "../kernel/resource-type.ts";
import { sqlRoleAssignments } from "./cosmos-sql-role-assignments.ts";
import { sqlRoleDefinitions } from "./cosmos-sql-role-definitions.ts";
import { virtualMachines, virtualMachineScaleSets } from "./compute.ts";
import { containerGroups } from "./container-groups.ts";
import { federatedIdentityCredentials } from "./federated-identity-credentials.ts";
import { hostTypes } from "./hosts.ts";
import { locks } from "./locks.ts";
import { policyAssignments, policyDefinitions } from "./policies.ts";
import { resourceGroups } from "./resource-groups.ts";
import { roleAssignments } from "./role-assignments.ts";
import { roleDefinitions } from "./role-definitions.ts";
import { scaleSetMachines } from "./scale-set-machines.ts";
import { systemAssignedIdentities } from "./system-assigned-identities.ts";
import { userAssignedIdentities } from "./user-assigned-identities.ts";
import { appServicePlans } from "./web-plans.ts";
import { webRoutes } from "./web-routes.ts";
import { siteConfig, slotConfig } from "./web-site-config.ts";
import { sites, slots } from "./web-sites.ts";

/** Every resource type of one simulated cloud; some keep state of their own, so each cloud gets its own. */
export function resourceTypes(): readonly ResourceType[] {
  return [
    resourceGroups,
    userAssignedIdentities,
    federatedIdentityCredentials(),
    systemAssignedIdentities,
    roleAssignments,
    roleDefinitions,
    locks,
    policyDefinitions,
    policyAssignments,
    appServicePlans,
    sites,
    slots,
    siteConfig,
    slotConfig,
    containerGroups,
    virtualMachines,
    virtualMachineScaleSets,
    scaleSetMachines,
    ...hostTypes,
    sqlRoleAssignments,
    sqlRoleDefinitions,
  ];
}

/** Every path that is no resource. */
export const routes: readonly Route[] = [...coreRoutes, ...webRoutes];
