import { type ArmId, armIdKey, type ArmIdKey, parseArmId } from "../api/arm-id.ts";
import { isJsonObject, type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { HostRow, WriteForm } from "../kinds/host-row.ts";

/** A user-assigned identity as a host shows it. The ids are missing while an operation runs, and on a ghost. */
export interface Attached {
  readonly id: ArmId;
  /** The key as Azure spelled it: what a removal names. */
  readonly spelled: string;
  readonly principalId: string | undefined;
  readonly clientId: string | undefined;
}

/** The identity block of a host; absent, null and `None` are one state (arm.md 1.1). */
export interface HostIdentity {
  readonly attached: ReadonlyMap<ArmIdKey, Attached>;
  /** Undefined when the host has no system-assigned identity. */
  readonly systemAssigned: { readonly principalId: string | undefined; readonly tenantId: string | undefined } | undefined;
}

/** What a write is to change. `systemAssigned` is the state that results; the rest of the host's identity stays. */
export interface IdentityChange {
  readonly attach: readonly ArmId[];
  readonly detach: readonly ArmIdKey[];
  readonly systemAssigned: boolean;
}

/** Reads the identity block of a host. Spellings and casings of the type differ by provider (arm.md 1.1). */
export function hostIdentityOf(body: JsonObject): HostIdentity {
  const identity = objectAt(body, "identity");
  const type = (stringAt(identity, "type") ?? "").toLowerCase().replaceAll(" ", "").split(",");
  const entries = Object.entries(objectAt(identity, "userAssignedIdentities") ?? {}).map(([key, value]) => attachedOf(key, value));
  const systemAssigned = { principalId: stringAt(identity, "principalId"), tenantId: stringAt(identity, "tenantId") };
  return {
    attached: new Map(entries.map((attached) => [armIdKey(attached.id), attached])),
    systemAssigned: type.includes("systemassigned") ? systemAssigned : undefined,
  };
}

/** Whether a change asks for anything. */
export function isChange(change: IdentityChange, have: HostIdentity): boolean {
  return change.attach.length > 0 || change.detach.length > 0 || change.systemAssigned !== (have.systemAssigned !== undefined);
}

/** Whether a change takes something away. */
export function isNarrowing(change: IdentityChange, have: HostIdentity): boolean {
  return change.detach.length > 0 || (have.systemAssigned !== undefined && !change.systemAssigned);
}

/** How many user-assigned identities result from a change. */
export function resultingCount(change: IdentityChange, have: HostIdentity): number {
  return have.attached.size - change.detach.length + change.attach.length;
}

/** Whether a host shows what a change asked for. */
export function isEffective(change: IdentityChange, after: HostIdentity): boolean {
  return (
    change.attach.every((id) => after.attached.has(armIdKey(id))) &&
    change.detach.every((key) => !after.attached.has(key)) &&
    change.systemAssigned === (after.systemAssigned !== undefined)
  );
}

/** What the host lost although the change did not ask for it. */
export function lostBy(change: IdentityChange, before: HostIdentity, after: HostIdentity): readonly Attached[] {
  const asked = new Set(change.detach);
  return [...before.attached].filter(([key]) => !asked.has(key) && !after.attached.has(key)).map(([, attached]) => attached);
}

/** The identity block that a request of a form carries; values are always empty objects (arm.md 1.1 point 7). */
export function identityBlock(row: HostRow, form: WriteForm, change: IdentityChange, have: HostIdentity): JsonObject {
  const leaving = new Set(change.detach);
  const staying = [...have.attached].filter(([key]) => !leaving.has(key)).map(([, attached]) => attached.id);
  const result = [...staying, ...change.attach];
  const type = typeOf(row, result.length > 0, change.systemAssigned);
  if (result.length === 0) return { type };
  const gone = change.detach.map((key) => [have.attached.get(key)?.spelled ?? key, null]);
  const listed = (ids: readonly ArmId[]) => ids.map((id) => [id, {}]);
  switch (form) {
    case "merge":
      return withMap(type, Object.fromEntries([...listed(change.attach), ...gone]) as JsonObject);
    case "nulls":
      return withMap(type, Object.fromEntries([...listed(result), ...gone]) as JsonObject);
    case "map":
    case "whole":
    case "put":
      return withMap(type, Object.fromEntries(listed(result)) as JsonObject);
  }
}

/** A raw GET as it is written back: the identity replaced, what only Azure sets left out, everything else kept. */
export function putBody(body: JsonObject, identity: JsonObject): JsonObject {
  const { id: _id, name: _name, type: _type, systemData: _systemData, etag: _etag, ...rest } = body;
  const properties = objectAt(rest, "properties");
  if (properties === undefined) return { ...rest, identity };
  const { provisioningState: _state, instanceView: _view, ...kept } = properties;
  return { ...rest, identity, properties: kept };
}

function withMap(type: string, map: JsonObject): JsonObject {
  return Object.keys(map).length === 0 ? { type } : { type, userAssignedIdentities: map };
}

function typeOf(row: HostRow, userAssigned: boolean, systemAssigned: boolean): string {
  if (userAssigned && systemAssigned) return row.both ?? "SystemAssigned, UserAssigned";
  if (userAssigned) return "UserAssigned";
  return systemAssigned ? "SystemAssigned" : "None";
}

/** A key that the grammar does not know is somebody else's, and kept as it was spelled. */
function attachedOf(spelled: string, value: unknown): Attached {
  const parsed = parseArmId(spelled);
  const ids = isJsonObject(value) ? value : {};
  return {
    id: parsed.ok ? parsed.id : (spelled as ArmId),
    spelled,
    principalId: stringAt(ids, "principalId"),
    clientId: stringAt(ids, "clientId"),
  };
}
