import { nameOf, parentOf, textOf } from "../kernel/arm-id.ts";
import type { ResourceId } from "../kernel/arm-id.ts";
import type { Answer, ArmError } from "../kernel/errors.ts";
import { objectAt, objectsAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import { continueLater } from "../kernel/lifecycle.ts";
import type { Call, ResourceType } from "../kernel/resource-type.ts";
import { viewOf } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import { ACCOUNT_TYPE, checkUnlocked, COSMOS_API_VERSIONS, cosmosError, cosmosStyleOf } from "./cosmos.ts";
import { guidName } from "./role-names.ts";

export const SQL_ROLE_DEFINITION_TYPE = `${ACCOUNT_TYPE}/sqlRoleDefinitions`;

const MOST_PER_ACCOUNT = 100;
const READ = [
  "Microsoft.DocumentDB/databaseAccounts/readMetadata",
  "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/executeQuery",
  "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/readChangeFeed",
  "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/read",
];
const WRITE = [
  "Microsoft.DocumentDB/databaseAccounts/readMetadata",
  "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/*",
  "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/*",
];

const builtIn = (
  digit: number,
  roleName: string,
  dataActions: readonly string[],
): { readonly guid: string; readonly properties: JsonObject } => ({
  guid: `00000000-0000-0000-0000-00000000000${digit}`,
  properties: { roleName, type: "BuiltInRole", permissions: [{ dataActions, notDataActions: [] }] },
});

/** What every account has (arm.md 11). */
export const builtInSqlRoles = [
  builtIn(1, "Cosmos DB Built-in Data Reader", READ),
  builtIn(2, "Cosmos DB Built-in Data Contributor", WRITE),
];

/** Cosmos DB data roles (arm.md 11). */
export const sqlRoleDefinitions: ResourceType = {
  type: SQL_ROLE_DEFINITION_TYPE,
  apiVersions: COSMOS_API_VERSIONS,
  name: guidName((name) => cosmosError(400, "BadRequest", `The Role Definition ID [${name}] is not a GUID.`)),
  durationSeconds: 15,
  show,
  notFound: (id) => cosmosError(404, "NotFound", `Unable to find a SQL Role Definition with ID [${nameOf(id)}].`),
  put,
  delete: remove,
  lists: ["parent"],
};

function show(role: Resource): JsonObject {
  return { name: nameOf(role.id), id: textOf(role.id), type: SQL_ROLE_DEFINITION_TYPE, properties: role.properties };
}

/** The account that a child belongs to. */
export function accountOf(child: ResourceId): ResourceId {
  return parentOf(child) ?? child;
}

function put(call: Call): Answer {
  const { world, id, existing, body } = call;
  checkUnlocked(world, accountOf(id));
  checkCustom(existing);
  const sent = objectAt(body, "properties");
  const roleName = textAt(sent, "roleName");
  const permissions = objectsAt(sent, "permissions");
  if (roleName === undefined || permissions.length === 0)
    throw cosmosError(400, "BadRequest", "A SQL Role Definition needs a roleName and permissions.");
  const siblings = world.store.list(SQL_ROLE_DEFINITION_TYPE, textOf(accountOf(id)));
  if (!existing && siblings.length - builtInSqlRoles.length >= MOST_PER_ACCOUNT) {
    throw cosmosError(400, "BadRequest", `An account can have at most ${MOST_PER_ACCOUNT} SQL Role Definitions.`);
  }
  const assignableScopes = sent["assignableScopes"] ?? [textOf(accountOf(id))];
  const properties = {
    roleName,
    type: "CustomRole",
    assignableScopes,
    permissions: permissions.map((one) => ({ notDataActions: [], ...one })),
  };
  return enqueued(call, { method: "PUT", finish: () => world.store.set({ ...(existing ?? blankResource(id, undefined)), properties }) });
}

function remove(call: Call): Answer {
  const { world, id, existing } = call;
  if (!existing) return { status: 204 };
  checkUnlocked(world, accountOf(id));
  checkCustom(existing);
  return enqueued(call, { method: "DELETE", finish: () => world.store.delete(id) });
}

function checkCustom(role: Resource | undefined): void {
  if (role?.properties["type"] !== "BuiltInRole") return;
  throw cosmosError(400, "BadRequest", `The built-in SQL Role Definition [${nameOf(role.id)}] cannot be changed.`);
}

/** A write that is accepted now and done later. */
interface Enqueued {
  readonly method: "PUT" | "DELETE";
  readonly finish: () => unknown;
  /** Why it is going to fail. */
  readonly error?: ArmError | undefined;
}

/** Accepts a write: 202 with both headers, and a body that says no more than that (arm.md 11). */
export function enqueued(call: Call, { method, finish, error }: Enqueued): Answer {
  const result = (): Answer => {
    const stored = call.world.store.get(call.id);
    return stored ? { status: 200, body: call.type.show(stored, viewOf(call, "get")) } : { status: 204 };
  };
  const style = cosmosStyleOf(call.id);
  const headers = continueLater({ call, method, style, headers: "both", finish: () => void finish(), result, ...(error ? { error } : {}) });
  return { status: 202, headers, body: { status: "Enqueued" } };
}
