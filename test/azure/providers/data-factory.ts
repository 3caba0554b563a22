import { unrecordedRules } from "../kernel/identity-rules.ts";
import { rowType } from "../kernel/row-type.ts";

/** Data factories (arm.md 14): there is no `None`, a map takes the place of the one before (1), and If-Match guards PUT. */
export const factories = rowType({
  type: "Microsoft.DataFactory/factories",
  apiVersions: ["2018-06-01"],
  name: { pattern: /^[A-Za-z0-9](?!.*--)[A-Za-z0-9-]{1,61}[A-Za-z0-9]$/, says: "3 to 63 letters, digits or single '-', not beginning or ending with '-'" },
  defaults: { publicNetworkAccess: "Enabled" },
  computed: () => ({ version: "2018-06-01" }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), combined: "SystemAssigned,UserAssigned", none: "refused", afterNone: "absent", patch: "replaces" }),
  create: { status: 200, body: "resource" },
  update: { status: 200, body: "resource" },
  patch: { status: 200, body: "resource", takes: "everything" },
  remove: { status: 200 },
  etag: { member: "eTag", in: "body", heeded: ["PUT"] },
});
