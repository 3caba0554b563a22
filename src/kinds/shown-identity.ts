import { type ArmId, armIdKey, parseArmId } from "../api/arm-id.ts";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../api/json.ts";

/** The identity block of a host as a status shows it (DESIGN 1); absent, null and `None` are one state (arm.md 1.1). */
export function shownIdentity(have: JsonObject): JsonObject {
  const identity = objectAt(have, "identity");
  const types = typesOf(identity);
  const entries = Object.entries(objectAt(identity, "userAssignedIdentities") ?? {});
  const userAssignedIdentities = entries
    .map(([id, ids]) => ({ resourceId: canonical(id), principalId: stringAt(ids, "principalId"), clientId: stringAt(ids, "clientId") }))
    .sort((left, right) => (left.resourceId.toLowerCase() < right.resourceId.toLowerCase() ? -1 : 1));
  const parts = [...(types.includes("systemassigned") ? ["SystemAssigned"] : []), ...(entries.length > 0 ? ["UserAssigned"] : [])];
  const system = types.includes("systemassigned") ? { principalId: stringAt(identity, "principalId"), tenantId: stringAt(identity, "tenantId") } : {};
  return { type: parts.length === 0 ? "None" : parts.join(", "), ...system, ...(entries.length === 0 ? {} : { userAssignedIdentities }) };
}

/** The identity block of a body read from Azure as a PUT takes it: values are always empty objects (arm.md 1.1 point 7). */
export function sentIdentity(have: JsonObject): { readonly identity?: JsonObject } {
  const identity = objectAt(have, "identity");
  const type = stringAt(identity, "type");
  if (type === undefined || typesOf(identity).includes("none")) return {};
  const keys = Object.keys(objectAt(identity, "userAssignedIdentities") ?? {});
  const map = Object.fromEntries(keys.map((key) => [key, {}]));
  return { identity: { type, ...(keys.length === 0 ? {} : { userAssignedIdentities: map }) } };
}

/** What the identity block of a body shows of a user-assigned identity; undefined when it is not attached. */
export function attachedTo(have: JsonObject, id: ArmId): JsonObject | undefined {
  const entries = Object.entries(objectAt(objectAt(have, "identity"), "userAssignedIdentities") ?? {});
  const entry = entries.find(([key]) => canonical(key).toLowerCase() === armIdKey(id));
  return entry === undefined ? undefined : isJsonObject(entry[1]) ? entry[1] : {};
}

function typesOf(identity: JsonObject | undefined): readonly string[] {
  return (stringAt(identity, "type") ?? "").toLowerCase().replaceAll(" ", "").split(",");
}

function canonical(id: string): string {
  const parsed = parseArmId(id);
  return parsed.ok ? parsed.id : id;
}
