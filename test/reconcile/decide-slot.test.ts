import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideHost } from "../../src/reconcile/decide-host.ts";
import { resultingCount } from "../../src/reconcile/host-identity.ts";
import { checkDecision, type DecisionRow } from "./decisions.ts";
import { claim, type ClaimParts, factsOf, rowOf } from "./hosts.ts";

const RESTART = { allowDisruption: "Restart" };
const EXCLUSIVE = { ...RESTART, ownership: "Exclusive" };
const cluster = { row: rowOf("Microsoft.ContainerService/managedClusters") };
const batch = { row: rowOf("Microsoft.Batch/batchAccounts") };
const factory = { row: rowOf("Microsoft.DataFactory/factories") };
const machine = { row: rowOf("Microsoft.Compute/virtualMachines") };
const many = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(3, "0")}`);

const wants = (ids: readonly string[], parts: ClaimParts = {}) => claim("a", { ids, ...parts, spec: { ...RESTART, ...parts.spec } });

const rows: readonly DecisionRow[] = [
  { name: "an empty slot takes an identity", facts: factsOf([wants(["x"])], [], cluster), change: { attach: ["x"] }, holds: [["x"]] },
  { name: "of two that are wanted the first gets it", facts: factsOf([wants(["x", "y"])], [], cluster), change: { attach: ["x"] }, problems: [["SlotTaken"]], holds: [["x"]] },
  { name: "of two claims the senior gets it", facts: factsOf([wants(["x"]), claim("b", { ids: ["y"], age: 1, spec: RESTART })], [], cluster), change: { attach: ["x"] }, problems: [[], ["SlotTaken"]] },
  { name: "what others put into the slot stays under Shared", facts: factsOf([wants(["x"])], ["foreign"], cluster), problems: [["SlotTaken"]], holds: [undefined] },
  { name: "Exclusive replaces it in one write", facts: factsOf([wants(["x"], { spec: EXCLUSIVE })], ["foreign"], cluster), change: { attach: ["x"], detach: ["foreign"] }, holds: [["x"]] },
  { name: "without consent it replaces nothing", facts: factsOf([claim("a", { ids: ["x"], spec: { ownership: "Exclusive" } })], ["foreign"], cluster), problems: [["DisruptionNotAllowed", "SlotTaken"]] },
  { name: "Shared replaces what it put there itself", facts: factsOf([wants(["y"], { holdsNames: ["x"] })], ["x"], cluster), change: { attach: ["y"], detach: ["x"] }, holds: [["x", "y"]] },
  { name: "and what leaves with another claim", facts: factsOf([claim("b", { ids: ["x"], holdsNames: ["x"], deleting: true, spec: RESTART }), wants(["y"])], ["x"], cluster), change: { attach: ["y"], detach: ["x"] } },
  { name: "deletion leaves the slot as it is", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true })], ["x"], cluster), problems: [[]], holds: [undefined] },
  { name: "what the spec no longer names stays and is given up", facts: factsOf([claim("a", { holdsNames: ["x"], spec: { systemAssigned: false } })], ["x"], cluster), problems: [[]], holds: [undefined] },
  { name: "an Exclusive claim that wants none is told", facts: factsOf([claim("a", { holdsNames: ["x"], spec: { ...EXCLUSIVE, userAssigned: [] } })], ["x"], cluster), problems: [["SlotTaken"]], holds: [undefined] },
  { name: "a system-assigned identity of others does not give way", facts: factsOf([wants(["x"])], [], { ...cluster, system: "p" }), problems: [["SlotTaken"]] },
  { name: "nor under Exclusive, which is told how to take it over", facts: factsOf([wants(["x"], { spec: EXCLUSIVE })], [], { ...cluster, system: "p" }), problems: [["SystemAssignedKept"]] },
  {
    name: "one that is held gives way with Destroy, in one write",
    facts: factsOf([wants(["x"], { holdsSystem: "p", spec: { systemAssigned: false, systemAssignedRemoval: "Destroy" } })], [], { ...cluster, system: "p" }),
    change: { attach: ["x"], system: false },
  },
  { name: "switching it off alone leaves nothing, so that it stays and the claim is told", facts: factsOf([claim("a", { holdsSystem: "p", spec: { ...RESTART, systemAssigned: false, systemAssignedRemoval: "Destroy" } })], [], { ...cluster, system: "p" }), problems: [["SlotTaken"]], holds: [undefined] },
  { name: "the same on deletion is given up", facts: factsOf([claim("a", { holdsSystem: "p", deleting: true, spec: { systemAssigned: true, systemAssignedRemoval: "Destroy" } })], [], { ...cluster, system: "p" }), problems: [[]], holds: [undefined] },
  { name: "a system-assigned identity does not push others' identity out", facts: factsOf([claim("a", { spec: { ...RESTART, systemAssigned: true } })], ["foreign"], cluster), problems: [["SlotTaken"]] },
  { name: "it takes the place of one that leaves", facts: factsOf([claim("a", { holdsNames: ["x"], spec: { ...RESTART, systemAssigned: true } })], ["x"], cluster), change: { detach: ["x"], system: true } },
  { name: "one kind at a time, also with many slots", facts: factsOf([wants(["x", "y"])], ["foreign"], batch), change: { attach: ["x", "y"] } },
  { name: "both kinds from one claim: the user-assigned one is attached and the claim told", facts: factsOf([wants(["x"], { spec: { systemAssigned: true } })], [], batch), change: { attach: ["x"] }, problems: [["SlotTaken"]] },
  { name: "the last identity of a data factory stays", facts: factsOf([claim("a", { ids: ["x", "y"], holdsNames: ["x", "y"], deleting: true })], ["x", "y"], factory), change: { detach: ["y"] } },
  { name: "and goes beside a system-assigned one", facts: factsOf([claim("a", { ids: ["x"], holdsNames: ["x"], deleting: true })], ["x"], { ...factory, system: "p" }), change: { detach: ["x"] } },
  { name: "one request names 150 keys at most, and what goes makes room first", facts: factsOf([wants(many(3, "new"), { holdsNames: many(148, "old") })], many(148, "old"), machine), change: { attach: ["new000", "new001"], detach: many(148, "old") } },
  { name: "a barrier stops every change", facts: factsOf([wants(["x"])], [], { ...cluster, barrier: { reason: "ManagedResourceGroup", message: "m" } }), problems: [["ManagedResourceGroup"]], holds: [undefined] },
  { name: "and says nothing where nothing is to be changed", facts: factsOf([wants(["x"])], ["x"], { ...cluster, barrier: { reason: "ManagedResourceGroup", message: "m" } }), problems: [[]] },
];

describe("what a host takes at a time", () => {
  test.each(rows)("$name", checkDecision);

  const names = ["v", "w", "x", "y"];
  const someNames = fc.subarray(names);
  const parts = fc.record({ ids: someNames, holdsNames: someNames, deleting: fc.boolean(), exclusive: fc.boolean(), system: fc.constantFrom(undefined, true, false), destroys: fc.boolean(), consents: fc.boolean() });

  test("never more than the slot, never two kinds, never nothing where something must stay", () => {
    fc.assert(
      fc.property(fc.array(parts, { minLength: 1, maxLength: 3 }), fc.subarray(names, { maxLength: 1 }), fc.boolean(), (all, attached, isOn) => {
        const claims = all.map(({ ids, holdsNames, deleting, exclusive, system, destroys, consents }, index) =>
          claim(`c${index}`, {
            ids,
            holdsNames,
            deleting,
            age: index,
            holdsSystem: "p",
            spec: {
              ...(exclusive ? { ownership: "Exclusive", ...(ids.length > 0 ? {} : { userAssigned: [] }) } : {}),
              ...(system === undefined ? {} : { systemAssigned: system }),
              systemAssignedRemoval: destroys ? "Destroy" : "Keep",
              allowDisruption: consents ? "Restart" : "None",
            },
          }),
        );
        const facts = factsOf(claims, isOn ? [] : attached, { ...cluster, ...(isOn ? { system: "p" } : {}) });
        const { change } = decideHost(facts);
        if (change === undefined) return;
        const count = resultingCount(change, facts.identity);
        expect([0, 1]).toContain(count);
        expect(count === 1).toBe(!change.systemAssigned);
      }),
    );
  });
});
