import { nameOf, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { objectAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { continueLater, destroy } from "../kernel/lifecycle.ts";
import type { Call, ResourceType, View } from "../kernel/resource-type.ts";
import { shownIdentity } from "../kernel/shown-identity.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { COMPUTE_API_VERSIONS, computeOperations } from "./compute-operations.ts";
import { machineRules } from "./compute-identity.ts";
import { hasLatestModel, INSTANCE_TYPE, setOf } from "./scale-set-instances.ts";

/** Instances of a uniform scale set: each with the model that it was made with or upgraded to (arm.md 7). */
export const scaleSetMachines: ResourceType = {
  type: INSTANCE_TYPE,
  apiVersions: COMPUTE_API_VERSIONS,
  name: { pattern: /^\d+$/, says: "the number of an instance" },
  show,
  delete: remove,
  lists: ["parent"],
};

function show(instance: Resource, view: View): JsonObject {
  const { id, location, identity, properties, provisioning } = instance;
  const [set = ""] = id.names;
  const block = identity && shownIdentity(instance, machineRules, view.world.tenantId);
  return {
    name: `${set}_${nameOf(id)}`,
    id: textOf(id),
    type: INSTANCE_TYPE,
    location,
    instanceId: nameOf(id),
    ...(block ? { identity: block } : {}),
    properties: { ...properties, latestModelApplied: hasLatestModel(view.world, instance), provisioningState: provisioning ?? "Succeeded" },
  };
}

function remove(call: Call): Answer {
  const { existing, world, id } = call;
  if (!existing) return { status: 204 };
  world.store.set({ ...existing, provisioning: "Deleting" });
  const finish = (): void => {
    destroy(world, id);
    shrink(world, id);
  };
  return { status: 202, headers: continueLater({ call, method: "DELETE", style: computeOperations, headers: "both", finish }) };
}

/** The capacity goes down with an instance that is deleted. */
function shrink(world: World, instance: ResourceId): void {
  const set = world.store.get(setOf(instance));
  const sku = objectAt(set?.members, "sku");
  if (set && sku["capacity"] !== undefined) world.store.set({ ...set, members: { ...set.members, sku: { ...sku, capacity: Number(sku["capacity"]) - 1 } } });
}
