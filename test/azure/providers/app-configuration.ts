import { nameOf } from "../kernel/arm-id.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import { rowType } from "../kernel/row-type.ts";

/** App Configuration stores (arm.md 14, 18): a PUT without the block was once seen to clear it. */
export const configurationStores = rowType({
  type: "Microsoft.AppConfiguration/configurationStores",
  apiVersions: ["2020-06-01", "2022-05-01", "2023-03-01", "2023-08-01-preview", "2024-05-01", "2024-06-01"],
  name: { pattern: /^[A-Za-z0-9](?!.*---)[A-Za-z0-9-]{3,48}[A-Za-z0-9]$/, says: "5 to 50 letters, digits or '-', not beginning or ending with '-'" },
  members: ["sku"],
  required: ["sku.name"],
  defaults: { disableLocalAuth: false, enablePurgeProtection: false },
  computed: ({ id }) => ({ endpoint: `https://${nameOf(id).toLowerCase()}.azconfig.io` }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), putWithoutIdentity: "clears" }),
  create: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  update: { status: 200, operation: "azure-asyncoperation", body: "resource" },
  patch: { status: 200, operation: "azure-asyncoperation", body: "resource", takes: "everything" },
  remove: { status: 202, operation: "both" },
  style: locationOperations("Microsoft.AppConfiguration", "operationsStatus"),
  durationSeconds: 20,
});
