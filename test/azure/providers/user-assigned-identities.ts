import { keyOf, lowerGroupsText, nameOf, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { checkIdentityRate } from "../kernel/identity-rates.ts";
import { USER_ASSIGNED_TYPE } from "../kernel/requested-identity.ts";
import { objectAt, textAt, without } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { destroy, picked, tagsOf } from "../kernel/lifecycle.ts";
import type { FederatedTrust } from "../kernel/principals.ts";
import { regionName, regions } from "../kernel/regions.ts";
import type { Call, CallOnExisting, ResourceType, View } from "../kernel/resource-type.ts";
import { onExisting, viewOf } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { listAssociatedResources, revokeTokens } from "./associated-resources.ts";
import { FEDERATED_TYPE } from "./federated-identity-credentials.ts";

/**
 * Members of `properties` that a client may write, and the first api-version that has them (arm.md 3.3). What an older version
 * does with one is not known: here it neither takes nor shows it, and leaves it as it was.
 */
const WRITABLE_SINCE: Readonly<Record<string, string>> = { isolationScope: "2024-11-30", assignmentRestrictions: "2025-05-31-preview" };

function writableAt(apiVersion: string): readonly string[] {
  return Object.keys(WRITABLE_SINCE).filter((member) => (WRITABLE_SINCE[member] ?? "") <= apiVersion);
}

/** User-assigned managed identities (arm.md 3). */
export const userAssignedIdentities: ResourceType = {
  type: USER_ASSIGNED_TYPE,
  apiVersions: [
    "2015-08-31-preview", "2018-11-30", "2021-09-30-preview", "2022-01-31-preview", "2023-01-31", "2023-07-31-preview",
    "2024-11-30", "2025-01-31-preview", "2025-05-31-preview", "2026-04-30", "2026-05-31",
  ],
  locations: regions,
  name: { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/, says: "3 to 128 letters, digits, '-' or '_', beginning with a letter or digit" },
  show,
  put,
  patch: onExisting(patch),
  delete: remove,
  lists: ["subscription", "resourceGroup"],
  actions: { listassociatedresources: onExisting(listAssociatedResources), revoketokens: revokeTokens },
};

function show(identity: Resource, view: View): JsonObject {
  const principal = view.world.directory.findByOwner(keyOf(identity.id));
  return {
    location: identity.location,
    tags: identity.tags ?? {},
    id: lowerGroupsText(identity.id),
    name: nameOf(identity.id),
    type: USER_ASSIGNED_TYPE,
    properties: {
      ...picked(identity.properties, writableAt(view.apiVersion)),
      tenantId: view.world.tenantId,
      principalId: principal?.principalId,
      clientId: principal?.clientId,
    },
  };
}

function put(call: Call): Answer {
  const { existing, world, id, body } = call;
  const location = regionName(textAt(body, "location") ?? "");
  const writable = writableAt(call.apiVersion);
  if (!existing) checkIdentityRate(world, "create", { subscriptionId: id.subscriptionId, region: location });
  if (!existing) mintPrincipal(world, id);
  const stored = world.store.set({
    ...(existing ?? blankResource(id, location)),
    tags: tagsOf(body) ?? {},
    properties: { ...without(existing?.properties ?? {}, ...writable), ...picked(objectAt(body, "properties"), writable) },
  });
  const answer = { status: existing ? 200 : 201, body: show(stored, viewOf(call, "write")) };
  return existing ? answer : { ...answer, headers: { location: lowerGroupsText(id) } };
}

/** Gives an identity its service principal. */
export function mintPrincipal(world: World, id: ResourceId): void {
  world.directory.mint({
    name: nameOf(id),
    kind: "userAssigned",
    owner: keyOf(id),
    trusts: () => world.store.list(FEDERATED_TYPE, textOf(id)).flatMap(trusts),
  });
}

function trusts(credential: Resource): readonly FederatedTrust[] {
  const { properties, hidden } = credential;
  const [audience] = (properties["audiences"] as readonly string[] | undefined) ?? [];
  return [{
    issuer: textAt(properties, "issuer") ?? "",
    subject: textAt(properties, "subject") ?? "",
    audience: audience ?? "",
    writtenAtMs: Number(hidden["writtenAtMs"]),
  }];
}

function patch(call: CallOnExisting): Answer {
  const { existing, world, body } = call;
  const stored = world.store.set({
    ...existing,
    tags: tagsOf(body) ?? existing.tags,
    properties: { ...existing.properties, ...picked(objectAt(body, "properties"), writableAt(call.apiVersion)) },
  });
  return { status: 200, body: show(stored, viewOf(call, "write")) };
}

/** Never blocked by use: hosts keep a dangling key (arm.md 3.4). */
function remove(call: Call): Answer {
  if (!call.existing) return { status: 204 };
  destroy(call.world, call.id);
  return { status: 200 };
}
