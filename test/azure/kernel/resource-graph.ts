import type { RouteRequest } from "./route.ts";
import { nameOf, textOf } from "./arm-id.ts";
import type { Answer } from "./errors.ts";
import { providerError, Refusal } from "./errors.ts";
import { objectAt, textAt } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { pastOf } from "./history.ts";
import { KustoError, runQuery } from "./kusto.ts";
import { subscriptionDocument } from "./subscriptions.ts";
import type { Resource } from "./store.ts";
import type { ResourceType } from "./resource-type.ts";
import type { World } from "./world.ts";

export const RESOURCE_GRAPH_VERSIONS: readonly string[] = ["2019-04-01", "2020-04-01-preview", "2021-03-01", "2021-06-01-preview", "2022-10-01", "2024-04-01"];

/** Queries per user, and how long until as many are allowed again (arm.md 15.3). */
const QUOTA = { size: 15, windowSeconds: 5 };
const LARGEST_PAGE = 1000;

/** `POST /providers/Microsoft.ResourceGraph/resources`: a query over all that the caller may read (arm.md 15.3). */
export function resourceGraph(request: RouteRequest): Answer {
  const headers = quotaHeaders(request);
  const body = objectAt(request.body);
  const rows = answered(request, body);
  const { top, skip } = pageAsked(body);
  const shown = rows.slice(skip, skip + top);
  const more = skip + shown.length < rows.length;
  return {
    status: 200,
    headers,
    body: {
      totalRecords: rows.length,
      count: shown.length,
      data: textAt(objectAt(body["options"]), "resultFormat") === "table" ? asTable(shown) : shown,
      facets: [],
      resultTruncated: more ? "true" : "false",
      ...(more ? { $skipToken: tokenOf(skip + shown.length) } : {}),
    },
  };
}

function answered({ world, caller }: RouteRequest, body: JsonObject): readonly JsonObject[] {
  const asked = body["subscriptions"];
  const names = Array.isArray(asked) ? asked.filter((one) => typeof one === "string").map((one) => one.toLowerCase()) : undefined;
  const subscriptions = world.subscriptionIds.filter((id) => names?.includes(id.toLowerCase()) ?? true);
  const query = textAt(body, "query");
  if (query === undefined || query.trim() === "") throw invalid("InvalidQuery", "Query is missing.");
  try {
    return runQuery(query, (table) => tables[table.toLowerCase()]?.({ world: pastOf(world, world.settings.resourcesLagSeconds), principalId: caller.principalId, subscriptions }));
  } catch (error) {
    if (error instanceof KustoError) throw invalid("ParserFailure", error.message);
    throw error;
  }
}

interface Reader {
  readonly world: World;
  readonly principalId: string;
  readonly subscriptions: readonly string[];
}

const tables: Readonly<Record<string, (reader: Reader) => readonly JsonObject[]>> = {
  resources: (reader) => rowsOf(reader, ({ locations }) => locations !== undefined),
  resourcecontainers: (reader) => [...rowsOf(reader, ({ type }) => type === "Microsoft.Resources/resourceGroups"), ...subscriptionRows(reader)],
  authorizationresources: (reader) => rowsOf(reader, ({ type }) => type === "Microsoft.Authorization/roleAssignments"),
};

function rowsOf({ world, principalId, subscriptions }: Reader, wanted: (type: ResourceType) => boolean): readonly JsonObject[] {
  const rows = world.registry.all().filter(wanted).flatMap((type) => {
    const scopes = subscriptions.map((id) => `/subscriptions/${id}`);
    const found = scopes.flatMap((scope) => world.store.list(type.type, scope));
    const action = `${type.actionType ?? type.type}/read`;
    return found.filter(({ id }) => world.authorization.allows(principalId, [action], textOf(id))).map((one) => rowOf(world, type, one));
  });
  const keyOfRow = (row: JsonObject): string => textAt(row, "id")?.toLowerCase() ?? "";
  return rows.toSorted((a, b) => (keyOfRow(a) < keyOfRow(b) ? -1 : 1));
}

/** Column values as Resource Graph spells them: the type is lower case, and what a resource does not have is null or empty. */
function rowOf(world: World, type: ResourceType, resource: Resource): JsonObject {
  const shown = type.show(resource, { world, apiVersion: type.apiVersions.at(-1) ?? "", as: "list" });
  return {
    id: shown["id"],
    name: nameOf(resource.id),
    type: (type.actionType ?? type.type).toLowerCase(),
    tenantId: world.tenantId,
    kind: shown["kind"] ?? "",
    location: resource.location ?? "",
    resourceGroup: resource.id.resourceGroup?.toLowerCase() ?? "",
    subscriptionId: resource.id.subscriptionId,
    sku: shown["sku"] ?? null,
    properties: shown["properties"] ?? {},
    tags: shown["tags"] ?? null,
    identity: shown["identity"] ?? null,
  };
}

function subscriptionRows({ world, principalId, subscriptions }: Reader): readonly JsonObject[] {
  const seen = subscriptions.filter((id) => world.authorization.holdsAnything(principalId, `/subscriptions/${id}`));
  return seen.map((id) => {
    const { displayName, tenantId } = subscriptionDocument(world, id);
    return { id: `/subscriptions/${id}`, name: displayName, type: "microsoft.resources/subscriptions", tenantId, subscriptionId: id, properties: { state: "Enabled" }, identity: null };
  });
}

function asTable(rows: readonly JsonObject[]): JsonObject {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ name, type: typeof rows[0]?.[name] === "object" ? "object" : "string" }));
  return { columns, rows: rows.map((row) => names.map((name) => row[name] ?? null)) };
}

function pageAsked(body: JsonObject): { readonly top: number; readonly skip: number } {
  const options = objectAt(body["options"]);
  const top = numberOf(options["$top"], LARGEST_PAGE);
  if (top < 1 || top > LARGEST_PAGE) throw invalid("InvalidOption", `The value of $top must be 1 to ${LARGEST_PAGE}.`);
  const token = textAt(options, "$skipToken");
  return { top, skip: token === undefined || token === "" ? numberOf(options["$skip"], 0) : skipOf(token) };
}

function numberOf(value: JsonValue | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}

function tokenOf(skip: number): string {
  return Buffer.from(JSON.stringify({ skip })).toString("base64");
}

function skipOf(token: string): number {
  const skip = /^\{"skip":(\d+)\}$/.exec(Buffer.from(token, "base64").toString("utf8"))?.[1];
  if (skip === undefined) throw invalid("InvalidSkipToken", "The skip token is invalid.");
  return Number(skip);
}

function quotaHeaders({ world, caller }: RouteRequest): Readonly<Record<string, string>> {
  const draw = { name: `resource-graph/${caller.principalId}`, size: QUOTA.size, refillPerSecond: QUOTA.size / QUOTA.windowSeconds };
  const { levels, waitSeconds } = world.userQuotas.take([draw]);
  const after = `00:00:${String(waitSeconds ?? QUOTA.windowSeconds).padStart(2, "0")}`;
  const headers = { "x-ms-user-quota-remaining": String(levels[0] ?? 0), "x-ms-user-quota-resets-after": after, "x-ms-resource-unit": "1" };
  if (waitSeconds === undefined) return headers;
  const message = "Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed.";
  const body = { error: { code: "RateLimiting", message, details: [{ code: "RateLimiting", message }] } };
  throw new Refusal({ status: 429, headers: { ...headers, "retry-after": String(waitSeconds) }, body }, message);
}

function invalid(code: string, message: string): Error {
  return providerError(400, { code: "BadRequest", message: "The query is invalid.", details: [{ code, message }] });
}
