import { lowerGroupsText } from "./arm-id.ts";
import type { IdentityRules } from "./identity-rules.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Attachment, Resource } from "./store.ts";

/** The identity block as the type shows it; undefined when it shows none. */
export function shownIdentity(host: Resource, rules: IdentityRules, tenantId: string): JsonValue | undefined {
  const { system, user } = host.identity ?? { system: undefined, user: new Map<string, Attachment>() };
  if (!system && user.size === 0) return nothing(rules);
  const type = system && user.size > 0 ? rules.combined : system ? "SystemAssigned" : "UserAssigned";
  return {
    type: rules.spelling === "lower-camel" ? lowerCamel(type) : type,
    ...(system ? { principalId: system.principalId } : {}),
    ...(system || rules.tenantIdAlways ? { tenantId } : {}),
    ...(user.size > 0 ? { userAssignedIdentities: shownMap(user, rules) } : {}),
  };
}

function nothing(rules: IdentityRules): JsonValue | undefined {
  switch (rules.afterNone) {
    case "absent":
      return undefined;
    case "none-object":
      return { type: "None" };
    case "null":
      return null;
    case "none-with-null-members":
      return { type: "None", principalId: null, tenantId: null, userAssignedIdentities: null };
  }
}

function lowerCamel(type: string): string {
  return type.replaceAll(/\b[A-Z]/g, (letter) => letter.toLowerCase());
}

function shownMap(user: ReadonlyMap<string, Attachment>, rules: IdentityRules): JsonObject {
  const entries = [...user.values()].map((one) => [rules.keys === "canonical" ? lowerGroupsText(one.id) : one.key, shownDetails(one, rules)]);
  return Object.fromEntries(entries) as JsonObject;
}

/** The value of one attachment: empty until its operation has ended, where the type has it so. */
export function shownDetails(attachment: Attachment, rules: IdentityRules): JsonObject {
  const { settled, principalId, clientId } = attachment;
  return settled ? { principalId, clientId, ...rules.leaked?.(attachment) } : {};
}
