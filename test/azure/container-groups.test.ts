import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, objectsAt } from "./kernel/json.ts";
import { codeOf, startBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2023-05-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.azure.portal.delete(group()));
afterAll(() => bench.stop());

const group = (): string => `${bench.group}/providers/Microsoft.ContainerInstance/containerGroups/jobs`;
const container = {
  name: "main",
  properties: { image: "nginx", resources: { requests: { cpu: 1, memoryInGB: 1.5 } }, environmentVariables: [{ name: "TOKEN", secureValue: "hush" }] },
};
const properties: JsonObject = {
  osType: "Linux",
  containers: [container],
  imageRegistryCredentials: [{ server: "r.example", username: "u", password: "hush" }],
  volumes: [{ name: "share", azureFile: { shareName: "s", storageAccountName: "a", storageAccountKey: "hush" } }, { name: "files", secret: { key: "aHVzaA==" } }],
  diagnostics: { logAnalytics: { workspaceId: "w", workspaceKey: "hush" } },
};

const begin = (changes: JsonObject = {}, more: JsonObject = {}): Promise<RawAnswer> =>
  bench.send("PUT", group() + V, { body: { location: "westeurope", properties: { ...properties, ...changes }, ...more } });

async function put(changes: JsonObject = {}, more: JsonObject = {}): Promise<RawAnswer> {
  const answer = await begin(changes, more);
  bench.clock.advance(30_000);
  return answer;
}

const get = async (): Promise<JsonObject> => (await bench.send("GET", group() + V)).body;

