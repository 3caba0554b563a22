import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt, textAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2023-12-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => {
  for (const one of bench.azure.portal.list("Microsoft.Web/sites")) bench.azure.portal.delete(textAt(one, "id") ?? "");
  bench.azure.portal.put(plan("plan"), { sku: { name: "B1" } });
});
afterAll(() => bench.stop());

const plan = (name: string): string => `${bench.group}/providers/Microsoft.Web/serverfarms/${name}`;
const site = (name = "app"): string => `${bench.group}/providers/Microsoft.Web/sites/${name}`;
const put = (properties: JsonObject = {}, more: JsonObject = {}): Promise<RawAnswer> => bench.send("PUT", site() + V, { body: { location: "northeurope", properties, ...more } });

describe("sites (arm.md 6)", () => {
  it("PUT answers 200 with the location as sent; GET shows the display name (2.2)", async () => {
    const created = await put();
    expect([created.status, created.body["location"]]).toEqual([200, "northeurope"]);
    expect((await bench.send("GET", site() + V)).body["location"]).toBe("North Europe");
  });

  it("quotes the ETag header on the creating PUT only", async () => {
    const etags = [await put(), await bench.send("GET", site() + V), await put()].map((answer) => answer.headers["etag"] ?? "");
    expect(etags.map((etag) => etag.startsWith('"'))).toEqual([true, false, false]);
    expect(etags[0]?.replaceAll('"', "")).toBe(etags[1]);
  });

  it("has neither etag nor provisioningState in the body", async () => {
    const { body } = await put();
    expect([body["etag"], objectAt(body, "properties")["provisioningState"]]).toEqual([undefined, undefined]);
  });

  it("hides app settings: null in GET, read by POST list", async () => {
    await put({ siteConfig: { appSettings: [{ name: "A", value: "1" }], linuxFxVersion: "NODE|22" } });
    const config = objectAt((await bench.send("GET", site() + V)).body, "properties", "siteConfig");
    expect(config).toMatchObject({ linuxFxVersion: "NODE|22", appSettings: null, connectionStrings: null });
    const listed = await bench.send("POST", `${site()}/config/appsettings/list${V}`);
    expect([listed.status, listed.body["properties"]]).toEqual([200, { A: "1" }]);
    expect((await bench.send("GET", `${site()}/config/appsettings${V}`)).status).toBe(405);
  });

  it("PUT without siteConfig.appSettings keeps them, with it replaces the whole set", async () => {
    const settings = async (): Promise<unknown> => (await bench.send("POST", `${site()}/config/appsettings/list${V}`)).body["properties"];
    await put({ siteConfig: { appSettings: [{ name: "A", value: "1" }, { name: "B", value: "2" }] } });
    await put({ siteConfig: { alwaysOn: true } });
    expect(await settings()).toEqual({ A: "1", B: "2" });
    const read = (await bench.send("GET", site() + V)).body;
    await bench.send("PUT", site() + V, { body: read });
    expect(await settings()).toEqual({ A: "1", B: "2" });
    await put({ siteConfig: { appSettings: [{ name: "C", value: "3" }] } });
    expect(await settings()).toEqual({ C: "3" });
  });

  it("PUT of config/appsettings replaces the whole set and recycles", async () => {
    await put({ siteConfig: { appSettings: [{ name: "A", value: "1" }] } });
    const answer = await bench.send("PUT", `${site()}/config/appsettings${V}`, { body: { properties: { B: "2" } } });
    expect([answer.status, answer.body["properties"], bench.azure.portal.recycles(site())]).toEqual([200, { B: "2" }, 1]);
    expect(codeOf(await bench.send("PUT", `${site("none")}/config/appsettings${V}`, { body: { properties: {} } }))).toBe("ParentResourceNotFound");
  });

  it("takes a bare plan name, and refuses a missing plan in the flat envelope (2.1)", async () => {
    const taken = await put({ serverFarmId: "plan" });
    expect(objectAt(taken.body, "properties")["serverFarmId"]).toBe(plan("plan"));
    const refused = await put({ serverFarmId: plan("none") });
    expect(Object.keys(refused.body)).toEqual(["Code", "Message", "Target", "Details", "Innererror"]);
    expect([refused.status, codeOf(refused), refused.headers["x-ms-failure-cause"]]).toEqual([404, "NotFound", undefined]);
    expect(refused.body["Details"]).toMatchObject([{}, { Code: "NotFound" }, { ErrorEntity: { ExtendedCode: "51004" } }]);
  });

  it("has names that are unique everywhere", async () => {
    await put();
    bench.azure.portal.createResourceGroup(bench.azure.subscriptionIds[0] ?? "", "other", "westeurope");
    const clash = await bench.send("PUT", site().replace("/rg/", "/other/") + V, { body: { location: "westeurope" } });
    expect([clash.status, codeOf(clash)]).toEqual([409, "Conflict"]);
  });

  it("needs the right to join its plan, unless the switch says otherwise (16)", async () => {
    bench.azure.setPermissions([{ principalId: bench.principal.principalId, actions: ["Microsoft.Web/sites/*"], scope: "/" }]);
    const refused = await put({ serverFarmId: "plan" });
    bench.azure.setPermissions([{ principalId: bench.principal.principalId, actions: ["*"], scope: "/" }]);
    expect([refused.status, codeOf(refused), messageOf(refused)]).toEqual([403, "LinkedAuthorizationFailed", expect.stringContaining("serverfarms/join/action")]);
    await withBench({ switches: { webPlanJoin: "unchecked" } }, async (on) => {
      on.azure.portal.put(plan("plan"), {});
      on.azure.setPermissions([{ principalId: on.principal.principalId, actions: ["Microsoft.Web/sites/*"], scope: "/" }]);
      const body = { location: "westeurope", properties: { serverFarmId: "plan" } };
      expect((await on.send("PUT", site() + V, { body })).status).toBe(200);
    });
  });

  it("GET of a missing site is ARM's own not-found", async () => {
    const answer = await bench.send("GET", site("none") + V);
    expect([answer.status, codeOf(answer)]).toEqual([404, "ResourceNotFound"]);
  });

  it("recycles on an identity change, unless the switch says otherwise", async () => {
    const enable = { body: { identity: { type: "SystemAssigned" } } };
    await put();
    await bench.send("PATCH", site() + V, enable);
    await bench.send("PATCH", site() + V, enable);
    expect(bench.azure.portal.recycles(site())).toBe(1);
    await withBench({ switches: { webIdentityChange: "unnoticed" } }, async (on) => {
      on.azure.portal.put(site(), {});
      await on.send("PATCH", site() + V, enable);
      expect(on.azure.portal.recycles(site())).toBe(0);
    });
  });

  it("ignores If-Match, unless the switch says otherwise (18)", async () => {
    const stale = { body: { tags: {} }, headers: { "if-match": '"stale"' } };
    await put();
    expect((await bench.send("PATCH", site() + V, stale)).status).toBe(200);
    await withBench({ switches: { webIfMatch: "honoured" } }, async (on) => {
      on.azure.portal.put(site(), {});
      expect((await on.send("PATCH", site() + V, stale)).status).toBe(412);
      const { etag = "" } = (await on.send("GET", site() + V)).headers;
      expect((await on.send("PATCH", site() + V, { ...stale, headers: { "if-match": etag } })).status).toBe(200);
    });
  });

  it("has slots with names, types and identities of their own", async () => {
    await put({}, { identity: { type: "SystemAssigned" } });
    const slot = await bench.send("PUT", `${site()}/slots/green${V}`, { body: { location: "northeurope", identity: { type: "SystemAssigned" } } });
    expect([slot.body["name"], slot.body["type"]]).toEqual(["app/green", "Microsoft.Web/sites/slots"]);
    const own = objectAt(slot.body, "identity")["principalId"];
    expect(own).not.toBe(objectAt((await bench.send("GET", site() + V)).body, "identity")["principalId"]);
    await bench.send("PATCH", site() + V, { body: { identity: { type: "None" } } });
    expect(objectAt((await bench.send("GET", `${site()}/slots/green${V}`)).body, "identity")["principalId"]).toBe(own);
    expect((await bench.send("GET", `${site()}/slots${V}`)).body).toMatchObject({ value: [{ name: "app/green" }] });
  });
});

