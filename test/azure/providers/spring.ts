import { providerError } from "../kernel/errors.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { textAt } from "../kernel/json.ts";
import type { OperationPlace, OperationStyle } from "../kernel/operations.ts";
import type { Draft } from "../kernel/resource-row.ts";
import { rowType } from "../kernel/row-type.ts";

const apiVersions = ["2022-04-01", "2022-12-01", "2023-05-01-preview", "2023-12-01", "2024-01-01-preview", "2024-05-01-preview"];

const statusPath = ({ subscriptionId, location, name, operationId }: OperationPlace): string =>
  `/subscriptions/${subscriptionId}/providers/Microsoft.AppPlatform/locations/${location}/operationStatus/${name}/operationId/${operationId}`;

/** The id in the polled body lacks its leading slash (arm.md 10). */
const style: OperationStyle = {
  path: statusPath,
  resultPath: ({ subscriptionId, location, name, operationId }) =>
    `/subscriptions/${subscriptionId}/providers/Microsoft.AppPlatform/locations/${location}/operationResults/${operationId}/Spring/${name}`,
  query: (_operationId, apiVersion) => `api-version=${apiVersion}`,
  pollAction: "Microsoft.AppPlatform/locations/operationStatus/operationId/read",
  runningWords: ["Running"],
  statusMembers: (place) => ({ id: statusPath(place).slice(1) }),
};

/** How services and apps accept writes (arm.md 10). */
const accepting = {
  create: { status: 201, operation: "both", body: "resource" },
  update: { status: 202, operation: "both", body: "resource" },
  patch: { status: 202, operation: "both", body: "resource", takes: "everything" },
  remove: { status: 202, operation: "both" },
} as const;

/** Spring services, which apps live in. */
export const springServices = rowType({
  ...accepting,
  type: "Microsoft.AppPlatform/Spring",
  apiVersions,
  name: { pattern: /^[a-z][a-z0-9-]{2,30}[a-z0-9]$/, says: "4 to 32 lower-case letters, digits or '-', beginning with a letter" },
  members: ["sku"],
  style,
  durationSeconds: 120,
});

/** Spring apps (arm.md 10): until an operation ends, everything shows the previous identity. */
export const springApps = rowType({
  ...accepting,
  type: "Microsoft.AppPlatform/Spring/apps",
  apiVersions,
  name: { pattern: /^[a-z][a-z0-9-]{2,30}[a-z0-9]$/, says: "4 to 32 lower-case letters, digits or '-', beginning with a letter" },
  isChild: true,
  hasLocation: true,
  identity: ({ switches }) => ({
    ...unrecordedRules(switches),
    combined: "SystemAssigned,UserAssigned",
    afterNone: "null",
    patch: "merges",
    patchNullKey: "removes",
    fresh: "previous-until-finished",
  }),
  style,
  durationSeconds: 30,
  review,
});

function review(draft: Draft): Draft {
  const { call, method } = draft;
  const lacking = method === "PUT" && textAt(call.body, "location") === undefined && call.world.switches.springAppLocation === "required";
  if (lacking) throw providerError(400, { code: "LocationRequired", message: "The location property is required for this definition." });
  return draft;
}
