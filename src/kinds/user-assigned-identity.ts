import { armId, parseArmId } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { USER_ASSIGNED_IDENTITY } from "../api/resources.ts";
import { IDENTITY_NAME_PATTERN, type UserAssignedIdentitySpec, userAssignedIdentitySpec } from "../api/user-assigned-identity.ts";
import type { Difference, Kind, Located, Making, NamespaceDefaults } from "./kind.ts";
import { parseSpec } from "./parse.ts";
import { markedTags, mergedTags, tagDifferences } from "./tags.ts";

const identityName = new RegExp(IDENTITY_NAME_PATTERN);

/** A user-assigned managed identity: Microsoft.ManagedIdentity/userAssignedIdentities (arm.md 3). */
export const userAssignedIdentity: Kind<UserAssignedIdentitySpec> = {
  type: USER_ASSIGNED_IDENTITY,
  parse: (object) => parseSpec(userAssignedIdentitySpec, object),
  references: () => [],
  target,
  shape: {
    is: "resource",
    apiVersion: "2024-11-30",
    location: (spec, defaults) => spec.location ?? defaults.location,
    tagKeys: (spec) => Object.keys(spec.tags ?? {}),
    desired: (spec, making) => ({ location: making.location, tags: markedTags(spec.tags ?? {}, making.mark) }),
    differences,
    patch: (spec, have, making) => ({ tags: mergedTags(spec.tags ?? {}, have, making) }),
    observed,
    incarnation: (have) => stringAt(objectAt(have, "properties"), "principalId")?.toLowerCase(),
    recorded: (status) => stringAt(status, "principalId")?.toLowerCase(),
  },
};

function target(spec: UserAssignedIdentitySpec, name: string, defaults: NamespaceDefaults): Located {
  const subscriptionId = spec.subscriptionId ?? defaults.subscriptionId;
  const resourceGroup = spec.resourceGroup ?? defaults.resourceGroup;
  const azureName = spec.azureName ?? name;
  if (subscriptionId === undefined) return unlocated("subscriptionId", "subscription-id");
  if (resourceGroup === undefined) return unlocated("resourceGroup", "resource-group");
  if (!identityName.test(azureName)) {
    return { ok: false, message: `"${azureName}" cannot be the name of an identity: set spec.azureName to 3 to 128 letters, digits, - and _` };
  }
  const provider = "Microsoft.ManagedIdentity";
  const built = armId({ subscriptionId, resourceGroup, provider, types: ["userAssignedIdentities"], names: [azureName] });
  const parsed = parseArmId(built);
  if (parsed.ok) return { ok: true, target: parsed.id };
  return { ok: false, message: `the spec and the annotations of the Namespace do not give an ARM id: ${parsed.error}` };
}

function unlocated(field: string, annotation: string): Located {
  return { ok: false, message: `spec.${field} is not set: set it, or annotate the Namespace with azureidentity.dev/${annotation}` };
}

function differences(spec: UserAssignedIdentitySpec, have: JsonObject, making: Making): readonly Difference[] {
  const region = stringAt(have, "location") ?? "";
  const moved = making.location !== "" && sameRegion(making.location) !== sameRegion(region);
  const elsewhere = { path: "location", want: making.location, have: region, mutable: false };
  return [...(moved ? [elsewhere] : []), ...tagDifferences(spec.tags ?? {}, have, making)];
}

/** Regions come as names and as display names (arm.md 2.2). */
function sameRegion(location: string): string {
  return location.toLowerCase().replaceAll(" ", "");
}

function observed(have: JsonObject): JsonObject {
  const properties = objectAt(have, "properties");
  return {
    principalId: stringAt(properties, "principalId"),
    clientId: stringAt(properties, "clientId"),
    tenantId: stringAt(properties, "tenantId"),
  };
}
