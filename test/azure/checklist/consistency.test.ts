import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { objectsAt } from "../kernel/json.ts";
import { attachedTo, openScene, users } from "./scene.ts";
import type { Scene } from "./scene.ts";

let on: Scene;
beforeAll(async () => {
  on = await openScene({ settings: { listLagSeconds: 20, resourcesLagSeconds: 90 } });
});
afterAll(() => on.stop());

describe("17.17 lists behind GET (arm.md 2.4, 15)", () => {
  const site = (): string => on.at("Microsoft.Web/sites/listed");
  /** Of each item of that name, its identities. */
  const listed = async (path: string): Promise<readonly string[]> => {
    const { body } = await on.ask("GET", path);
    return objectsAt(body, "value").filter((one) => one["name"] === "listed").map((one) => attachedTo(one).join());
  };
  const byType = (): Promise<readonly string[]> => listed(on.at("Microsoft.Web/sites"));
  const all = (): Promise<readonly string[]> => listed(`${on.group}/resources`);
  const groups = async (): Promise<readonly unknown[]> => objectsAt((await on.ask("GET", `${on.subscription}/resourcegroups`)).body, "value").map((one) => one["name"]);

  it("a new one, a changed one and a deleted one come late, and later to the lists over all types", async () => {
    on.clock.advance(600_000);
    await on.ask("PUT", site(), { identity: users([on.identity("one")]) });
    expect([(await on.ask("GET", site())).status, await byType(), await all()]).toEqual([200, [], []]);
    on.clock.advance(20_000);
    expect([await byType(), await all()]).toEqual([["one"], []]);
    on.clock.advance(70_000);
    expect(await all()).toEqual(["one"]);
    await on.ask("PUT", site(), { identity: users([on.identity("two")]) });
    expect([attachedTo(await on.show(site())), await byType(), await all()]).toEqual([["two"], ["one"], ["one"]]);
    on.clock.advance(90_000);
    expect([await byType(), await all()]).toEqual([["two"], ["two"]]);
    await on.ask("DELETE", site());
    expect([(await on.ask("GET", site())).status, await byType(), await all()]).toEqual([404, ["two"], ["two"]]);
    on.clock.advance(90_000);
    expect([await byType(), await all()]).toEqual([[], []]);
  });

  it("Resource Graph and the resources of an identity as late as the lists over all types", async () => {
    const identity = on.identity("graphed");
    const found = async (): Promise<readonly unknown[]> => {
      const body = { subscriptions: on.azure.subscriptionIds, query: "Resources | where name =~ 'graphed-site' | project name", options: { resultFormat: "objectArray" } };
      const graph = await on.send("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", { body });
      const associated = await on.send("POST", `${identity}/listAssociatedResources?api-version=2021-09-30-preview`);
      return [graph.body["count"], associated.body["totalCount"]];
    };
    await on.ask("PUT", on.at("Microsoft.Web/sites/graphed-site"), { identity: users([identity]) });
    on.clock.advance(89_000);
    expect(await found()).toEqual([0, 0]);
    on.clock.advance(1000);
    expect(await found()).toEqual([1, 1]);
  });

  it("resource groups alike", async () => {
    await on.ask("PUT", `${on.subscription}/resourceGroups/late`);
    expect([(await on.ask("GET", `${on.subscription}/resourceGroups/late`)).status, await groups()]).toEqual([200, ["rg"]]);
    on.clock.advance(20_000);
    expect(await groups()).toEqual(["late", "rg"]);
  });
});

describe("17.18 a foreign identity between GET and PUT (arm.md 1.1)", () => {
  const azSecPack = (): string => on.identity("AzSecPackAutoConfigUA-westeurope");

  it("is lost by a PUT of what was read, and kept by a PATCH of one's own", async () => {
    const set = on.at("Microsoft.Compute/virtualMachineScaleSets/set");
    const identity = users([azSecPack()]);
    await on.done("PUT", set, { identity: users([on.identity("ours")]) });
    on.azure.intercept(({ method, path }) => method === "GET" && path === set, { do: "edit", when: "after", patch: { identity } });
    const read = await on.show(set);
    expect([attachedTo(read), attachedTo(await on.show(set))]).toEqual([["ours"], ["ours", "AzSecPackAutoConfigUA-westeurope"]]);
    await on.done("PATCH", set, { identity: users([on.identity("more")]) });
    expect(attachedTo(await on.show(set)).toSorted()).toEqual(["AzSecPackAutoConfigUA-westeurope", "more", "ours"]);
    await on.done("PUT", set, { identity: users([on.identity("ours")]) });
    expect(attachedTo(await on.show(set))).toEqual(["ours"]);
  });
});
