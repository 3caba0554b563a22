import { armIdKey } from "../api/arm-id.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import { withoutOwnerTag } from "../api/owner-tag.ts";
import { USER_ASSIGNED_IDENTITY } from "../api/resources.ts";
import { IDENTITY_NAME_PATTERN, type UserAssignedIdentitySpec, userAssignedIdentitySpec } from "../api/user-assigned-identity.ts";
import { exported, idsOf } from "./exported.ts";
import type { Difference, Kind, Making } from "./kind.ts";
import { inGroup, type TypedName } from "./located.ts";
import { claimedIn, IDENTITY_VERBS } from "./permissions.ts";
import { parseSpec } from "./parse.ts";
import { locationDifferences } from "./location.ts";
import { markedTags, mergedTags, tagDifferences, tagStep } from "./tags.ts";

const typed: TypedName = {
  provider: "Microsoft.ManagedIdentity",
  type: "userAssignedIdentities",
  name: { pattern: new RegExp(IDENTITY_NAME_PATTERN), says: "3 to 128 letters, digits, - and _" },
};

/** A user-assigned managed identity: Microsoft.ManagedIdentity/userAssignedIdentities (arm.md 3). */
export const userAssignedIdentity: Kind<UserAssignedIdentitySpec> = {
  type: USER_ASSIGNED_IDENTITY,
  parse: (object) => parseSpec(userAssignedIdentitySpec, object),
  references: () => [],
  target: (spec, name, surroundings) => inGroup(spec, name, { typed, surroundings }),
  permissions: (spec, target) => claimedIn(spec, target, IDENTITY_VERBS),
  exports: (spec, status) => exported(spec.export, idsOf(status)),
  carrying: { order: 2, carries: ({ status, target }, { clientId, identityKey }) => armIdKey(target) === identityKey || isSameId(stringAt(status, "clientId"), clientId) },
  shape: {
    is: "resource",
    apiVersion: "2024-11-30",
    proof: "tag",
    answersFinally: true,
    listed: { of: "scope" },
    location: (spec, { defaults }) => spec.location ?? defaults.location,
    tagKeys: (spec) => Object.keys(spec.tags ?? {}),
    desired: (spec, making) => ({ location: making.location, tags: markedTags(spec.tags ?? {}, making.mark) }),
    differences,
    steps: (spec, have, making) => [tagStep(mergedTags(spec.tags ?? {}, have, making))],
    unmarked: (have) => tagStep(withoutOwnerTag(have)),
    observed,
    incarnation: (have) => stringAt(objectAt(have, "properties"), "principalId")?.toLowerCase(),
    recorded: (status) => stringAt(status, "principalId")?.toLowerCase(),
  },
};

function isSameId(left: string | undefined, right: string | undefined): boolean {
  return left !== undefined && left.toLowerCase() === right;
}

function differences(spec: UserAssignedIdentitySpec, have: JsonObject, making: Making): readonly Difference[] {
  return [...locationDifferences(have, making), ...tagDifferences(spec.tags ?? {}, have, making)];
}

function observed(have: JsonObject): JsonObject {
  const properties = objectAt(have, "properties");
  return {
    principalId: stringAt(properties, "principalId"),
    clientId: stringAt(properties, "clientId"),
    tenantId: stringAt(properties, "tenantId"),
  };
}
