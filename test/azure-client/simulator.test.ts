import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { armId } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { objectAt, stringAt } from "../../src/api/json.ts";
import type { Azure as Gateway } from "../../src/azure/gateway.ts";
import type { Azure, ManualClock } from "../azure/azure.ts";
import { requestOf } from "./fake-azure.ts";
import { found, openSimulatedAzure } from "./simulated-azure.ts";
import type { SimulatedAzure } from "./simulated-azure.ts";

const IDENTITY_TYPE = "microsoft.managedidentity/userassignedidentities";
const MSI = requestOf("2024-11-30");
const ACI = requestOf("2025-09-01");
const WEB = requestOf("2025-05-01");
const never = new AbortController().signal;

let simulated: SimulatedAzure;
let azure: Azure;
let clock: ManualClock;
let port: Gateway;
let principalId: string;

beforeAll(async () => {
  simulated = await openSimulatedAzure({ tokenLifetimeSeconds: 3600 });
  ({ azure, clock, gateway: port, principalId } = simulated);
});

afterAll(() => simulated.close());

beforeEach(() => {
  azure.setPermissions([{ principalId, actions: ["*"], scope: "/" }]);
  azure.clearRequests();
});

const subscriptionId = () => azure.subscriptionIds[0] ?? "";
const identityId = (name: string) => simulated.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", name);
const lines = () => simulated.lines();

describe("an identity through the SDK", () => {
  test("is created, read, updated and deleted with one request each, and one token", async () => {
    const id = identityId("life");
    expect(await port.read(id, MSI)).toEqual({ is: "absent", code: "ResourceNotFound" });
    const created = await port.put(id, { location: "westeurope", tags: { a: "b" } }, MSI);
    expect(created).toMatchObject({ is: "done", status: 201 });
    const body = found(await port.read(id, MSI));
    expect(created).toMatchObject({ body });
    const guid = /^[0-9a-f-]{36}$/;
    expect(objectAt(body, "properties")).toEqual({ principalId: expect.stringMatching(guid) as string, clientId: expect.stringMatching(guid) as string, tenantId: azure.tenantId });
    expect(stringAt(body, "id")).toContain("/resourcegroups/");
    expect(await port.patch(id, { tags: { c: "d" } }, MSI)).toMatchObject({ is: "done", body: { tags: { c: "d" } } });
    expect(await port.delete(id, MSI)).toEqual({ is: "done", status: 200 });
    expect(await port.delete(id, MSI)).toEqual({ is: "done", status: 204 });
    expect(lines()).toEqual(["GET life 404", "PUT life 201", "GET life 200", "PATCH life 200", "DELETE life 200", "DELETE life 204"]);
    expect(azure.requests.filter((request) => request.type === "entra" && request.method === "POST")).toHaveLength(1);
    expect(azure.requests.at(-1)?.headers).toMatchObject({ "user-agent": "azid/test", "x-ms-correlation-request-id": "pass-1" });
    expect(simulated.observed.at(-1)).toMatchObject({ method: "DELETE", resourceType: IDENTITY_TYPE, code: "204" });
  });

  test("in a group that is missing: absent to read and delete, missing to write", async () => {
    const id = armId({ subscriptionId: subscriptionId(), resourceGroup: "nowhere", provider: "Microsoft.ManagedIdentity", types: ["userAssignedIdentities"], names: ["app"] });
    expect(await port.read(id, MSI)).toEqual({ is: "absent", code: "ResourceGroupNotFound" });
    expect(await port.delete(id, MSI)).toEqual({ is: "absent", code: "ResourceGroupNotFound" });
    expect(await port.put(id, { location: "westeurope" }, MSI)).toMatchObject({ is: "failed", failure: { class: "missing", code: "ResourceGroupNotFound" } });
  });

  test("in a subscription that is unknown is missing", async () => {
    const id = armId({ subscriptionId: "c0000000-0000-4000-8000-000000000009", resourceGroup: "g", provider: "Microsoft.ManagedIdentity", types: ["userAssignedIdentities"], names: ["app"] });
    expect(await port.read(id, MSI)).toMatchObject({ is: "failed", failure: { class: "missing", code: "SubscriptionNotFound" } });
  });

  test("without permission: what is denied, where and to whom", async () => {
    azure.setPermissions([]);
    const id = identityId("denied");
    expect(await port.put(id, { location: "westeurope" }, MSI)).toMatchObject({
      is: "failed",
      failure: { class: "forbidden", code: "AuthorizationFailed", denied: { action: "Microsoft.ManagedIdentity/userAssignedIdentities/write", principalId } },
    });
  });

  test("throttled, timed out at the gateway, cut: one request each", async () => {
    const id = identityId("trouble");
    const isPut = (request: { readonly method: string }) => request.method === "PUT";
    azure.intercept(isPut, { do: "throttle", retryAfterSeconds: 17 });
    expect(await port.put(id, { location: "westeurope" }, MSI)).toMatchObject({ failure: { class: "throttled", afterSeconds: 17 } });
    azure.intercept(isPut, { do: "gateway-timeout" });
    expect(await port.put(id, { location: "westeurope" }, MSI)).toMatchObject({ failure: { class: "unavailable", code: "GatewayTimeout" } });
    azure.intercept(isPut, { do: "reset", effect: "done" });
    expect(await port.put(id, { location: "westeurope" }, MSI)).toMatchObject({ failure: { class: "unavailable" } });
    azure.intercept(isPut, { do: "answer", status: 502, text: "<html>Bad gateway</html>" });
    expect(await port.put(id, { location: "westeurope" }, MSI)).toMatchObject({ failure: { class: "unavailable", code: "502" } });
    expect(lines()).toEqual(["PUT trouble 429", "PUT trouble 504", "PUT trouble 0", "PUT trouble 502"]);
  });

  test("in another location is invalid", async () => {
    const id = identityId("moved");
    await port.put(id, { location: "westeurope" }, MSI);
    expect(await port.put(id, { location: "northeurope" }, MSI)).toMatchObject({ failure: { class: "invalid", code: "InvalidResourceLocation" } });
  });
});

