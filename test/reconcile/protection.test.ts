import { describe, expect, test } from "vitest";
import type { KubeObject, ObjectMeta } from "../../src/api/object.ts";
import { identityAssignment } from "../../src/kinds/identity-assignment.ts";
import type { Kind } from "../../src/kinds/kind.ts";
import { userAssignedIdentity } from "../../src/kinds/user-assigned-identity.ts";
import { claimOf } from "../../src/reconcile/claim.ts";
import { isProtectedBy } from "../../src/reconcile/references.ts";
import { HOST, idOf, POLICY } from "./hosts.ts";
import { claimWorld } from "./never.ts";

const policy = { ...POLICY, sharedNamespaces: new Map(["default", "other"].map((namespace) => [namespace, { accountNamespace: undefined }])) };
const deleted: Partial<ObjectMeta> = { deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["azureidentity.dev/azure-resource"] };

function claimOn(kind: Kind, spec: unknown, metadata: Partial<ObjectMeta> = {}) {
  const object: KubeObject = {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: kind.type.kind,
    metadata: { name: "a", namespace: "default", uid: "u", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    spec,
  };
  return claimOf(object, kind, claimWorld(policy));
}

const assignment = (userAssigned: readonly object[], metadata: Partial<ObjectMeta> = {}, more: object = {}) =>
  claimOn(identityAssignment, { target: { armId: HOST }, userAssigned, ...more }, { name: "web", ...metadata });
const byName = (name: string) => ({ identityRef: { name } });

const rows: readonly { readonly name: string; readonly referrer: ReturnType<typeof claimOn>; readonly want: boolean }[] = [
  { name: "names it", referrer: assignment([byName("a")]), want: true },
  { name: "names it among others", referrer: assignment([byName("b"), byName("a")]), want: true },
  { name: "names another one", referrer: assignment([byName("b")]), want: false },
  { name: "names it by ARM id", referrer: assignment([{ armId: idOf("a") }]), want: false },
  { name: "is being deleted itself", referrer: assignment([byName("a")], deleted), want: false },
  { name: "is paused", referrer: assignment([byName("a")], { annotations: { "azureidentity.dev/paused": "true" } }), want: true },
  { name: "only observes", referrer: assignment([byName("a")], {}, { managementPolicy: "ObserveOnly" }), want: false },
  { name: "names one of its name in another namespace", referrer: assignment([byName("a")], { namespace: "other" }), want: false },
  { name: "has a spec that cannot be understood", referrer: claimOn(identityAssignment, { userAssigned: [byName("a")] }), want: false },
  { name: "refers to nothing", referrer: claimOn(userAssignedIdentity, {}, { name: "b" }), want: false },
];

describe("an identity is kept from being deleted by an object that", () => {
  test.each(rows)("$name: $want", ({ referrer, want }) => {
    expect(isProtectedBy(claimOn(userAssignedIdentity, {}, deleted), referrer)).toBe(want);
  });
});
