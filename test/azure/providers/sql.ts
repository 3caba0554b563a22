import { inCasingOf, keyOf, nameOf, parseResourceId } from "../kernel/arm-id.ts";
import { providerError, Refusal } from "../kernel/errors.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { textAt } from "../kernel/json.ts";
import type { OperationPlace } from "../kernel/operations.ts";
import { USER_ASSIGNED_TYPE } from "../kernel/requested-identity.ts";
import type { Draft } from "../kernel/resource-row.ts";
import { proxyType } from "../kernel/proxy-type.ts";
import { rowType } from "../kernel/row-type.ts";

const API_VERSIONS = ["2021-11-01", "2022-05-01-preview", "2023-05-01-preview", "2023-08-01", "2024-05-01-preview", "2025-01-01"];
const PRIMARY = "primaryUserAssignedIdentityId";

/** SQL servers (arm.md 14): one of the identities may be the primary one, which has to be attached. */
export const sqlServers = rowType({
  type: "Microsoft.Sql/servers",
  apiVersions: API_VERSIONS,
  name: { pattern: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, says: "1 to 63 lower-case letters, digits or '-', not beginning or ending with '-'" },
  hidden: ["administratorLoginPassword"],
  defaults: { version: "12.0", publicNetworkAccess: "Enabled" },
  computed: ({ id }) => ({ state: "Ready", fullyQualifiedDomainName: `${nameOf(id)}.database.windows.net` }),
  states: "none",
  identity: ({ switches }) => ({ ...unrecordedRules(switches), combined: "SystemAssigned,UserAssigned", keys: "canonical" }),
  create: { status: 202, operation: "both", body: "none" },
  update: { status: 202, operation: "both", body: "none" },
  patch: { status: 202, operation: "both", body: "none", takes: "everything" },
  remove: { status: 202, operation: "both" },
  style: {
    path: (place) => `${locationOf(place)}/serverAzureAsyncOperation/${place.operationId}`,
    resultPath: (place) => `${locationOf(place)}/serverOperationResults/${place.operationId}`,
    query: (_operationId, apiVersion) => `api-version=${apiVersion}`,
    pollAction: "Microsoft.Sql/locations/serverAzureAsyncOperation/read",
    runningWords: ["InProgress"],
    firstRetryAfterSeconds: 15,
    pollRetryAfterSeconds: 15,
  },
  durationSeconds: 60,
  review,
});

/** Firewall rules stand for what is below a server: a missing one is a 404 without a body (arm.md 2.1). */
export const sqlFirewallRules = proxyType({
  type: "Microsoft.Sql/servers/firewallRules",
  apiVersions: API_VERSIONS,
  name: { pattern: /^[^<>*%&:?+/\\]{1,128}$/, says: "1 to 128 characters without '<', '>', '*', '%', '&', ':', '?', '+', '/' or '\\'" },
  notFound: () => new Refusal({ status: 404 }, "not found"),
});

function locationOf({ subscriptionId, resourceGroup, location }: OperationPlace): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Sql/locations/${location}`;
}

/** The code of the refusal is not known. */
function review(draft: Draft): Draft {
  const text = textAt(draft.after.properties, PRIMARY);
  if (text === undefined || text === "") return draft;
  const id = parseResourceId(text);
  if (id && draft.identity.user.has(keyOf(inCasingOf(id, USER_ASSIGNED_TYPE)))) return draft;
  throw providerError(400, { code: "InvalidPrimaryUserAssignedIdentityId", message: `The primary user assigned identity '${text}' is not one of the identities of the server.`, target: PRIMARY });
}
