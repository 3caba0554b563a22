import { type ArmId, parseArmId } from "../api/arm-id.ts";
import { type IdentityAssignmentSpec, identityAssignmentSpec } from "../api/identity-assignment.ts";
import { onAzureResource, type Permission } from "../api/permission.ts";
import type { NamedIdentity } from "../api/references.ts";
import { CONTAINER_GROUP, IDENTITY_ASSIGNMENT, WEB_APP } from "../api/resources.ts";
import type { Kind, Located, Surroundings } from "./kind.ts";
import { identityReferences, namedField, namedShares } from "./named.ts";
import { isObserved } from "./permissions.ts";
import { parseSpec } from "./parse.ts";
import type { Reference } from "./reference.ts";
import { referentOf } from "./referent.ts";
import type { NamedSetting, SettingField, Share } from "./share.ts";

/** Identities attached to a host, also to one that this operator does not own (DESIGN 1). */
export const identityAssignment: Kind<IdentityAssignmentSpec> = {
  type: IDENTITY_ASSIGNMENT,
  parse: (object) => parseSpec(identityAssignmentSpec, object),
  references: (spec, namespace) => [
    ...identityReferences(spec.userAssigned ?? [], namespace, "spec.userAssigned"),
    ...settingsOf(spec, namespace).flatMap(({ identity }) => (identity.by.is === "ref" ? [identity.by.reference] : [])),
    ...hostReferences(spec, namespace),
  ],
  target,
  permissions,
  shape: { is: "share", share },
};

/** Hosts are not protected from assignments (DESIGN 2). */
function hostReferences({ target: host }: IdentityAssignmentSpec, namespace: string): readonly Reference[] {
  const { webAppRef, containerGroupRef } = host;
  return [
    ...(webAppRef === undefined ? [] : [{ kind: WEB_APP.kind, namespace, name: webAppRef.name, path: "spec.target.webAppRef", protects: false }]),
    ...(containerGroupRef === undefined
      ? []
      : [{ kind: CONTAINER_GROUP.kind, namespace, name: containerGroupRef.name, path: "spec.target.containerGroupRef", protects: false }]),
  ];
}

function target(spec: IdentityAssignmentSpec, _name: string, surroundings: Surroundings): Located {
  const [reference] = hostReferences(spec, surroundings.namespace);
  if (reference !== undefined) {
    const host = referentOf(reference, surroundings);
    return host.ok ? { ok: true, target: host.id } : host;
  }
  const parsed = parseArmId(spec.target.armId ?? "");
  return parsed.ok ? { ok: true, target: parsed.id } : { ok: false, message: `spec.target.armId: ${parsed.error}` };
}

/** A host that an object of the namespace declares is the namespace's; one that is named by its ARM id, or only observed, is a question. */
function permissions(spec: IdentityAssignmentSpec, host: ArmId, surroundings: Surroundings): readonly Permission[] {
  const [reference] = hostReferences(spec, surroundings.namespace);
  if (reference !== undefined && !isObserved(reference, surroundings)) return [];
  const { ownership, systemAssignedRemoval, allowDisruption } = spec;
  const decided = [
    ...(ownership === "Exclusive" ? ["spec.ownership"] : []),
    ...(systemAssignedRemoval === "Destroy" ? ["spec.systemAssignedRemoval"] : []),
    ...(allowDisruption === "Restart" || allowDisruption === "Recreate" ? ["spec.allowDisruption"] : []),
  ];
  return [onAzureResource("attach", reference?.path ?? "spec.target.armId", host), ...decided.map((path) => onAzureResource("manage", path, host))];
}

function share(spec: IdentityAssignmentSpec, namespace: string): Share {
  return {
    userAssigned: namedShares(spec.userAssigned ?? [], namespace, "spec.userAssigned"),
    systemAssigned: spec.systemAssigned,
    mayDestroySystemAssigned: spec.systemAssignedRemoval === "Destroy",
    exclusive: spec.ownership === "Exclusive",
    allowDisruption: spec.allowDisruption,
    settings: settingsOf(spec, namespace),
    ...(spec.target.apiVersion === undefined ? {} : { apiVersion: spec.target.apiVersion }),
  };
}

/** What the host is to use its identities for, each with the place in the spec that says so. */
function settingsOf({ followThrough = {} }: IdentityAssignmentSpec, namespace: string): readonly NamedSetting[] {
  const { registries = [], ...single } = followThrough;
  const named = Object.entries(single) as [Exclude<SettingField, "registries">, NamedIdentity | undefined][];
  return [
    ...named.flatMap(([field, identity]) => namedField(identity, namespace, `spec.followThrough.${field}`).map((share) => ({ field, identity: share }))),
    ...registries.flatMap(({ server, identity }, index) =>
      namedField(identity, namespace, `spec.followThrough.registries[${index}].identity`).map((share) => ({ field: "registries" as const, server, identity: share })),
    ),
  ];
}
