import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideHost } from "../../src/reconcile/decide-host.ts";
import { type HostClaim, protectedKeys } from "../../src/reconcile/host-facts.ts";
import { recordsOf } from "../../src/reconcile/host-holds.ts";
import { hostIdentityOf } from "../../src/reconcile/host-identity.ts";
import { checkDecision, type DecisionRow } from "./decisions.ts";
import { claim, factsOf, keyOfName, namesOf, POLICY, rowOf } from "./hosts.ts";

const exclusive = { ownership: "Exclusive" };
const container = { row: rowOf("Microsoft.ContainerInstance/containerGroups") };

const OUTSIDE = idText("outer").replace("msdocs-identity-example", "elsewhere");
const withOutside = hostIdentityOf({ identity: { type: "UserAssigned", userAssignedIdentities: { [OUTSIDE]: {} } } });

const rows: readonly DecisionRow[] = [
  { name: "what is declared and absent is attached and held", facts: factsOf([claim("a", { ids: ["x"] })], ["foreign"]), change: { attach: ["x"] }, holds: [["x"]] },
  { name: "what was attached before us satisfies and is not held", facts: factsOf([claim("a", { ids: ["x"] })], ["x"]), holds: [undefined] },
  { name: "under IfExists it is held", facts: factsOf([claim("a", { ids: ["x"], spec: { adoptionPolicy: "IfExists" } })], ["x"]), holds: [["x"]] },
  { name: "two claims are one change, and both hold", facts: factsOf([claim("a", { ids: ["x"] }), claim("b", { ids: ["x", "y"] })], []), change: { attach: ["x", "y"] }, holds: [["x"], ["x", "y"]] },
  { name: "what is held and no longer declared goes, and is held until then", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x", "y"] })], ["x", "y", "foreign"]), change: { detach: ["y"] }, holds: [["x", "y"]] },
  { name: "a leaving claim takes back exactly its share", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true })], ["x", "foreign"]), change: { detach: ["x"] }, holds: [["x"]] },
  { name: "what a leaving claim named and did not attach stays", facts: factsOf([claim("a", { ids: ["x"], deleting: true })], ["x"]), holds: [undefined] },
  { name: "under Retain nothing goes", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true, spec: { deletionPolicy: "Retain" } })], ["x"]), holds: [undefined] },
  { name: "what another claim names is handed over to it", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true }), claim("b", { ids: ["x"], age: 1 })], ["x"]), holds: [undefined, ["x"]] },
  {
    name: "and to the oldest of them",
    facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true }), claim("young", { ids: ["x"], age: 9 }), claim("old", { ids: ["x"], age: 1 })], ["x"]),
    holds: [undefined, undefined, ["x"]],
  },
  { name: "also when that one is paused", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true }), claim("b", { ids: ["x"], paused: true })], ["x"]), holds: [undefined, ["x"]] },
  { name: "a paused claim is neither added nor removed", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["y"], paused: true })], ["y"]), holds: [["y"]] },
  { name: "also while it is deleted", facts: factsOf([claim("a", { ids: ["y"], holdsNames: ["y"], paused: true, deleting: true })], ["y"]), holds: [["y"]] },
  { name: "ObserveOnly contributes nothing and gives up what it held", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["y"], spec: { managementPolicy: "ObserveOnly" } })], ["y"]), holds: [undefined] },
  {
    name: "a reference that does not resolve keeps what it holds, and the others are attached",
    facts: factsOf([claim("a", { ids: ["x"], refs: ["app"], holds: [{ resourceId: idText("y"), identityRef: { name: "app" } }] })], ["y"]),
    change: { attach: ["x"] },
    problems: [["RefNotFound"]],
    holds: [["x", "y"]],
  },
  { name: "what others with another credential hold stays", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true })], ["x"], { others: [claim("o", { holdsNames: ["x"], deleting: true })] }), holds: [undefined] },
  { name: "Exclusive detaches what nobody claims", facts: factsOf([claim("a", { ids: ["x"], spec: exclusive })], ["foreign"]), change: { attach: ["x"], detach: ["foreign"] } },
  { name: "also with an empty list", facts: factsOf([claim("a", { spec: { ...exclusive, userAssigned: [] } })], ["foreign"]), change: { detach: ["foreign"] } },
  { name: "beside what another one holds, a claim made Exclusive later is told, although it is the older", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], spec: exclusive }), claim("b", { ids: ["x", "y"], holdsNames: ["y"], age: 1 })], ["x", "y"]), problems: [["ExclusiveConflict"], ["ExclusiveConflict"]], holds: [["x"], ["y"]] },
  { name: "what a newcomer names is not recorded for it", facts: factsOf([claim("a", { ids: ["x"], spec: exclusive }), claim("b", { ids: ["x", "y"], age: 1 })], []), change: { attach: ["x"] }, problems: [[], ["ExclusiveConflict"]], holds: [["x"], undefined] },
  { name: "beside another claim the newcomer is refused and nothing is removed", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"] }), claim("b", { ids: ["y"], age: 1, spec: exclusive })], ["x", "foreign"]), problems: [[], ["ExclusiveConflict"]] },
  { name: "an identity that the host uses is not detached", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true })], ["x"], { uses: [{ path: "properties.p", identity: "C-X" }] }), problems: [["InUseByHost"]], holds: [["x"]] },
  { name: "a ghost of ours is detached first", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"] })], ["x"], { ghosts: new Set([keyOfName("x")]) }), change: { detach: ["x"] }, holds: [["x"]] },
  { name: "a ghost that only a leaving claim under Retain holds stays", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true, spec: { deletionPolicy: "Retain" } })], ["x"], { ghosts: new Set([keyOfName("x")]) }), holds: [undefined] },
  { name: "a ghost that a paused claim names is not touched", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"] }), claim("b", { ids: ["x"], paused: true })], ["x"], { ghosts: new Set([keyOfName("x")]) }) },
  { name: "also when its holder leaves: it is handed over", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true }), claim("b", { ids: ["x"], paused: true })], ["x"], { ghosts: new Set([keyOfName("x")]) }), holds: [undefined, ["x"]] },
  { name: "a ghost of somebody else is not", facts: factsOf([claim("a", { ids: ["y"], holdsNames: ["y"] })], ["x", "y"], { ghosts: new Set([keyOfName("x")]) }) },
  {
    name: "a culprit is left out, and only its claim is told",
    facts: factsOf([claim("a", { ids: ["bad"] }), claim("b", { ids: ["x"] })], [], { culprits: new Map([[keyOfName("bad"), { reason: "IdentityNotFound", message: "m", stalls: false }]]) }),
    change: { attach: ["x"] },
    problems: [["IdentityNotFound"], []],
    holds: [undefined, ["x"]],
  },
  { name: "more disruption than allowed is refused", facts: factsOf([claim("a", { ids: ["x"] })], [], container), problems: [["DisruptionNotAllowed"]], holds: [undefined] },
  {
    name: "consent is each claim's own",
    facts: factsOf([claim("a", { ids: ["x"] }), claim("b", { ids: ["y"], spec: { allowDisruption: "Restart" } })], [], container),
    change: { attach: ["y"] },
    problems: [["DisruptionNotAllowed"], []],
    holds: [undefined, ["y"]],
  },
  { name: "a PUT that would lose hidden values is refused", facts: factsOf([claim("a", { ids: ["x"], spec: { allowDisruption: "Restart" } })], [], { ...container, hidden: ["properties.secret"] }), problems: [["HiddenValuesAtRisk"]] },
  { name: "a halt refuses what would be written", facts: factsOf([claim("a", { ids: ["x"] })], [], { halt: { reason: "Contested", message: "m" } }), problems: [["Contested"]] },
  { name: "and says nothing when nothing is to be written", facts: factsOf([claim("a", { ids: ["x"] })], ["x"], { halt: { reason: "Contested", message: "m" } }), problems: [[]] },
  { name: "the system-assigned identity is switched on", facts: factsOf([claim("a", { spec: { systemAssigned: true } })], []), change: { system: true } },
  { name: "it is kept without Destroy", facts: factsOf([claim("a", { holdsSystem: "p", spec: { systemAssigned: false } })], [], { system: "p" }), problems: [["SystemAssignedKept"]] },
  { name: "it goes with Destroy when it is held", facts: factsOf([claim("a", { holdsSystem: "p", spec: { systemAssigned: false, systemAssignedRemoval: "Destroy" } })], [], { system: "p" }), change: { system: false } },
  { name: "it stays when it is another one than the held one", facts: factsOf([claim("a", { holdsSystem: "old", spec: { systemAssigned: false, systemAssignedRemoval: "Destroy" } })], [], { system: "p" }), problems: [["SystemAssignedKept"]] },
  { name: "it stays when somebody else switched it on", facts: factsOf([claim("a", { spec: { systemAssigned: false, systemAssignedRemoval: "Destroy" } })], [], { system: "p" }), problems: [["SystemAssignedKept"]] },
  {
    name: "true wins over false, and the loser is told",
    facts: factsOf([claim("a", { holdsSystem: "p", spec: { systemAssigned: false, systemAssignedRemoval: "Destroy" } }), claim("b", { spec: { systemAssigned: true } })], [], { system: "p" }),
    problems: [["ClaimConflict"], []],
  },
  { name: "a leaving claim with Keep leaves it", facts: factsOf([claim("a", { holdsSystem: "p", deleting: true, spec: { systemAssigned: true } })], [], { system: "p" }), holds: [undefined] },
  { name: "a leaving claim with Destroy takes it", facts: factsOf([claim("a", { holdsSystem: "p", deleting: true, spec: { systemAssigned: true, systemAssignedRemoval: "Destroy" } })], [], { system: "p" }), change: { system: false } },
  { name: "Exclusive leaves it alone", facts: factsOf([claim("a", { spec: { ...exclusive, userAssigned: [] } })], [], { system: "p" }) },
  { name: "Exclusive detaches nothing of others while a reference does not resolve: it may be what that names", facts: factsOf([claim("a", { refs: ["app"], spec: exclusive })], ["app", "foreign"]), problems: [["RefNotFound"]] },
  { name: "but still what it holds and no longer names", facts: factsOf([claim("a", { refs: ["app"], holdsNames: ["y"], spec: exclusive })], ["app", "y"]), change: { detach: ["y"] }, problems: [["RefNotFound"]] },
  { name: "an identity by id that left the allowed scopes keeps its held attachment", facts: factsOf([claim("a", { spec: { userAssigned: [{ armId: OUTSIDE }] }, holds: [{ resourceId: OUTSIDE }] })], [], { identity: withOutside }), problems: [["ScopeNotAllowed"]] },
];