describe("a container group through the generic client", () => {
  const groupId = (name: string) => simulated.idOf("Microsoft.ContainerInstance/containerGroups", name);
  const body = (identity?: JsonObject): JsonObject => ({
    location: "westeurope",
    ...(identity === undefined ? {} : { identity }),
    properties: { osType: "Linux", containers: [{ name: "c", properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1 } } } }] },
  });

  test("is created by an operation that is polled once per call", async () => {
    const write = await port.put(groupId("box"), body(), ACI);
    if (write.is !== "running") throw new Error(`the write is ${write.is}`);
    expect(write.afterSeconds).toBe(10);
    expect(await write.operation.poll(never)).toEqual({ is: "running", afterSeconds: 10 });
    clock.advance(60_000);
    expect(await write.operation.poll(never)).toEqual({ is: "succeeded" });
    expect(objectAt(found(await port.read(groupId("box"), ACI)), "properties")).toMatchObject({ provisioningState: "Succeeded" });
    expect(azure.requests.map((request) => request.method)).toEqual(["PUT", "GET", "GET", "GET"]);
    expect(simulated.observed.map((observation) => observation.resourceType)).toContain("microsoft.containerinstance/locations/operations");
  });

  test("an operation that fails tells why", async () => {
    azure.failOperation((subject) => subject.type.endsWith("containerGroups"), { code: "InaccessibleImage", message: "The image cannot be had." });
    const write = await port.put(groupId("broken"), body(), ACI);
    if (write.is !== "running") throw new Error(`the write is ${write.is}`);
    clock.advance(60_000);
    expect(await write.operation.poll(never)).toEqual({ is: "failed", failure: { class: "invalid", code: "InaccessibleImage", message: "The image cannot be had." } });
  });

  test("an identity that does not exist, or may not be assigned, is named", async () => {
    const vanished = identityId("vanished");
    const identity = { type: "UserAssigned", userAssignedIdentities: { [vanished]: {} } };
    expect(await port.put(groupId("one"), body(identity), ACI)).toMatchObject({ is: "failed", failure: { class: "identity", code: "FailedIdentityOperation", named: [vanished] } });
    azure.setPermissions([{ principalId, actions: ["Microsoft.ContainerInstance/*"], scope: "/" }]);
    expect(await port.put(groupId("one"), body(identity), ACI)).toMatchObject({
      is: "failed",
      failure: {
        class: "identity",
        code: "LinkedAuthorizationFailed",
        named: [vanished],
        denied: { action: "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", scope: vanished, principalId },
      },
    });
  });

  test("a delete ends at once or by its operation", async () => {
    await port.put(groupId("gone"), body(), ACI);
    clock.advance(60_000);
    expect((await port.delete(groupId("gone"), ACI)).is).toMatch(/^done$|^running$/);
    clock.advance(60_000);
    expect(await port.read(groupId("gone"), ACI)).toMatchObject({ is: "absent" });
  });
});

test("a site that is not there is absent", async () => {
  expect(await port.read(simulated.idOf("Microsoft.Web/sites", "nothing-here"), WEB)).toMatchObject({ is: "absent" });
});

test("the location of a group is asked for once", async () => {
  const locations = await Promise.all([1, 2, 3].map(() => port.groupLocation(subscriptionId(), "g", MSI)));
  expect(locations.map((read) => stringAt(found(read), "location"))).toEqual(["westeurope", "westeurope", "westeurope"]);
  expect(lines()).toEqual(["GET g 200"]);
  expect(await port.groupLocation(subscriptionId(), "nowhere", MSI)).toEqual({ is: "absent", code: "ResourceGroupNotFound" });
});

test("a token that expires is renewed in time, with one request for all", async () => {
  await port.read(identityId("life"), MSI);
  azure.clearRequests();
  clock.advance(3_600_000);
  const reads = await Promise.all(Array.from({ length: 20 }, (_, index) => port.read(identityId(`none-${index}`), MSI)));
  expect(new Set(reads.map((read) => read.is))).toEqual(new Set(["absent"]));
  expect(azure.requests.filter((request) => request.type === "entra" && request.method === "POST")).toHaveLength(1);
  expect(azure.requests.filter((request) => request.status === 401)).toEqual([]);
});
