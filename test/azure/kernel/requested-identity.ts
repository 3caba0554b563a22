import { inCasingOf, parseResourceId, typeOf } from "./arm-id.ts";
import type { ResourceId } from "./arm-id.ts";
import { gatewayError } from "./errors.ts";
import type { IdentityRules } from "./identity-rules.ts";
import { isObject, objectAt, textAt } from "./json.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** One key of a requested map. */
export interface RequestedKey {
  readonly key: string;
  readonly id: ResourceId;
  /** Null asks for removal. */
  readonly value: JsonObject | null;
}

/** An identity block as a client sent it. */
export interface RequestedIdentity {
  readonly system: boolean;
  readonly user: boolean;
  readonly keys: readonly RequestedKey[];
}

export const USER_ASSIGNED_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities";

/** Reads the identity block of a body; undefined when there is none. Refuses one that cannot be understood. */
export function requestedIdentity(body: JsonObject, rules: IdentityRules): RequestedIdentity | undefined {
  const block = body["identity"];
  if (block === undefined) return undefined;
  if (block === null) return rules.putNullIdentity === "clears" ? { system: false, user: false, keys: [] } : undefined;
  if (!isObject(block)) throw badIdentity("The identity property must be an object.");
  const type = textAt(block, "type");
  if (type === undefined) throw badIdentity("The identity block has no type.");
  const words = type.replaceAll(" ", "").toLowerCase().split(",").toSorted().join(",");
  const known = ["none", "systemassigned", "userassigned", "systemassigned,userassigned"];
  if (!known.includes(words)) throw badIdentity(`The identity type '${type}' is not valid.`);
  const keys = Object.entries(objectAt(block, "userAssignedIdentities")).map(requestedKey);
  if (rules.mostKeys !== undefined && keys.length > rules.mostKeys) {
    throw badIdentity(`The request names ${keys.length} user assigned identities; at most ${rules.mostKeys} are allowed.`);
  }
  const requested = { system: words.includes("system"), user: words.includes("user"), keys };
  if (!requested.user && keys.some(({ value }) => value !== null)) {
    throw badIdentity(`The identity type '${type}' does not go with user assigned identities.`);
  }
  return requested;
}

function requestedKey([key, value]: readonly [string, JsonValue | undefined]): RequestedKey {
  const id = parseResourceId(key);
  if (!id || typeOf(id).toLowerCase() !== USER_ASSIGNED_TYPE.toLowerCase()) {
    const where = `identity.userAssignedIdentities.${key}`;
    throw gatewayError(400, "LinkedInvalidPropertyId", `Property id '${key}' at path '${where}' is invalid. Expect a fully qualified resource id.`);
  }
  if (value !== null && !isObject(value)) throw badIdentity(`The value of '${key}' must be an object or null.`);
  return { key, id: inCasingOf(id, USER_ASSIGNED_TYPE), value };
}

function badIdentity(message: string): Error {
  return gatewayError(400, "InvalidIdentity", message);
}
