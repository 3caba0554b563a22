import type { HostRow } from "../host-row.ts";
import { PATCH_ELSE_PUT, UNDISTURBED, USUAL } from "./defaults.ts";

/** Databases (arm.md 11, 14). */
export const DATABASES: readonly HostRow[] = [
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.DocumentDB/databaseAccounts",
    title: "Cosmos DB account",
    recorded: true,
    apiVersion: "2026-03-15",
    forms: ["merge"],
    both: "SystemAssigned,UserAssigned",
    answer: "previous",
    settings: [{ field: "defaultIdentity", at: "properties.defaultIdentity", form: "armId", prefix: "UserAssignedIdentity=", nobody: "FirstPartyIdentity", isReset: true }],
    uses: ["properties.defaultIdentity"],
  },
  {
    ...USUAL,
    ...UNDISTURBED,
    type: "Microsoft.Sql/servers",
    title: "SQL server",
    recorded: "PATCH was recorded; whether it merges, and how one identity leaves, were not",
    apiVersion: "2025-01-01",
    forms: PATCH_ELSE_PUT,
    both: "SystemAssigned,UserAssigned",
    answer: "nothing",
    uses: ["properties.primaryUserAssignedIdentityId"],
    primary: "properties.primaryUserAssignedIdentityId",
  },
];
