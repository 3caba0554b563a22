import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectAt } from "../kernel/json.ts";
import { openScene, told } from "./scene.ts";
import type { Scene } from "./scene.ts";

let on: Scene;
beforeAll(async () => {
  on = await openScene();
});
afterAll(() => on.stop());

const site = (): string => on.at("Microsoft.Web/sites/app");
const plan = (): string => on.at("Microsoft.Web/serverfarms/plan");

describe("17.14 Microsoft.Web (arm.md 2.1, 2.2, 6)", () => {
  it("flat PascalCase errors", async () => {
    const answer = await on.ask("PUT", site(), { properties: { serverFarmId: plan() } });
    expect([...told(answer), Object.keys(answer.body)]).toEqual([404, "NotFound", ["Code", "Message", "Target", "Details", "Innererror"]]);
  });

  it("the location as sent, then as a display name; the ETag quoted once; app settings null", async () => {
    const created = await on.ask("PUT", site(), { location: "northeurope", properties: { siteConfig: { appSettings: [{ name: "A", value: "hush" }] } } });
    const read = await on.ask("GET", site());
    const updated = await on.ask("PUT", site(), { location: "northeurope" });
    expect([created, read, updated].map(({ body }) => body["location"])).toEqual(["northeurope", "North Europe", "northeurope"]);
    expect([created, read, updated].map(({ headers }) => headers["etag"]?.startsWith('"'))).toEqual([true, false, false]);
    expect([objectAt(read.body, "properties", "siteConfig")["appSettings"], read.text.includes("hush")]).toEqual([null, false]);
  });
});

describe("17.22 DELETE of a site and its plan (arm.md 6)", () => {
  const hosted = (): string => on.at("Microsoft.Web/sites/hosted");
  it.each([
    { query: "", planStays: false },
    { query: "?deleteEmptyServerFarm=false", planStays: true },
  ])("'$query': the emptied plan stays: $planStays", async ({ query, planStays }) => {
    await on.ask("PUT", plan(), { sku: { name: "B1" } });
    await on.ask("PUT", hosted(), { properties: { serverFarmId: plan() } });
    expect((await on.ask("DELETE", hosted() + query)).status).toBe(200);
    expect((await on.ask("GET", plan())).status).toBe(planStays ? 200 : 404);
  });

  it("a plan with another site stays", async () => {
    await on.ask("PUT", plan(), { sku: { name: "B1" } });
    for (const id of [hosted(), `${hosted()}2`]) await on.ask("PUT", id, { properties: { serverFarmId: plan() } });
    await on.ask("DELETE", hosted());
    expect((await on.ask("GET", plan())).status).toBe(200);
    await on.ask("DELETE", `${hosted()}2`);
    expect((await on.ask("GET", plan())).status).toBe(404);
  });
});
