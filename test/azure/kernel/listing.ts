import { completeId, keyOf, nameOf } from "./arm-id.ts";
import type { ArmPath } from "./arm-id.ts";
import type { Answer } from "./errors.ts";
import { gatewayError } from "./errors.ts";
import { pastOf } from "./history.ts";
import { parentNotFound } from "./gateway-checks.ts";
import type { JsonObject } from "./json.ts";
import { picked } from "./lifecycle.ts";
import { parsedFilter } from "./odata-filter.ts";
import type { Filter, FilterFields } from "./odata-filter.ts";
import { page, pageOf } from "./paging.ts";
import type { Item } from "./paging.ts";
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
  const filter = type.heedsFilter && parsedFilterOf(request.query, ["name", "location", "tagName", "tagValue"]);
  const listed = world.store.list(type.type, below).filter((one) => meets(filter, one));
  const items = listed.map((one) => ({ key: keyOf(one.id), body: () => type.show(one, view) }));
  return answerPage(items);
}

/** A request for the resources of all types at a scope. */
export type ResourcesRequest = Pick<ListRequest, "path" | "query"> & { readonly world: World; readonly scope: string };

const EXPANSIONS = ["createdTime", "changedTime", "provisioningState"] as const;
const FIELDS = ["resourceType", "name", "location", "resourceGroup", "identity/principalId", "tagName", "tagValue"];

/** LIST of all tracked resources, with their identity blocks and without properties (arm.md 2.4). */
export function resourcesListing(request: ResourcesRequest): Answer {
  const { scope, query } = request;
  const world = pastOf(request.world, request.world.settings.resourcesLagSeconds);
  const filter = parsedFilterOf(query, FIELDS);
  const types = world.registry.all().filter((type) => type.locations);
  const found = types.flatMap((type) => world.store.list(type.type, scope).map((one) => ({ type, one })));
  const wanted = found.filter(({ type, one }) => meets(filter, one, { resourcetype: type.type, "identity/principalid": one.identity?.system?.principalId }));
  const items = wanted.map(({ type, one }) => genericItem({ ...request, world }, type, one));
  return page(items.toSorted((a, b) => (a.key < b.key ? -1 : 1)), pageOf(world, request));
}

function genericItem({ world, query }: ResourcesRequest, type: ResourceType, resource: Resource): Item {
  const body = () => ({ ...genericBody(world, type, resource), ...expansionsOf(resource, query) });
  return { key: keyOf(resource.id), body };
}

/** A resource as lists over all types show it. */
export function genericBody(world: World, type: ResourceType, resource: Resource): JsonObject {
  const apiVersion = type.apiVersions.at(-1) ?? "";
  return {
    name: nameOf(resource.id),
    ...picked(type.show(resource, { world, apiVersion, as: "list" }), ["id", "type", "kind", "sku", "identity", "tags"]),
    location: resource.location,
  };
}

function expansionsOf(resource: Resource, query: URLSearchParams): JsonObject {
  const asked = (query.get("$expand") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const { times } = resource;
  const timeText = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
  const values = { createdTime: timeText(times?.createdMs), changedTime: timeText(times?.changedMs), provisioningState: resource.provisioning ?? "Succeeded" };
  return picked(values, EXPANSIONS.filter((name) => asked.includes(name.toLowerCase())));
}

function parsedFilterOf(query: URLSearchParams, fields: readonly string[]): Filter | undefined {
  const text = query.get("$filter");
  return text === null || text.trim() === "" ? undefined : parsedFilter(text, fields);
}

/** `tagName` and `tagValue` of a filter speak of the same tag, so it is asked for each tag in turn. */
function meets(filter: Filter | undefined, resource: Resource, more: FilterFields = {}): boolean {
  if (!filter) return true;
  const fields = { name: nameOf(resource.id), location: resource.location, resourcegroup: resource.id.resourceGroup, ...more };
  const tags = Object.entries(resource.tags ?? {});
  const pairs = tags.map(([tagname, value]) => ({ tagname, tagvalue: typeof value === "string" ? value : undefined }));
  return [...pairs, {}].some((pair) => filter({ ...fields, ...pair }));
}
