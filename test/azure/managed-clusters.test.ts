import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject, Switches } from "./azure.ts";
import { objectAt, textAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2025-08-01";
const OPTIONS = { tokenLifetimeSeconds: 100_000_000 };
let bench: Bench;
beforeAll(async () => {
  bench = await startBench(OPTIONS);
});
beforeEach(() => prepared(bench));
afterAll(() => bench.stop());

const properties = { dnsPrefix: "c", agentPoolProfiles: [{ name: "nodepool1", count: 1, mode: "System" }] };
const cluster = (on: Bench = bench): string => `${on.group}/providers/Microsoft.ContainerService/managedClusters/c`;
const uai = (name: string): string => `${bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const users = (...names: readonly string[]): JsonObject => ({ type: "UserAssigned", userAssignedIdentities: Object.fromEntries(names.map((name) => [uai(name), {}])) });

function prepared(on: Bench): void {
  on.azure.portal.delete(cluster(on));
  for (const name of ["a", "b"]) on.azure.portal.put(uai(name), {});
  on.azure.portal.put(cluster(on), { properties, identity: users("a") });
}

async function put(body: JsonObject, headers: Readonly<Record<string, string>> = {}, on: Bench = bench): Promise<RawAnswer> {
  const answer = await on.send("PUT", cluster(on) + V, { body: { location: "westeurope", properties, ...body }, headers });
  on.clock.advance(600_000);
  return answer;
}

const read = async (on: Bench = bench): Promise<JsonObject> => (await on.send("GET", cluster(on) + V)).body;
const etagOf = async (): Promise<string> => textAt(objectAt((await read())["properties"]), "eTag") ?? "";
const namesOf = async (on: Bench = bench): Promise<readonly string[]> =>
  Object.keys(objectAt((await read(on))["identity"], "userAssignedIdentities")).map((key) => key.split("/").at(-1) ?? "");

describe("managed clusters (arm.md 8)", () => {
  it("take one user-assigned identity, refused in the provider's flat envelope otherwise", async () => {
    const answer = await put({ identity: users("a", "b") });
    expect([answer.status, codeOf(answer), "error" in answer.body]).toEqual([400, "InvalidParameter", false]);
    expect(await namesOf()).toEqual(["a"]);
  });

  it("take values that are {}, null or as stored, and no other", async () => {
    const { principalId, clientId } = objectAt(bench.azure.portal.get(uai("a")), "properties");
    const valued = (value: JsonObject): JsonObject => ({ identity: { type: "UserAssigned", userAssignedIdentities: { [uai("a")]: value } } });
    expect((await put(valued({ principalId, clientId }))).status).toBe(200);
    const odd = await put(valued({ principalId: "0" }));
    expect([odd.status, codeOf(odd)]).toEqual([400, "InvalidIdentityValues"]);
  });

  it("show a new identity as {} until the operation has ended, whose words are the provider's", async () => {
    const answer = await bench.send("PUT", cluster() + V, { body: { location: "westeurope", properties, identity: users("b") } });
    const url = answer.headers["azure-asyncoperation"] ?? "";
    expect(url).toContain("api-version=2025-03-01");
    const words = [];
    for (let step = 0; step < 4; step += 1) {
      words.push((await bench.send("GET", url)).body["status"]);
      if (step < 3) expect(Object.values(objectAt((await read())["identity"], "userAssignedIdentities"))).toEqual([{}]);
      bench.clock.advance(80_000);
    }
    expect(words).toEqual(["ProvisioningNetworkResources", "ProvisioningControlPlane", "ReconcilingDNS", "Succeeded"]);
    expect(Object.values(objectAt((await read())["identity"], "userAssignedIdentities"))[0]).toHaveProperty("clientId");
  });

  it("guard PUT, PATCH and DELETE by eTag", async () => {
    const etag = await etagOf();
    expect((await put({ identity: users("b") }, { "if-match": etag })).status).toBe(200);
    const stale = await put({ identity: users("a") }, { "if-match": etag });
    expect([stale.status, codeOf(stale)]).toEqual([412, "PreconditionFailed"]);
    for (const method of ["PATCH", "DELETE"]) {
      expect((await bench.send(method, cluster() + V, { body: {}, headers: { "if-match": etag } })).status).toBe(412);
    }
    expect((await put({}, { "if-none-match": "*" })).status).toBe(412);
    expect(objectAt((await bench.send("GET", `${cluster()}?api-version=2024-08-01`)).body["properties"])).not.toHaveProperty("eTag");
  });

  it("refuse a second write while one runs; the code is a switch (18)", async () => {
    for (const aksBusyCode of ["OperationNotAllowed", "EtagMismatch"] as const) {
      await under({ aksBusyCode }, async (on) => {
        await on.send("PATCH", cluster(on) + V, { body: { tags: { a: "b" } } });
        const second = await on.send("PATCH", cluster(on) + V, { body: {} });
        expect([second.status, codeOf(second)]).toEqual([409, aksBusyCode]);
      });
    }
  });

  it("refuse to change what is fixed", async () => {
    const answer = await put({ identity: users("a"), properties: { ...properties, dnsPrefix: "other" } });
    expect([answer.status, codeOf(answer)]).toEqual([400, "PropertyChangeNotAllowed"]);
  });

  it("do not show secrets, and a PUT without them keeps them unless the switch says otherwise (18)", async () => {
    for (const aksPutWithoutSecrets of ["keeps", "clears"] as const) {
      await under({ aksPutWithoutSecrets }, async (on) => {
        await put({ identity: users("a"), properties: { ...properties, windowsProfile: { adminUsername: "u", adminPassword: "hush" } } }, {}, on);
        expect((await on.send("GET", cluster(on) + V)).text).not.toContain("hush");
        await put({ identity: users("a") }, {}, on);
        expect(on.azure.portal.hidden(cluster(on))).toEqual(aksPutWithoutSecrets === "keeps" ? { "windowsProfile.adminPassword": "hush" } : {});
      });
    }
  });
});

describe("identities of a cluster besides its own block (arm.md 8)", () => {
  it("a kubelet identity is in the node group and goes with the cluster", async () => {
    const kubelet = objectAt((await read())["properties"], "identityProfile", "kubeletidentity");
    const id = textAt(kubelet, "resourceId") ?? "";
    expect(id).toMatch(/\/resourcegroups\/MC_rg_c_westeurope\/.*\/c-agentpool$/);
    expect(bench.azure.portal.get(id)).toMatchObject({ properties: { clientId: kubelet["clientId"], principalId: kubelet["objectId"] } });
    const group = await bench.send("GET", `${bench.subscription}/resourceGroups/MC_rg_c_westeurope?api-version=2021-04-01`);
    expect(textAt(group.body, "managedBy")?.toLowerCase()).toBe(cluster().toLowerCase());
    await bench.send("DELETE", cluster() + V);
    bench.clock.advance(600_000);
    expect(bench.azure.portal.get(id)).toBeUndefined();
  });

  it("a kubelet identity of one's own needs a user-assigned control plane, and rolls the node pools", async () => {
    const own = { properties: { ...properties, identityProfile: { kubeletidentity: { resourceId: uai("b") } } } };
    expect((await put({ ...own, identity: { type: "SystemAssigned" } })).status).toBe(400);
    expect((await put({ ...own, identity: users("a") })).status).toBe(200);
    expect(bench.azure.portal.restarts(cluster())).toBe(1);
    expect(objectAt((await read())["properties"], "identityProfile", "kubeletidentity")["clientId"]).toBe(objectAt(bench.azure.portal.get(uai("b")), "properties")["clientId"]);
  });

  it("a GET that is put back changes nothing", async () => {
    const before = await read();
    expect((await put(before)).status).toBe(200);
    expect(objectAt((await read())["identity"])).toEqual(before["identity"]);
    expect(bench.azure.portal.restarts(cluster())).toBe(0);
  });

  it("a service principal is left by sending msi", async () => {
    bench.azure.portal.delete(cluster());
    const before = { ...properties, servicePrincipalProfile: { clientId: "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", secret: "hush" } };
    bench.azure.portal.put(cluster(), { properties: before });
    expect((await put({ properties: before, identity: users("a") })).status).toBe(400);
    expect((await put({ properties: { ...before, servicePrincipalProfile: { clientId: "msi" } }, identity: users("a") })).status).toBe(200);
    expect(await read()).toMatchObject({ properties: { servicePrincipalProfile: { clientId: "msi" } } });
  });
});

describe("switches of clusters (arm.md 18)", () => {
  it("None is accepted", async () => {
    await under({ aksReturnToNone: "accepted" }, async (on) => {
      expect((await put({ identity: { type: "None" } }, {}, on)).status).toBe(200);
      expect(await read(on)).not.toHaveProperty("identity");
    });
  });

  it("PUT without the block clears", async () => {
    await under({ aksPutWithoutIdentity: "clears" }, async (on) => {
      await put({}, {}, on);
      expect(await namesOf(on)).toEqual([]);
    });
  });

  it("None of a cluster that has an identity is refused by default", async () => {
    const answer = await put({ identity: { type: "None" } });
    expect([answer.status, messageOf(answer)]).toEqual([400, "The identity type 'None' is not allowed."]);
  });
});

function under(switches: Partial<Switches>, act: (on: Bench) => Promise<void>): Promise<void> {
  return withBench({ ...OPTIONS, switches }, async (on) => {
    prepared(on);
    await act(on);
  });
}
