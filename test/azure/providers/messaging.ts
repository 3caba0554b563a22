import { nameOf } from "../kernel/arm-id.ts";
import { providerError } from "../kernel/errors.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { objectAt } from "../kernel/json.ts";
import { picked, tagsOf } from "../kernel/lifecycle.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import type { Draft } from "../kernel/resource-row.ts";
import type { ResourceType } from "../kernel/resource-type.ts";
import { rowType } from "../kernel/row-type.ts";

const MEMBERS = ["sku"];

/** Event Hubs namespaces (arm.md 14). */
export const eventHubNamespaces = namespaces("Microsoft.EventHub", "eventhub");
/** Service Bus namespaces (arm.md 14). */
export const serviceBusNamespaces = namespaces("Microsoft.ServiceBus", "servicebus");

/** Nothing but the namespace's own state tells that a write is still going on; another one meanwhile is throttled. */
function namespaces(provider: string, abbreviation: string): ResourceType {
  return rowType({
    type: `${provider}/namespaces`,
    bodyType: `${provider}/Namespaces`,
    apiVersions: ["2021-11-01", "2022-01-01-preview", "2022-10-01-preview", "2023-01-01-preview", "2024-01-01", "2025-05-01-preview", "2026-01-01"],
    name: { pattern: /^[A-Za-z](?!.*--)[A-Za-z0-9-]{4,48}[A-Za-z0-9]$/, says: "6 to 50 letters, digits or single '-', beginning with a letter" },
    members: MEMBERS,
    defaults: { disableLocalAuth: false, zoneRedundant: false },
    computed: ({ id }) => ({ status: "Active", serviceBusEndpoint: `https://${nameOf(id)}.servicebus.windows.net:443/`, metricId: `${id.subscriptionId}:${nameOf(id)}` }),
    identity: ({ switches }) => ({ ...unrecordedRules(switches), afterNone: "absent", patch: "replaces" }),
    create: { status: 201, operation: "none", body: "resource" },
    update: { status: 200, operation: "none", body: "resource" },
    patch: { status: 200, operation: "none", body: "resource", takes: "everything" },
    remove: { status: 202, operation: "location", endStatus: 204 },
    style: locationOperations(provider, `${abbreviation}OperationResults`),
    durationSeconds: 30,
    states: { creating: "Created" },
    review,
    busy: (namespace) =>
      providerError(429, { code: "NamespaceInTransition", message: `Namespace provisioning in transition. For more information visit https://aka.ms/${abbreviation}arm. Namespace: ${nameOf(namespace.id)}` }),
    notFound: (id) => providerError(404, { code: "NamespaceNotFound", message: `Namespace does not exist: ${nameOf(id)}.` }),
  });
}

/** The body of a PATCH is the full namespace; whether what it leaves out is lost is a switch. */
function review(draft: Draft): Draft {
  const { method, after, call } = draft;
  if (method === "PUT" || call.world.switches.messagingPatchOmissions === "keeps") return draft;
  return { ...draft, after: { ...after, tags: tagsOf(call.body), members: picked(call.body, MEMBERS), properties: objectAt(call.body, "properties") } };
}
