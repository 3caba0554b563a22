import { randomUUID } from "node:crypto";
import { childOf, keyOf, nameOf, parseResourceId, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { providerError } from "../kernel/errors.ts";
import { identityDiffers } from "../kernel/host-identity.ts";
import { objectAt, sameJson, textAt } from "../kernel/json.ts";
import type { JsonValue } from "../kernel/json.ts";
import { continueLater, isBusy } from "../kernel/lifecycle.ts";
import type { CallOnExisting } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import type { World } from "../kernel/world.ts";
import { computeOperations } from "./compute-operations.ts";

/** Instances under uniform orchestration; flexible ones are virtual machines of their own. */
export const INSTANCE_TYPE = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines";
const MACHINE_TYPE = "Microsoft.Compute/virtualMachines";

/** Counts the model of a scale set: it changes with the identity, the machines' profile and their size. */
export function withModel(before: Resource | undefined, after: Resource): Resource {
  const shape = ({ properties, members }: Resource): JsonValue => [properties["virtualMachineProfile"] ?? null, textAt(objectAt(members, "sku"), "name") ?? null];
  const changed = !before || identityDiffers(before.identity, after.identity) || !sameJson(shape(before), shape(after));
  return { ...after, hidden: { ...after.hidden, model: Number(before?.hidden["model"] ?? 0) + (changed ? 1 : 0) } };
}

/** Says whether an instance has the model of its scale set (arm.md 7). */
export function hasLatestModel(world: World, instance: Resource): boolean {
  const set = world.store.get(setOf(instance.id));
  return set?.hidden["model"] === instance.hidden["model"];
}

/** The scale set that an instance is below. */
export function setOf({ types, names, ...place }: ResourceId): ResourceId {
  return { ...place, types: types.slice(0, 1), names: names.slice(0, 1) };
}

/** After a write: as many instances as the capacity says, new ones with the model; the others get it unless the upgrade policy is manual. */
export function matchInstances(world: World, id: ResourceId): void {
  const set = world.store.get(id);
  if (!set) return;
  const had = instancesOf(world, set);
  const capacity = Number(objectAt(set.members, "sku")["capacity"] ?? had.length);
  for (const surplus of had.slice(capacity)) world.store.delete(surplus.id);
  for (let index = had.length; index < capacity; index += 1) create(world, id);
  const mode = textAt(objectAt(set.properties, "upgradePolicy"), "mode") ?? "Manual";
  if (isFlexible(set) || mode === "Manual") return;
  for (const instance of had.slice(0, capacity)) applyModel(world, set, instance);
}

function isFlexible(set: Resource): boolean {
  return textAt(set.properties, "orchestrationMode") === "Flexible";
}

function instancesOf(world: World, set: Resource): readonly Resource[] {
  if (!isFlexible(set)) return world.store.list(INSTANCE_TYPE, textOf(set.id)).toSorted((a, b) => Number(nameOf(a.id)) - Number(nameOf(b.id)));
  return world.store.list(MACHINE_TYPE, set.id.scope).filter(({ properties }) => {
    const owner = parseResourceId(textAt(objectAt(properties, "virtualMachineScaleSet"), "id") ?? "");
    return owner !== undefined && keyOf(owner) === keyOf(set.id);
  });
}

function create(world: World, setId: ResourceId): void {
  const set = world.store.get(setId);
  if (!set) return;
  const number = Number(set.hidden["nextInstance"] ?? 0);
  world.store.restore({ ...set, hidden: { ...set.hidden, nextInstance: number + 1 } });
  if (isFlexible(set)) {
    const id = { ...set.id, types: ["virtualMachines"], names: [`${nameOf(setId)}_${randomUUID().slice(0, 8)}`] };
    const properties = { ...objectAt(set.properties, "virtualMachineProfile"), vmId: randomUUID(), virtualMachineScaleSet: { id: textOf(set.id) } };
    world.store.set({ ...blankResource(id, set.location), identity: set.identity && { ...set.identity, system: undefined }, properties });
    return;
  }
  const instance = blankResource(childOf(set.id, "virtualMachines", String(number)), set.location);
  applyModel(world, set, { ...instance, properties: { vmId: randomUUID() } });
}

function applyModel(world: World, set: Resource, instance: Resource): void {
  world.store.set({ ...instance, identity: set.identity, hidden: { ...instance.hidden, model: set.hidden["model"] } });
}

/** Flexible instances are not below their scale set, but go with it. */
export function removeFlexibleInstances(world: World, id: ResourceId): void {
  const set = world.store.get(id);
  if (!set || !isFlexible(set)) return;
  for (const instance of instancesOf(world, set)) world.store.delete(instance.id);
}

/** POST manualupgrade: brings the named instances to the model. */
export function upgrade(call: CallOnExisting): Answer {
  const { existing: set, world, body } = call;
  if (isBusy(set.provisioning)) throw providerError(409, { code: "Conflict", message: `The operation is not allowed on '${nameOf(set.id)}' while another one is in progress.` });
  if (isFlexible(set)) throw providerError(409, { code: "OperationNotAllowed", message: "Manual upgrade is not supported for scale sets of flexible orchestration." });
  const asked = Array.isArray(body["instanceIds"]) ? body["instanceIds"].map(String) : [];
  if (asked.length === 0) throw providerError(400, { code: "InvalidParameter", message: "Required parameter 'instanceIds' is missing (null).", target: "instanceIds" });
  const instances = instancesOf(world, set);
  const unknown = asked.find((name) => name !== "*" && !instances.some(({ id }) => nameOf(id) === name));
  if (unknown !== undefined) {
    throw providerError(400, { code: "InvalidParameter", message: `The provided instanceId ${unknown} is not an active Virtual Machine Scale Set VM instanceId.`, target: "instanceIds" });
  }
  const chosen = asked.includes("*") ? instances : instances.filter(({ id }) => asked.includes(nameOf(id)));
  for (const instance of chosen) world.store.set({ ...instance, provisioning: "Updating" });
  const finish = (): void => {
    const now = world.store.get(set.id);
    for (const { id } of chosen) {
      const instance = world.store.get(id);
      if (now && instance) applyModel(world, now, { ...instance, provisioning: undefined });
    }
  };
  return { status: 202, headers: continueLater({ call, method: "POST", style: computeOperations, headers: "both", finish }) };
}