describe("the decision about a host", () => {
  test.each(rows)("$name", checkDecision);

  test.each([false, true])("who holds an identity already keeps the name by which it does, when another one gives it up, also paused (%s)", (paused) => {
    const held = { resourceId: idText("y"), identityRef: { name: "app" } };
    const receiver = claim("b", { refs: ["app"], holds: [held], paused, age: 1 });
    const facts = factsOf([claim("a", { ids: ["x"], holdsNames: ["x", "y"] }), receiver], ["x", "y"]);
    expect(recordsOf(facts, decideHost(facts), POLICY.tenantId).get(receiver)?.holds?.userAssigned).toEqual([held]);
  });
});

const names = ["v", "w", "x", "y"];
const someNames = fc.subarray(names);
const parts = fc.record({ ids: someNames, holdsNames: someNames, deleting: fc.boolean(), paused: fc.boolean(), age: fc.nat(9), isExclusive: fc.boolean(), retain: fc.boolean(), observes: fc.boolean() });

const entry = parts.map(({ isExclusive, retain, observes, ...rest }, ): ((name: string) => HostClaim) => {
  const spec = { ...(isExclusive ? { ...exclusive } : {}), ...(retain ? { deletionPolicy: "Retain" } : {}), ...(observes ? { managementPolicy: "ObserveOnly" } : {}) };
  return (name) => claim(name, { ...rest, spec });
});

