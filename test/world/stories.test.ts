import { expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { GROUP, SUBSCRIPTION } from "./azure.ts";
import { type Faults, NO_FAULTS } from "./faults.ts";
import { judge } from "./run.ts";
import { HOST_IDS, identityId } from "./specs.ts";
import type { Act, Step } from "./story.ts";

/** Stories that once ended badly, each the shortest that did; the seed gives the delays and the faults. */

const PLACE = { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" };

function uai(name: string, more: JsonObject = {}): Act {
  return { do: "apply", kind: "UserAssignedIdentity", name, spec: { ...PLACE, ...more } };
}

function assignment(name: string, host: string, userAssigned: readonly JsonObject[], more: JsonObject = {}): Act {
  return { do: "apply", kind: "IdentityAssignment", name, spec: { target: { armId: HOST_IDS[host] ?? "" }, userAssigned, ...more } };
}

const ref = (name: string): JsonObject => ({ identityRef: { name } });
const MISSING = { armId: identityId("missing") };

async function faultsOf(seed: number, acts: readonly (Act | Step)[], faults: Partial<Faults> = {}): Promise<readonly string[]> {
  const steps = acts.map((each) => ("act" in each ? each : { afterMs: 0, act: each }));
  return (await judge({ seed, steps, faults: { ...NO_FAULTS, ...faults } })).faults;
}

test("seed 18: an operation that ended as failed is over, and the host is changed all the same", async () => {
  const acts: readonly Act[] = [uai("idb"), assignment("z", "cosmos", [ref("idb")]), { do: "failOperation" }, { do: "delete", key: "IdentityAssignment/default/z" }];
  expect(await faultsOf(18, acts)).toEqual([]);
});

test("seed 2: an identity that was at fault and is no longer named brings nobody back every second", async () => {
  expect(await faultsOf(2, [uai("ida"), assignment("z", "vm", [ref("ida"), MISSING]), assignment("z", "vm", [ref("ida")])])).toEqual([]);
});

test("seed 373: Retry-After counts for the whole unit, also while an identity at fault is due", async () => {
  const steps = [
    { afterMs: 30_000, act: { ...assignment("y", "cosmos", [ref("idc"), MISSING]) } },
    { afterMs: 200_000, act: uai("idb", { deletionPolicy: "Retain" }) },
    { afterMs: 30_000, act: assignment("y", "vm", [ref("idb"), MISSING]) },
    { afterMs: 200_000, act: { do: "delete", key: "UserAssignedIdentity/default/idb" } as const },
  ];
  for (const seed of [373, 4]) expect(await faultsOf(seed, steps, { throttled: 0.1, lostAnswer: 0.15, lateEvent: 0.3 })).toEqual([]);
});

test("seed 1: Retry-After is obeyed, also when Kubernetes refuses the status that goes with it", async () => {
  for (const seed of [1, 6, 23]) expect(await faultsOf(seed, [uai("ida"), uai("idb")], { throttled: 0.3, refusedWrite: 0.3 })).toEqual([]);
});

test("seed 7: the lane of an operation stays taken while its unit waits for the watch", async () => {
  const scope = { cosmosDB: { accountArmId: `${GROUP}/providers/Microsoft.DocumentDB/databaseAccounts/cosmos` } };
  const grant: Act = { do: "apply", kind: "RoleAssignment", name: "data", spec: { principal: ref("ida"), scope, roleDefinitionName: "Cosmos DB Built-in Data Reader" } };
  const steps: readonly (Act | Step)[] = [
    uai("ida"),
    grant,
    { afterMs: 30_000, act: assignment("z", "cosmos", [ref("ida")]) },
    { afterMs: 200_000, act: { do: "delete", key: "RoleAssignment/default/data" } },
    { do: "delete", key: "IdentityAssignment/default/z" },
  ];
  for (const seed of [7, 13, 27]) expect(await faultsOf(seed, steps, { droppedEvent: 0.3 })).toEqual([]);
});

test("seed 4: a federated credential whose update was refused stays ours when its spec changes again", async () => {
  const credential = (name: string): Act => ({ do: "apply", kind: "FederatedIdentityCredential", name: "fic", spec: { identityRef: { name: "ida" }, serviceAccountRef: { name } } });
  const acts: readonly Act[] = [uai("ida"), credential("job"), credential("app"), { do: "restart" }];
  for (const seed of [4, 6, 8]) expect(await faultsOf(seed, acts, { unavailable: 0.3, lateEvent: 0.3, doubledEvent: 0.2 })).toEqual([]);
});

test("seed 886: a retained attachment of a deleted identity is in the way of another one, which says so and how to go on", async () => {
  const retained = assignment("y", "web", [ref("ida"), ref("idc")], { deletionPolicy: "Retain" });
  const acts: readonly Act[] = [assignment("x", "web", [ref("ida")]), retained, uai("ida"), uai("idc")];
  expect(await faultsOf(886, acts, { unavailable: 0.15, lostAnswer: 0.15, crash: 0.08 })).toEqual([]);
});

test("seed 20782032: nobody may become the identity that a stranger put in the place of ours", async () => {
  const fic: Act = { do: "apply", kind: "FederatedIdentityCredential", name: "fic", spec: { ...ref("ida"), serviceAccountRef: { name: "job" }, adoptionPolicy: "IfExists" } };
  const steps: readonly Step[] = [
    { afterMs: 0, act: uai("ida", { tags: { team: "web" } }) },
    { afterMs: 50, act: fic },
    { afterMs: 0, act: { do: "squat", identity: "ida" } },
  ];
  expect(await faultsOf(20_782_032, steps, { refusedWrite: 0.1 })).toEqual([]);
});

test("seed 32: after 429 to a write nothing more is asked of the host before its time", async () => {
  const acts: readonly Act[] = [uai("ida"), assignment("y", "vm", [ref("ida")]), { do: "delete", key: "IdentityAssignment/default/y" }];
  for (const seed of [32, 40, 98]) expect(await faultsOf(seed, acts, { throttled: 0.3, unavailable: 0.4 })).toEqual([]);
});

test("seed 121: an assignment that moves to another host while the first is written gives back what it got there", async () => {
  const steps: readonly (Act | Step)[] = [
    { afterMs: 30_000, act: uai("ida", { tags: { team: "reports" } }) },
    { afterMs: 900_000, act: assignment("y", "vm", [ref("ida")]) },
    { afterMs: 300, act: assignment("y", "cosmos", [ref("ida")]) },
  ];
  for (const seed of [1, 7, 19]) expect(await faultsOf(seed, steps)).toEqual([]);
});

test("seed 737: what one assignment hands over to another is nobody's at no moment, also when the operator ends in between", async () => {
  const steps: readonly (Act | Step)[] = [
    uai("idb"),
    assignment("y", "web", [ref("idb"), ref("idc")]),
    { afterMs: 30_000, act: assignment("x", "web", [ref("idb")]) },
    { afterMs: 30_000, act: assignment("y", "web", [ref("idc")]) },
  ];
  for (const seed of [9, 10, 15]) expect(await faultsOf(seed, steps, { crash: 0.08 })).toEqual([]);
});

test("seed 1099: who inherits a system-assigned identity has not adopted it, and gives all back when deleted", async () => {
  const on = { systemAssigned: true };
  const steps: readonly (Act | Step)[] = [
    assignment("y", "web", [ref("ida")], on),
    { afterMs: 900_000, act: assignment("x", "web", [ref("ida")], on) },
    { afterMs: 30_000, act: { do: "delete", key: "IdentityAssignment/default/y" } },
    { afterMs: 30_000, act: uai("ida") },
  ];
  expect(await faultsOf(1099, steps)).toEqual([]);
});

test("seed 3953: a grant whose principal changes while it is made leaves the lane only when Azure is done with it", async () => {
  const scope = { cosmosDB: { accountArmId: HOST_IDS["cosmos"] ?? "" } };
  const steps: readonly (Act | Step)[] = [
    uai("idb", { tags: { team: "reports" } }),
    { afterMs: 50, act: { do: "unmake", identity: "idb" } },
    { do: "apply", kind: "RoleAssignment", name: "data", spec: { principal: ref("idb"), scope, roleDefinitionName: "Cosmos DB Built-in Data Reader" } },
    { afterMs: 3000, act: uai("idb", { tags: { team: "web" } }) },
  ];
  for (const seed of [5, 7, 9]) expect(await faultsOf(seed, steps, { lateEvent: 0.3 })).toEqual([]);
});

test("seed 992: a credential whose identity was made again is made again, too, also when the operator was started anew meanwhile", async () => {
  const fic: Act = { do: "apply", kind: "FederatedIdentityCredential", name: "fic2", spec: { ...ref("ida"), serviceAccountRef: { name: "app" } } };
  for (const seed of [1, 2, 3]) expect(await faultsOf(seed, [uai("ida"), fic, { afterMs: 30_000, act: { do: "restart" } }, { afterMs: 30_000, act: { do: "unmake", identity: "ida" } }])).toEqual([]);
});

test("seed 20782028: who only observes gives its finalizer up, also when the operator ended just before", async () => {
  const acts: readonly (Act | Step)[] = [uai("ida"), { afterMs: 30_000, act: uai("ida", { managementPolicy: "ObserveOnly" }) }];
  for (const seed of [1, 6, 8]) expect(await faultsOf(seed, acts, { crash: 0.2 })).toEqual([]);
});

test("seed 20783039: an operation is followed to its end when its object is refused meanwhile, and gives its lane back", async () => {
  const scope = { cosmosDB: { accountArmId: HOST_IDS["cosmos"] ?? "" } };
  const grant = (to: string): Act => ({ do: "apply", kind: "RoleAssignment", name: "data", spec: { principal: ref(to), scope, roleDefinitionName: "Cosmos DB Built-in Data Reader" } });
  const steps: readonly (Act | Step)[] = [
    uai("ida"),
    { afterMs: 30_000, act: grant("ida") },
    { afterMs: 1500, act: grant("idb") },
    assignment("x", "cosmos", [ref("ida"), ref("idc")], { allowDisruption: "Restart" }),
  ];
  expect(await faultsOf(20_783_039, steps)).toEqual([]);
});

test("seed 7728: who is Exclusive is not Ready beside what another one held before, and a newcomer takes nothing", async () => {
  const exclusive = { ownership: "Exclusive" };
  const later = [uai("ida"), uai("idb"), assignment("y", "vm", [ref("ida")]), assignment("x", "vm", [ref("ida"), ref("idb")]), { afterMs: 60_000, act: assignment("y", "vm", [ref("ida")], exclusive) }];
  expect(await faultsOf(2, later)).toEqual([]);
  const before = [assignment("y", "web", [ref("ida")], exclusive), assignment("x", "web", [ref("ida"), ref("idb")]), uai("idb"), uai("ida")];
  for (const seed of [14, 15, 16]) expect(await faultsOf(seed, before, { crash: 0.2 })).toEqual([]);
});

test("seed 2874: what another one gives up stays attached for who holds it by a name that does not resolve now", async () => {
  const steps: readonly (Act | Step)[] = [
    assignment("y", "web", [ref("idb"), ref("ida")]),
    assignment("x", "web", [ref("idb"), ref("idc")]),
    uai("idb", { tags: { team: "reports" } }),
    { afterMs: 60_000, act: { do: "rival", identity: "idb" } },
    { afterMs: 2_400_000, act: assignment("x", "web", [ref("idc")]) },
  ];
  for (const seed of [1, 3, 5]) expect(await faultsOf(seed, steps)).toEqual([]);
});

test("what an answer says to be detached and is not goes once the host heeds what is written to it", async () => {
  const deaf: Step = { afterMs: 60_000, act: { do: "deafen", host: "web" } };
  const first = [uai("ida"), uai("idb"), assignment("x", "web", [ref("ida"), ref("idb")])];
  const ends: readonly (Act | Step)[] = [{ do: "delete", key: "IdentityAssignment/default/x" }, assignment("x", "web", [ref("idb")])];
  for (const end of ends) expect(await faultsOf(1, [...first, deaf, end])).toEqual([]);
});
