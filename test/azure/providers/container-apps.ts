import { nameOf, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { providerError } from "../kernel/errors.ts";
import { patchRules } from "../kernel/host-switches.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import type { IdentityRules } from "../kernel/identity-rules.ts";
import { locationOperations, locationPath } from "../kernel/operation-styles.ts";
import type { OperationStyle } from "../kernel/operations.ts";
import type { ResourceRow } from "../kernel/resource-row.ts";
import { onExisting } from "../kernel/resource-type.ts";
import { rowType } from "../kernel/row-type.ts";
import type { Switches } from "../kernel/switches.ts";
import type { World } from "../kernel/world.ts";
import { listSecrets, reviewApp } from "./container-app-checks.ts";
import { CONTAINER_APP_API_VERSIONS } from "./managed-environments.ts";

const name = { pattern: /^[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]$/, says: "2 to 32 lower-case letters, digits or single '-', beginning with a letter" };

/** Apps and jobs are accepted in the same way: 201 for every PUT, 202 without a body for PATCH (arm.md 9). */
const common = {
  apiVersions: CONTAINER_APP_API_VERSIONS,
  name,
  location: "display-name",
  members: ["kind", "managedBy", "extendedLocation"],
  create: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  update: { status: 201, operation: "azure-asyncoperation", body: "resource" },
  remove: { status: 202, operation: "location", endStatus: 204 },
  states: { creating: "InProgress", updating: "InProgress" },
  systemData: true,
  durationSeconds: 15,
  busy: (app) => providerError(409, { code: "ContainerAppOperationInProgress", message: `Cannot modify a container app '${nameOf(app.id)}' because there is an operation in progress.` }),
  review: reviewApp,
  actions: { listsecrets: onExisting(listSecrets) },
} satisfies Partial<ResourceRow>;

/** Container apps (arm.md 9). Neither the identity nor anything else of the configuration makes a revision; the template does. */
export const containerApps = rowType({
  ...common,
  type: "Microsoft.App/containerApps",
  shownId: (id: ResourceId) => textOf(id).replace("/containerApps/", "/containerapps/"),
  identity: (world) => rulesOf(world, world.switches.containerAppPatchIdentity),
  patch: { status: 202, operation: "both", body: "none", takes: "everything" },
  style: operations("containerapp"),
  computed: ({ id, hidden }) => ({ latestRevisionName: `${nameOf(id)}--${String(Number(hidden["revision"])).padStart(7, "0")}`, runningStatus: "Running" }),
});

/** Container apps jobs (arm.md 9). */
export const containerAppJobs = rowType({
  ...common,
  type: "Microsoft.App/jobs",
  identity: (world) => rulesOf(world, world.switches.containerAppJobPatchMap),
  patch: { status: 202, operation: "location", body: "none", takes: "everything" },
  style: operations("containerappsjob"),
});

function rulesOf({ switches }: World, patch: Switches["containerAppPatchIdentity"]): IdentityRules {
  return {
    ...unrecordedRules(switches),
    keys: "canonical",
    afterNone: "none-object",
    patch: patchRules[patch],
    patchNullKey: switches.containerAppPatchNullKey,
    putWithoutIdentity: switches.containerAppPutWithoutIdentity,
    putNullIdentity: "clears",
  };
}

function operations(prefix: string): OperationStyle {
  return locationOperations("Microsoft.App", `${prefix}OperationStatuses`, {
    resultPath: locationPath("Microsoft.App", `${prefix}OperationResults`),
    query: (_operationId, apiVersion, form) => `api-version=${apiVersion}${form === "status" ? "&azureAsyncOperation=true" : ""}`,
    firstRetryAfterSeconds: 15,
    pollRetryAfterSeconds: 15,
  });
}
