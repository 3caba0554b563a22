import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { attached, idOf, MARKED_TYPES, ourMark, readyOf } from "./seen.ts";
import { HOST_IDS, identityId } from "./specs.ts";
import type { Universe } from "./universe.ts";

const FOREIGN = identityId("foreign").toLowerCase();
const GRANTS = ["Microsoft.Authorization/roleAssignments", "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments"];
const IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities";

/**
 * An object may stay only with a reason and a remedy (invariant 3): a retained attachment of a deleted identity is in its way, a
 * retained app runs on its plan, or its host may not be disturbed.
 */
const REASONS = ["set spec.deletionPolicy to Retain to let this object go", "cannot be deleted because it has", "or spec.deletionPolicy to Retain to allow it"];

/** Whether an object that was deleted may stay, by what it says. */
export function mayStay(message: string): boolean {
  return REASONS.some((reason) => message.includes(reason));
}

/** What is left of ours once every object is gone. */
export function remains({ api, azure, others }: Universe, kept: ReadonlySet<string>): readonly string[] {
  const { portal } = azure.simulator;
  const staying = api.list().map((object) => ({ object, message: readyOf(object)?.message ?? "no condition" }));
  const stuck = staying.filter(({ message }) => !mayStay(message));
  if (staying.length > 0) return stuck.map(({ object, message }) => `${object.kind} ${object.metadata.name} does not go: ${message}`);
  const hosts = Object.values(HOST_IDS).flatMap((id) => [...attached(portal.get(id)).keys()].filter((key) => key !== FOREIGN).map((key) => `${tail(key)} is still attached to ${tail(id)}`));
  const grants = GRANTS.flatMap((type) => portal.list(type)).filter((grant) => !others.grants.has(idOf(grant)));
  const marked = MARKED_TYPES.flatMap((type) => portal.list(type)).filter((body) => ourMark(body) !== undefined);
  const left = [...hosts, ...grants.map((grant) => `grant ${tail(idOf(grant))} is left`), ...marked.map((body) => `${tail(idOf(body))} keeps our mark`)];
  return left.filter((line) => ![...kept].some((name) => line.toLowerCase().includes(name.toLowerCase())));
}

/** The world without ids that chance gives: two runs of a story must end alike. */
export function ending({ api, azure }: Universe): string {
  const { portal } = azure.simulator;
  const identities = portal.list(IDENTITIES);
  const nameOf = new Map(identities.map((body) => [stringAt(objectAt(body, "properties"), "principalId") ?? "", stringAt(body, "name") ?? ""]));
  const objects = api.list().map((object) => `${object.kind} ${object.metadata.name}: ${readyText(object)}`);
  const made = identities.map((body) => `${stringAt(body, "name") ?? ""} ${JSON.stringify(body["tags"])}`);
  // Of two objects that declare the same, the first that writes makes it: which one that is, chance decides.
  const credentials = portal.list(`${IDENTITIES}/federatedIdentityCredentials`).map((body) => `${tail(idOf(body).replace(/\/[^/]*$/, ""))} ${JSON.stringify(body["properties"])}`);
  const grants = GRANTS.flatMap((type) => portal.list(type)).map((body) => grantText(body, nameOf));
  const hosts = Object.entries(HOST_IDS).map(([name, id]) => `${name} ${listed(portal.get(id))}`);
  const own = MARKED_TYPES.slice(1).flatMap((type) => portal.list(type)).map((body) => `${tail(idOf(body))} ${JSON.stringify(objectAt(body, "tags"))} ${listed(body)}`);
  return [objects, made, credentials, grants, hosts, own].map((lines) => lines.toSorted().join("\n")).join("\n--\n");
}

function readyText(object: KubeObject): string {
  const ready = readyOf(object);
  return `${ready?.status ?? "-"} ${ready?.reason ?? "-"}`;
}

function grantText(body: JsonObject, nameOf: ReadonlyMap<string, string>): string {
  const properties = objectAt(body, "properties");
  const principal = nameOf.get(stringAt(properties, "principalId") ?? "") ?? "a principal that is gone";
  return `${principal} ${stringAt(properties, "roleDefinitionId")?.split("/").at(-1) ?? ""} ${stringAt(properties, "scope")?.toLowerCase() ?? ""}`;
}

/** What others attach, they may attach in the middle of a disturbance only: it says nothing about us. */
function listed(body: JsonObject | undefined): string {
  return [...attached(body).keys()].filter((key) => key !== FOREIGN).map(tail).toSorted().join(" ");
}

/** The part of an id that tells it from others. */
function tail(id: string): string {
  return id.replace(/^.*\/providers\//i, "");
}