describe("state and host name", () => {
  it("runs, stops and starts by POST, and is Disabled when it is not enabled", async () => {
    const state = async (): Promise<unknown> => objectAt((await bench.send("GET", site() + V)).body, "properties")["state"];
    await put();
    const seen = [await state()];
    for (const action of ["stop", "start"]) {
      expect((await bench.send("POST", `${site()}/${action}${V}`)).status).toBe(200);
      seen.push(await state());
    }
    await bench.send("PATCH", site() + V, { body: { properties: { enabled: false } } });
    expect([...seen, await state()]).toEqual(["Running", "Stopped", "Running", "Disabled"]);
  });

  it("has the defaults of the recordings, and what was said instead", async () => {
    expect((await put()).body["properties"]).toMatchObject({
      httpsOnly: false, keyVaultReferenceIdentity: "SystemAssigned", clientAffinityEnabled: true, defaultHostName: "app.azurewebsites.net", hostNames: ["app.azurewebsites.net"], functionAppConfig: null, sku: null,
    });
    const said = { httpsOnly: true, keyVaultReferenceIdentity: "/subscriptions/s/x", clientAffinityEnabled: false };
    expect((await put({ ...said, serverFarmId: "plan" })).body["properties"]).toMatchObject({ ...said, sku: "Basic", reserved: false });
    const slot = await bench.send("PUT", `${site()}/slots/green${V}`, { body: { location: "northeurope" } });
    expect(codeOf(slot)).toBe("Conflict");
    bench.azure.portal.put(plan("plan"), { sku: { name: "S1" } });
    expect((await bench.send("PUT", `${site()}/slots/green${V}`, { body: { location: "northeurope" } })).body["properties"]).toMatchObject({ defaultHostName: "app-green.azurewebsites.net", serverFarmId: plan("plan") });
  });

  it("a PUT of what GET shows changes nothing", async () => {
    await put({ httpsOnly: true, siteConfig: { ftpsState: "Disabled", minTlsVersion: "1.3", appSettings: [{ name: "A", value: "1" }] } }, { identity: { type: "SystemAssigned" } });
    const before = (await bench.send("GET", site() + V)).body;
    const config = (await bench.send("GET", `${site()}/config/web${V}`)).body;
    await bench.send("PUT", site() + V, { body: before });
    expect((await bench.send("GET", site() + V)).body).toEqual(before);
    expect((await bench.send("GET", `${site()}/config/web${V}`)).body).toEqual(config);
    expect(bench.azure.portal.recycles(site())).toBe(0);
  });
});

