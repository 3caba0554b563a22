import { parseArmId } from "../api/arm-id.ts";
import { type IdentityAssignmentSpec, identityAssignmentSpec } from "../api/identity-assignment.ts";
import type { NamedIdentity } from "../api/references.ts";
import { IDENTITY_ASSIGNMENT, USER_ASSIGNED_IDENTITY } from "../api/resources.ts";
import type { Kind, Located, NamedShare, Reference, Share } from "./kind.ts";
import { parseSpec } from "./parse.ts";

/** Identities attached to a host, also to one that this operator does not own (DESIGN 1). */
export const identityAssignment: Kind<IdentityAssignmentSpec> = {
  type: IDENTITY_ASSIGNMENT,
  parse: (object) => parseSpec(identityAssignmentSpec, object),
  references: (spec, namespace) =>
    (spec.userAssigned ?? []).flatMap(({ identityRef }) => (identityRef === undefined ? [] : [referenceTo(identityRef.name, namespace)])),
  target,
  shape: { is: "share", share },
};

function target(spec: IdentityAssignmentSpec): Located {
  const { armId, webAppRef, containerGroupRef } = spec.target;
  if (armId === undefined) {
    const name = webAppRef?.name ?? containerGroupRef?.name ?? "";
    return { ok: false, message: `spec.target: this version follows no reference to a host ("${name}"): set armId` };
  }
  const parsed = parseArmId(armId);
  return parsed.ok ? { ok: true, target: parsed.id } : { ok: false, message: `spec.target.armId: ${parsed.error}` };
}

function share(spec: IdentityAssignmentSpec, namespace: string): Share {
  return {
    userAssigned: (spec.userAssigned ?? []).flatMap((named, index) => shareOf(named, index, namespace)),
    systemAssigned: spec.systemAssigned,
    mayDestroySystemAssigned: spec.systemAssignedRemoval === "Destroy",
    exclusive: spec.ownership === "Exclusive",
    allowDisruption: spec.allowDisruption,
  };
}

function shareOf(named: NamedIdentity, index: number, namespace: string): readonly NamedShare[] {
  const path = `spec.userAssigned[${index}]`;
  if (named.identityRef !== undefined) return [{ path, by: { is: "ref", reference: referenceTo(named.identityRef.name, namespace) } }];
  const parsed = parseArmId(named.armId ?? "");
  return parsed.ok ? [{ path, by: { is: "id", id: parsed.id } }] : [];
}

function referenceTo(name: string, namespace: string): Reference {
  return { kind: USER_ASSIGNED_IDENTITY.kind, namespace, name, protects: true };
}
