import type { ResourceType } from "../kernel/resource-type.ts";
import { apiManagementProducts, apiManagementServices, deletedApiManagementServices } from "./api-management.ts";
import { configurationStores } from "./app-configuration.ts";
import { batchAccounts } from "./batch.ts";
import { cognitiveAccounts } from "./cognitive-services.ts";
import { containerAppJobs, containerApps } from "./container-apps.ts";
import { registries } from "./container-registry.ts";
import { factories } from "./data-factory.ts";
import { systemTopics } from "./event-grid.ts";
import { vaults } from "./key-vault.ts";
import { workflows } from "./logic.ts";
import { cosmosAccounts } from "./cosmos-accounts.ts";
import { managedClusters } from "./managed-clusters.ts";
import { managedEnvironments } from "./managed-environments.ts";
import { eventHubNamespaces, serviceBusNamespaces } from "./messaging.ts";
import { searchServices } from "./search.ts";
import { classicApplications, managedApplications, serviceFabricClusters, serviceFabricManagedClusters } from "./service-fabric.ts";
import { springApps, springServices } from "./spring.ts";
import { sqlFirewallRules, sqlServers } from "./sql.ts";
import { storageAccounts } from "./storage.ts";

/** The types that are rows of data: hosts, what they need, and scopes of role assignments. */
export const hostTypes: readonly ResourceType[] = [
  storageAccounts,
  managedClusters,
  cosmosAccounts,
  managedEnvironments,
  containerApps,
  containerAppJobs,
  registries,
  springServices,
  springApps,
  serviceFabricManagedClusters,
  managedApplications,
  serviceFabricClusters,
  classicApplications,
  vaults,
  eventHubNamespaces,
  serviceBusNamespaces,
  sqlServers,
  sqlFirewallRules,
  batchAccounts,
  workflows,
  factories,
  configurationStores,
  apiManagementServices,
  apiManagementProducts,
  deletedApiManagementServices,
  searchServices,
  cognitiveAccounts,
  systemTopics,
];
