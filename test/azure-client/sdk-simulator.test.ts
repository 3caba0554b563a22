import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { childId } from "../../src/api/arm-id.ts";
import { objectAt, stringAt } from "../../src/api/json.ts";
import type { AzureWrite } from "../../src/azure/contract.ts";
import type { Azure as Gateway } from "../../src/azure/gateway.ts";
import { requestOf } from "./fake-azure.ts";
import { found, openSimulatedAzure } from "./simulated-azure.ts";
import type { SimulatedAzure } from "./simulated-azure.ts";

const MSI = requestOf("2024-11-30", { typed: true });
const ACI = requestOf("2025-09-01", { typed: true });
const WEB = requestOf("2025-05-01", { typed: true });
const never = new AbortController().signal;

let simulated: SimulatedAzure;
let gateway: Gateway;

beforeAll(async () => {
  simulated = await openSimulatedAzure();
  ({ gateway } = simulated);
});

afterAll(() => simulated.close());
beforeEach(() => simulated.azure.clearRequests());

/** Lets the time of an operation pass and asks how it ended. */
async function ended(write: AzureWrite): Promise<string> {
  if (write.is !== "running") return write.is;
  simulated.clock.advance(120_000);
  return (await write.operation.poll(never)).is;
}

describe("a federated credential", () => {
  const identity = () => simulated.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "app");
  const credential = (name: string) => childId(identity(), "federatedIdentityCredentials", name);
  const properties = (subject: string) => ({ issuer: "https://issuer.test/", subject, audiences: ["api://AzureADTokenExchange"] });

  beforeAll(() => gateway.put(identity(), { location: "westeurope" }, MSI));

  test("is created, read, changed and deleted with one request each", async () => {
    const id = credential("pod");
    expect(await gateway.read(id, MSI)).toEqual({ is: "absent", code: "NotFound" });
    expect(await gateway.put(id, { properties: properties("a") }, MSI)).toMatchObject({
      is: "done", status: 201, body: { properties: properties("a") },
    });
    expect(await gateway.put(id, { properties: properties("b") }, MSI)).toMatchObject({ is: "done", status: 200 });
    expect(objectAt(found(await gateway.read(id, MSI)), "properties")).toEqual(properties("b"));
    expect(await gateway.delete(id, MSI)).toEqual({ is: "done", status: 200 });
    expect(await gateway.delete(id, MSI)).toEqual({ is: "done", status: 204 });
    expect(simulated.lines()).toEqual(["GET pod 404", "PUT pod 201", "PUT pod 200", "GET pod 200", "DELETE pod 200", "DELETE pod 204"]);
  });

  test("that says what another one says is refused, and so is a 21st", async () => {
    for (let index = 0; index < 20; index += 1) await gateway.put(credential(`number-${index}`), { properties: properties(`number-${index}`) }, MSI);
    expect(await gateway.put(credential("clash"), { properties: properties("number-7") }, MSI)).toMatchObject({
      failure: { class: "invalid", code: "IssuerSubjectInUse" },
    });
    expect(await gateway.put(credential("one-more"), { properties: properties("one-more") }, MSI)).toMatchObject({
      failure: { class: "invalid", code: "FederatedCredentialLimit" },
    });
  });

  test("of an identity that is not there is absent, and cannot be made", async () => {
    const orphan = childId(simulated.idOf("Microsoft.ManagedIdentity/userAssignedIdentities", "nowhere"), "federatedIdentityCredentials", "pod");
    expect(await gateway.delete(orphan, MSI)).toEqual({ is: "absent", code: "ParentResourceNotFound" });
    expect(await gateway.put(orphan, { properties: properties("a") }, MSI)).toMatchObject({
      failure: { class: "missing", code: "ParentResourceNotFound" },
    });
  });
});

