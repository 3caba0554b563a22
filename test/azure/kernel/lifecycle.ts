import { keyOf, nameOf, parentOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import type { Answer, ArmError } from "./errors.ts";
import { settledIdentity } from "./host-identity.ts";
import { isObject, textAt } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { OperationHeaders, OperationStyle } from "./operations.ts";
import { regionName } from "./regions.ts";
import type { Call } from "./resource-type.ts";
import type { World } from "./world.ts";

/** Removes a resource with everything below it, and the principals that belonged to them. */
export function destroy(world: World, id: ResourceId): void {
  for (const resource of world.store.below(id)) remove(world, resource.id);
  remove(world, id);
}

function remove(world: World, id: ResourceId): void {
  world.store.delete(id);
  world.directory.destroyOwnedBy(keyOf(id));
}

/** How a write goes on after it was accepted. */
export interface Continuation {
  readonly call: Call;
  readonly method: "PUT" | "PATCH" | "DELETE" | "POST";
  readonly style: OperationStyle;
  readonly headers: OperationHeaders;
  /** Applied at the end; by default the resource is settled. */
  readonly finish?: () => void;
  /** What the Location URL answers at the end; 200 without a body by default. */
  readonly result?: () => Answer;
  /** Why it is going to fail, where that is known from the beginning. */
  readonly error?: ArmError;
}

/** Begins the long-running operation of a write and returns the headers for its answer. */
export function continueLater(continuation: Continuation): NonNullable<Answer["headers"]> {
  const { call, method, style, headers } = continuation;
  const { world, id, type } = call;
  return world.operations.begin({
    style,
    headers,
    method,
    resourceId: keyOf(id),
    type: type.type,
    place: { subscriptionId: id.subscriptionId, resourceGroup: id.resourceGroup ?? "", location: regionName(locationOf(call)), name: nameOf(id) },
    apiVersion: call.apiVersion,
    seconds: world.durationSeconds(type.type),
    finish: continuation.finish ?? (() => settle(world, id)),
    fail: () => markFailed(world, id),
    ...(continuation.result ? { result: continuation.result } : {}),
    ...(continuation.error ? { error: continuation.error } : {}),
  });
}

/** Where the resource is, or is to be: a child without a location of its own is where its parent is. */
export function locationOf(call: Call): string {
  const parent = parentOf(call.id);
  return call.existing?.location ?? textAt(call.body, "location") ?? (parent && call.world.store.get(parent)?.location) ?? "";
}

/** The write has ended well: attachments have their details, the state is Succeeded unless the resource is going away. */
export function settle(world: World, id: ResourceId): void {
  const resource = world.store.get(id);
  if (!resource) return;
  const provisioning = resource.provisioning === "Deleting" ? resource.provisioning : undefined;
  world.store.set({ ...resource, provisioning, identity: settledIdentity(resource.identity) });
}

function markFailed(world: World, id: ResourceId): void {
  const resource = world.store.get(id);
  if (resource) world.store.set({ ...resource, provisioning: "Failed" });
}

/** Says whether a write of the resource is still running. */
export function isBusy(provisioning: string | undefined): boolean {
  return provisioning !== undefined && provisioning !== "Failed";
}

/** JSON merge patch (RFC 7396): objects merge, null removes, anything else replaces. */
export function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, JsonValue | undefined> = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    const had = result[name];
    if (value === null) delete result[name];
    else if (isObject(value)) result[name] = merged(isObject(had) ? had : {}, value);
    else result[name] = value;
  }
  return result;
}

/** The tags of a body; undefined when it has none. */
export function tagsOf(body: JsonObject): JsonObject | undefined {
  return isObject(body["tags"]) ? body["tags"] : undefined;
}

/** The named members of a body, as far as they are there. */
export function picked(body: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => body[name] !== undefined).map((name) => [name, body[name]]));
}
