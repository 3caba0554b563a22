import type { HostRow } from "../host-row.ts";
import { USUAL } from "./defaults.ts";

/**
 * Service Fabric applications (arm.md 12): PATCH takes no identity, and the identity lives in two places that must agree.
 */
const application: Omit<HostRow, "type" | "title" | "apiVersion"> = {
  ...USUAL,
  recorded: "no request with an identity was recorded; what a PUT of an unchanged version does is not known",
  forms: ["put"],
  both: "SystemAssigned, UserAssigned",
  disruption: "Restart",
  effect: "may upgrade the application; the first identity in a cluster reconfigures the cluster for 15 to 45 minutes",
  answer: "nothing",
  isProxy: true,
  principals: "properties.managedIdentities",
};

/** Hosts of Microsoft.ServiceFabric. */
export const FABRIC: readonly HostRow[] = [
  {
    ...application,
    type: "Microsoft.ServiceFabric/managedClusters/applications",
    title: "Application of a Service Fabric managed cluster",
    apiVersion: "2026-02-01",
  },
  {
    ...application,
    type: "Microsoft.ServiceFabric/clusters/applications",
    title: "Application of a classic Service Fabric cluster",
    apiVersion: "2021-06-01",
  },
];
