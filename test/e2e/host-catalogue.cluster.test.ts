import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../azure/azure.ts";
import { objectAt } from "../azure/kernel/json.ts";
import { armId, assignment, identity, identityId } from "./objects.ts";
import { ACTIONS, isReady, reasonOf, setStage, type Stage, SUBSCRIPTION } from "./stage.ts";

const NAMESPACE = "e2e-catalogue";
const CLUSTER = armId("Microsoft.ContainerService/managedClusters", "cluster");
const ACCOUNT = armId("Microsoft.DocumentDB/databaseAccounts", "account");
const WORKERS = armId("Microsoft.Compute/virtualMachineScaleSets", "workers");
/** Longer than any operation here, and all together shorter than the token with which the operator logs in. */
const LONGEST_MS = 250_000;
let stage: Stage;

/** What these hosts take beside what all do. */
const MORE_ACTIONS = [
  ...["read", "write"].flatMap((verb) => [`Microsoft.ContainerService/managedClusters/${verb}`, `Microsoft.DocumentDB/databaseAccounts/${verb}`]),
  "Microsoft.ContainerService/locations/operations/read",
  "Microsoft.DocumentDB/locations/operationsStatus/read",
  "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read",
  "Microsoft.Compute/virtualMachineScaleSets/manualupgrade/action",
];

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE], permissions: (principalId) => [{ principalId, actions: [...ACTIONS, ...MORE_ACTIONS], scope: `/subscriptions/${SUBSCRIPTION}` }] });
  await stage.startOperator();
  for (const name of ["one", "two"]) await stage.apply(identity(NAMESPACE, name));
  for (const name of ["one", "two"]) await stage.until("uai", name, isReady);
  stage.azure.portal.put(identityId("theirs"), { location: "westus2" });
  stage.azure.portal.put(CLUSTER, { location: "westus2", identity: users("theirs"), properties: { dnsPrefix: "cluster", agentPoolProfiles: [{ name: "nodepool1", count: 1, mode: "System" }] } });
  stage.azure.portal.put(ACCOUNT, { location: "westus2", kind: "GlobalDocumentDB", identity: users("theirs"), properties: { databaseAccountOfferType: "Standard", locations: [{ locationName: "westus2" }] } });
  stage.azure.portal.patch(ACCOUNT, { properties: { defaultIdentity: `UserAssignedIdentity=${identityId("theirs")}` } });
  stage.azure.portal.put(WORKERS, { location: "westus2", sku: { name: "Standard_B1s", capacity: 2 }, properties: { upgradePolicy: { mode: "Manual" } } });
});

afterAll(() => stage.close());

function users(name: string): JsonObject {
  return { type: "UserAssigned", userAssignedIdentities: { [identityId(name)]: {} } };
}

const namesOn = (id: string) => Object.keys(objectAt(stage.azure.portal.get(id)?.["identity"], "userAssignedIdentities")).map((key) => key.split("/").at(-1));
const declared = (target: string, name: string, more: JsonObject = {}): JsonObject => ({ target: { armId: target }, userAssigned: [{ identityRef: { name } }], ...more });

/** Writes to a host that were answered: only then their operation has begun. */
const writesTo = (id: string) => stage.arm().filter(({ method, path, status }) => method !== "GET" && path.startsWith(id) && status > 0).length;

/** Does something, and lets each operation on the host that it begins end at once, until it is done. */
async function through(id: string, act: () => Promise<unknown>): Promise<void> {
  const state = { seen: writesTo(id), isOver: false };
  const over = act().finally(() => {
    state.isOver = true;
  });
  while (!state.isOver) {
    await Promise.race([over, stage.untilArm(() => state.isOver || writesTo(id) > state.seen)]);
    state.seen = writesTo(id);
    stage.clock.advance(LONGEST_MS);
  }
  await over;
}

/** Applies an assignment to a host, and waits until it is as it should be. */
async function applied(name: string, spec: JsonObject, isMet = isReady): Promise<void> {
  const { armId: id } = spec["target"] as { readonly armId: string };
  await through(id, async () => {
    await stage.apply(assignment(NAMESPACE, name, spec));
    await stage.until("ida", name, isMet);
  });
}

async function remove(name: string, id: string): Promise<void> {
  await through(id, () => stage.kubectl("delete", "ida", name, "-n", NAMESPACE, "--timeout=40s"));
}

test("the one slot of an AKS cluster is kept, replaced on demand, and left as it is", async () => {
  await applied("cluster", declared(CLUSTER, "one", { allowDisruption: "Restart" }), (object) => reasonOf(object) === "SlotTaken");
  expect(namesOn(CLUSTER)).toEqual(["theirs"]);
  await applied("cluster", declared(CLUSTER, "one", { allowDisruption: "Restart", ownership: "Exclusive" }));
  expect(namesOn(CLUSTER)).toEqual(["one"]);
  await remove("cluster", CLUSTER);
  expect(namesOn(CLUSTER)).toEqual(["one"]);
});

test("a Cosmos DB account uses the identity that follows, and then again what it used before", async () => {
  const used = () => objectAt(stage.azure.portal.get(ACCOUNT), "properties")["defaultIdentity"];
  await applied("account", declared(ACCOUNT, "one", { followThrough: { defaultIdentity: { identityRef: { name: "one" } } } }));
  expect([new Set(namesOn(ACCOUNT)), used()]).toEqual([new Set(["one", "theirs"]), `UserAssignedIdentity=${identityId("one")}`]);
  await remove("account", ACCOUNT);
  expect([namesOn(ACCOUNT), used()]).toEqual([["theirs"], `UserAssignedIdentity=${identityId("theirs")}`]);
});

test("instances of a scale set are counted until they are upgraded", async () => {
  await applied("workers", declared(WORKERS, "two"), (object) => reasonOf(object) === "InstancesPending");
  expect(await stage.kubectl("get", "ida", "workers", "-n", NAMESPACE, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].message}')).toMatch(/^2 of 2 instances of virtualMachineScaleSets\/workers do not have its model yet/);
  await applied("workers", declared(WORKERS, "two", { allowDisruption: "Recreate" }));
  await remove("workers", WORKERS);
});
