import { expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { attachedTo, givenHost, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage } from "./stage.ts";

test("what somebody attaches between two ways of writing is seen, and kept by the next", async () => {
  const stage = await startStage({ webPatchNullKey: "rejected" });
  try {
    const site = sampleOf("Microsoft.Web/sites");
    const { portal } = stage.bench.azure;
    for (const name of ["f", "g", "x"]) portal.put(uai(stage, name), {});
    givenHost(stage, site, { had: ["f"] });
    const declares: JsonObject = { target: { armId: hostOf(stage, site) }, userAssigned: [{ armId: uai(stage, "x") }] };
    await stage.apply("a", declares);
    stage.bench.azure.clearRequests();
    let patches = 0;
    const attachesBeforeTheSecond = ({ method, path }: { readonly method: string; readonly path: string }) => {
      if (method === "PATCH" && path.endsWith(site.path)) patches += 1;
      if (method === "PATCH" && patches === 2) portal.patch(hostOf(stage, site), { identity: { type: "UserAssigned", userAssignedIdentities: { [uai(stage, "g")]: {} } } });
      return false;
    };
    const stop = stage.bench.azure.intercept(attachesBeforeTheSecond, { do: "gateway-timeout" });
    await stage.remove("a");
    stop();
    expect(stage.writesTo(hostOf(stage, site)).map(({ method }) => method)).toEqual(["PATCH", "PATCH", "PUT"]);
    expect([stage.state("a"), attachedTo(stage, site)]).toEqual(["gone", ["f", "g"]]);
  } finally {
    await stage.close();
  }
});
