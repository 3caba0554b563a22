import { groupId, keyOf, parseResourceId, inCasingOf, textOf, typeOf } from "./kernel/arm-id.ts";
import type { ResourceId } from "./kernel/arm-id.ts";
import type { Answer } from "./kernel/errors.ts";
import { isObject } from "./kernel/json.ts";
import type { JsonObject } from "./kernel/json.ts";
import { destroy, isBusy } from "./kernel/lifecycle.ts";
import type { Call, ResourceType } from "./kernel/resource-type.ts";
import type { Resource } from "./kernel/store.ts";
import { blankResource } from "./kernel/store.ts";
import type { World } from "./kernel/world.ts";

/** What somebody else does behind everybody's back: no authorization, no log entry, immediate. */
export interface Portal {
  createResourceGroup(subscriptionId: string, name: string, location: string): void;
  /** The resource as a GET at the newest api-version shows it; undefined when there is none. */
  get(id: string): JsonObject | undefined;
  /** Creates or replaces a resource by its provider's PUT and returns what a GET then shows. Throws the provider's refusal. */
  put(id: string, body: JsonObject): JsonObject;
  /** Changes a resource by its provider's PATCH and returns what a GET then shows. Throws the provider's refusal. */
  patch(id: string, body: JsonObject): JsonObject;
  /** Removes a resource with all below it; nothing happens when there is none. */
  delete(id: string): void;
  /** All resources of a type, as GET shows them. */
  list(type: string): readonly JsonObject[];
  /** What no GET shows of a resource: secrets, settings. */
  hidden(id: string): JsonObject;
  /** How often the resource's workload was restarted. */
  restarts(id: string): number;
  /** How often an app's workers were recycled. */
  recycles(id: string): number;
}

/** The portal of a world. Its writes take no time, know no rates, and leave other people's operations running. */
export function portalOf(world: World): Portal {
  const immediate: World = {
    ...world,
    durationSeconds: () => 0,
    get settings() {
      return { ...world.settings, identityRates: "unlimited" as const };
    },
  };
  const find = (text: string): Resource | undefined => {
    world.operations.settle();
    return world.store.get(locate(world, text).id);
  };
  return {
    createResourceGroup: (subscriptionId, name, location) => {
      world.store.set(blankResource(groupId(subscriptionId, name), location));
    },
    get: (text) => {
      const resource = find(text);
      return resource && shown(world, resource);
    },
    put: (text, body) => written(immediate, text, { body, handler: "put" }),
    patch: (text, body) => written(immediate, text, { body, handler: "patch" }),
    delete: (text) => {
      const resource = find(text);
      if (resource) destroy(world, resource.id);
    },
    list: (type) => world.store.list(type, "/").map((resource) => shown(world, resource)),
    hidden: (text) => find(text)?.hidden ?? {},
    restarts: (text) => find(text)?.restarts ?? 0,
    recycles: (text) => find(text)?.recycles ?? 0,
  };
}

function locate(world: World, text: string): { readonly id: ResourceId; readonly type: ResourceType } {
  const id = parseResourceId(text);
  const type = id && world.registry.find(typeOf(id));
  if (!id || !type) throw new Error(`cannot find '${text}' in the portal: it is no ARM id of a type that the simulator has`);
  return { id: inCasingOf(id, type.type), type };
}

function shown(world: World, resource: Resource): JsonObject {
  const { type } = locate(world, textOf(resource.id));
  return type.show(resource, { world, apiVersion: newest(type), as: "get" });
}

function newest(type: ResourceType): string {
  return type.apiVersions.toSorted().at(-1) ?? "";
}

function written(world: World, text: string, write: { readonly body: JsonObject; readonly handler: "put" | "patch" }): JsonObject {
  world.operations.settle();
  const { id, type } = locate(world, text);
  const existing = world.store.get(id);
  const handler = type[write.handler];
  if (!handler || (write.handler === "patch" && !existing)) throw new Error(`cannot ${write.handler} '${text}' in the portal: there is nothing to write to`);
  const group = world.store.get(groupId(id.subscriptionId, id.resourceGroup ?? ""));
  if (id.resourceGroup !== undefined && !group) throw new Error(`cannot ${write.handler} '${text}' in the portal: create its resource group first`);
  const location = existing?.location ?? group?.location;
  const call: Call = {
    world,
    type,
    method: write.handler.toUpperCase(),
    id: existing?.id ?? id,
    existing: existing && { ...existing, provisioning: undefined },
    body: type.locations || type.hasLocation ? { location, ...write.body } : write.body,
    query: new URLSearchParams(),
    headers: {},
    apiVersion: newest(type),
    caller: { principalId: "portal", clientId: "portal" },
  };
  finishNow(handler(call), text);
  world.operations.settle();
  keepBusy(world, existing);
  return afterwards(world, call);
}

/** A write of somebody else in the middle of an operation does not end it; after one that failed it is the last word. */
function keepBusy(world: World, before: Resource | undefined): void {
  const after = before && isBusy(before.provisioning) ? world.store.get(before.id) : undefined;
  if (before && after) world.store.restore({ ...after, provisioning: before.provisioning });
}

function finishNow(answer: Answer | Promise<Answer>, text: string): void {
  if (answer instanceof Promise) throw new Error(`cannot write '${text}' in the portal: its provider does not answer at once`);
}

function afterwards(world: World, call: Call): JsonObject {
  const resource = world.store.get(call.id);
  if (resource) return shown(world, resource);
  const answer = call.type.get?.(call);
  if (answer === undefined || answer instanceof Promise || !isObject(answer.body)) throw new Error(`cannot show '${keyOf(call.id)}' in the portal`);
  return answer.body;
}
