import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { objectAt } from "./kernel/json.ts";
import { codeOf, messageOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2023-12-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => {
  bench.azure.portal.delete(site());
  for (const [name, sku, reserved] of [
    ["linux", "S1", true],
    ["windows", "B1", false],
    ["free", "F1", false],
  ] as const) {
    bench.azure.portal.put(plan(name), { sku: { name: sku }, properties: { reserved } });
  }
});
afterAll(() => bench.stop());

const plan = (name: string): string => `${bench.group}/providers/Microsoft.Web/serverfarms/${name}`;
const site = (): string => `${bench.group}/providers/Microsoft.Web/sites/configured`;
const put = (serverFarmId: string, config: JsonObject = {}): Promise<RawAnswer> =>
  bench.send("PUT", site() + V, { body: { location: "westeurope", properties: { serverFarmId, siteConfig: config } } });
const config = (method: string, properties?: JsonObject, name = "web"): Promise<RawAnswer> =>
  bench.send(method, `${site()}/config/${name}${V}`, properties === undefined ? {} : { body: { properties } });

describe("siteConfig (arm.md 6)", () => {
  it("most of it is null in the site's own body, and readable at config/web, which is named after the site", async () => {
    await put("linux", { alwaysOn: true, ftpsState: "Disabled", healthCheckPath: "/healthy", linuxFxVersion: "NODE|22-lts" });
    const body = objectAt((await bench.send("GET", site() + V)).body, "properties", "siteConfig");
    expect(body).toMatchObject({
      alwaysOn: true,
      linuxFxVersion: "NODE|22-lts",
      acrUseManagedIdentityCreds: false,
      ftpsState: null,
      healthCheckPath: null,
      minTlsVersion: null,
    });
    const web = await config("GET");
    expect([web.status, web.body["name"]]).toEqual([200, "configured"]);
    expect(web.body["properties"]).toMatchObject({
      alwaysOn: true,
      ftpsState: "Disabled",
      healthCheckPath: "/healthy",
      minTlsVersion: "1.2",
      netFrameworkVersion: "v4.0",
      appSettings: null,
    });
  });

  it.each(["shown", "null"] as const)(
    "the identity that pulls images is %s in the site's own body (18), and always at config/web",
    async (webAcrIdentityOnGet) => {
      await withBench({ switches: { webAcrIdentityOnGet } }, async (on) => {
        const acr = { acrUseManagedIdentityCreds: true, acrUserManagedIdentityID: "client" };
        await on.send("PUT", site() + V, { body: { location: "westeurope", properties: { siteConfig: acr } } });
        expect(objectAt((await on.send("GET", site() + V)).body, "properties", "siteConfig")["acrUserManagedIdentityID"]).toBe(
          webAcrIdentityOnGet === "shown" ? "client" : null,
        );
        expect((await on.send("GET", `${site()}/config/web${V}`)).body["properties"]).toMatchObject(acr);
      });
    },
  );

  it("PATCH of config/web changes what it names and recycles once; PUT puts the rest back to defaults", async () => {
    await put("linux", { ftpsState: "Disabled", appSettings: [{ name: "A", value: "1" }] });
    expect(objectAt((await config("PATCH", { alwaysOn: true })).body, "properties")).toMatchObject({
      alwaysOn: true,
      ftpsState: "Disabled",
    });
    await config("PATCH", { alwaysOn: true });
    expect(bench.azure.portal.recycles(site())).toBe(1);
    expect((await config("PUT", { http20Enabled: true })).body["properties"]).toMatchObject({
      http20Enabled: true,
      alwaysOn: false,
      ftpsState: "FtpsOnly",
    });
    expect(bench.azure.portal.hidden(site())["appSettings"]).toEqual({ A: "1" });
  });

  it.each([
    { name: "an unknown stack", on: "linux", config: { linuxFxVersion: "COBOL|85" }, says: "LinuxFxVersion" },
    { name: "a version that is not on offer", on: "linux", config: { linuxFxVersion: "NODE|99-lts" }, says: "LinuxFxVersion" },
    { name: "no version at all", on: "linux", config: { linuxFxVersion: "NODE" }, says: "LinuxFxVersion" },
    { name: "a Linux runtime on a Windows plan", on: "windows", config: { linuxFxVersion: "NODE|22-lts" }, says: "LinuxFxVersion" },
    { name: "an unknown TLS version", on: "windows", config: { minTlsVersion: "2.0" }, says: "MinTlsVersion" },
    { name: "an unknown FTPS state", on: "windows", config: { ftpsState: "Sometimes" }, says: "FtpsState" },
  ])("$name is 400 in the flat envelope", async ({ on, config: sent, says }) => {
    const answers = [await put(on, sent)];
    await put(on);
    answers.push(await config("PATCH", sent));
    for (const answer of answers) {
      expect([answer.status, codeOf(answer), messageOf(answer)]).toEqual([
        400,
        "BadRequest",
        `The parameter ${says} has an invalid value.`,
      ]);
      expect(answer.body["Details"]).toMatchObject([{}, {}, { ErrorEntity: { ExtendedCode: "01007" } }]);
    }
  });

  it.each(["NODE|20-lts", "PYTHON|3.12", "DOTNETCORE|9.0", "JAVA|17-java17", "PHP|8.3", "DOCKER|nginx", "dotnet-isolated|8.0"])(
    "takes %s",
    async (linuxFxVersion) => {
      expect((await put("linux", { linuxFxVersion })).status).toBe(200);
    },
  );

  it("Always On is a conflict on a tier that does not offer it", async () => {
    const answer = await put("free", { alwaysOn: true });
    expect([answer.status, codeOf(answer)]).toEqual([409, "Conflict"]);
  });
});

describe("config/slotConfigNames", () => {
  it("is null until it is put, and belongs to the site", async () => {
    await put("linux");
    expect((await config("GET", undefined, "slotConfigNames")).body["properties"]).toEqual({
      connectionStringNames: null,
      appSettingNames: null,
      azureStorageConfigNames: null,
    });
    const written = await config("PUT", { appSettingNames: ["AZURE_CLIENT_ID"] }, "slotConfigNames");
    expect([written.status, written.body["properties"]]).toEqual([
      200,
      { connectionStringNames: null, appSettingNames: ["AZURE_CLIENT_ID"], azureStorageConfigNames: null },
    ]);
    expect(bench.azure.portal.recycles(site())).toBe(0);
    bench.azure.portal.put(`${site()}/slots/green`, {});
    expect((await bench.send("PUT", `${site()}/slots/green/config/slotConfigNames${V}`, { body: { properties: {} } })).status).toBe(400);
  });
});

describe("app settings", () => {
  it("are settings of the slot, or of the site", async () => {
    await put("linux", { appSettings: [{ name: "A", value: "1" }] });
    bench.azure.portal.put(`${site()}/slots/green`, {});
    await bench.send("PUT", `${site()}/slots/green/config/appsettings${V}`, { body: { properties: { B: "2" } } });
    const listed = async (of: string): Promise<unknown> =>
      (await bench.send("POST", `${of}/config/appsettings/list${V}`)).body["properties"];
    expect([await listed(site()), await listed(`${site()}/slots/green`)]).toEqual([{ A: "1" }, { B: "2" }]);
  });

  it("cannot be patched, and have to be an object", async () => {
    await put("linux");
    expect((await config("PATCH", { A: "1" }, "appsettings")).status).toBe(405);
    expect((await bench.send("PUT", `${site()}/config/appsettings${V}`, { body: {} })).status).toBe(400);
  });
});
