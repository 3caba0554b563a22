import { completeId, keyOf, nameOf } from "./arm-id.ts";
import type { ArmPath } from "./arm-id.ts";
import type { Answer } from "./errors.ts";
import { gatewayError } from "./errors.ts";
import { pastOf } from "./history.ts";
import { parentNotFound } from "./gateway-checks.ts";
import { picked } from "./lifecycle.ts";
import { page } from "./paging.ts";
import type { Item, PageRequest } from "./paging.ts";
import type { ResourceType } from "./resource-type.ts";
import type { Resource } from "./store.ts";
import type { World } from "./world.ts";

/** What a list request is answered from. */
interface ListRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly apiVersion: string;
}

/** LIST of a type in a subscription, a resource group, or below a parent (arm.md 2.4). */
export function listing(present: World, type: ResourceType, path: ArmPath, request: ListRequest): Answer {
  const world = pastOf(present, present.settings.listLagSeconds);
  const answerPage = (items: readonly Item[]): Answer => page(items, pageOf(world, request));
  if (type.extension) return type.extension.list({ world, scope: path.scope, query: request.query, apiVersion: request.apiVersion, page: answerPage });
  const parent = completeId({ ...path, segments: path.segments.slice(0, -1) });
  const scope = parent ? "parent" : path.resourceGroup === undefined ? "subscription" : "resourceGroup";
  if (!type.lists?.includes(scope)) throw gatewayError(404, "NotFound", `'${type.type}' cannot be listed at this scope.`);
  if (parent && !present.store.get(parent)) throw parentNotFound(type, parent, "read");
  if (parent) type.admit?.({ world: present, kind: "list", id: parent });
  const below = parent ? keyOf(parent) : path.scope;
  const view = { world, apiVersion: request.apiVersion, as: "list" } as const;
  const items = world.store.list(type.type, below).map((one) => ({ key: keyOf(one.id), body: () => type.show(one, view) }));
  return answerPage(items);
}

/** LIST of all tracked resources, with their identity blocks and without properties (arm.md 2.4). */
export function resourcesListing(present: World, scope: string, request: ListRequest): Answer {
  const world = pastOf(present, present.settings.resourcesLagSeconds);
  const wanted = /resourceType eq '([^']+)'/i.exec(request.query.get("$filter") ?? "")?.[1];
  const types = world.registry.all().filter((type) => type.locations && (wanted === undefined || type.type.toLowerCase() === wanted.toLowerCase()));
  const items = types.flatMap((type) => world.store.list(type.type, scope).map((one) => genericItem(world, type, one)));
  return page(items.toSorted((a, b) => (a.key < b.key ? -1 : 1)), pageOf(world, request));
}

function genericItem(world: World, type: ResourceType, resource: Resource): Item {
  const apiVersion = type.apiVersions.at(-1) ?? "";
  const body = () => ({
    name: nameOf(resource.id),
    ...picked(type.show(resource, { world, apiVersion, as: "list" }), ["id", "type", "kind", "sku", "identity", "tags"]),
    location: resource.location,
  });
  return { key: keyOf(resource.id), body };
}

function pageOf(world: World, request: ListRequest): PageRequest {
  const { path, query } = request;
  return { endpoint: world.endpoint(), path, query, pageSize: world.pageSize, emptyFirst: world.switches.emptyPages };
}
