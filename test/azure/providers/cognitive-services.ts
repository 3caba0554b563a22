import { nameOf } from "../kernel/arm-id.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { locationOperations, locationPath } from "../kernel/operation-styles.ts";
import { rowType } from "../kernel/row-type.ts";

/** Cognitive Services accounts, also those of Azure OpenAI (arm.md 14). */
export const cognitiveAccounts = rowType({
  type: "Microsoft.CognitiveServices/accounts",
  apiVersions: ["2021-10-01", "2022-12-01", "2023-05-01", "2023-10-01-preview", "2024-10-01", "2025-06-01", "2025-09-01"],
  name: { pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{1,63}$/, says: "2 to 64 letters, digits, '_', '.' or '-', beginning with a letter or digit" },
  members: ["sku", "kind"],
  required: ["sku.name", "kind"],
  defaults: { publicNetworkAccess: "Enabled" },
  computed: ({ id, location }) => ({ endpoint: `https://${location ?? ""}.api.cognitive.microsoft.com/`, internalId: nameOf(id) }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), afterNone: "none-object" }),
  create: { status: 201, operation: "none", body: "resource" },
  update: { status: 200, body: "resource" },
  patch: { status: 202, operation: "both", body: "resource", takes: "everything" },
  remove: { status: 202, operation: "both" },
  style: locationOperations("Microsoft.CognitiveServices", "operationStatuses", { resultPath: locationPath("Microsoft.CognitiveServices", "operationResults") }),
  durationSeconds: 20,
  etag: { member: "etag", in: "body", heeded: [] },
});
