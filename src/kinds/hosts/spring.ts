import type { HostRow } from "../host-row.ts";
import { USUAL } from "./defaults.ts";

/** Apps of Azure Spring Apps (arm.md 10): PATCH merges, null removes, and the answer still shows the identity before. */
export const SPRING: readonly HostRow[] = [
  {
    ...USUAL,
    type: "Microsoft.AppPlatform/Spring/apps",
    title: "Spring app",
    recorded: true,
    apiVersion: "2023-12-01",
    forms: ["merge"],
    both: "SystemAssigned,UserAssigned",
    disruption: "Restart",
    effect: "is not documented to leave its instances running",
    answer: "previous",
    isProxy: true,
  },
];
