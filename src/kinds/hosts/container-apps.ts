import type { HostRow } from "../host-row.ts";
import { PATCH_ELSE_PUT, USUAL } from "./defaults.ts";

/** Container Apps and jobs (arm.md 9): GET hides the values of secrets, which listSecrets shows. */
const app: Omit<HostRow, "type" | "title" | "recorded" | "uses"> = {
  ...USUAL,
  apiVersion: "2026-01-01",
  forms: PATCH_ELSE_PUT,
  both: "SystemAssigned,UserAssigned",
  disruption: "None",
  effect: "makes no revision and restarts nothing",
  answer: "nothing",
  hidden: [{ at: "properties.configuration.secrets[]", value: "value", unless: ["keyVaultUrl"] }],
  settings: [{ field: "registries", at: "properties.configuration.registries", form: "registry", nobody: "" }],
  secrets: { action: "listSecrets", at: "properties.configuration.secrets" },
};

const uses = [
  "properties.configuration.registries[].identity",
  "properties.configuration.secrets[].identity",
  "properties.configuration.identitySettings[].identity",
];

/** Hosts of Microsoft.App. */
export const CONTAINER_APPS: readonly HostRow[] = [
  {
    ...app,
    type: "Microsoft.App/containerApps",
    title: "Container app",
    recorded: "PATCH was recorded without identity only; PUT was recorded, also without the key that leaves",
    uses: [...uses, "properties.template.scale.rules[].*.identity"],
  },
  {
    ...app,
    type: "Microsoft.App/jobs",
    title: "Container Apps job",
    recorded: "PATCH that attaches was recorded; PATCH that detaches was not",
    uses: [...uses, "properties.configuration.eventTriggerConfig.scale.rules[].identity"],
  },
];
