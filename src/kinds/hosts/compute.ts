import type { HostRow } from "../host-row.ts";
import { USUAL } from "./defaults.ts";

/** Virtual machines and scale sets (arm.md 7): PATCH merges, null removes, at most 150 keys in a request. */
const machine: Omit<HostRow, "type" | "title" | "uses"> = {
  ...USUAL,
  recorded: true,
  apiVersion: "2026-04-01",
  forms: ["merge"],
  both: "SystemAssigned, UserAssigned",
  disruption: "None",
  effect: "disturbs nothing",
  maxKeys: 150,
  answer: "pending",
  isMadeByClusters: true,
};

/** Hosts of Microsoft.Compute. */
export const COMPUTE: readonly HostRow[] = [
  {
    ...machine,
    type: "Microsoft.Compute/virtualMachines",
    title: "Virtual machine",
    uses: ["properties.securityProfile.encryptionIdentity.userAssignedIdentityResourceId"],
  },
  {
    ...machine,
    type: "Microsoft.Compute/virtualMachineScaleSets",
    title: "Scale set",
    hasInstances: true,
    uses: ["properties.virtualMachineProfile.securityProfile.encryptionIdentity.userAssignedIdentityResourceId"],
  },
];
