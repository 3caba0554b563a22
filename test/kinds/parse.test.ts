import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identityAssignment } from "../../src/kinds/identity-assignment.ts";
import { KINDS } from "../../src/kinds/index.ts";
import type { Kind } from "../../src/kinds/kind.ts";
import { userAssignedIdentity } from "../../src/kinds/user-assigned-identity.ts";
import { doubtfulIds, validIds } from "../api/arbitrary-ids.ts";
import { HOST, idOf } from "../reconcile/hosts.ts";
import { surroundings } from "../reconcile/never.ts";
import { objectWith } from "./objects.ts";

/** A member that may be missing or anything, and sometimes what the schema likes. */
const doubtful = (...liked: readonly unknown[]) => fc.option(fc.oneof(fc.constantFrom(...liked), fc.jsonValue({ maxDepth: 2 }), fc.constant(Number.NaN)), { nil: undefined });

const anySpec = fc.record(
  {
    target: doubtful({ armId: HOST }, { armId: "x" }, null),
    userAssigned: fc.oneof(doubtful([], [{}], [{ armId: idOf("x") }, { identityRef: { name: "a" } }]), doubtfulIds.map((armId) => [{ armId }]), validIds.map((armId) => [{ armId }])),
    systemAssigned: doubtful(true),
    subscriptionId: doubtful("aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e"),
    resourceGroup: doubtful("group", "..", "a..b"),
    azureName: doubtful("reader"),
    tags: doubtful({}, { a: "b" }, { "__proto__": "x" }),
    managementPolicy: doubtful("Full", "ObserveOnly"),
  },
  { requiredKeys: [] },
);

describe.each(KINDS.map((kind) => [kind.type.kind, kind] as const))("any object as a %s", (_name, kind) => {
  test("parses to a spec whose functions all work, or to a message that names a field", () => {
    fc.assert(
      fc.property(fc.oneof(anySpec, fc.anything()), (spec) => {
        const parsed = kind.parse(objectWith(spec));
        if (!parsed.ok) {
          expect(parsed.message).toMatch(/^spec[^]*: \S/);
          return;
        }
        const located = kind.target(parsed.spec, "name", surroundings());
        if (located.ok) expect(located.target).toMatch(/^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\//);
        else expect(located.message).not.toBe("");
        for (const reference of kind.references(parsed.spec, "default")) expect(reference.namespace).toBe("default");
      }),
      { numRuns: 1000 },
    );
  });
});

interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly spec: unknown;
  readonly want: string;
}

const rows: readonly Row[] = [
  { name: "no spec", kind: identityAssignment, spec: undefined, want: "spec.target: " },
  { name: "a null", kind: identityAssignment, spec: { target: null }, want: "spec.target: " },
  { name: "both ways to name an identity", kind: identityAssignment, spec: { target: { armId: HOST }, userAssigned: [{ armId: idOf("x"), identityRef: { name: "a" } }] }, want: "spec.userAssigned[0]: exactly one of identityRef and armId must be set" },
  { name: "neither", kind: identityAssignment, spec: { target: { armId: HOST }, userAssigned: [{ armId: idOf("x") }, {}] }, want: "spec.userAssigned[1]: exactly one of identityRef and armId must be set" },
  { name: "an id of something else", kind: identityAssignment, spec: { target: { armId: HOST }, userAssigned: [{ armId: HOST }] }, want: "spec.userAssigned[0].armId: must be the ARM id of a user-assigned identity: Microsoft.ManagedIdentity/userAssignedIdentities" },
  { name: "an id of a child of an identity", kind: identityAssignment, spec: { target: { armId: HOST }, userAssigned: [{ armId: `${idOf("x")}/federatedIdentityCredentials/f` }] }, want: "spec.userAssigned[0].armId: must be the ARM id of a user-assigned identity: Microsoft.ManagedIdentity/userAssignedIdentities" },
  { name: "nothing declared", kind: identityAssignment, spec: { target: { armId: HOST } }, want: "spec.userAssigned: nothing is declared" },
  { name: "Exclusive without identities", kind: identityAssignment, spec: { target: { armId: HOST }, systemAssigned: true, ownership: "Exclusive" }, want: "spec.userAssigned: userAssigned must be set when ownership is Exclusive" },
  { name: "an empty list under Shared", kind: identityAssignment, spec: { target: { armId: HOST }, systemAssigned: true, userAssigned: [] }, want: "spec.userAssigned: userAssigned must not be empty unless" },
  { name: "an empty tag key", kind: userAssignedIdentity, spec: { tags: { "": "x" } }, want: "spec.tags: tag keys must have 1 to 512" },
  { name: "our own tag", kind: userAssignedIdentity, spec: { tags: { "AzureIdentity.dev-owner": "x" } }, want: "spec.tags: tag keys must not begin with" },
  { name: "a tag key with a backslash", kind: userAssignedIdentity, spec: { tags: { "a\\b": "x" } }, want: "spec.tags: tag keys must not contain any of" },
  { name: "tag keys that differ in case", kind: userAssignedIdentity, spec: { tags: { Env: "x", env: "y" } }, want: "spec.tags: tag keys that differ only in case" },
  { name: "tag keys that differ in the case of other letters than CEL folds", kind: userAssignedIdentity, spec: { tags: { É: "x", é: "y" } }, want: "spec.tags: tag keys that differ only in case" },
  { name: "a number as a location", kind: userAssignedIdentity, spec: { location: 7 }, want: "spec.location: " },
];

describe("a message names the field", () => {
  test.each(rows)("$name", ({ kind, spec, want }) => {
    const parsed = kind.parse(objectWith(spec));
    expect(parsed.ok ? "ok" : parsed.message.slice(0, want.length)).toBe(want);
  });
});
