import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ArmId } from "../../src/api/arm-id.ts";
import { childId, extensionId, groupScope, subscriptionScope } from "../../src/api/arm-id.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { objectAt, stringAt } from "../../src/api/json.ts";
import type { Azure as Gateway } from "../../src/azure/gateway.ts";
import { requestOf } from "./fake-azure.ts";
import { found, openSimulatedAzure } from "./simulated-azure.ts";
import type { SimulatedAzure } from "./simulated-azure.ts";

const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const COLLECTION = "providers/Microsoft.Authorization/roleAssignments";
const ROLES = requestOf("2022-04-01");
const MSI = requestOf("2024-11-30");
const WEB = requestOf("2025-05-01", { typed: true });

let simulated: SimulatedAzure;
let gateway: Gateway;
let subscription: ArmId;

beforeAll(async () => {
  const appServiceLimits = [
    { location: "northeurope", because: "quota" },
    { location: "westeurope", tier: "PremiumV3", because: "not-offered" },
  ] as const;
  const containerGroupLimits = [
    { location: "northeurope", because: "quota" },
    { location: "westus", because: "not-available" },
  ] as const;
  const settings = { principalReplicationSeconds: 30, roleAssignmentLimit: 3, appServiceLimits, containerGroupLimits };
  simulated = await openSimulatedAzure({ settings });
  ({ gateway } = simulated);
  subscription = subscriptionScope(simulated.azure.subscriptionIds[0] ?? "");
});

afterAll(() => simulated.close());
beforeEach(() => simulated.azure.clearRequests());