describe("whatever the claims", () => {
  test("nothing that somebody names or holds is detached, and nothing of others without Exclusive", () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), fc.array(entry, { maxLength: 2 }), someNames, (mine, theirs, attached) => {
        const claims = mine.map((make, index) => make(`mine-${index}`));
        const others = theirs.map((make, index) => make(`theirs-${index}`));
        const facts = factsOf(claims, attached, { others });
        const detached = decideHost(facts).change?.detach ?? [];
        const kept = new Set<string>([...claims, ...others].flatMap(protectedKeys));
        expect(detached.filter((key) => kept.has(key))).toEqual([]);
        const held = new Set(claims.flatMap(({ claim: { holds, mode } }) => (mode === "observing" ? [] : (holds?.userAssigned ?? []).map(({ resourceId }) => resourceId.toLowerCase()))));
        const isExclusive = claims.some(({ claim: { mode }, share }) => mode === "live" && share?.exclusive === true);
        if (!isExclusive) expect(detached.filter((key) => !held.has(key))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("once its change is made, nothing more is decided", () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), someNames, (mine, attached) => {
        const claims = mine.map((make, index) => make(`mine-${index}`));
        const first = decideHost(factsOf(claims, attached)).change;
        const after = attached.filter((name) => !namesOf(first?.detach ?? []).includes(name));
        const facts = factsOf(claims, [...new Set([...after, ...namesOf(first?.attach ?? [])])]);
        expect(decideHost(facts).change).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

function idText(name: string): string {
  return `/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}
