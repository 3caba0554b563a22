import type { HostRow } from "../host-row.ts";
import { PATCH_ELSE_PUT, UNDISTURBED, USUAL } from "./defaults.ts";

/** Search, AI and batch computing (arm.md 14). */
export const ANALYSIS: readonly HostRow[] = [
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.Search/searchServices",
    title: "Search service",
    recorded: "PATCH was recorded with a system-assigned identity only",
    apiVersion: "2025-05-01",
    forms: PATCH_ELSE_PUT,
    both: "SystemAssigned, UserAssigned",
    answer: "new",
  },
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.CognitiveServices/accounts",
    title: "Azure AI services or OpenAI account",
    recorded: "PATCH was recorded; whether it merges was not",
    apiVersion: "2025-06-01",
    forms: PATCH_ELSE_PUT,
    both: "SystemAssigned, UserAssigned",
    answer: "nothing",
    hidden: [{ at: "properties.apiProperties" }],
    uses: ["properties.encryption.keyVaultProperties.identityClientId", "properties.userOwnedStorage[].identityClientId"],
  },
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.Batch/batchAccounts",
    title: "Batch account",
    recorded: "PATCH was recorded; whether it merges was not",
    apiVersion: "2025-06-01",
    forms: PATCH_ELSE_PUT,
    both: undefined,
    answer: "new",
  },
];