describe("a role assignment", () => {
  const name = (digit: number) => `8e3bf664-a171-4099-84b1-f0f81786d3d${digit}`;
  const ROLE_ASSIGNMENT = { provider: "Microsoft.Authorization", type: "roleAssignments" };
  const at = (scope: ArmId, digit: number) => extensionId(scope, { ...ROLE_ASSIGNMENT, name: name(digit) });
  const group = () => groupScope(simulated.azure.subscriptionIds[0] ?? "", "g");
  const roleId = (guid: string) => `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
  const body = (principalId: string, more: JsonObject = { principalType: "ServicePrincipal" }) => ({
    properties: { roleDefinitionId: roleId(READER), principalId, ...more },
  });
  let principalId: string;

  beforeAll(async () => {
    const identityId = simulated.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "app");
    const identity = await gateway.put(identityId, { location: "westeurope" }, MSI);
    principalId = identity.is === "done" ? (stringAt(objectAt(identity.body, "properties"), "principalId") ?? "") : "";
  });

  test("of a principal that the directory does not know yet waits for it", async () => {
    expect(await gateway.put(at(group(), 1), body(principalId, {}), ROLES)).toMatchObject({
      is: "failed", failure: { class: "principal", code: "PrincipalNotFound" },
    });
  });

  test("is made, read and listed at a group, a subscription and a resource", async () => {
    expect(await gateway.read(at(group(), 1), ROLES)).toEqual({ is: "absent", code: "RoleAssignmentNotFound" });
    expect(await gateway.put(at(group(), 1), body(principalId), ROLES)).toMatchObject({ is: "done", status: 201 });
    expect(await gateway.put(at(subscription, 2), body(principalId), ROLES)).toMatchObject({ is: "done", status: 201 });
    const identity = simulated.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "app");
    expect(await gateway.put(at(identity, 3), body(principalId), ROLES)).toMatchObject({ is: "done", status: 201 });
    expect(objectAt(found(await gateway.read(at(group(), 1), ROLES)), "properties")).toMatchObject({ principalId, scope: group() });
    const list = await gateway.list(group(), COLLECTION, { ...ROLES, filter: `principalId eq '${principalId}'` });
    expect(list).toMatchObject({ is: "found" });
    expect(list.is === "found" ? list.items.map((item) => item["name"]) : []).toContain(name(1));
  });

  test("that exists under another name tells that name", async () => {
    expect(await gateway.put(at(group(), 4), body(principalId), ROLES)).toMatchObject({
      is: "failed", failure: { class: "exists", code: "RoleAssignmentExists", conflicting: name(1) },
    });
  });

  test("cannot change whom it is for, nor be one too many", async () => {
    expect(await gateway.put(at(group(), 1), body(simulated.principalId), ROLES)).toMatchObject({
      failure: { class: "invalid", code: "RoleAssignmentUpdateNotPermitted" },
    });
    expect(await gateway.put(at(group(), 5), body(simulated.principalId), ROLES)).toMatchObject({
      failure: { class: "invalid", code: "RoleAssignmentLimitExceeded" },
    });
  });

  test("of a role that does not exist is missing it", async () => {
    const unknown = body(principalId, { principalType: "ServicePrincipal", roleDefinitionId: roleId(name(9)) });
    expect(await gateway.put(at(group(), 6), unknown, ROLES)).toMatchObject({
      is: "failed", failure: { class: "missing", code: "RoleDefinitionDoesNotExist" },
    });
  });

  test("is deleted, and so once more", async () => {
    expect(await gateway.delete(at(group(), 1), ROLES)).toMatchObject({ is: "done", status: 200 });
    expect(await gateway.delete(at(group(), 1), ROLES)).toEqual({ is: "done", status: 204 });
  });
});

describe("App Service refuses", () => {
  const plan = () => simulated.idOf("Microsoft.Web/serverfarms", "plan");
  const planBody = (location: string, sku = "B1") => ({ location, sku: { name: sku }, properties: { reserved: true } });
  const siteBody = (siteConfig: JsonObject = {}) => ({ location: "westeurope", properties: { serverFarmId: plan(), siteConfig } });

  test("a plan without quota, with one request and one token", async () => {
    expect(await gateway.put(plan(), planBody("northeurope"), WEB)).toMatchObject({ failure: { class: "invalid", code: "QuotaExceeded" } });
    expect(simulated.lines()).toEqual(["PUT plan 401"]);
    expect(simulated.azure.requests.filter(({ type }) => type === "entra")).toEqual([]);
  });

  test("a tier that the region does not have", async () => {
    expect(await gateway.put(plan(), planBody("westeurope", "P1v3"), WEB)).toMatchObject({ failure: { class: "invalid", code: "Conflict" } });
  });

  test("a name that somebody in the world has", async () => {
    await gateway.put(plan(), planBody("westeurope"), WEB);
    expect(await gateway.put(simulated.idOf("Microsoft.Web/sites", "shop-of-somebody"), siteBody(), WEB)).toMatchObject({ is: "done" });
    simulated.azure.portal.createResourceGroup(simulated.azure.subscriptionIds[0] ?? "", "other", "westeurope");
    const elsewhere = `${groupScope(simulated.azure.subscriptionIds[0] ?? "", "other")}/providers/Microsoft.Web/sites/taken-by-a-test`;
    simulated.azure.portal.put(elsewhere, siteBody());
    expect(await gateway.put(simulated.idOf("Microsoft.Web/sites", "taken-by-a-test"), siteBody(), WEB)).toMatchObject({
      failure: { class: "invalid", code: "NameNotAvailable", message: expect.stringContaining("taken-by-a-test") as string },
    });
  });

  test("a runtime that nobody knows, and a slot that the plan cannot have", async () => {
    const site = simulated.idOf("Microsoft.Web/sites", "shop-of-somebody");
    const another = simulated.idOf("Microsoft.Web/sites", "shop-of-a-fool");
    expect(await gateway.put(another, siteBody({ linuxFxVersion: "COBOL|85" }), WEB)).toMatchObject({
      failure: { class: "invalid", code: "BadRequest" },
    });
    expect(await gateway.put(childId(site, "slots", "stage"), siteBody(), WEB)).toMatchObject({
      failure: { class: "invalid", code: "Conflict" },
    });
  });
});

describe("Container Instances refuses", () => {
  const ACI = requestOf("2025-09-01", { typed: true });
  const box = (name: string) => simulated.idOf("Microsoft.ContainerInstance/containerGroups", name);
  const resources = { requests: { cpu: 1, memoryInGB: 1.5 } };
  const groupBody = (location: string, more: JsonObject = {}) => ({
    location,
    properties: { osType: "Linux", containers: [{ name: "c", properties: { image: "nginx", resources } }], ...more },
  });

  test.each([
    ["cores that are used up", "northeurope", "ContainerGroupQuotaReached"],
    ["a size that the region has no room for", "westus", "ServiceUnavailable"],
  ])("%s", async (_, location, code) => {
    expect(await gateway.put(box("large"), groupBody(location), ACI)).toMatchObject({ is: "failed", failure: { class: "invalid", code } });
  });

  test("a DNS label that another group has", async () => {
    const ipAddress = { type: "Public", ports: [{ port: 80, protocol: "TCP" }], dnsNameLabel: "shop-of-a-test" };
    expect((await gateway.put(box("first"), groupBody("westeurope", { ipAddress }), ACI)).is).toBe("running");
    expect(await gateway.put(box("second"), groupBody("westeurope", { ipAddress }), ACI)).toMatchObject({
      failure: { class: "invalid", code: "DnsNameLabelNotAvailable" },
    });
  });
});
