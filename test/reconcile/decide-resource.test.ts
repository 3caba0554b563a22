import { describe, expect, test } from "vitest";
import { OWNER_TAG } from "../../src/api/group.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { ownerTagOf } from "../../src/api/owner-tag.ts";
import type { Policies, ResourceShape } from "../../src/kinds/kind.ts";
import { userAssignedIdentity } from "../../src/kinds/user-assigned-identity.ts";
import { type Claim, claimOf } from "../../src/reconcile/claim.ts";
import { decideResource, type ResourceFacts } from "../../src/reconcile/decide-resource.ts";
import { markFor } from "../../src/reconcile/mark.ts";
import { idOf, POLICY } from "./hosts.ts";
import { claimWorld, making } from "./never.ts";

const MARK = "cluster/default/a";

interface Parts {
  readonly name?: string;
  readonly age?: number;
  readonly deleting?: boolean;
  readonly paused?: boolean;
  readonly holds?: boolean;
  readonly adopted?: boolean;
  readonly principalId?: string;
  readonly spec?: JsonObject;
}

function claim({ name = "a", age = 0, ...parts }: Parts = {}): Claim {
  const holds = { target: idOf("reader"), tenantId: POLICY.tenantId, credential: "shared", adopted: parts.adopted === true, confirmed: true };
  const object: KubeObject = {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: "UserAssignedIdentity",
    metadata: {
      name,
      namespace: "default",
      uid: `uid-${name}`,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: `2026-01-01T00:00:0${age}Z`,
      finalizers: ["azureidentity.dev/azure-resource"],
      ...(parts.deleting === true ? { deletionTimestamp: "2026-01-02T00:00:00Z" } : {}),
      ...(parts.paused === true ? { annotations: { "azureidentity.dev/paused": "true" } } : {}),
    },
    spec: { subscriptionId: "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", resourceGroup: "msdocs-identity-example", azureName: "reader", location: "westus2", ...parts.spec },
    status: { ...(parts.holds === false ? {} : { holds }), ...(parts.principalId === undefined ? {} : { principalId: parts.principalId }) },
  };
  return claimOf(object, userAssignedIdentity, claimWorld(POLICY));
}

const azure = (tags: JsonObject, more: JsonObject = {}): JsonObject => ({ location: "West US 2", tags, properties: { principalId: "p" }, ...more });
const ours = azure({ [OWNER_TAG]: MARK });

function planFor(subject: Claim, actual: JsonObject | undefined, others: readonly Claim[] = [], protectors: readonly Claim[] = []) {
  const shape = userAssignedIdentity.shape as ResourceShape<Policies>;
  const facts: ResourceFacts = {
    shape,
    target: idOf("reader"),
    actual,
    siblings: [],
    strangers: [],
    hiddenIn: () => [],
    parentIncarnation: undefined,
    mark: actual === undefined ? undefined : ownerTagOf(actual),
    claims: [subject, ...others],
    markFor: (each) => markFor(each, POLICY.installationId),
    makingFor: (each) => making({ mark: markFor(each, POLICY.installationId), location: "westus2" }),
    protectorsOf: () => protectors,
    keeps: () => undefined,
    keepsAsIs: () => undefined,
  };
  return decideResource(facts, subject);
}

/** The plan in a word, with its reason. */
function inShort(plan: ReturnType<typeof planFor>): string {
  if (plan.do === "refuse" || plan.do === "wait") return `${plan.do} ${plan.refusal.reason}`;
  if (plan.do === "release") return `release ${plan.because}`;
  return plan.do;
}

interface Row {
  readonly name: string;
  readonly claim: Parts;
  readonly actual: JsonObject | undefined;
  readonly others?: readonly Parts[];
  readonly isReferredTo?: boolean;
  readonly want: string;
}

