import type { HostRow } from "../host-row.ts";
import { PATCH_ELSE_PUT, UNDISTURBED, USUAL } from "./defaults.ts";

/** Storage accounts and registries (arm.md 14). */
export const STORAGE: readonly HostRow[] = [
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.Storage/storageAccounts",
    title: "Storage account",
    recorded: true,
    apiVersion: "2026-04-01",
    forms: ["merge"],
    both: "SystemAssigned,UserAssigned",
    answer: "new",
    uses: ["properties.encryption.identity.userAssignedIdentity"],
    isMadeByClusters: true,
  },
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.ContainerRegistry/registries",
    title: "Container registry",
    recorded: "one identity was recorded to leave by a PUT of the map; PATCH that detaches was not recorded",
    apiVersion: "2025-11-01",
    forms: PATCH_ELSE_PUT,
    both: "SystemAssigned, UserAssigned",
    answer: "new",
    uses: ["properties.encryption.keyVaultProperties.identity"],
  },
];
