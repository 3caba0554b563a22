import type { HostRow } from "../host-row.ts";
import { USUAL } from "./defaults.ts";

/** AKS clusters (arm.md 8): one slot, written by a PUT of the whole cluster that If-Match guards. */
export const KUBERNETES: readonly HostRow[] = [
  {
    ...USUAL,
    type: "Microsoft.ContainerService/managedClusters",
    title: "AKS cluster",
    recorded: "what a PUT without hidden values keeps, and a return to no identity, were not recorded",
    apiVersion: "2026-05-01",
    forms: ["put"],
    both: undefined,
    disruption: "Restart",
    effect: "updates the whole cluster; its control plane takes hours to use the new identity, which needs its roles before",
    last: "stays",
    maxUserAssigned: 1,
    answer: "pending",
    honoursIfMatch: true,
    uses: ["properties.identityProfile.*.resourceId"],
    requires: {
      at: "properties.servicePrincipalProfile.clientId",
      is: "msi",
      otherwise: "the cluster runs with a service principal: give it a managed identity first, with az aks update --enable-managed-identity",
    },
  },
];
