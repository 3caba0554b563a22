import { nameOf } from "../kernel/arm-id.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import { rowType } from "../kernel/row-type.ts";

/** Batch accounts (arm.md 14): one kind of identity or the other. */
export const batchAccounts = rowType({
  type: "Microsoft.Batch/batchAccounts",
  apiVersions: ["2021-06-01", "2022-10-01", "2023-05-01", "2023-11-01", "2024-02-01", "2024-07-01", "2025-06-01"],
  name: { pattern: /^[a-z0-9]{3,24}$/, says: "3 to 24 lower-case letters or digits" },
  defaults: { poolAllocationMode: "BatchService", publicNetworkAccess: "Enabled" },
  computed: ({ id, location }) => ({ accountEndpoint: `${nameOf(id)}.${location ?? ""}.batch.azure.com` }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), combined: "refused", afterNone: "none-object" }),
  create: { status: 202, operation: "location", body: "none" },
  update: { status: 202, operation: "location", body: "none" },
  patch: { status: 200, body: "resource", takes: "everything" },
  remove: { status: 202, operation: "location" },
  style: locationOperations("Microsoft.Batch", "accountOperationResults", { firstRetryAfterSeconds: 15, pollRetryAfterSeconds: 15 }),
  durationSeconds: 30,
});
