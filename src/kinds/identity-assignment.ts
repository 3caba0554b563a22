import { parseArmId } from "../api/arm-id.ts";
import { type IdentityAssignmentSpec, identityAssignmentSpec, type NamedIdentity } from "../api/identity-assignment.ts";
import type { KubeObject } from "../api/object.ts";
import { IDENTITY_ASSIGNMENT, USER_ASSIGNED_IDENTITY } from "../api/resources.ts";
import type { Kind, Located, NamedShare, Parsed, Reference, Share } from "./kind.ts";
import { parseSpec } from "./parse.ts";

/** Identities attached to a host, also to one that this operator does not own (DESIGN 1). */
export const identityAssignment: Kind<IdentityAssignmentSpec> = {
  type: IDENTITY_ASSIGNMENT,
  parse,
  references: (spec, namespace) =>
    (spec.userAssigned ?? []).flatMap(({ identityRef }) => (identityRef === undefined ? [] : [referenceTo(identityRef.name, namespace)])),
  target,
  shape: { is: "share", share },
};

/** Parses the spec, and what the schema says in CEL, so that an older CRD lets nothing half-understood through. */
function parse(object: KubeObject): Parsed<IdentityAssignmentSpec> {
  const parsed = parseSpec(identityAssignmentSpec, object);
  if (!parsed.ok) return parsed;
  for (const [index, named] of (parsed.spec.userAssigned ?? []).entries()) {
    const problem = problemOf(named);
    if (problem !== undefined) return { ok: false, message: `spec.userAssigned[${index}]: ${problem}` };
  }
  return parsed;
}

function problemOf(named: NamedIdentity): string | undefined {
  if ((named.identityRef === undefined) === (named.armId === undefined)) return "set exactly one of identityRef and armId";
  if (named.armId === undefined) return undefined;
  const parsed = parseArmId(named.armId);
  if (!parsed.ok) return `armId: ${parsed.error}`;
  const isIdentity = /\/providers\/microsoft\.managedidentity\/userassignedidentities\/[^/]+$/i.test(parsed.id);
  return isIdentity ? undefined : "armId: it is not the id of a user-assigned identity";
}

function target(spec: IdentityAssignmentSpec): Located {
  const parsed = parseArmId(spec.target.armId);
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
