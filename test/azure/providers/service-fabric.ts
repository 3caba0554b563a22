import { lowerGroupsText } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { providerError } from "../kernel/errors.ts";
import type { Refusal } from "../kernel/errors.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { locationOperations, locationPath } from "../kernel/operation-styles.ts";
import type { OperationStyle } from "../kernel/operations.ts";
import type { PatchRule, ResourceRow } from "../kernel/resource-row.ts";
import { rowType } from "../kernel/row-type.ts";
import { reviewApplication, reviewManagedApplication } from "./service-fabric-checks.ts";

const MANAGED_API_VERSIONS = ["2021-05-01", "2022-01-01", "2023-12-01-preview", "2024-04-01", "2024-11-01-preview", "2025-03-01-preview", "2026-02-01", "2026-05-01-preview"];
const CLASSIC_API_VERSIONS = ["2019-03-01", "2020-03-01", "2021-06-01", "2023-11-01-preview", "2026-03-01-preview"];
/** The last version whose PATCH takes nothing but tags, at once (arm.md 12). */
const LAST_TAGS_ONLY = "2024-04-01";

const name = { pattern: /^[A-Za-z][A-Za-z0-9-]{2,62}$/, says: "3 to 63 letters, digits or '-', beginning with a letter" };

/** Everything is accepted with 202 and both headers (arm.md 12). */
const accepting = {
  create: { status: 202, operation: "both", body: "none" },
  update: { status: 202, operation: "both", body: "none" },
  patch: { status: 202, operation: "both", body: "none", takes: "everything" },
  remove: { status: 202, operation: "both" },
} as const;

/** What is common to applications: the identity goes by PUT only. */
const application = {
  ...accepting,
  name,
  isChild: true,
  hasLocation: true,
  required: ["properties.version"],
  identity: ({ switches }) => ({ ...unrecordedRules(switches), patch: "unsupported" }),
  notFound,
  systemData: true,
  durationSeconds: 60,
} satisfies Partial<ResourceRow>;

/** Managed clusters, which applications live in. */
export const serviceFabricManagedClusters = rowType({
  ...accepting,
  type: "Microsoft.ServiceFabric/managedClusters",
  apiVersions: MANAGED_API_VERSIONS,
  name,
  members: ["sku"],
  hidden: ["adminPassword"],
  style: operations("managedclusteroperations", "managedclusteroperationresults"),
  durationSeconds: 120,
});

/** Applications of managed clusters (arm.md 12). */
export const managedApplications = rowType({
  ...application,
  type: "Microsoft.ServiceFabric/managedClusters/applications",
  bodyType: "Microsoft.ServiceFabric/managedclusters/applications",
  shownId: (id: ResourceId) => lowerGroupsText(id).replace("/managedClusters/", "/managedclusters/"),
  apiVersions: MANAGED_API_VERSIONS,
  patch: (apiVersion): PatchRule => (apiVersion > LAST_TAGS_ONLY ? accepting.patch : { status: 200, body: "resource", takes: "tags" }),
  style: operations("managedclusteroperations", "managedclusteroperationresults"),
  review: reviewManagedApplication,
});

/** Classic clusters, which applications live in. */
export const serviceFabricClusters = rowType({
  ...accepting,
  type: "Microsoft.ServiceFabric/clusters",
  apiVersions: CLASSIC_API_VERSIONS,
  name,
  style: operations("operations", "operationResults"),
  durationSeconds: 120,
});

/** Applications of classic clusters (arm.md 12): PATCH takes properties, also `managedIdentities`, and no identity. */
export const classicApplications = rowType({
  ...application,
  type: "Microsoft.ServiceFabric/clusters/applications",
  apiVersions: CLASSIC_API_VERSIONS,
  style: operations("operations", "operationResults"),
  review: reviewApplication,
});

/** The status body has an end time, which is none, while the operation runs (arm.md 2.3). */
function operations(status: string, result: string): OperationStyle {
  return locationOperations("Microsoft.ServiceFabric", status, {
    resultPath: locationPath("Microsoft.ServiceFabric", result),
    runningWords: ["Created"],
    firstRetryAfterSeconds: 10,
    pollRetryAfterSeconds: 10,
    statusMembers: () => ({ endTime: "0001-01-01T00:00:00", percentComplete: 0 }),
  });
}

function notFound(id: ResourceId): Refusal {
  return providerError(404, { code: "NotFound", message: `The application '${id.names.join("/")}' was not found.` });
}
