import { unrecordedRules } from "../kernel/identity-rules.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import { rowType } from "../kernel/row-type.ts";

/** Event Grid system topics (arm.md 14): a topic without an identity says so with null members. */
export const systemTopics = rowType({
  type: "Microsoft.EventGrid/systemTopics",
  apiVersions: ["2021-12-01", "2022-06-15", "2023-12-15-preview", "2024-06-01-preview", "2025-02-15"],
  name: { pattern: /^[A-Za-z0-9-]{3,128}$/, says: "3 to 128 letters, digits or '-'" },
  required: ["properties.source", "properties.topicType"],
  identity: ({ switches }) => ({ ...unrecordedRules(switches), afterNone: "none-with-null-members" }),
  create: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  update: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  patch: { status: 201, operation: "azure-asyncoperation", body: "resource", takes: "everything" },
  remove: { status: 202, operation: "both" },
  style: locationOperations("Microsoft.EventGrid", "operationsStatus"),
  durationSeconds: 10,
});
