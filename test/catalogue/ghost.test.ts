import { expect, test } from "vitest";
import { objectAt, stringAt } from "../../src/api/json.ts";
import { givenHost, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage } from "./stage.ts";

test.each(["removes", "rejected", "ignored"] as const)("an identity that was made again is attached again, in one look, where PATCH merges and a null key is %s", async (webPatchNullKey) => {
  const stage = await startStage({ webPatchNullKey });
  try {
    const site = sampleOf("Microsoft.Web/sites");
    const { portal } = stage.bench.azure;
    for (const name of ["f", "x"]) portal.put(uai(stage, name), {});
    givenHost(stage, site, { had: ["f"] });
    await stage.apply("a", { target: { armId: hostOf(stage, site) }, userAssigned: [{ armId: uai(stage, "x") }] });
    portal.delete(uai(stage, "x"));
    portal.put(uai(stage, "x"), {});
    await stage.look();
    const map = objectAt(portal.get(hostOf(stage, site))?.["identity"], "userAssignedIdentities") ?? {};
    const [, attached] = Object.entries(map).find(([key]) => key.endsWith("/x")) ?? [];
    expect(stringAt(attached, "clientId")).toBe(stringAt(objectAt(portal.get(uai(stage, "x")), "properties"), "clientId"));
    stage.bench.azure.clearRequests();
    await stage.look();
    expect([stage.state("a"), stage.writesTo(hostOf(stage, site))]).toEqual(["True Succeeded", []]);
  } finally {
    await stage.close();
  }
});
