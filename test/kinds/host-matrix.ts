import type { HostRow } from "../../src/kinds/host-row.ts";

/** What arm.md 1, 2.8 and 14 say of a host type, beside the catalogue that says it again as data. */
export interface MatrixRow {
  readonly type: string;
  /** How the combined type is sent; "none" where there is no combined value. */
  readonly combined: "with space" | "without space" | "none";
  /** Whether PATCH is known to merge or to replace the map, takes the block in some way, takes the whole body, or does not take it. */
  readonly patch: "merges" | "replaces" | "takes" | "whole" | "no";
  /** Whether a PUT stands behind a PATCH that does not work. */
  readonly put: boolean;
  readonly disruption: HostRow["disruption"];
}

export const MATRIX: readonly MatrixRow[] = [
  { type: "Microsoft.Web/sites", combined: "with space", patch: "takes", put: true, disruption: "Recycle" },
  { type: "Microsoft.Web/sites/slots", combined: "with space", patch: "takes", put: true, disruption: "Recycle" },
  { type: "Microsoft.ContainerInstance/containerGroups", combined: "with space", patch: "no", put: true, disruption: "Restart" },
  { type: "Microsoft.App/containerApps", combined: "without space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.App/jobs", combined: "without space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.ContainerService/managedClusters", combined: "none", patch: "no", put: true, disruption: "Restart" },
  { type: "Microsoft.Compute/virtualMachines", combined: "with space", patch: "merges", put: false, disruption: "None" },
  { type: "Microsoft.Compute/virtualMachineScaleSets", combined: "with space", patch: "merges", put: false, disruption: "None" },
  { type: "Microsoft.ServiceFabric/managedClusters/applications", combined: "with space", patch: "no", put: true, disruption: "Restart" },
  { type: "Microsoft.ServiceFabric/clusters/applications", combined: "with space", patch: "no", put: true, disruption: "Restart" },
  { type: "Microsoft.AppPlatform/Spring/apps", combined: "without space", patch: "merges", put: false, disruption: "Restart" },
  { type: "Microsoft.DocumentDB/databaseAccounts", combined: "without space", patch: "merges", put: false, disruption: "None" },
  { type: "Microsoft.Sql/servers", combined: "without space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.Storage/storageAccounts", combined: "without space", patch: "merges", put: false, disruption: "None" },
  { type: "Microsoft.ContainerRegistry/registries", combined: "with space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.EventHub/namespaces", combined: "with space", patch: "whole", put: true, disruption: "None" },
  { type: "Microsoft.ServiceBus/namespaces", combined: "with space", patch: "whole", put: true, disruption: "None" },
  { type: "Microsoft.EventGrid/systemTopics", combined: "with space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.Logic/workflows", combined: "none", patch: "replaces", put: true, disruption: "None" },
  { type: "Microsoft.DataFactory/factories", combined: "without space", patch: "replaces", put: true, disruption: "None" },
  { type: "Microsoft.AppConfiguration/configurationStores", combined: "with space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.ApiManagement/service", combined: "with space", patch: "takes", put: true, disruption: "Restart" },
  { type: "Microsoft.Search/searchServices", combined: "with space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.CognitiveServices/accounts", combined: "with space", patch: "takes", put: true, disruption: "None" },
  { type: "Microsoft.Batch/batchAccounts", combined: "none", patch: "takes", put: true, disruption: "None" },
];

/** The combined type as a request to this host spells it. */
export function combinedType({ combined }: MatrixRow): string {
  return combined === "without space" ? "SystemAssigned,UserAssigned" : "SystemAssigned, UserAssigned";
}
