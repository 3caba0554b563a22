import { beforeAll, describe, expect, test } from "vitest";
import { API_VERSION } from "../../src/api/group.ts";
import type { JsonObject } from "../../src/api/json.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { kubectl } from "../control-plane/access.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { applyDefinitions, createNamespace, run } from "./definitions.ts";
import { largestStatus } from "./largest-status.ts";

const plane = connect();
const GROUP = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example";
const CLIENT_ID = "11112222-bbbb-3333-cccc-4444dddd5555";
const SITE = { armId: `${GROUP}/providers/Microsoft.Web/sites/msdocs-identity-example` };
const container = { name: "app", image: "mcr.microsoft.com/dotnet/samples:aspnetapp-chiseled" };

/** Kind → a spec with the required fields only. */
const SMALLEST: Readonly<Record<string, JsonObject>> = {
  UserAssignedIdentity: {},
  FederatedIdentityCredential: { identityRef: { name: "reader" }, serviceAccountRef: { name: "shop" } },
  IdentityAssignment: { target: SITE, systemAssigned: true },
  RoleAssignment: { scope: { identityRef: { name: "reader" } }, roleDefinitionName: "Reader", principal: { identityRef: { name: "reader" } } },
  ContainerGroup: { containers: [container] },
  AppServicePlan: {},
  WebApp: { plan: { planRef: { name: "plan" } } },
};

const policies = { managementPolicy: "Full", adoptionPolicy: "Never" };
const hostDefaults = { ...policies, systemAssignedRemoval: "Keep" };

/** Kind → what the API server adds to that spec. */
const DEFAULTS: Readonly<Record<string, JsonObject>> = {
  UserAssignedIdentity: { ...policies, onConsentWithdrawn: "Hold" },
  FederatedIdentityCredential: { ...policies, audiences: ["api://AzureADTokenExchange"] },
  IdentityAssignment: { ...hostDefaults, ownership: "Shared", allowDisruption: "Recycle" },
  RoleAssignment: { ...policies, principalType: "ServicePrincipal" },
  ContainerGroup: {
    ...hostDefaults,
    allowDisruption: "None",
    osType: "Linux",
    restartPolicy: "Always",
    containers: [{ ...container, resources: { requests: { cpu: 1, memoryInGB: 1.5 } } }],
  },
  AppServicePlan: { ...policies, osType: "Windows", sku: { name: "B1" } },
  WebApp: { ...hostDefaults, allowDisruption: "Recycle", appKind: "WebApp" },
};

let namespace: string;

beforeAll(async () => {
  await applyDefinitions(plane);
  namespace = await createNamespace(plane, "status");
});

describe("a new object", () => {
  test("looks unsettled, and what its author says about its status is ignored", async () => {
    await create("UserAssignedIdentity", "fresh", { spec: {}, status: { observedGeneration: 1, clientId: CLIENT_ID } });
    expect(await statusOf("uai/fresh")).toEqual({ observedGeneration: -1 });
  });

  test.each(RESOURCES)("$kind has the defaults that the documentation promises", async ({ kind, plural, group }) => {
    await create(kind, "defaults", { spec: SMALLEST[kind] });
    expect(JSON.parse(await get(`${plural}.${group}/defaults`, "jsonpath={.spec}"))).toEqual({ ...SMALLEST[kind], ...DEFAULTS[kind] });
  });

  test("has defaults in what is there in part", async () => {
    const functionAppConfig = {
      deployment: { storage: { blobContainerUri: "https://msdocs.blob.core.windows.net/code", authentication: { systemAssigned: true } } },
      runtime: { name: "node", version: "22" },
    };
    await create("WebApp", "part", { spec: { ...SMALLEST["WebApp"], appKind: "FunctionApp", functionAppConfig } });
    expect(JSON.parse(await get("webapp/part", "jsonpath={.spec.functionAppConfig.scaleAndConcurrency}"))).toEqual({
      maximumInstanceCount: 100,
      instanceMemoryMB: 2048,
    });
    await create("ContainerGroup", "part", { spec: { containers: [{ ...container, ports: [{ port: 80 }], resources: { limits: { cpu: 2 } } }] } });
    expect(JSON.parse(await get("aci/part", "jsonpath={.spec.containers[0]}"))).toEqual({
      ...container,
      ports: [{ port: 80, protocol: "TCP" }],
      resources: { limits: { cpu: 2 }, requests: { cpu: 1, memoryInGB: 1.5 } },
    });
    await create("AppServicePlan", "part", { spec: { sku: { capacity: 2 } } });
    expect(JSON.parse(await get("asp/part", "jsonpath={.spec.sku}"))).toEqual({ name: "B1", capacity: 2 });
  });
});

describe("the status subresource", () => {
  test.each(RESOURCES)("takes a status of $kind as large as it can be", async (resource) => {
    await create(resource.kind, "large", { spec: SMALLEST[resource.kind] });
    await writeStatus(resource.kind, "large", largestStatus(resource));
    expect(await statusOf(`${resource.plural}.${resource.group}/large`)).toEqual(largestStatus(resource));
  });

  test("refuses a condition type twice, and one that nobody knows", async () => {
    await create("UserAssignedIdentity", "conditions", { spec: {} });
    const ready = { type: "Ready", status: "Unknown", observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z", reason: "r", message: "m" };
    const twice = await tryStatus("UserAssignedIdentity", "conditions", { conditions: [ready, ready] });
    expect(twice.stderr).toContain('.status.conditions: duplicate entries for key [type="Ready"]');
    const unknown = await tryStatus("UserAssignedIdentity", "conditions", { conditions: [{ ...ready, type: "Synced" }] });
    expect(unknown.stderr).toContain('status.conditions[0].type: Unsupported value: "Synced"');
  });
});

describe("field selectors", () => {
  test("find the identity of a client id, and the assignments to a host", async () => {
    const target = { armId: `${GROUP}/providers/Microsoft.Web/sites/selected` };
    await create("UserAssignedIdentity", "selected", { spec: {} });
    await create("IdentityAssignment", "selected", { spec: { target, systemAssigned: true } });
    await writeStatus("UserAssignedIdentity", "selected", { clientId: CLIENT_ID });
    expect(await select("uai", `status.clientId=${CLIENT_ID}`)).toBe("userassignedidentity.azureidentity.dev/selected\n");
    expect(await select("ida", `spec.target.armId=${target.armId}`)).toBe("identityassignment.azureidentity.dev/selected\n");
  });
});

async function create(kind: string, name: string, content: object): Promise<void> {
  const object = { apiVersion: API_VERSION, kind, metadata: { name, namespace }, ...content };
  await run(plane, ["create", "-f", "-"], JSON.stringify(object));
}

async function writeStatus(kind: string, name: string, status: object): Promise<void> {
  expect(await tryStatus(kind, name, status)).toMatchObject({ code: 0, stderr: "" });
}

function tryStatus(kind: string, name: string, status: object) {
  const input = JSON.stringify({ apiVersion: API_VERSION, kind, metadata: { name, namespace }, status });
  return kubectl(plane, ["apply", "--server-side", "--subresource=status", "--validate=strict", "-f", "-"], { input });
}

function get(object: string, output: string): Promise<string> {
  return run(plane, ["get", object, "--namespace", namespace, "--output", output]);
}

async function statusOf(object: string): Promise<unknown> {
  return JSON.parse(await get(object, "jsonpath={.status}"));
}

function select(resource: string, selector: string): Promise<string> {
  return run(plane, ["get", resource, "--namespace", namespace, "--field-selector", selector, "--output=name"]);
}
