import { nameOf } from "../kernel/arm-id.ts";
import { rowType } from "../kernel/row-type.ts";

/** Key vaults: a scope of role assignments, without an identity block (arm.md 14). */
export const vaults = rowType({
  type: "Microsoft.KeyVault/vaults",
  apiVersions: ["2019-09-01", "2021-10-01", "2022-07-01", "2023-02-01", "2023-07-01", "2024-11-01", "2025-05-01"],
  name: { pattern: /^[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]$/, says: "3 to 24 letters, digits or single '-', beginning with a letter" },
  required: ["properties.tenantId", "properties.sku"],
  defaults: { enableSoftDelete: true, softDeleteRetentionInDays: 90, enableRbacAuthorization: false, accessPolicies: [] },
  computed: (vault) => ({ vaultUri: `https://${nameOf(vault.id).toLowerCase()}.vault.azure.net/` }),
  create: { status: 200, body: "resource" },
  update: { status: 200, body: "resource" },
  patch: { status: 200, body: "resource", takes: "everything" },
  remove: { status: 200 },
});
