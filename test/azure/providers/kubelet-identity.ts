import { groupId, inCasingOf, keyOf, lowerGroupsText, nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { destroy } from "../kernel/lifecycle.ts";
import { USER_ASSIGNED_TYPE } from "../kernel/requested-identity.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { mintPrincipal } from "./user-assigned-identities.ts";

/** The identity of a cluster's nodes, which is not in its identity block (arm.md 8): the one it was given, or one of its own in the node group. */
export function kubeletIdentity(world: World, cluster: Resource): JsonObject {
  const given = parseResourceId(textAt(objectAt(cluster.properties, "identityProfile", "kubeletidentity"), "resourceId") ?? "");
  const id = given ? inCasingOf(given, USER_ASSIGNED_TYPE) : ownIdentity(world, cluster);
  const principal = world.directory.findByOwner(keyOf(id));
  return { resourceId: lowerGroupsText(id), clientId: principal?.clientId, objectId: principal?.principalId };
}

function ownIdentity(world: World, cluster: Resource): ResourceId {
  const group = nodeGroup(cluster);
  if (!world.store.get(group)) world.store.set({ ...blankResource(group, cluster.location), members: { managedBy: textOf(cluster.id) } });
  const scope = `${group.scope}/resourceGroups/${nameOf(group)}`;
  const [namespace = "", type = ""] = USER_ASSIGNED_TYPE.split("/");
  const id: ResourceId = { ...group, scope, namespace, types: [type], names: [`${nameOf(cluster.id)}-agentpool`] };
  if (world.store.get(id)) return id;
  world.store.set(blankResource(id, cluster.location));
  mintPrincipal(world, id);
  return id;
}

function nodeGroup(cluster: Resource): ResourceId {
  return groupId(cluster.id.subscriptionId, textAt(cluster.properties, "nodeResourceGroup") ?? "");
}

/** The node group goes with its cluster. */
export function destroyNodeGroup(world: World, cluster: Resource): void {
  destroy(world, nodeGroup(cluster));
}
