import { nameOf } from "../kernel/arm-id.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import { rowType } from "../kernel/row-type.ts";

export const CONTAINER_APP_API_VERSIONS: readonly string[] = [
  "2022-03-01", "2022-10-01", "2023-05-01", "2024-03-01", "2024-10-02-preview", "2025-01-01", "2025-02-02-preview", "2025-07-01", "2026-01-01",
];

/** Environments that container apps and jobs run in (arm.md 9). */
export const managedEnvironments = rowType({
  type: "Microsoft.App/managedEnvironments",
  apiVersions: CONTAINER_APP_API_VERSIONS,
  name: { pattern: /^[A-Za-z][A-Za-z0-9-]{0,58}[A-Za-z0-9]$/, says: "2 to 60 letters, digits or '-', beginning with a letter" },
  location: "display-name",
  members: ["kind"],
  computed: ({ id, location }) => ({ defaultDomain: `${nameOf(id).toLowerCase()}.${location ?? ""}.azurecontainerapps.io` }),
  create: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  update: { status: 200, operation: "azure-asyncoperation", body: "resource" },
  patch: { status: 202, operation: "location", body: "none", takes: "everything" },
  remove: { status: 202, operation: "location", endStatus: 204 },
  states: { creating: "Waiting", updating: "Waiting" },
  systemData: true,
  durationSeconds: 60,
  style: locationOperations("Microsoft.App", "managedEnvironmentOperationStatuses", { firstRetryAfterSeconds: 15, pollRetryAfterSeconds: 15 }),
});