describe("a container group", () => {
  const id = () => simulated.idOf("Microsoft.ContainerInstance/containerGroups", "box");
  const resources = { requests: { cpu: 1, memoryInGB: 1.5 } };
  const environmentVariables = [{ name: "A", value: "1" }, { name: "B", secureValue: "hidden" }];
  const body = (image: string) => ({
    location: "westeurope",
    identity: { type: "SystemAssigned" },
    properties: { osType: "Linux", restartPolicy: "Always", containers: [{ name: "c", properties: { image, resources, environmentVariables } }] },
  });

  test("is made by an operation of which each question is one request", async () => {
    const write = await gateway.put(id(), body("nginx"), ACI);
    if (write.is !== "running") throw new Error(`the write is ${write.is}`);
    expect(simulated.lines()).toEqual(["PUT box 201"]);
    expect(await write.operation.poll(never)).toEqual({ is: "running", afterSeconds: 10 });
    simulated.clock.advance(120_000);
    expect(await write.operation.poll(never)).toEqual({ is: "succeeded" });
    expect(simulated.azure.requests.map(({ method }) => method)).toEqual(["PUT", "GET", "GET"]);
    const read = found(await gateway.read(id(), ACI));
    expect(stringAt(objectAt(read, "identity"), "principalId")).toMatch(/^[0-9a-f-]{36}$/);
    expect(objectAt(read, "properties")).toMatchObject({
      provisioningState: "Succeeded", containers: [{ name: "c", properties: { image: "nginx", resources } }],
    });
  });

  test("whose operation is cut off in the middle is asked about again", async () => {
    const write = await gateway.put(id(), body("nginx:2"), ACI);
    if (write.is !== "running") throw new Error(`the write is ${write.is}`);
    simulated.azure.intercept(({ method }) => method === "GET", { do: "answer", status: 503, text: "<html>" });
    expect((await write.operation.poll(never)).is).toBe("running");
    expect(await ended(write)).toBe("succeeded");
  });

  test("that is busy, or cannot change in place, is refused", async () => {
    const write = await gateway.put(id(), body("nginx:3"), ACI);
    expect(await gateway.put(id(), body("nginx:4"), ACI)).toMatchObject({ failure: { class: "busy", code: "ContainerGroupTransitioning" } });
    expect(await ended(write)).toBe("succeeded");
    const changed = body("nginx:3");
    const windows = { ...changed, properties: { ...changed.properties, osType: "Windows" } };
    expect(await gateway.put(id(), windows, ACI)).toMatchObject({ failure: { class: "invalid", code: "InvalidContainerGroupUpdate" } });
  });

  test("that cannot be made says why in the end", async () => {
    simulated.azure.failOperation(({ type }) => type.endsWith("containerGroups"), { code: "InaccessibleImage", message: "The image cannot be had." });
    const write = await gateway.put(id(), body("nginx:5"), ACI);
    if (write.is !== "running") throw new Error(`the write is ${write.is}`);
    simulated.clock.advance(120_000);
    expect(await write.operation.poll(never)).toMatchObject({ is: "failed", failure: { class: "invalid", code: "InaccessibleImage" } });
  });

  test("takes tags by PATCH, and is deleted", async () => {
    expect(await gateway.patch(id(), { tags: { a: "b" } }, ACI)).toMatchObject({ is: "done", body: { tags: { a: "b" } } });
    expect(await ended(await gateway.delete(id(), ACI))).toMatch(/^done$|^succeeded$/);
    expect(await gateway.read(id(), ACI)).toMatchObject({ is: "absent" });
  });
});

describe("a plan, a site and its slot", () => {
  const plan = () => simulated.idOf("Microsoft.Web/serverfarms", "plan");
  const site = () => simulated.idOf("Microsoft.Web/sites", "shop-of-the-sdk");
  const slot = () => childId(site(), "slots", "stage");
  const siteBody = (appSettings?: readonly { name: string; value: string }[]) => ({
    location: "westeurope",
    kind: "app",
    properties: { serverFarmId: plan(), httpsOnly: true, siteConfig: { alwaysOn: true, ...(appSettings === undefined ? {} : { appSettings }) } },
  });

  test("are created, each by one request", async () => {
    expect(await gateway.put(site(), siteBody(), WEB)).toMatchObject({ is: "failed", failure: { class: "missing", code: "NotFound" } });
    expect(await gateway.put(plan(), { location: "westeurope", sku: { name: "S1" }, properties: { reserved: false } }, WEB)).toMatchObject({
      is: "done", status: 200,
    });
    expect(await gateway.put(site(), siteBody([{ name: "A", value: "1" }]), WEB)).toMatchObject({
      is: "done", status: 200, body: { properties: { httpsOnly: true } },
    });
    expect(await gateway.put(slot(), siteBody(), WEB)).toMatchObject({ is: "done" });
    expect(simulated.lines()).toEqual(["PUT shop-of-the-sdk 404", "PUT plan 200", "PUT shop-of-the-sdk 200", "PUT stage 200"]);
  });

  test("are read with all that Azure shows", async () => {
    const typed = found(await gateway.read(site(), WEB));
    expect(typed).toEqual(found(await gateway.read(site(), requestOf("2025-05-01"))));
    expect(await gateway.read(plan(), WEB)).toMatchObject({ is: "found", body: { sku: { name: "S1" } } });
    expect(await gateway.read(slot(), WEB)).toMatchObject({ is: "found" });
  });

  test("keep settings that are read and written as a whole", async () => {
    for (const owner of [site(), slot()]) {
      const settings = childId(owner, "config", "appsettings");
      expect(await gateway.put(settings, { properties: { B: "2", C: "3" } }, WEB)).toMatchObject({ is: "done" });
      expect(objectAt(found(await gateway.readAction(settings, "list", WEB)), "properties")).toEqual({ B: "2", C: "3" });
    }
  });

  test("are changed by PATCH", async () => {
    expect(await gateway.patch(site(), { properties: { httpsOnly: false } }, WEB)).toMatchObject({
      is: "done", body: { properties: { httpsOnly: false } },
    });
    expect(await gateway.patch(plan(), { properties: { perSiteScaling: true } }, WEB)).toMatchObject({
      is: "done", body: { properties: { perSiteScaling: true } },
    });
  });

  test("are deleted, and the plan stays until it is told to go", async () => {
    expect(await gateway.delete(plan(), WEB)).toMatchObject({ is: "failed", failure: { class: "busy", code: "InUse" } });
    expect(await gateway.delete(slot(), WEB)).toMatchObject({ is: "done" });
    expect(await gateway.delete(site(), { ...WEB, query: { deleteEmptyServerFarm: "false" } })).toMatchObject({ is: "done" });
    expect(await gateway.read(plan(), WEB)).toMatchObject({ is: "found" });
    expect(await gateway.delete(plan(), WEB)).toMatchObject({ is: "done" });
    expect(await gateway.read(plan(), WEB)).toMatchObject({ is: "absent" });
  });
});
