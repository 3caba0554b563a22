import { conditionsOf, conditionOf } from "../../src/api/conditions.ts";
import { type JsonObject, isJsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { GROUP, type Write } from "./azure.ts";
import { HOST_IDS, identityId } from "./story.ts";
import type { Universe } from "./universe.ts";

const FINALIZER = "azureidentity.dev/azure-resource";
const OWNER_TAG = "azureidentity.dev-owner";

/** What is wrong about a write that is about to be made; undefined when nothing is. */
export function faultOfWrite(universe: Universe, write: Write): string | undefined {
  const objects = universe.api.list();
  const path = write.path.toLowerCase();
  const holders = objects.filter((object) => heldTarget(object) !== undefined && path.startsWith(heldTarget(object) ?? "?"));
  if (holders.length === 0) return `nobody holds ${write.path} before it is written (invariant 1)`;
  if (!holders.some(({ metadata }) => metadata.finalizers?.includes(FINALIZER))) return `no finalizer stands before ${write.path} is written (invariant 1)`;
  return foreignIdentity(universe, write);
}

/** An identity that another owner's mark, or nobody's, is on, is never updated or deleted (invariant 2). */
function foreignIdentity(universe: Universe, { method, path }: Write): string | undefined {
  if (!/\/userassignedidentities\/[^/]+$/i.test(path) || method === "PUT") return undefined;
  const mark = stringAt(objectAt(universe.azure.simulator.portal.get(path), "tags"), OWNER_TAG);
  return mark?.startsWith("cluster/default/") === true || universe.azure.simulator.portal.get(path) === undefined ? undefined : `${method} of ${path}, which is not ours (invariant 2)`;
}

function heldTarget(object: KubeObject): string | undefined {
  return stringAt(objectAt(object.status, "holds"), "target")?.toLowerCase();
}

/** What is wrong about the world when it has come to rest; empty when nothing is. */
export function faultsAtRest(universe: Universe): readonly string[] {
  return [...universe.defects.map((defect) => `a pass threw: ${defect}`), ...universe.api.list().flatMap(conditionFaults), ...leaks(universe), ...lostForeign(universe)];
}

/** Conditions as the table of outcomes allows them, and as kstatus reads them (DESIGN 7). */
function conditionFaults(object: KubeObject): readonly string[] {
  const conditions = conditionsOf(object);
  const of = (type: "Ready" | "Reconciling" | "Stalled" | "Paused") => conditionOf(conditions, type);
  const name = `${object.kind} ${object.metadata.name}`;
  const faults: string[] = [];
  if (of("Ready") === undefined) faults.push(`${name} has no Ready condition`);
  if (of("Stalled") !== undefined && of("Reconciling") !== undefined) faults.push(`${name} is Stalled and Reconciling`);
  if (of("Ready")?.status === "True" && of("Stalled") !== undefined) faults.push(`${name} is Ready and Stalled`);
  const settled = isJsonObject(object.status) ? object.status["observedGeneration"] : undefined;
  if (of("Ready")?.status === "True" && of("Paused") === undefined && settled !== object.metadata.generation) faults.push(`${name} is Ready for another generation`);
  if (/undefined|\[object/.test(JSON.stringify(object.status ?? {}))) faults.push(`${name} has a status with a hole: ${JSON.stringify(object.status)}`);
  return faults;
}

/** What carries our mark or our name in Azure and belongs to no object. */
function leaks({ api, azure }: Universe): readonly string[] {
  const held = new Set(api.list().map(heldTarget));
  const { portal } = azure.simulator;
  const marked = ["Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.ContainerInstance/containerGroups"].flatMap((type) => portal.list(type));
  const orphans = marked.filter((body) => stringAt(objectAt(body, "tags"), OWNER_TAG) !== undefined && !held.has(idOf(body)));
  return orphans.map((body) => `${idOf(body)} carries our mark and belongs to no object (leak)`);
}

/** What others attached stays (invariant 2). */
function lostForeign({ foreignOn, azure }: Universe): readonly string[] {
  const foreign = identityId("foreign").toLowerCase();
  return [...foreignOn].flatMap((host) => (attached(azure.simulator.portal.get(HOST_IDS[host] ?? "")).includes(foreign) ? [] : [`the identity that others attached to ${host} is gone (invariant 2)`]));
}

/** An object may stay only with a reason and a remedy (invariant 3): a retained attachment of a deleted identity is in its way. */
const REMEDY = "set spec.deletionPolicy to Retain to let this object go";

/** What is left of ours once every object is gone. */
export function remains({ api, azure }: Universe, kept: ReadonlySet<string>): readonly string[] {
  const { portal } = azure.simulator;
  const staying = api.list().map((object) => ({ object, message: conditionOf(conditionsOf(object), "Ready")?.message ?? "no condition" }));
  const stuck = staying.filter(({ message }) => !message.includes(REMEDY));
  if (staying.length > 0) return stuck.map(({ object, message }) => `${object.kind} ${object.metadata.name} does not go: ${message}`);
  const foreign = identityId("foreign").toLowerCase();
  const hosts = Object.values(HOST_IDS).flatMap((id) => attached(portal.get(id)).filter((key) => key !== foreign).map((key) => `${key} is still attached to ${id}`));
  const grants = portal.list("Microsoft.Authorization/roleAssignments").map((grant) => `grant ${idOf(grant)} is left`);
  const marked = portal.list("Microsoft.ManagedIdentity/userAssignedIdentities").filter((body) => stringAt(objectAt(body, "tags"), OWNER_TAG) !== undefined);
  return [...hosts, ...grants, ...marked.map((body) => `${idOf(body)} keeps our mark`)].filter((line) => ![...kept].some((name) => line.toLowerCase().includes(name.toLowerCase())));
}

/** The world without ids that chance gives: two runs of a story must end alike. */
export function ending(universe: Universe): string {
  const { api, azure } = universe;
  const { portal } = azure.simulator;
  const identities = portal.list("Microsoft.ManagedIdentity/userAssignedIdentities");
  const nameOf = new Map(identities.map((body) => [stringAt(objectAt(body, "properties"), "principalId") ?? "", stringAt(body, "name") ?? ""]));
  const objects = api.list().map((object) => `${object.kind} ${object.metadata.name}: ${readyOf(object)}`);
  const made = identities.map((body) => `${stringAt(body, "name") ?? ""} ${JSON.stringify(body["tags"])}`);
  const credentials = portal.list("Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials").map((body) => `${idOf(body)} ${JSON.stringify(body["properties"])}`);
  const grants = portal.list("Microsoft.Authorization/roleAssignments").map((body) => grantText(body, nameOf));
  const hosts = Object.entries(HOST_IDS).map(([name, id]) => `${name} ${attached(portal.get(id)).join(" ")}`);
  const groups = portal.list("Microsoft.ContainerInstance/containerGroups").map((body) => `${idOf(body)} ${JSON.stringify(objectAt(body, "tags"))} ${attached(body).join(" ")}`);
  return [objects, made, credentials, grants, hosts, groups].map((lines) => lines.toSorted().join("\n")).join("\n--\n");
}

function readyOf(object: KubeObject): string {
  const ready = conditionOf(conditionsOf(object), "Ready");
  return `${ready?.status ?? "-"} ${ready?.reason ?? "-"}`;
}

function grantText(body: JsonObject, nameOf: ReadonlyMap<string, string>): string {
  const properties = objectAt(body, "properties");
  const principal = nameOf.get(stringAt(properties, "principalId") ?? "") ?? "a principal that is gone";
  return `${principal} ${stringAt(properties, "roleDefinitionId")?.split("/").at(-1) ?? ""} ${stringAt(properties, "scope")?.toLowerCase() ?? ""}`;
}

function attached(body: JsonObject | undefined): readonly string[] {
  return Object.keys(objectAt(objectAt(body, "identity"), "userAssignedIdentities") ?? {})
    .map((key) => key.toLowerCase())
    .toSorted();
}

function idOf(body: JsonObject): string {
  return (stringAt(body, "id") ?? "").toLowerCase();
}

/** The group in which everything happens. */
export const PLACE = GROUP;
