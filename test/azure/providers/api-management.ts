import { nameOf } from "../kernel/arm-id.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { locationOperations, locationPath } from "../kernel/operation-styles.ts";
import { rowType } from "../kernel/row-type.ts";

/** API Management services (arm.md 14): operations of tens of minutes. */
export const apiManagementServices = rowType({
  type: "Microsoft.ApiManagement/service",
  apiVersions: ["2021-08-01", "2022-08-01", "2023-05-01-preview", "2024-05-01"],
  name: { pattern: /^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,48}[A-Za-z0-9]$/, says: "2 to 50 letters, digits or single '-', beginning with a letter" },
  location: "display-name",
  members: ["sku", "zones"],
  required: ["sku.name", "properties.publisherEmail", "properties.publisherName"],
  computed: ({ id }) => ({ gatewayUrl: `https://${nameOf(id).toLowerCase()}.azure-api.net` }),
  identity: ({ switches }) => ({ ...unrecordedRules(switches), putWithoutIdentity: "keeps" }),
  create: { status: 201, operation: "both", body: "resource" },
  update: { status: 200, operation: "both", body: "resource" },
  patch: { status: 202, operation: "both", body: "resource", takes: "everything" },
  remove: { status: 202, operation: "both" },
  states: { creating: "Activating" },
  style: locationOperations("Microsoft.ApiManagement", "operationStatuses", {
    resultPath: locationPath("Microsoft.ApiManagement", "operationResults"),
    firstRetryAfterSeconds: 60,
    pollRetryAfterSeconds: 60,
  }),
  durationSeconds: 900,
  etag: { member: "etag", in: "body", heeded: [] },
});
