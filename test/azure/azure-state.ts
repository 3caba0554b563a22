import type { Azure, JsonObject, JsonValue } from "./azure.ts";
import { isObject, objectAt, textAt, without } from "./kernel/json.ts";
import { resourceTypes } from "./providers/index.ts";

/** Types of which everybody has the same, and views of what is listed as something else. */
const NOT_STATE: ReadonlySet<string> = new Set([
  "Microsoft.Authorization/roleDefinitions",
  "Microsoft.DocumentDB/databaseAccounts/sqlRoleDefinitions",
  "Microsoft.ManagedIdentity/identities",
]);

/** What two equal resources differ in: versions and times. */
const INCIDENTAL: ReadonlySet<string> = new Set(
  (
    "etag eTag systemData createdOn updatedOn createdBy updatedBy creationTime lastModifiedTimeUtc timeCreated uniqueId vmId instanceView " +
    // Of storage accounts and scale sets, and what the simulator keeps for itself.
    "certRenewAfter identityUrl model nextInstance grantedAtMs requestedOn writtenAtMs startedAtMs"
  ).split(" "),
);

/** The common beginning of all ids. */
const BELOW_GROUP = /\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\//g;

/** Names of grants are derived from principals, and with them drawn. */
const DRAWN_NAME = /(roleassignments)\/[0-9a-f-]{36}/g;

/** Everything that an Azure has, one sorted line for each resource; equal for two that have come to the same by different ways. */
export function stateOf(azure: Azure): readonly string[] {
  const bodies = bodiesOf(azure);
  const principals = principalsIn(bodies);
  return bodies.map((body) => lineOf(body, principals)).toSorted();
}

/** How lines about an Azure that are not its own are made comparable: ids that it draws are replaced by whose they are. */
export function comparable(azure: Azure): (value: JsonValue) => string {
  const principals = principalsIn(bodiesOf(azure));
  return (value) => JSON.stringify(plain(value, principals)).replaceAll(BELOW_GROUP, "…/").replaceAll(DRAWN_NAME, "$1/drawn");
}

function bodiesOf(azure: Azure): readonly JsonObject[] {
  const types = resourceTypes().map(({ type }) => type).filter((type) => !NOT_STATE.has(type));
  return types.flatMap((type) => azure.portal.list(type).map((body) => withHidden(azure, type, body)));
}

/** Lines that only one of two states has, each with a sign before it. */
export function differences(have: readonly string[], want: readonly string[]): readonly string[] {
  return [...lacking(have, want).map((line) => `+ ${line}`), ...lacking(want, have).map((line) => `- ${line}`)];
}

/** Those of the first that the second lacks; what is there twice counts twice. */
function lacking(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function withHidden(azure: Azure, type: string, body: JsonObject): JsonObject {
  const id = textAt(body, "id");
  const hidden = id === undefined ? {} : azure.portal.hidden(id);
  return { type, ...body, ...(Object.keys(hidden).length === 0 ? {} : { hidden }) };
}

/** Ids that Azure draws, and whose they are: a principal that a dead attachment or an orphaned grant names is nobody's. */
function principalsIn(bodies: readonly JsonObject[]): ReadonlyMap<string, string> {
  const owners = bodies.flatMap((body) => {
    const id = (textAt(body, "id") ?? "").toLowerCase();
    const user = textAt(body, "type")?.endsWith("/userAssignedIdentities") === true ? objectAt(body, "properties") : {};
    const system = objectAt(body, "identity");
    const ids = [user["principalId"], user["clientId"], system["principalId"]];
    return ids.flatMap((guid, index) => (typeof guid === "string" ? [[guid, `${["principal", "client", "system principal"][index] ?? ""} of ${id}`] as const] : []));
  });
  return new Map(owners);
}

function lineOf(body: JsonObject, principals: ReadonlyMap<string, string>): string {
  const type = textAt(body, "type") ?? "";
  // Their names are derived from principals, and with them drawn.
  const isNamedByGuid = /\/(?:sqlRoleAssignments|roleAssignments)$/i.test(type);
  const kept = isNamedByGuid ? without(body, "id", "name") : body;
  return JSON.stringify(plain(kept, principals)).replaceAll(BELOW_GROUP, "…/");
}

/** Without what is incidental, members in order, ids in lower case, drawn ids by their owners. */
function plain(value: JsonValue | undefined, principals: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === "string") return principals.get(value) ?? value.toLowerCase();
  if (Array.isArray(value)) return value.map((item: JsonValue) => plain(item, principals));
  if (!isObject(value)) return value ?? null;
  const members = Object.entries(value).filter(([name, inner]) => inner !== undefined && !INCIDENTAL.has(name) && !isNoIdentity(name, inner));
  return Object.fromEntries(members.map(([name, inner]) => [isId(name) ? name.toLowerCase() : name, plain(inner, principals)] as const).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** A host that lost its last identity looks in some types otherwise than one that never had any. */
function isNoIdentity(name: string, inner: JsonValue | undefined): boolean {
  return name === "identity" && textAt(objectAt(inner), "type") === "None";
}

function isId(name: string): boolean {
  return name.startsWith("/subscriptions/");
}
