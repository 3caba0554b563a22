import { unrecordedRules } from "../kernel/identity-rules.ts";
import { rowType } from "../kernel/row-type.ts";

/** Search services (arm.md 14): states in small letters. */
export const searchServices = rowType({
  type: "Microsoft.Search/searchServices",
  apiVersions: ["2020-08-01", "2021-04-01-preview", "2022-09-01", "2023-11-01", "2024-06-01-preview", "2025-05-01"],
  name: { pattern: /^[a-z0-9]{2}(?!.*--)[a-z0-9-]{0,57}[a-z0-9]?$/, says: "2 to 60 lower-case letters, digits or single '-'" },
  location: "display-name",
  members: ["sku"],
  required: ["sku.name"],
  defaults: { replicaCount: 1, partitionCount: 1, hostingMode: "default", publicNetworkAccess: "enabled" },
  computed: () => ({ status: "running" }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), afterNone: "absent" }),
  create: { status: 201, operation: "none", body: "resource" },
  update: { status: 200, body: "resource" },
  patch: { status: 200, body: "resource", takes: "everything" },
  remove: { status: 200 },
  states: { creating: "provisioning", updating: "provisioning", succeeded: "succeeded", failed: "failed" },
  durationSeconds: 30,
});