describe("container groups (arm.md 5)", () => {
  const asking = (requests: JsonObject): JsonObject => ({ containers: [{ name: "main", properties: { image: "nginx", resources: { requests } } }] });
  it.each([
    { lacks: "an operating system", changes: { osType: undefined }, code: "InvalidOsType" },
    { lacks: "a known operating system", changes: { osType: "Plan9" }, code: "InvalidOsType" },
    { lacks: "requests", changes: asking({}), code: "ResourceRequestsNotSpecified" },
    { lacks: "memory", changes: asking({ cpu: 1 }), code: "ResourceSomeRequestsNotSpecified" },
    { lacks: "processors", changes: asking({ memoryInGB: 1 }), code: "ResourceSomeRequestsNotSpecified" },
  ])("refuse a new one that lacks $lacks (Azure/azure-cli#30439)", async ({ changes, code }) => {
    const answer = await put(changes);
    expect([answer.status, codeOf(answer)]).toEqual([400, code]);
  });

  it("PUT answers 201 with Azure-AsyncOperation only, Pending, also on update", async () => {
    for (const turn of ["create", "update"]) {
      const answer = await put();
      expect([turn, answer.status, objectAt(answer.body, "properties")["provisioningState"]]).toEqual([turn, 201, "Pending"]);
      expect([answer.headers["location"], answer.headers["retry-after"]]).toEqual([undefined, undefined]);
    }
  });

  it("is followed at api-version 2018-06-01, by the words Pending and Succeeded", async () => {
    const url = (await begin()).headers["azure-asyncoperation"] ?? "";
    expect(url).toMatch(/\/providers\/Microsoft\.ContainerInstance\/locations\/westeurope\/operations\/[0-9a-f-]+\?api-version=2018-06-01&t=/);
    expect((await bench.send("GET", url)).body).toMatchObject({ status: "Pending", properties: { events: [] } });
    bench.clock.advance(30_000);
    expect((await bench.send("GET", url)).body["status"]).toBe("Succeeded");
    expect(await get()).toMatchObject({ properties: { provisioningState: "Succeeded", sku: "Standard", isCustomProvisioningTimeout: false, initContainers: [], instanceView: { state: "Running" } } });
  });

  it("hides every secret from GET and from the answers of writes", async () => {
    const answer = await put();
    const read = await get();
    for (const text of [answer.text, JSON.stringify(read)]) expect(text).not.toMatch(/hush|aHVzaA/);
    expect(objectAt(read, "properties")).toMatchObject({ imageRegistryCredentials: [{ server: "r.example", username: "u" }], volumes: [{ name: "share" }, { name: "files", secret: {} }] });
    expect(Object.keys(objectAt(bench.azure.portal.hidden(group()), "secrets"))).toEqual([
      "imageRegistryCredentials/r.example",
      "containers/main/environmentVariables/TOKEN",
      "volumes/share/storageAccountKey",
      "volumes/files/secret",
      "diagnostics/workspaceKey",
    ]);
  });

  it("a PUT loses the secrets that it leaves out (17.9)", async () => {
    await put({ volumes: [] });
    const read = await get();
    const answer = await bench.send("PUT", group() + V, { body: read });
    bench.clock.advance(30_000);
    expect([answer.status, bench.azure.portal.hidden(group())["secrets"]]).toEqual([201, {}]);
  });

  it("a PUT of a file share without its key is refused", async () => {
    await put();
    const answer = await bench.send("PUT", group() + V, { body: await get() });
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidStorageAccountKey"]);
  });

  it("any PUT restarts all containers, with new times (17.9)", async () => {
    const started = async (): Promise<unknown> => {
      const [first] = objectsAt(objectAt(await get(), "properties"), "containers");
      return objectAt(first, "properties", "instanceView", "currentState")["startTime"];
    };
    await put();
    const before = await started();
    expect(bench.azure.portal.restarts(group())).toBe(0);
    await put();
    expect(bench.azure.portal.restarts(group())).toBe(1);
    expect(await started()).not.toBe(before);
  });

  it("an identity change restarts, unless the switch says otherwise (18)", async () => {
    const identity = { identity: { type: "SystemAssigned" } };
    await put();
    await put({}, identity);
    expect(bench.azure.portal.restarts(group())).toBe(1);
    const calm = await startBench({ switches: { containerGroupIdentityChange: "unnoticed" } });
    calm.azure.portal.put(group(), { properties });
    await calm.send("PUT", group() + V, { body: { location: "westeurope", properties, ...identity } });
    expect([calm.azure.portal.restarts(group()), objectAt(calm.azure.portal.get(group()), "identity")["type"]]).toEqual([0, "SystemAssigned"]);
    await calm.stop();
  });

  it.each([
    { name: "OS type", changes: { osType: "Windows" } },
    { name: "restart policy", changes: { restartPolicy: "Never" } },
    { name: "CPU", changes: { containers: [{ ...container, properties: { ...container.properties, resources: { requests: { cpu: 2, memoryInGB: 1.5 } } } }] } },
    { name: "subnet", changes: { subnetIds: [{ id: "/subscriptions/x" }] } },
  ])("cannot change its $name: 400 InvalidContainerGroupUpdate", async ({ changes }) => {
    await put();
    const answer = await put(changes);
    expect([answer.status, codeOf(answer)]).toEqual([400, "InvalidContainerGroupUpdate"]);
  });

  it("409 ContainerGroupTransitioning while an update runs", async () => {
    await begin();
    const answer = await begin();
    expect([answer.status, codeOf(answer)]).toEqual([409, "ContainerGroupTransitioning"]);
  });

  it("PATCH changes tags and nothing else; PUT of an existing group leaves tags alone", async () => {
    await put({}, { tags: { a: "b" } });
    const patched = await bench.send("PATCH", group() + V, { body: { tags: { c: "d" }, identity: { type: "SystemAssigned" }, properties: { osType: "Windows" } } });
    expect([patched.status, patched.body["tags"], patched.body["identity"]]).toEqual([200, { c: "d" }, undefined]);
    await put({}, { tags: { e: "f" } });
    expect(await get()).toMatchObject({ tags: { c: "d" }, properties: { osType: "Linux" } });
    expect(bench.azure.portal.restarts(group())).toBe(1);
  });

  it("LIST has no instance view", async () => {
    await put();
    const { body } = await bench.send("GET", `${bench.group}/providers/Microsoft.ContainerInstance/containerGroups${V}`);
    const [listed] = objectsAt(body, "value");
    expect(JSON.stringify(listed)).not.toContain("instanceView");
  });

  it("DELETE answers 200 with the whole resource, then 204", async () => {
    await put();
    const answer = await bench.send("DELETE", group() + V);
    expect([answer.status, answer.body["name"]]).toEqual([200, "jobs"]);
    expect((await bench.send("DELETE", group() + V)).status).toBe(204);
    expect(codeOf(await bench.send("GET", group() + V))).toBe("ResourceNotFound");
  });
});
