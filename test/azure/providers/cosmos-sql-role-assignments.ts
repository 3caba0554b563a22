import { childOf, nameOf, textOf } from "../kernel/arm-id.ts";
import type { Answer, ArmError } from "../kernel/errors.ts";
import { objectAt, textAt } from "../kernel/json.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Call, ResourceType } from "../kernel/resource-type.ts";
import { blankResource } from "../kernel/store.ts";
import type { Resource } from "../kernel/store.ts";
import { ACCOUNT_TYPE, checkUnlocked, COSMOS_API_VERSIONS, cosmosError } from "./cosmos.ts";
import { accountOf, enqueued } from "./cosmos-sql-role-definitions.ts";
import { isReplicated } from "./replication.ts";
import { guidName, isGuid } from "./role-names.ts";

const TYPE = `${ACCOUNT_TYPE}/sqlRoleAssignments`;
const MOST_PER_ACCOUNT = 2000;

/** Assignments of Cosmos DB data roles (arm.md 11). */
export const sqlRoleAssignments: ResourceType = {
  type: TYPE,
  apiVersions: COSMOS_API_VERSIONS,
  name: guidName((name) => cosmosError(400, "BadRequest", `The Role Assignment ID [${name}] is not a GUID.`)),
  durationSeconds: 15,
  show,
  notFound: (id) => cosmosError(404, "NotFound", `Unable to find a SQL Role Assignment with ID [${nameOf(id)}].`),
  put,
  delete: remove,
  lists: ["parent"],
};

function show(assignment: Resource): JsonObject {
  return { name: nameOf(assignment.id), id: textOf(assignment.id), type: TYPE, properties: assignment.properties };
}

interface Requested {
  readonly roleDefinitionId: string;
  readonly principalId: string;
  readonly scope: string;
}

function put(call: Call): Answer {
  const { world, id, existing } = call;
  checkUnlocked(world, accountOf(id));
  const requested = requestedAssignment(call);
  if (existing) checkUnchanged(existing, requested);
  else checkNew(call, requested);
  const error = unknownPrincipal(call, requested);
  if (error && world.switches.cosmosUnknownPrincipal === "refused") throw cosmosError(400, error.code, error.message);
  const finish = (): unknown => world.store.set({ ...(existing ?? blankResource(id, undefined)), properties: { ...requested } });
  return enqueued(call, { method: "PUT", finish, error });
}

/** Reads the body. Ids of roles and scopes may be given relative to the account. */
function requestedAssignment(call: Call): Requested {
  const sent = objectAt(call.body, "properties");
  const principalId = (textAt(sent, "principalId") ?? "").toLowerCase();
  if (!isGuid(principalId)) throw cosmosError(400, "BadRequest", `The provided principal ID [${principalId}] is not a GUID.`);
  return {
    roleDefinitionId: roleIdOf(call, textAt(sent, "roleDefinitionId") ?? ""),
    principalId,
    scope: scopeOf(call, textAt(sent, "scope") ?? ""),
  };
}

function roleIdOf({ world, id }: Call, text: string): string {
  const role = world.store.get(childOf(accountOf(id), "sqlRoleDefinitions", text.split("/").at(-1) ?? ""));
  const account = textOf(accountOf(id)).toLowerCase();
  const isOfAccount = isGuid(text) || text.toLowerCase().startsWith(`${account}/`);
  if (!role || !isOfAccount)
    throw cosmosError(400, "BadRequest", `The SQL Role Definition [${text}] does not exist in the database account.`);
  return textOf(role.id);
}

function scopeOf({ id }: Call, text: string): string {
  const account = textOf(accountOf(id));
  const relative = text.toLowerCase().startsWith(account.toLowerCase()) ? text.slice(account.length) : text === "/" ? "" : text;
  if (!/^(\/dbs\/[^/]+(\/colls\/[^/]+)?)?$/i.test(relative))
    throw cosmosError(400, "BadRequest", `The scope [${text}] is not one of the database account.`);
  return `${account}${relative}`;
}

/** An update may change the role and nothing else (arm.md 11). */
function checkUnchanged(existing: Resource, requested: Requested): void {
  const changed =
    existing.properties["principalId"] !== requested.principalId
      ? "Principal ID"
      : differs(existing, requested.scope)
        ? "Scope"
        : undefined;
  if (changed === undefined) return;
  const message = `Updating SQL Role Assignment ${changed} is not permitted. You may only update the associated Role Definition.`;
  throw cosmosError(400, "BadRequest", message);
}

function differs(existing: Resource, scope: string): boolean {
  return textAt(existing.properties, "scope")?.toLowerCase() !== scope.toLowerCase();
}

function checkNew({ world, id }: Call, requested: Requested): void {
  const siblings = world.store.list(TYPE, textOf(accountOf(id)));
  if (siblings.length >= MOST_PER_ACCOUNT)
    throw cosmosError(400, "BadRequest", `An account can have at most ${MOST_PER_ACCOUNT} SQL Role Assignments.`);
  if (world.switches.cosmosEqualAssignment === "accepted") return;
  const { principalId, roleDefinitionId } = requested;
  const isEqual = (one: Resource): boolean =>
    one.properties["principalId"] === principalId &&
    one.properties["roleDefinitionId"] === roleDefinitionId &&
    !differs(one, requested.scope);
  if (siblings.some(isEqual))
    throw cosmosError(409, "Conflict", "A SQL Role Assignment with the same principal, role and scope exists already.");
}

/** A principal that is not there, or not yet: there is no principalType to dodge it (arm.md 11). */
function unknownPrincipal({ world }: Call, { principalId }: Requested): ArmError | undefined {
  const principal = world.directory.findByPrincipalId(principalId);
  if (principal && isReplicated(world, principal)) return undefined;
  const message = `The provided principal ID [${principalId}] was not found in the AAD tenant(s) [${world.tenantId}] which are associated with the customer's subscription.`;
  return { code: "BadRequest", message };
}

function remove(call: Call): Answer {
  const { world, id, existing } = call;
  if (!existing) return { status: 204 };
  checkUnlocked(world, accountOf(id));
  return enqueued(call, { method: "DELETE", finish: () => world.store.delete(id) });
}
