import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { type KubeObject, objectKey, type ObjectMeta } from "../../src/api/object.ts";
import { identityAssignment } from "../../src/kinds/identity-assignment.ts";
import type { Kind } from "../../src/kinds/kind.ts";
import { userAssignedIdentity } from "../../src/kinds/user-assigned-identity.ts";
import { bySeniority, type Claim, claimOf, lanesOf } from "../../src/reconcile/claim.ts";
import type { Policy } from "../../src/reconcile/ports.ts";
import { resolvedIdentity } from "../../src/reconcile/references.ts";
import { Units } from "../../src/reconcile/units.ts";
import { HOST, idOf, POLICY } from "./hosts.ts";
import { claimWorld } from "./never.ts";

const SUBSCRIPTION = "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e";
const FINALIZER = "azureidentity.dev/azure-resource";
const DELETED = { deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: [FINALIZER] };
const PAUSED = { annotations: { "azureidentity.dev/paused": "true" } };
const OTHER_HOST = HOST.replace(/web$/, "other");

interface Parts {
  readonly kind?: Kind;
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: unknown;
  readonly status?: JsonObject;
  readonly namespace?: Readonly<Record<string, string>>;
  readonly policy?: Partial<Policy>;
}

function objectOf({ kind = userAssignedIdentity, metadata, spec, status }: Parts): KubeObject {
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: kind.type.kind,
    metadata: { name: "reader", namespace: "default", uid: "u", resourceVersion: "1", generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", ...metadata },
    spec,
    ...(status === undefined ? {} : { status }),
  };
}

function made(parts: Parts): Claim {
  const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { ...objectOf({}).metadata, name: "default", namespace: "", annotations: parts.namespace ?? {} } };
  return claimOf(objectOf(parts), parts.kind ?? userAssignedIdentity, claimWorld({ ...POLICY, ...parts.policy }, namespace));
}

const laneOf = lanesOf(new Set());
const holding = (target: string): JsonObject => ({ holds: { target, tenantId: POLICY.tenantId, credential: "shared", adopted: false, confirmed: true } });
const here = { "azureidentity.dev/subscription-id": SUBSCRIPTION, "azureidentity.dev/resource-group": "msdocs-identity-example" };
const assignment = (spec: JsonObject, more: Parts = {}): Parts => ({ kind: identityAssignment, spec: { target: { armId: HOST }, systemAssigned: true, ...spec }, ...more });

interface Row {
  readonly name: string;
  readonly given: Parts;
  readonly want: { readonly mode: Claim["mode"]; readonly target: string | undefined; readonly refusal?: string; readonly moving?: boolean };
}

