import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import type { Switches } from "../azure/azure.ts";
import { attachedTo, givenHost, hostOf, restOf, sampleOf, uai } from "./hosts.ts";
import type { HostSample } from "./samples.ts";
import { startStage, type Stage } from "./stage.ts";

const CLUSTER = sampleOf("Microsoft.ContainerService/managedClusters");
let stage: Stage;

/** What no recording settles about clusters, one way and the other (arm.md 8, 18). */
const SETTINGS: readonly Partial<Switches>[] = [{}, { aksPutWithoutIdentity: "clears", aksReturnToNone: "accepted", aksBusyCode: "EtagMismatch", aksPutWithoutSecrets: "clears" }];

function useStage(switches: Partial<Switches>): void {
  beforeAll(async () => {
    stage = await startStage(switches);
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    for (const name of ["f", "x", "y"]) stage.bench.azure.portal.put(uai(stage, name), {});
  });
}

const declares = (ids: readonly string[], more: JsonObject = {}, sample: HostSample = CLUSTER): JsonObject => ({ target: { armId: hostOf(stage, sample) }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })), allowDisruption: "Restart", ...more });
const EXCLUSIVE = { ownership: "Exclusive" };
const bodies = () => stage.writesTo(hostOf(stage, CLUSTER)).map(({ method, body }) => [method, (body as JsonObject)["identity"]]);
const users = (name: string): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: { [uai(stage, name)]: {} } });

describe.each(SETTINGS)("the one slot of an AKS cluster (arm.md 8) where Azure has %j", (switches) => {
  useStage(switches);

  test("Exclusive replaces what is in it by one guarded PUT; deletion leaves it and says so", async () => {
    givenHost(stage, CLUSTER, { had: ["f"] });
    const before = restOf(stage, CLUSTER);
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["x"], EXCLUSIVE));
    expect([stage.state("a"), attachedTo(stage, CLUSTER), bodies()]).toEqual(["True Succeeded", ["x"], [["PUT", users("x")]]]);
    expect(stage.writesTo(hostOf(stage, CLUSTER)).map(({ headers }) => headers["if-match"])).toEqual([expect.stringMatching(/./)]);
    expect(restOf(stage, CLUSTER)).toEqual(before);
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, CLUSTER), bodies().length]).toEqual(["gone", ["x"], 1]);
  });

  test("Shared is refused while it holds what others put there", async () => {
    givenHost(stage, CLUSTER, { had: ["f"] });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["x"]));
    expect([stage.state("a"), stage.message("a")]).toEqual(["False SlotTaken", expect.stringContaining("set spec.ownership to Exclusive to replace it")]);
    expect([attachedTo(stage, CLUSTER), bodies()]).toEqual([["f"], []]);
    await stage.remove("a");
  });

  test("a system-assigned identity of others does not give way, also to Exclusive", async () => {
    givenHost(stage, CLUSTER, { system: true });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["x"], EXCLUSIVE));
    expect([stage.state("a"), attachedTo(stage, CLUSTER), bodies()]).toEqual(["False SystemAssignedKept", ["system"], []]);
    await stage.remove("a");
  });

  test("it gives way once it was taken over and may be destroyed, in one PUT", async () => {
    givenHost(stage, CLUSTER, { system: true });
    await stage.apply("a", { target: { armId: hostOf(stage, CLUSTER) }, systemAssigned: true, adoptionPolicy: "IfExists", allowDisruption: "Restart" });
    expect(stage.state("a")).toBe("True Succeeded");
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["x"], { ...EXCLUSIVE, systemAssigned: false, systemAssignedRemoval: "Destroy" }));
    expect([stage.state("a"), attachedTo(stage, CLUSTER), bodies()]).toEqual(["True Succeeded", ["x"], [["PUT", users("x")]]]);
    await stage.remove("a");
  });

  test("what we put there ourselves is replaced under Shared", async () => {
    givenHost(stage, CLUSTER);
    await stage.apply("a", declares(["x"]));
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["y"]));
    expect([stage.state("a"), attachedTo(stage, CLUSTER), bodies()]).toEqual(["True Succeeded", ["y"], [["PUT", users("y")]]]);
    await stage.remove("a");
  });

  test("without consent nothing is written", async () => {
    givenHost(stage, CLUSTER);
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["x"], { allowDisruption: "Recycle" }));
    expect([stage.state("a"), stage.message("a"), bodies()]).toEqual(["False DisruptionNotAllowed", expect.stringContaining("updates the whole cluster"), []]);
    await stage.remove("a");
  });

  test("a write that somebody else overtook is made again from what is there then", async () => {
    givenHost(stage, CLUSTER, { had: ["f"] });
    const isOurs = ({ method, path }: { readonly method: string; readonly path: string }) => method === "PUT" && path.endsWith("/managedClusters/host");
    const stop = stage.bench.azure.intercept(isOurs, { do: "answer", status: 412, body: { code: "PreconditionFailed", message: "The condition is not met." } });
    const answers = [{ status: 409, code: "OperationNotAllowed" }, { status: 409, code: "EtagMismatch" }];
    const stops = answers.map(({ status, code }) => stage.bench.azure.intercept(isOurs, { do: "answer", status, body: { code, message: "Another operation is in progress." } }));
    await stage.apply("a", declares(["x"], EXCLUSIVE));
    for (const each of [stop, ...stops]) each();
    expect([stage.state("a"), attachedTo(stage, CLUSTER)]).toEqual(["True Succeeded", ["x"]]);
    await stage.remove("a");
  });

  test("a cluster with a service principal is refused, with what to do first", async () => {
    const { portal } = stage.bench.azure;
    portal.delete(hostOf(stage, CLUSTER));
    portal.put(hostOf(stage, CLUSTER), { ...CLUSTER.body, properties: { ...objectAt(CLUSTER.body, "properties"), servicePrincipalProfile: { clientId: "00001111-aaaa-2222-bbbb-3333cccc4444", secret: "s" } } });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["x"]));
    expect([stage.state("a"), stage.message("a"), bodies()]).toEqual(["False HostNotSupported", expect.stringContaining("az aks update --enable-managed-identity"), []]);
    await stage.remove("a");
  });

  test("the kubelet's identity stays, also when it is the one that leaves the slot", async () => {
    givenHost(stage, CLUSTER, { had: ["f"] });
    const { portal } = stage.bench.azure;
    portal.put(hostOf(stage, CLUSTER), { ...portal.get(hostOf(stage, CLUSTER)), identity: users("f"), properties: { ...objectAt(CLUSTER.body, "properties"), identityProfile: { kubeletidentity: { resourceId: uai(stage, "f") } } } });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(["x"], EXCLUSIVE), { isPatient: false });
    expect([stage.state("a"), stage.message("a")]).toEqual(["False SlotTaken", expect.stringContaining("properties.identityProfile.kubeletidentity.resourceId")]);
    expect([attachedTo(stage, CLUSTER), bodies()]).toEqual([["f"], []]);
    await stage.remove("a");
  });
});