describe("deleting (arm.md 6, 17.22)", () => {
  it.each([
    { name: "takes the plan that it leaves empty", query: "", left: false },
    { name: "keeps the plan under deleteEmptyServerFarm=false", query: "&deleteEmptyServerFarm=false", left: true },
  ])("a site $name", async ({ query, left }) => {
    await put({ serverFarmId: "plan" });
    expect((await bench.send("DELETE", site() + V + query)).status).toBe(200);
    expect((await bench.send("DELETE", site() + V)).status).toBe(204);
    expect(bench.azure.portal.get(plan("plan")) !== undefined).toBe(left);
  });

  it("a site keeps a plan on which others run", async () => {
    await put({ serverFarmId: "plan" });
    bench.azure.portal.put(site("second"), { properties: { serverFarmId: "plan" } });
    await bench.send("DELETE", site() + V);
    expect(bench.azure.portal.get(plan("plan"))).toMatchObject({ properties: { numberOfSites: 1 } });
  });

  it.each([409, 400] as const)("a plan with sites on it is refused with %d (18)", async (webPlanInUseStatus) => {
    await withBench({ switches: { webPlanInUseStatus } }, async (on) => {
      on.azure.portal.put(plan("plan"), { sku: { name: "B1" } });
      on.azure.portal.put(site(), { properties: { serverFarmId: "plan" } });
      expect((await on.send("DELETE", plan("plan") + V)).status).toBe(webPlanInUseStatus);
    });
  });
});
