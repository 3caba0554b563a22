import { nameOf } from "../kernel/arm-id.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import { rowType } from "../kernel/row-type.ts";

/** Container registries (arm.md 1, 14): identity types come back with a small letter first. */
export const registries = rowType({
  type: "Microsoft.ContainerRegistry/registries",
  apiVersions: ["2019-05-01", "2021-09-01", "2022-12-01", "2023-07-01", "2023-11-01-preview", "2025-04-01", "2025-11-01"],
  name: { pattern: /^[A-Za-z0-9]{5,50}$/, says: "5 to 50 letters or digits" },
  members: ["sku"],
  required: ["sku.name"],
  defaults: { adminUserEnabled: false, publicNetworkAccess: "Enabled" },
  computed: (registry) => ({ loginServer: `${nameOf(registry.id).toLowerCase()}.azurecr.io` }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), spelling: "lower-camel", afterNone: "absent" }),
  create: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  update: { status: 200, operation: "azure-asyncoperation", body: "resource" },
  patch: { status: 201, operation: "azure-asyncoperation", body: "resource", takes: "everything" },
  remove: { status: 202, operation: "both" },
  durationSeconds: 20,
  style: locationOperations("Microsoft.ContainerRegistry", "operationStatuses"),
});