const rows: readonly Row[] = [
  { name: "defaults of the Namespace give the target", given: { spec: {}, namespace: here }, want: { mode: "live", target: idOf("reader") } },
  { name: "blank defaults are none", given: { spec: { resourceGroup: "msdocs-identity-example" }, namespace: { "azureidentity.dev/subscription-id": " " } }, want: { mode: "frozen", target: undefined, refusal: "InvalidSpec" } },
  { name: "the spec wins over the Namespace", given: { spec: { azureName: "other" }, namespace: here }, want: { mode: "live", target: idOf("other") } },
  { name: "no target, no unit", given: { spec: {} }, want: { mode: "frozen", target: undefined, refusal: "InvalidSpec" } },
  { name: "an annotation that is no subscription", given: { spec: {}, namespace: { ...here, "azureidentity.dev/subscription-id": "mine" } }, want: { mode: "frozen", target: undefined, refusal: "InvalidSpec" } },
  { name: "a namespace that is not listed", given: { spec: {}, namespace: here, policy: { sharedNamespaces: new Map() } }, want: { mode: "frozen", target: idOf("reader"), refusal: "CredentialNotAllowed" } },
  { name: "outside of the scopes", given: { spec: { resourceGroup: "msdocs-identity-example-2" }, namespace: here }, want: { mode: "frozen", target: idOf("reader").replace("msdocs-identity-example", "msdocs-identity-example-2"), refusal: "ScopeNotAllowed" } },
  { name: "no scopes allow nothing", given: { spec: {}, namespace: here, policy: { sharedScopes: [] } }, want: { mode: "frozen", target: idOf("reader"), refusal: "ScopeNotAllowed" } },
  { name: "what is held stays the target when the Namespace changes", given: { spec: {}, namespace: here, status: holding(idOf("elder")) }, want: { mode: "frozen", target: idOf("elder"), refusal: "ImmutableFieldChanged", moving: true } },
  { name: "another spelling is no move", given: { spec: {}, namespace: here, status: holding(idOf("READER").replace("resourceGroups", "resourcegroups")) }, want: { mode: "live", target: idOf("READER") } },
  { name: "deleted, also when the Namespace no longer gives a target", given: { spec: {}, metadata: DELETED, status: holding(idOf("reader")) }, want: { mode: "leaving", target: idOf("reader"), refusal: "InvalidSpec" } },
  { name: "deleted, also when the spec is nonsense", given: { spec: "nonsense", metadata: DELETED, status: holding(idOf("reader")) }, want: { mode: "leaving", target: idOf("reader"), refusal: "InvalidSpec" } },
  { name: "deleted without our finalizer, it holds nothing", given: { spec: {}, metadata: { deletionTimestamp: DELETED.deletionTimestamp, finalizers: ["other.example/f"] }, status: holding(idOf("reader")) }, want: { mode: "leaving", target: undefined, refusal: "InvalidSpec" } },
  { name: "paused is frozen", given: { spec: {}, namespace: here, metadata: PAUSED }, want: { mode: "frozen", target: idOf("reader") } },
  { name: "paused while deleted is frozen", given: { spec: {}, namespace: here, metadata: { ...PAUSED, ...DELETED } }, want: { mode: "frozen", target: idOf("reader") } },
  { name: "paused takes the word true only", given: { spec: {}, namespace: here, metadata: { annotations: { "azureidentity.dev/paused": "false" } } }, want: { mode: "live", target: idOf("reader") } },
  { name: "ObserveOnly observes", given: { spec: { managementPolicy: "ObserveOnly" }, namespace: here }, want: { mode: "observing", target: idOf("reader") } },
  { name: "an assignment claims its host", given: assignment({}), want: { mode: "live", target: HOST } },
  { name: "an assignment whose target changed leaves the held one first", given: assignment({ target: { armId: OTHER_HOST } }, { status: holding(HOST) }), want: { mode: "leaving", target: HOST, moving: true } },
  { name: "an assignment whose spec is nonsense keeps what it holds", given: { kind: identityAssignment, spec: { target: 7 }, status: holding(HOST) }, want: { mode: "frozen", target: HOST, refusal: "InvalidSpec" } },
  { name: "a record that is no id counts as none", given: assignment({}, { status: holding("nonsense") }), want: { mode: "live", target: HOST } },
];

