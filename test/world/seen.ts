import { type Condition, conditionOf, conditionsOf } from "../../src/api/conditions.ts";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { HOST_IDS, identityId } from "./specs.ts";

/** Reading what the oracles look at, without the operator's own eyes. */

/** Types of resources that carry our mark. */
export const MARKED_TYPES = ["Microsoft.ManagedIdentity/userAssignedIdentities", "Microsoft.ContainerInstance/containerGroups", "Microsoft.Web/serverfarms", "Microsoft.Web/sites"];

export const FINALIZER = "azureidentity.dev/azure-resource";

/** The mark of this cluster on a resource; undefined when it has none, or that of others. */
export function ourMark(body: JsonObject | undefined): string | undefined {
  const mark = stringAt(objectAt(body, "tags"), "azureidentity.dev-owner");
  return mark?.startsWith("cluster/") === true ? mark : undefined;
}

export function idOf(body: JsonObject): string {
  return (stringAt(body, "id") ?? "").toLowerCase();
}

export function heldTarget(object: KubeObject): string | undefined {
  return stringAt(objectAt(object.status, "holds"), "target")?.toLowerCase();
}

export function readyOf(object: KubeObject): Condition | undefined {
  return conditionOf(conditionsOf(object), "Ready");
}

export function specOf(object: KubeObject): JsonObject {
  return isJsonObject(object.spec) ? object.spec : {};
}

export function isPaused(object: KubeObject): boolean {
  return object.metadata.annotations?.["azureidentity.dev/paused"] === "true";
}

/** Whether an object is to be as it says: it is neither paused, nor leaving, nor an observer. */
export function isLive(object: KubeObject): boolean {
  return !isPaused(object) && object.metadata.deletionTimestamp === undefined && specOf(object)["managementPolicy"] !== "ObserveOnly";
}

/** Names of the UserAssignedIdentities to which a spec refers, wherever it does. */
export function identityRefs(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(identityRefs);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => (key === "identityRef" && isJsonObject(member) ? [stringAt(member, "name") ?? ""] : identityRefs(member)));
}

/** The identities that the host shows, by their ids in lower case. */
export function attached(body: JsonObject | undefined): ReadonlyMap<string, JsonObject> {
  const map = objectAt(objectAt(body, "identity"), "userAssignedIdentities") ?? {};
  return new Map(Object.entries(map).map(([key, value]) => [key.toLowerCase(), isJsonObject(value) ? value : {}]));
}

export function hasSystemAssigned(body: JsonObject | undefined): boolean {
  return (stringAt(objectAt(body, "identity"), "type") ?? "").toLowerCase().includes("systemassigned");
}

/** The id of an identity by the name of its object. */
export function identityIdOf(name: string): string {
  return identityId(name === "twin" ? "ida" : name).toLowerCase();
}

/** The ids, in lower case, of the identities that an assignment names. */
export function namedBy(object: KubeObject): readonly string[] {
  const list = specOf(object)["userAssigned"];
  const entries = Array.isArray(list) ? list.filter(isJsonObject) : [];
  return entries.map((entry) => stringAt(entry, "armId")?.toLowerCase() ?? identityIdOf(stringAt(objectAt(entry, "identityRef"), "name") ?? ""));
}

/** The ARM id of the host of an assignment, in lower case. */
export function hostOf(object: KubeObject): string {
  const target = objectAt(specOf(object), "target") ?? {};
  const group = (HOST_IDS["vm"] ?? "").replace(/\/providers\/.*$/, "");
  if (objectAt(target, "containerGroupRef") !== undefined) return `${group}/providers/Microsoft.ContainerInstance/containerGroups/group`.toLowerCase();
  if (objectAt(target, "webAppRef") !== undefined) return `${group}/providers/Microsoft.Web/sites/azid-world-app`.toLowerCase();
  return (stringAt(target, "armId") ?? "").toLowerCase();
}
