import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "./azure.ts";
import { codeOf, messageOf, startBench, withBench } from "./raw-client.ts";
import type { Bench, RawAnswer } from "./raw-client.ts";

const V = "?api-version=2023-12-01";
let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const plan = (name: string): string => `${bench.group}/providers/Microsoft.Web/serverfarms/${name}`;
const put = (name: string, body: JsonObject, on: Bench = bench): Promise<RawAnswer> =>
  on.send("PUT", plan(name) + V, { body: { location: "westeurope", ...body } });

describe("App Service plans (arm.md 6)", () => {
  it("PUT answers 200 with status Ready and a whole sku; GET shows the display name; DELETE 200, then 204", async () => {
    const created = await put("fresh", { sku: { name: "p1v3" }, properties: { reserved: true } });
    expect([created.status, created.body]).toMatchObject([
      200,
      {
        kind: "linux",
        location: "westeurope",
        sku: { name: "P1v3", tier: "PremiumV3", size: "P1v3", family: "Pv3", capacity: 1 },
        properties: { status: "Ready", provisioningState: "Succeeded", reserved: true, numberOfSites: 0 },
      },
    ]);
    expect((await bench.send("GET", plan("fresh") + V)).body["location"]).toBe("West Europe");
    expect([(await bench.send("DELETE", plan("fresh") + V)).status, (await bench.send("DELETE", plan("fresh") + V)).status]).toEqual([
      200, 204,
    ]);
  });

  it("PUT changes the sku and the capacity, and keeps the operating system", async () => {
    await put("grown", { sku: { name: "B1" }, properties: { reserved: true } });
    expect((await put("grown", { sku: { name: "S2", capacity: 3 }, properties: { reserved: false } })).body).toMatchObject({
      sku: { name: "S2", tier: "Standard", capacity: 3 },
      properties: { reserved: true },
    });
    expect((await put("grown", { properties: { perSiteScaling: true } })).body).toMatchObject({
      sku: { name: "S2", capacity: 3 },
      properties: { perSiteScaling: true },
    });
  });

  it("PATCH changes properties and tags and does not see a sku", async () => {
    await put("patched", { sku: { name: "B1" }, tags: { a: "b" } });
    const { status, body } = await bench.send("PATCH", plan("patched") + V, {
      body: { sku: { name: "S1" }, properties: { perSiteScaling: true } },
    });
    expect([status, body]).toMatchObject([200, { sku: { name: "B1" }, tags: { a: "b" }, properties: { perSiteScaling: true } }]);
  });

  it.each([
    { sku: "F1", want: { kind: "app", sku: { tier: "Free", capacity: 0 } } },
    { sku: "FC1", want: { kind: "functionapp", sku: { tier: "FlexConsumption", family: "FC", capacity: 0 } } },
    { sku: "EP1", want: { kind: "elastic", sku: { tier: "ElasticPremium" } } },
    { sku: "P2mv3", want: { kind: "app", sku: { name: "P2mv3", tier: "PremiumMV3" } } },
  ])("knows $sku", async ({ sku, want }) => {
    expect((await put(`known-${sku.toLowerCase()}`, { sku: { name: sku } })).body).toMatchObject(want);
  });

  it("refuses an unknown sku", async () => {
    const answer = await put("odd", { sku: { name: "Z9" } });
    expect([answer.status, codeOf(answer)]).toEqual([400, "BadRequest"]);
  });

  it("a tier without quota in the region is 401 Unauthorized, one that the region lacks 409; others go through", async () => {
    const appServiceLimits = [
      { location: "West Europe", tier: "Basic", because: "quota" },
      { location: "westeurope", tier: "PremiumV3", because: "not-offered" },
    ] as const;
    await withBench({ settings: { appServiceLimits } }, async (on) => {
      const quota = await put("none", { sku: { name: "B1" } }, on);
      expect([quota.status, codeOf(quota), quota.headers["www-authenticate"]]).toEqual([401, "Unauthorized", undefined]);
      expect(messageOf(quota)).toContain("cannot be completed without additional quota");
      expect(quota.body["Details"]).toMatchObject([{}, {}, { ErrorEntity: { ExtendedCode: "52020" } }]);
      expect((await put("none", { sku: { name: "P1v3" } }, on)).status).toBe(409);
      expect((await put("some", { sku: { name: "S1" } }, on)).status).toBe(200);
      expect((await put("some", { sku: { name: "B1" } }, on)).status).toBe(401);
    });
  });
});
