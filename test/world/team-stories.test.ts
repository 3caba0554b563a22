import { expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import type { Setting } from "./administrators.ts";
import { SUBSCRIPTION } from "./azure.ts";
import { NO_FAULTS } from "./faults.ts";
import { judge } from "./run.ts";
import { HOST_IDS, identityId } from "./specs.ts";
import type { Act, Step } from "./story.ts";

/** Stories of two namespaces that once ended badly, each the shortest that did. */

const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" };
const OWN: Setting = { team: "own", cleanUp: "nobody", hosts: "all", requirePermissions: false };
const ACROSS = { identityRef: { name: "ida", namespace: "default" } };

function uai(name: string, more: JsonObject = {}): Act {
  return { do: "apply", kind: "UserAssignedIdentity", ...(name === "idt" ? { namespace: "team" } : {}), name, spec: { ...PLACE, ...more } };
}

function assignment(name: string, host: string, userAssigned: readonly JsonObject[], more: JsonObject = {}): Act {
  return { do: "apply", kind: "IdentityAssignment", ...(name === "x" ? {} : { namespace: "team" }), name, spec: { target: { armId: HOST_IDS[host] ?? "" }, userAssigned, ...more } };
}

async function faultsOf(seed: number, acts: readonly (Act | Step)[], setting: Setting = OWN): Promise<readonly string[]> {
  const steps = acts.map((each) => ("act" in each ? each : { afterMs: 0, act: each }));
  return (await judge({ seed, steps, faults: NO_FAULTS, setting })).faults;
}

const ALL = { allowedNamespaces: { from: "All" } };
const GOLD = { allowedNamespaces: { from: "Selector", selector: { matchLabels: { tier: "gold" } } } };

test("seed 10: of two units that leave a host at once the second one does not rely on the first, which is gone", async () => {
  const acts: readonly Act[] = [
    uai("ida", { ...ALL, onConsentWithdrawn: "Hold", deletionPolicy: "Retain" }),
    assignment("tx", "web", [ACROSS], { systemAssigned: true }),
    { do: "list", hosts: [] },
    { do: "detachAll", host: "web" },
    assignment("x", "web", [{ identityRef: { name: "ida" } }]),
  ];
  expect(await faultsOf(10, acts)).toEqual([]);
});

test("seed 2: an identity counts who begins to use it although a list stands for its looks", async () => {
  const steps: readonly (Act | Step)[] = [uai("ida", { ...ALL, onConsentWithdrawn: "Detach" }), { afterMs: 30_000, act: assignment("tx", "vm", [ACROSS]) }];
  expect(await faultsOf(2, steps)).toEqual([]);
});

test("seed 909: who only observes is not counted, also while an administrator refuses it", async () => {
  const acts: readonly Act[] = [assignment("ty", "cosmos", [{ identityRef: { name: "idt" } }, ACROSS], { managementPolicy: "ObserveOnly" }), { do: "list", hosts: [] }, uai("ida", GOLD)];
  expect(await faultsOf(909, acts)).toEqual([]);
});

test("seed 916: an operation that attached an identity acquits it", async () => {
  const steps: readonly (Act | Step)[] = [
    assignment("tx", "vm", [{ identityRef: { name: "idt" } }, { armId: identityId("ida") }], { systemAssigned: false, allowDisruption: "Restart" }),
    { afterMs: 30_000, act: assignment("ty", "vm", [{ identityRef: { name: "idt" } }, ACROSS], { allowDisruption: "Restart" }) },
    { afterMs: 50, act: uai("ida", { ...GOLD, onConsentWithdrawn: "Detach" }) },
  ];
  expect(await faultsOf(916, steps)).toEqual([]);
});

test("seed 1242: what is held goes by the name that the spec has for it now", async () => {
  const steps: readonly (Act | Step)[] = [
    uai("ida", ALL),
    assignment("tx", "cosmos", [{ identityRef: { name: "idt" } }, { armId: identityId("ida") }]),
    assignment("tx", "cosmos", [{ identityRef: { name: "idt" } }, ACROSS]),
    { do: "forbid", namespace: "team", name: "ida" },
  ];
  expect(await faultsOf(1242, steps, { ...OWN, requirePermissions: true })).toEqual([]);
});

test("seed 1618: a ghost is mended by who holds it, also where another namespace names the identity", async () => {
  const steps: readonly (Act | Step)[] = [
    assignment("x", "cosmos", [{ identityRef: { name: "ida" } }]),
    { afterMs: 400, act: uai("ida", { ...GOLD, onConsentWithdrawn: "Detach" }) },
    assignment("ty", "cosmos", [{ identityRef: { name: "idt" } }, { armId: identityId("ida") }]),
    { afterMs: 400, act: { do: "unmake", identity: "ida" } },
  ];
  expect(await faultsOf(1618, steps)).toEqual([]);
});

test("seed 1334: what one namespace gives up on a host and another one names belongs to that one from then on", async () => {
  const steps: readonly (Act | Step)[] = [
    uai("idb", ALL),
    assignment("tx", "cosmos", [{ identityRef: { name: "idb", namespace: "default" } }], { systemAssigned: true }),
    assignment("x", "cosmos", [{ identityRef: { name: "idb" } }], { systemAssigned: true }),
    assignment("tx", "cosmos", [{ identityRef: { name: "never", namespace: "default" } }], { systemAssigned: false, systemAssignedRemoval: "Destroy" }),
  ];
  expect(await faultsOf(1334, steps)).toEqual([]);
});