describe("the claim of an object", () => {
  test.each(rows)("$name", ({ given, want }) => {
    const { mode, target, refusal, moving } = made(given);
    expect({ mode, target, refusal: refusal?.reason, moving }).toEqual({ refusal: undefined, moving: false, ...want });
  });

  test.each<[string, Parts, boolean]>([
    ["Retain is said", { spec: { deletionPolicy: "Retain" } }, true],
    ["also in a spec that is invalid otherwise", { spec: { deletionPolicy: "Retain", location: 7 } }, true],
    ["nothing is said", { spec: {} }, false],
    ["nothing is said and it was adopted", { spec: {}, status: { holds: { ...(holding(idOf("reader"))["holds"] as JsonObject), adopted: true } } }, true],
  ])("retains when %s", (_name, parts, retain) => expect(made(parts).retain).toBe(retain));

  test("spelling does not make another unit or lane", () => {
    const upper = made(assignment({ target: { armId: HOST.toUpperCase() } }));
    expect(upper.unit).toBe(made(assignment({})).unit);
    expect(laneOf(upper.unit)).toBe(HOST.toLowerCase());
  });

  test("what Azure writes one at a time below a parent shares the parent's lane", () => {
    const lanes = lanesOf(new Set(["microsoft.web/sites/slots"]));
    expect(lanes(`shared|${HOST.toLowerCase()}/slots/a`)).toBe(HOST.toLowerCase());
    expect(lanes(`other|${HOST.toLowerCase()}`)).toBe(HOST.toLowerCase());
    expect(lanes("-|UserAssignedIdentity/default/a")).toBe("UserAssignedIdentity/default/a");
  });

  test("seniority: holders, then age, then uid", () => {
    const each = (uid: string, creationTimestamp: string, status?: JsonObject) => made({ spec: {}, namespace: here, metadata: { name: uid, uid, creationTimestamp }, ...(status === undefined ? {} : { status }) });
    const claims = [each("b", "2026-01-01T00:00:00Z"), each("a", "2026-01-01T00:00:00Z"), each("c", "2025-01-01T00:00:00Z"), each("d", "2026-09-01T00:00:00Z", holding(idOf("d")))];
    expect(claims.toSorted(bySeniority).map(({ object }) => object.metadata.uid)).toEqual(["d", "c", "a", "b"]);
  });
});

describe("the index of claims", () => {
  const naming = (name: string, armId: string, ref: string) => made(assignment({ target: { armId }, userAssigned: [{ identityRef: { name: ref } }] }, { metadata: { name } }));

  test("follows an object that changes its unit and what it refers to", () => {
    const units = new Units();
    const first = naming("one", HOST, "app");
    const second = naming("one", OTHER_HOST, "db");
    units.set(first.key, first);
    expect(units.set(second.key, second)).toBe(first);
    expect({ old: units.of(first.unit), now: units.of(second.unit) }).toEqual({ old: [], now: [second] });
    expect(units.referrersOf(objectKey("UserAssignedIdentity", "default", "app"))).toEqual([]);
    expect(units.referrersOf(objectKey("UserAssignedIdentity", "default", "db"))).toEqual([second]);
    units.set(second.key, undefined);
    expect([...units.all(), ...units.of(second.unit), ...units.inNamespace("default")]).toEqual([]);
  });

  test("knows the claims on a target that belong to other units", () => {
    const units = new Units();
    const mine = naming("mine", HOST, "app");
    const refused = made(assignment({}, { metadata: { name: "theirs" }, policy: { sharedNamespaces: new Map() } }));
    for (const claim of [mine, refused]) units.set(claim.key, claim);
    const target = laneOf(mine.unit) as Parameters<Units["othersOn"]>[0];
    expect(units.othersOn(target, mine.unit)).toEqual([refused]);
  });
});

describe("what dependants use of an identity", () => {
  const condition = (status: string) => ({ type: "Ready", status, observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z", reason: "R", message: "m" });
  const shown = { resourceId: idOf("reader"), principalId: "p", clientId: "c" };
  const resolved = { id: idOf("reader"), expected: { principalId: "p", clientId: "c" } };
  test.each<[string, Parts, typeof resolved | undefined]>([
    ["ready", { status: { ...shown, conditions: [condition("True")] } }, resolved],
    ["unknown for a while", { status: { ...shown, conditions: [condition("Unknown")] } }, resolved],
    ["refused", { status: { ...shown, conditions: [condition("False")] } }, undefined],
    ["without conditions", { status: shown }, undefined],
    ["without a principal", { status: { resourceId: idOf("reader"), conditions: [condition("True")] } }, undefined],
    ["being deleted", { metadata: DELETED, status: { ...shown, conditions: [condition("True")] } }, undefined],
    ["new", {}, undefined],
  ])("%s", (_name, parts, want) => expect(resolvedIdentity(objectOf(parts))).toEqual(want));
});