describe("a resource group that AKS manages", () => {
  useStage({});

  const SET = sampleOf("Microsoft.Compute/virtualMachineScaleSets");

  function inGroup(group: string): HostSample & { readonly id: string } {
    const id = `${stage.bench.subscription}/resourceGroups/${group}/providers/Microsoft.Compute/virtualMachineScaleSets/host`;
    stage.bench.azure.portal.put(id, { ...SET.body, tags: { "aks-managed-poolName": "nodepool1" } });
    stage.bench.azure.clearRequests();
    return { ...SET, id };
  }

  test("its scale sets are refused", async () => {
    givenHost(stage, CLUSTER, { had: ["f"] });
    const group = stringAt(objectAt(stage.bench.azure.portal.get(hostOf(stage, CLUSTER)), "properties"), "nodeResourceGroup") ?? "";
    const { id } = inGroup(group);
    await stage.apply("a", { target: { armId: id }, userAssigned: [{ armId: uai(stage, "x") }], allowDisruption: "Recreate" });
    expect([stage.state("a"), stage.message("a"), stage.writesTo(id)]).toEqual(["False ManagedResourceGroup", expect.stringContaining(`resource group ${group} belongs to an AKS cluster`), []]);
    await stage.remove("a");
  });

  test("they are known by name and tags to who may not read the group", async () => {
    stage.bench.azure.portal.createResourceGroup(stage.bench.azure.subscriptionIds[0] ?? "", "MC_other_c_westeurope", "westeurope");
    const { id } = inGroup("MC_other_c_westeurope");
    await stage.apply("a", { target: { armId: id }, userAssigned: [{ armId: uai(stage, "x") }], allowDisruption: "Recreate" });
    expect([stage.state("a"), stage.writesTo(id)]).toEqual(["False ManagedResourceGroup", []]);
    await stage.remove("a");
  });
});
