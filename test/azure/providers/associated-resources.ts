import { keyOf, nameOf, textOf } from "../kernel/arm-id.ts";
import type { Answer } from "../kernel/errors.ts";
import { gatewayError, providerError } from "../kernel/errors.ts";
import { pastOf } from "../kernel/history.ts";
import { textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { parsedFilter } from "../kernel/odata-filter.ts";
import { page, pageOf } from "../kernel/paging.ts";
import type { CallOnExisting, ResourceType } from "../kernel/resource-type.ts";
import type { Resource } from "../kernel/store.ts";
import { subscriptionDocument } from "../kernel/subscriptions.ts";

/** The only api-versions that have the action (arm.md 3.1, 3.7). */
const VERSIONS = ["2021-09-30-preview", "2022-01-31-preview"];
const FIELDS = ["name", "type", "resourceGroup", "subscriptionId", "subscriptionDisplayName"];

/** `POST …/listAssociatedResources`: the resources that an identity is attached to (arm.md 3.7). */
export function listAssociatedResources(call: CallOnExisting): Answer {
  const { apiVersion, query, id, world } = call;
  if (!VERSIONS.includes(apiVersion.toLowerCase())) throw gatewayError(404, "NotFound", `No action 'listAssociatedResources' is known at api-version '${apiVersion}'.`);
  const filter = query.get("$filter");
  const meets = filter === null || filter === "" ? () => true : parsedFilter(filter, FIELDS);
  const rows = ordered(hostsOf(call).map(({ type, host }) => rowOf(call, type, host)).filter((row) => meets(fieldsOf(row))), query.get("$orderby"));
  const skipped = rows.slice(Number(query.get("$skip") ?? 0));
  const items = skipped.map((row, index) => ({ key: String(index).padStart(9, "0"), body: () => row }));
  const path = `${textOf(id)}/listAssociatedResources`;
  const answer = page(items, pageOf(world, { path, query }));
  return { ...answer, body: { totalCount: rows.length, ...answer.body } };
}

/** `POST …/revokeTokens`: 200 without a body; tokens that were handed out go on here (arm.md 3.1, 17.21). */
export function revokeTokens(): Answer {
  return { status: 200 };
}

/** As Resource Graph has them, which lags (arm.md 3.7). */
function hostsOf({ world: present, id }: CallOnExisting): readonly { readonly type: ResourceType; readonly host: Resource }[] {
  const world = pastOf(present, present.settings.resourcesLagSeconds);
  const hosting = world.registry.all().filter(({ identity }) => identity);
  return hosting.flatMap((type) => world.store.ofType(type.type).filter(({ identity }) => identity?.user.has(keyOf(id))).map((host) => ({ type, host })));
}

/** The type is lower case (arm.md 3.7). */
function rowOf({ world }: CallOnExisting, { type }: ResourceType, { id }: Resource): JsonObject {
  return {
    id: textOf(id),
    name: nameOf(id),
    type: type.toLowerCase(),
    resourceGroup: id.resourceGroup,
    subscriptionId: id.subscriptionId,
    subscriptionDisplayName: subscriptionDocument(world, id.subscriptionId)["displayName"],
  };
}

function fieldsOf(row: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(FIELDS.map((field) => [field.toLowerCase(), textAt(row, field) ?? ""]));
}

function ordered(rows: readonly JsonObject[], orderBy: string | null): readonly JsonObject[] {
  const [, field = "id", direction = "asc"] = /^(\w+)(?: (asc|desc))?$/.exec(orderBy ?? "id") ?? [];
  if (field !== "id" && !FIELDS.includes(field)) throw providerError(400, { code: "BadRequest", message: `The $orderby '${orderBy ?? ""}' is invalid.` });
  const sign = direction === "desc" ? -1 : 1;
  return rows.toSorted((a, b) => (foldedAt(a, field) < foldedAt(b, field) ? -sign : sign));
}

function foldedAt(row: JsonObject, field: string): string {
  return (textAt(row, field) ?? "").toLowerCase();
}