const rows: readonly Row[] = [
  { name: "absent: created", claim: { holds: false }, actual: undefined, want: "create" },
  { name: "ours and as declared, the region shown by its display name", claim: {}, actual: ours, want: "nothing" },
  { name: "ours and a tag differs", claim: { spec: { tags: { team: "web" } } }, actual: ours, want: "update" },
  { name: "ours and elsewhere", claim: {}, actual: azure({ [OWNER_TAG]: MARK }, { location: "northeurope" }), want: "refuse ImmutableFieldChanged" },
  { name: "our mark was taken off and the principal is the stored one: marked again", claim: { principalId: "p" }, actual: azure({}), want: "update" },
  { name: "without a mark and with another principal it is a stranger's", claim: { principalId: "old" }, actual: azure({}), want: "refuse AlreadyExists" },
  { name: "a hold alone permits looking, not writing: a crash before creating, and a stranger came", claim: {}, actual: azure({}), want: "refuse AlreadyExists" },
  { name: "another owner's mark", claim: { principalId: "p" }, actual: azure({ [OWNER_TAG]: "other/default/a" }), want: "refuse AlreadyExists" },
  { name: "a stranger's under IfExists", claim: { holds: false, spec: { adoptionPolicy: "IfExists" } }, actual: azure({}), want: "adopt" },
  { name: "also from another owner", claim: { holds: false, spec: { adoptionPolicy: "IfExists" } }, actual: azure({ [OWNER_TAG]: "other/x/y" }), want: "adopt" },
  { name: "but not in another region", claim: { holds: false, spec: { adoptionPolicy: "IfExists" } }, actual: azure({}, { location: "northeurope" }), want: "refuse ImmutableFieldChanged" },
  { name: "paused: nothing", claim: { paused: true }, actual: undefined, want: "nothing" },
  { name: "paused while deleted: nothing", claim: { paused: true, deleting: true }, actual: ours, want: "nothing" },
  { name: "observed and absent", claim: { spec: { managementPolicy: "ObserveOnly" } }, actual: undefined, want: "wait AzureResourceNotFound" },
  { name: "observed and different: reported only", claim: { spec: { managementPolicy: "ObserveOnly", tags: { a: "b" } } }, actual: azure({}), want: "nothing" },
  { name: "deleted, ours", claim: { deleting: true }, actual: ours, want: "delete" },
  { name: "deleted, gone", claim: { deleting: true }, actual: undefined, want: "release gone" },
  { name: "deleted, nothing held", claim: { deleting: true, holds: false }, actual: ours, want: "release nothingHeld" },
  { name: "deleted, a stranger's by now", claim: { deleting: true, principalId: "old" }, actual: azure({}), want: "release notOurs" },
  { name: "deleted under Retain: our mark goes first", claim: { deleting: true, spec: { deletionPolicy: "Retain" } }, actual: ours, want: "unmark" },
  { name: "then it is released", claim: { deleting: true, principalId: "p", spec: { deletionPolicy: "Retain" } }, actual: azure({}), want: "release retained" },
  { name: "adopted means Retain by default", claim: { deleting: true, adopted: true }, actual: ours, want: "unmark" },
  { name: "unless Delete is said", claim: { deleting: true, adopted: true, spec: { deletionPolicy: "Delete" } }, actual: ours, want: "delete" },
  { name: "deleted while somebody refers to it", claim: { deleting: true }, actual: ours, isReferredTo: true, want: "wait InUse" },
  { name: "deleted while another object declares it: handed over", claim: { deleting: true }, actual: ours, others: [{ name: "b", holds: false }], want: "handOver" },
  { name: "the other one of two: the mark decides", claim: { name: "b", age: 0, holds: false }, actual: ours, others: [{ name: "a", age: 5 }], want: "refuse AlreadyDeclared" },
  { name: "without a resource the older one decides", claim: { name: "b", age: 5, holds: false }, actual: undefined, others: [{ name: "a", age: 0, holds: false }], want: "refuse AlreadyDeclared" },
];

describe("the decision about a resource of ours", () => {
  test.each(rows)("$name", ({ claim: parts, actual, others, isReferredTo, want }) => {
    const plan = planFor(claim(parts), actual, others?.map(claim), isReferredTo === true ? [claim({ name: "referrer" })] : []);
    expect(inShort(plan)).toBe(want);
  });

  test("a mark of more than 256 characters is hashed, and still tells owners apart", () => {
    const long = "x".repeat(250);
    const marks = ["a", "b"].map((end) => markFor(claim({ name: long + end }), "cluster"));
    expect(new Set(marks).size).toBe(2);
    for (const mark of marks) expect(mark.length).toBeLessThanOrEqual(256);
  });
});
