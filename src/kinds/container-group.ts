import { parseArmId } from "../api/arm-id.ts";
import { CONTAINER_GROUP_NAME_PATTERN, type ContainerGroupSpec, containerGroupSpec } from "../api/container-group.ts";
import { type JsonObject, objectAt, stringAt } from "../api/json.ts";
import type { KubeObject } from "../api/object.ts";
import { withoutOwnerTag } from "../api/owner-tag.ts";
import { onAzureResource } from "../api/permission.ts";
import { CONTAINER_GROUP } from "../api/resources.ts";
import { creatingBody, updatingBody, withHiddenValues } from "./container-group-body.ts";
import { groupDifferences, isFailed } from "./container-group-differences.ts";
import { groupDocuments, hiddenDigests } from "./container-group-secrets.ts";
import { exported, idsOf } from "./exported.ts";
import { hostShare, IDENTITIES_PATH, isOwnIdentity } from "./host-share.ts";
import type { Kind, Making, Parsed, ResourceShape, Step } from "./kind.ts";
import { inGroup, type TypedName } from "./located.ts";
import { locationDifferences } from "./location.ts";
import { identityReferences, namedIdsOf } from "./named.ts";
import { claimedIn, HOST_VERBS } from "./permissions.ts";
import { parseSpec } from "./parse.ts";
import { shownIdentity } from "./shown-identity.ts";
import { mergedTags, markedTags, tagDifferences, tagStep } from "./tags.ts";

type Spec = ContainerGroupSpec;

const typed: TypedName = {
  provider: "Microsoft.ContainerInstance",
  type: "containerGroups",
  name: { pattern: new RegExp(CONTAINER_GROUP_NAME_PATTERN), says: "1 to 63 lower-case letters, digits and hyphens" },
};

/** A group of Azure Container Instances, with its identity: Microsoft.ContainerInstance/containerGroups (arm.md 5). */
export const containerGroup: Kind<Spec> = {
  type: CONTAINER_GROUP,
  parse,
  references: (spec, namespace) => [
    ...identityReferences(spec.identity?.userAssigned ?? [], namespace, IDENTITIES_PATH),
    ...identityReferences(pullIdentities(spec), namespace, "spec.imageRegistryCredentials"),
  ],
  namedIds: (spec) => [...namedIdsOf(spec.identity?.userAssigned ?? [], IDENTITIES_PATH), ...namedIdsOf(pullIdentities(spec), "spec.imageRegistryCredentials"), ...subnets(spec)],
  target: (spec, name, surroundings) => inGroup(spec, name, { typed, surroundings }),
  permissions: (spec, target) => [...claimedIn(spec, target, HOST_VERBS), ...subnets(spec).map(({ path, id }) => onAzureResource("attach", path, id))],
  exports: (spec, status) => exported(spec.export, idsOf(status)),
  shape: {
    is: "resource",
    apiVersion: "2026-07-01",
    proof: "tag",
    answersFinally: false,
    // Items of its list have no instanceView (arm.md 5).
    listed: { of: "scope", omits: { what: "the state of its containers", readEverySeconds: 3600, completed: withState } },
    documents: groupDocuments,
    location: (spec, { defaults }) => spec.location ?? defaults.location,
    tagKeys: (spec) => Object.keys(spec.tags ?? {}),
    desired: creatingBody,
    differences: (spec, have, making) => [...locationDifferences(have, making), ...tagDifferences(spec.tags ?? {}, have, making), ...groupDifferences(spec, have, making)],
    steps,
    unmarked: (have) => tagStep(withoutOwnerTag(have)),
    observed,
    record,
    share: hostShare,
    withHidden: withHiddenValues,
  },
};

/** An identity that pulls must be one of the group's, or Azure refuses the group (arm.md 5). */
function parse(object: KubeObject): Parsed<Spec> {
  const parsed = parseSpec(containerGroupSpec, object);
  if (!parsed.ok) return parsed;
  const { imageRegistryCredentials = [] } = parsed.spec;
  const strange = imageRegistryCredentials.findIndex(({ identity }) => identity !== undefined && !isOwnIdentity(parsed.spec, identity));
  if (strange < 0) return parsed;
  return { ok: false, message: `spec.imageRegistryCredentials[${strange}].identity: the identity that pulls must be one of spec.identity.userAssigned: add it there` };
}

type Named = NonNullable<NonNullable<Spec["identity"]>["userAssigned"]>[number];

function pullIdentities({ imageRegistryCredentials = [] }: Spec): readonly Named[] {
  return imageRegistryCredentials.flatMap(({ identity }) => (identity === undefined ? [] : [identity]));
}

function subnets({ subnetIds = [] }: Spec): ReturnType<NonNullable<Kind<Spec>["namedIds"]>> {
  return subnetIds.flatMap(({ id }, index) => {
    const parsed = parseArmId(id);
    return parsed.ok ? [{ path: `spec.subnetIds[${index}].id`, id: parsed.id }] : [];
  });
}

/** Tags go by PATCH, all else by a PUT of the whole, and what cannot change in place by making the group again (arm.md 5). */
function steps(spec: Spec, have: JsonObject, making: Making): readonly Step[] {
  const differences = groupDifferences(spec, have, making).filter(({ awaitsIdentity }) => awaitsIdentity !== true);
  const heals = (way: string) => differences.some((each) => each.heals === way);
  const fails = isFailed(objectAt(have, "properties"));
  if (heals("recreate")) return [{ method: "DELETE", path: "", body: {}, ...(fails ? REPAIRED : MADE_AGAIN) }];
  const tags = mergedTags(spec.tags ?? {}, have, making);
  const isTagged = tagDifferences(spec.tags ?? {}, have, making).length === 0;
  const body = { ...updatingBody(spec, have, making), tags: { ...tags, ...markedTags(spec.tags ?? {}, making.mark) } };
  return [
    ...(isTagged ? [] : [tagStep(tags)]),
    ...(heals("update") || heals("repair") ? [{ method: "PUT", path: "", body, ...(fails ? REPAIRED : RESTARTED) } as const] : []),
  ];
}

/** Where the last operation failed, nothing runs that could be disturbed. */
const REPAIRED = { disruption: "None", effect: "creates again what failed" } as const;
const MADE_AGAIN = { disruption: "Recreate", effect: "deletes the group and creates it again, with another IP address and another system-assigned identity" } as const;
const RESTARTED = { disruption: "Restart", effect: "restarts all containers of the group" } as const;

/** What was written where Azure hides it, by digest. */
function record(spec: Spec, making: Making): ReturnType<NonNullable<ResourceShape<Spec>["record"]>> {
  const secretDigests = hiddenDigests(spec, making).map(({ path, text }) => ({ path, digest: making.digest(text) }));
  return secretDigests.length === 0 ? {} : { secretDigests };
}

/** An item of a list with the state that the object was last seen to have. */
function withState(item: JsonObject, status: unknown): JsonObject {
  const state = stringAt(status, "state");
  const properties = objectAt(item, "properties") ?? {};
  return state === undefined ? item : { ...item, properties: { ...properties, instanceView: { state } } };
}

function observed(have: JsonObject): JsonObject {
  const properties = objectAt(have, "properties");
  const address = objectAt(properties, "ipAddress");
  return {
    provisioningState: stringAt(properties, "provisioningState"),
    state: stringAt(objectAt(properties, "instanceView"), "state"),
    ipAddress: stringAt(address, "ip"),
    fqdn: stringAt(address, "fqdn"),
    identity: shownIdentity(have),
  };
}

