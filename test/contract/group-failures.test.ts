import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, objectsAt, textAt } from "../azure/kernel/json.ts";
import { Crash, Mortal } from "./crash.ts";
import { attachedTo, containerOf, GROUP, groupId, groupSpec, writesTo } from "./groups.ts";
import { at, get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const mortal = new Mortal();
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({ between: mortal.between });
});
afterAll(() => stage.close());
afterEach(async () => {
  mortal.dieAt(undefined);
  stage.cluster.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `gf${String(count).padStart(3, "0")}`;
}

const ended = (name: string, on = stage) => [on.state(GROUP, name), on.message(GROUP, name)];
const conditionTypes = (name: string) => JSON.stringify(objectAt({ status: stage.object(GROUP, name)?.status as JsonObject }, "status")["conditions"]);
const failed = { code: "ImagePullFailed", message: "The image 'web:0' could not be pulled." };
const failNext = (name: string, times = 1) => stage.bench.azure.failOperation(({ resourceId }) => resourceId.toLowerCase().endsWith(`/${name}`), failed, times);

describe("a creation that Azure accepts and that fails", () => {
  test("stalls with Azure's reason, and is made again after a while", async () => {
    const name = fresh();
    failNext(name);
    await stage.apply(GROUP, name, groupSpec(stage));
    expect(ended(name)).toEqual(["False AzureRefused", expect.stringMatching(/ImagePullFailed: The image 'web:0' could not be pulled\.: correct the spec, or what Azure complains about/)]);
    expect(conditionTypes(name)).toContain("Stalled");
    stage.bench.clock.advance(30 * 60_000);
    await stage.look();
    expect([ended(name)[0], writesTo(stage, name)]).toEqual(["True Succeeded", ["201 PUT", "201 PUT"]]);
  });

  test("is corrected without any consent: nothing runs there that could be disturbed", async () => {
    const name = fresh();
    failNext(name);
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:0" }));
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:1" }));
    expect([ended(name), containerOf(stage, name)["image"]]).toEqual([["True Succeeded", expect.any(String)], "web:1"]);
  });

  test("is corrected by making it again, too", async () => {
    const name = fresh();
    failNext(name);
    const resources = (cpu: number) => ({ resources: { requests: { cpu, memoryInGB: 2 } } });
    await stage.apply(GROUP, name, groupSpec(stage, resources(4)));
    await stage.apply(GROUP, name, groupSpec(stage, resources(1)));
    expect([ended(name), objectAt(containerOf(stage, name), "resources", "requests")["cpu"]]).toEqual([["True Succeeded", expect.any(String)], 1]);
  });

  test("can be deleted", async () => {
    const name = fresh();
    failNext(name);
    await stage.apply(GROUP, name, groupSpec(stage));
    await stage.remove(GROUP, name);
    expect([stage.state(GROUP, name), get(stage, groupId(stage, name))]).toEqual(["gone", undefined]);
  });
});

test("a process that ends in the middle of a creation is followed by one that finishes it without a second PUT", async () => {
  const name = fresh();
  stage.bench.azure.clearRequests();
  mortal.dieAt({ effect: 3, when: "after" });
  await expect(stage.apply(GROUP, name, groupSpec(stage))).rejects.toThrow(Crash);
  mortal.dieAt(undefined);
  expect([writesTo(stage, name), textAt(objectAt(get(stage, groupId(stage, name)), "properties"), "provisioningState")]).toEqual([["201 PUT"], "Pending"]);
  await stage.restart();
  expect([ended(name)[0], writesTo(stage, name)]).toEqual(["True Succeeded", ["201 PUT"]]);
});

describe("what Azure refuses", () => {
  const address = (dnsNameLabel: string) => ({ ipAddress: { type: "Public", ports: [{ port: 80 }], dnsNameLabel } });
  const ports = { ports: [{ port: 80 }] };

  test("a DNS label that somebody else has", async () => {
    const [name, other] = [fresh(), fresh()];
    stage.bench.azure.portal.put(groupId(stage, other), { properties: { osType: "Linux", containers: [{ name: "x", properties: { image: "x", resources: { requests: { cpu: 1, memoryInGB: 1 } }, ...ports } }], ...address("taken-label") } });
    await stage.apply(GROUP, name, groupSpec(stage, ports, address("taken-label")));
    expect(ended(name)).toEqual(["False AzureRefused", expect.stringMatching(/^cannot create ContainerGroup default\/\w+: DnsNameLabelNotAvailable: .* Try using a different label\.: correct the spec/)]);
    await stage.apply(GROUP, name, groupSpec(stage, ports, address("other-label")));
    expect([ended(name)[0], stage.object(GROUP, name)?.status]).toEqual(["True Succeeded", expect.objectContaining({ fqdn: "other-label.westeurope.azurecontainer.io" })]);
  });

  test("an update that needs a new group after all", async () => {
    const name = fresh();
    await stage.apply(GROUP, name, groupSpec(stage));
    const error = { code: "InvalidContainerGroupUpdate", message: "The updates on container group are invalid. If you are going to update the network profile, you must delete it first and then create a new one." };
    stage.bench.azure.intercept(({ method, path }) => method === "PUT" && path.endsWith(`/${name}`), { do: "answer", status: 400, body: { error } }, 1);
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:2" }, { allowDisruption: "Restart" }));
    expect(ended(name)).toEqual(["False AzureRefused", expect.stringContaining("InvalidContainerGroupUpdate: The updates on container group are invalid. If you are going to update the network profile, you must delete it first")]);
  });

  const refusals: readonly (readonly [string, number, string, string])[] = [
    ["a policy", 403, "RequestDisallowedByPolicy", "Resource was disallowed by policy."],
    ["a provider that is not registered", 409, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace 'Microsoft.ContainerInstance'."],
    ["a size that is not sold", 400, "SkuNotAvailable", "The requested size is not available in the location."],
    ["a location that the type lacks", 400, "LocationNotAvailableForResourceType", "The provided location is not available for resource type."],
    ["a quota", 409, "ContainerGroupQuotaReached", "Resource type container group quota 'ContainerGroups' exceeded."],
  ];

  test.each(refusals)("%s", async (_what, status, code, message) => {
    const name = fresh();
    const stop = stage.bench.azure.intercept(({ method, path }) => method === "PUT" && path.endsWith(`/${name}`), { do: "answer", status, body: { error: { code, message } } }, 10);
    await stage.apply(GROUP, name, groupSpec(stage));
    stop();
    expect(ended(name)).toEqual(["False AzureRefused", expect.stringMatching(new RegExp(`^cannot create ContainerGroup default/${name}: ${code}: .+(?:: correct the spec, or what Azure complains about)$`))]);
    expect(conditionTypes(name)).toContain("Stalled");
  });

  test.each(["quota", "not-available"] as const)("a region that has none to give: %s", async (because) => {
    const other = await setStage({ azure: { settings: { containerGroupLimits: [{ location: "westeurope", because }] } } });
    await other.apply(GROUP, "any", groupSpec(other));
    expect(ended("any", other)).toEqual(["False AzureRefused", expect.stringMatching(/correct the spec, or what Azure complains about$/)]);
    await other.close();
  });
});

describe("an identity by which a group pulls its images", () => {
  const pulling = (name: string): JsonObject => ({
    identity: { userAssigned: [{ identityRef: { name: `${name}-pull` } }] },
    imageRegistryCredentials: [{ server: "shop.azurecr.io", identity: { identityRef: { name: `${name}-pull` } } }],
  });
  const credentials = (name: string) => objectsAt(objectAt(get(stage, groupId(stage, name)), "properties"), "imageRegistryCredentials").map((each) => textAt(each, "identity")?.toLowerCase());

  test("stays, and keeps pulling, when its object vanishes", async () => {
    const name = fresh();
    await stage.apply("UserAssignedIdentity", `${name}-pull`, at(stage));
    await stage.apply(GROUP, name, groupSpec(stage, {}, { ...pulling(name), allowDisruption: "Restart" }));
    expect(ended(name)[0]).toBe("True Succeeded");
    stage.bench.azure.clearRequests();
    stage.cluster.force("UserAssignedIdentity", `${name}-pull`);
    await stage.settle();
    await stage.look();
    expect([ended(name)[0], writesTo(stage, name), attachedTo(stage, name), credentials(name)]).toEqual(["False RefNotFound", [], [`${name}-pull`], [uai(stage, `${name}-pull`).toLowerCase()]]);
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:2" }, { ...pulling(name), allowDisruption: "Restart" }));
    expect([containerOf(stage, name)["image"], credentials(name)]).toEqual(["web:2", [uai(stage, `${name}-pull`).toLowerCase()]]);
  });

  test("is attached before it pulls, and then pulls", async () => {
    const name = fresh();
    await stage.apply("UserAssignedIdentity", `${name}-pull`, at(stage));
    await stage.apply(GROUP, name, groupSpec(stage, {}, { allowDisruption: "Restart" }));
    stage.bench.azure.clearRequests();
    await stage.apply(GROUP, name, groupSpec(stage, { image: "shop.azurecr.io/web:2" }, { ...pulling(name), allowDisruption: "Restart" }));
    expect([ended(name), credentials(name), writesTo(stage, name)]).toEqual([["True Succeeded", expect.any(String)], [uai(stage, `${name}-pull`).toLowerCase()], ["201 PUT", "201 PUT", "201 PUT"]]);
  });

  test("that the operator may not assign is the one that is named", async () => {
    const name = fresh();
    makeIdentity(stage, `${name}-pull`);
    const isAssign = ({ method, path, body }: { readonly method: string; readonly path: string; readonly body: unknown }) => method === "PUT" && path.endsWith(`/${name}`) && JSON.stringify(body).includes("userAssignedIdentities");
    const message = `The client has permission to perform action 'Microsoft.ContainerInstance/containerGroups/write' on scope '${groupId(stage, name)}'; however, it does not have permission to perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '${uai(stage, `${name}-pull`)}' or the linked scope(s) are invalid.`;
    const stop = stage.bench.azure.intercept(isAssign, { do: "answer", status: 403, body: { error: { code: "LinkedAuthorizationFailed", message } } }, 50);
    const named = { armId: uai(stage, `${name}-pull`) };
    await stage.apply(GROUP, name, groupSpec(stage, {}, { identity: { userAssigned: [named] }, imageRegistryCredentials: [{ server: "shop.azurecr.io", identity: named }] }));
    stop();
    expect(ended(name)).toEqual(["False IdentityNotPermitted", expect.stringContaining("az role assignment create")]);
    await stage.look();
    expect([ended(name)[0], credentials(name)]).toEqual(["True Succeeded", [uai(stage, `${name}-pull`).toLowerCase()]]);
  });
});
