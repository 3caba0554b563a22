import { nameOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import { notFound } from "../kernel/gateway-checks.ts";
import { identityDiffers, plannedIdentity } from "../kernel/host-identity.ts";
import { objectAt, sameJson } from "../kernel/json.ts";
import type { JsonValue } from "../kernel/json.ts";
import { continueLater, destroy, locationOf, picked, settle, tagsOf } from "../kernel/lifecycle.ts";
import { locationOperations } from "../kernel/operation-styles.ts";
import { regionName, regions } from "../kernel/regions.ts";
import { requestedIdentity } from "../kernel/requested-identity.ts";
import type { Call, CallOnExisting, ResourceType } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import { checkCapacity, checkComplete, checkDnsLabel, checkFixed, checkIdle, checkRegistryIdentities, checkVolumeKeys } from "./container-group-checks.ts";
import { secretsOf, withoutSecrets } from "./container-group-secrets.ts";
import { containerGroupIdentityRules, settable, shownContainerGroup } from "./container-group-view.ts";

const TYPE = "Microsoft.ContainerInstance/containerGroups";

/** The polling URL has this api-version whatever was called (arm.md 2.3). */
const style = locationOperations("Microsoft.ContainerInstance", "operations", {
  query: () => "api-version=2018-06-01",
  runningWords: ["Pending"],
  statusMembers: ({ subscriptionId, resourceGroup, name }) => ({
    id: `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${TYPE}/${name}`,
    properties: { events: [] },
  }),
});

const MEMBERS = ["zones"];

/** Container groups (arm.md 5). */
export const containerGroups: ResourceType = {
  type: TYPE,
  apiVersions: [
    "2018-10-01",
    "2019-12-01",
    "2021-03-01",
    "2021-07-01",
    "2021-09-01",
    "2021-10-01",
    "2022-09-01",
    "2022-10-01-preview",
    "2023-05-01",
    "2024-05-01-preview",
    "2024-10-01-preview",
    "2024-11-01-preview",
    "2025-09-01",
    "2026-07-01",
    "2026-08-01-preview",
  ],
  locations: regions,
  name: {
    pattern: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    says: "1 to 63 lower-case letters, digits or '-', not beginning or ending with '-'",
  },
  identity: containerGroupIdentityRules,
  show: shownContainerGroup,
  get,
  put,
  patch: onExisting(patch),
  delete: remove,
  lists: ["subscription", "resourceGroup"],
  actions: { restart: onExisting(restart), start: onExisting(start), stop: onExisting(stop) },
};

/** A missing group is answered for by ARM, or by the provider (arm.md 5). */
function get(call: Call): Answer {
  const { existing, world, id } = call;
  if (existing) return { status: 200, body: shownContainerGroup(existing, viewOf(call, "get")) };
  if (world.switches.containerGroupNotFoundBy === "gateway") throw notFound(call);
  throw providerError(404, { code: "ContainerGroupNotFound", message: `The container group '${nameOf(id)}' is not found.` });
}

function put(call: Call): Answer {
  const { existing, world, id, body } = call;
  const sent = settable(objectAt(body, "properties"));
  const location = locationOf(call);
  checkIdle(existing);
  if (existing) checkFixed(existing, sent, body);
  else {
    checkComplete(call, sent);
    checkCapacity(call, sent, location);
  }
  checkVolumeKeys(sent);
  checkDnsLabel(call, sent, location);
  const host = existing ?? blankResource(id, regionName(location));
  const rules = containerGroupIdentityRules(world);
  const identity = plannedIdentity({ world, rules, host, method: "PUT", requested: requestedIdentity(body, rules) });
  checkRegistryIdentities(call, sent, identity);
  const written: Resource = {
    ...host,
    identity: identity.apply(host),
    tags: existing ? existing.tags : tagsOf(body),
    members: picked(body, MEMBERS),
    properties: withoutSecrets(sent),
    hidden: { ...host.hidden, secrets: secretsOf(sent), stopped: false },
    provisioning: "Pending",
  };
  const stored = world.store.set(restartsBy(call, host, written) ? restarted(call, written) : written);
  const headers = continueLater({ call, method: "PUT", style, headers: "azure-asyncoperation" });
  return { status: 201, headers, body: shownContainerGroup(stored, viewOf(call, "write")) };
}

/** Any PUT restarts all containers; under the switch one that changes nothing but the identity does not (arm.md 5). */
function restartsBy(call: Call, before: Resource, after: Resource): boolean {
  if (!call.existing || call.world.switches.containerGroupIdentityChange === "restarts") return true;
  const shape = (group: Resource): JsonValue => [group.properties, objectAt(group.hidden, "secrets"), group.members];
  return !(identityDiffers(before.identity, after.identity) && sameJson(shape(before), shape(after)));
}

/** A group whose containers begin anew; the first time is no restart. */
function restarted({ world, existing }: Call, group: Resource): Resource {
  const hidden = { ...group.hidden, startedAtMs: world.clock.now(), stopped: false };
  return { ...group, hidden, restarts: group.restarts + (existing ? 1 : 0) };
}

/** Tags and zones only; whatever else is sent is not seen (arm.md 5). */
function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  const members = { ...existing.members, ...picked(body, MEMBERS) };
  const stored = world.store.set({ ...existing, tags: tagsOf(body) ?? existing.tags, members });
  return { status: 200, body: shownContainerGroup(stored, viewOf(call, "get")) };
}

/** At once with the whole resource as body, or, as the contract allows, accepted and done later (arm.md 5). */
function remove(call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  if (world.switches.containerGroupDeleteStatus === 202) {
    world.store.set({ ...existing, provisioning: "Deleting" });
    return { status: 202, headers: continueLater({ call, method: "DELETE", style, headers: "both", finish: () => destroy(world, id) }) };
  }
  const body = shownContainerGroup(existing, viewOf(call, "get"));
  destroy(world, id);
  return { status: 200, body };
}

function restart(call: CallOnExisting): Answer {
  checkIdle(call.existing);
  call.world.store.set(restarted(call, call.existing));
  settle(call.world, call.id);
  return { status: 204 };
}

/** Starts stopped containers; the group is Pending until they run. */
function start(call: CallOnExisting): Answer {
  checkIdle(call.existing);
  call.world.store.set({ ...restarted(call, call.existing), provisioning: "Pending" });
  return { status: 202, headers: continueLater({ call, method: "POST", style, headers: "location" }) };
}

function stop(call: CallOnExisting): Answer {
  const { existing, world } = call;
  checkIdle(existing);
  world.store.set({ ...existing, hidden: { ...existing.hidden, stopped: true } });
  return { status: 204 };
}
