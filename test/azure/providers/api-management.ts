import { nameOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { providerError, Refusal } from "../kernel/errors.ts";
import { unrecordedRules } from "../kernel/identity-rules.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import { locationOperations, locationPath } from "../kernel/operation-styles.ts";
import { proxyType } from "../kernel/proxy-type.ts";
import type { Call } from "../kernel/resource-type.ts";
import { rowType } from "../kernel/row-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";

const API_VERSIONS = ["2021-08-01", "2022-08-01", "2023-05-01-preview", "2024-05-01"];

/** API Management services (arm.md 14): operations of tens of minutes, and soft deletion by name. */
export const apiManagementServices = rowType({
  type: "Microsoft.ApiManagement/service",
  apiVersions: API_VERSIONS,
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
  guard: checkNotDeleted,
  ended: ({ call }) => void call.world.store.delete(deletedId(call.id, call.existing?.location ?? textAt(call.body, "location") ?? "")),
  removed: ({ world }, service) => keepDeleted(world, service),
});

/** What a deleted service leaves behind for some time; its deletion purges it. */
export const deletedApiManagementServices = {
  ...proxyType({
    type: "Microsoft.ApiManagement/locations/deletedservices",
    apiVersions: API_VERSIONS,
    name: { pattern: /^.+$/, says: "the name of a service" },
    notFound: (id) => providerError(404, { code: "ServiceNotFound", message: `Api Management service does not exist: ${nameOf(id)}` }),
  }),
  ofLocation: true,
} as const;

/** Products stand for what is below a service: a missing one is told in one of two envelopes (arm.md 2.1; ASO:Test_ApiManagement_20240501_CRUD#106). */
export const apiManagementProducts = proxyType({
  type: "Microsoft.ApiManagement/service/products",
  apiVersions: API_VERSIONS,
  name: { pattern: /^[^*#&+:<>?]{1,256}$/, says: "1 to 256 characters" },
  notFound: (_id, switches) =>
    switches.apiManagementNotFound === "message-only"
      ? new Refusal({ status: 404, body: { Message: "Product not found." } }, "Product not found.")
      : providerError(404, { code: "ResourceNotFound", message: "Product not found." }),
});

function deletedId({ subscriptionId, names }: ResourceId, location: string): ResourceId {
  const place = { subscriptionId, resourceGroup: undefined, scope: `/subscriptions/${subscriptionId}`, namespace: "Microsoft.ApiManagement" };
  return { ...place, types: ["locations", "deletedservices"], names: [location.replaceAll(" ", "").toLowerCase(), ...names] };
}

function keepDeleted({ store, clock, settings }: World, { id, location = "" }: Resource): void {
  const untilMs = clock.now() + settings.apiManagementRetentionHours * 3_600_000;
  const properties = { deletionDate: new Date(clock.now()).toISOString(), scheduledPurgeDate: new Date(untilMs).toISOString() };
  store.set({ ...blankResource(deletedId(id, location), undefined), properties });
}

/** The name of a deleted service is taken until it is restored, purged, or its time is over. */
function checkNotDeleted({ existing, world, body, id }: Call): void {
  if (existing || objectAt(body, "properties")["restore"] === true) return;
  const deleted = world.store.get(deletedId(id, textAt(body, "location") ?? ""));
  if (!deleted || Date.parse(textAt(deleted.properties, "scheduledPurgeDate") ?? "") <= world.clock.now()) return;
  const message = `Api service ${nameOf(id)} was soft-deleted. In order to create the new service with the same name, you have to either undelete the service or purge it.`;
  throw providerError(409, { code: "ServiceAlreadyExistsInSoftDeletedState", message });
}
