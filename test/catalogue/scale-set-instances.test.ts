import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { attachedTo, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

const SET = sampleOf("Microsoft.Compute/virtualMachineScaleSets");
let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());
beforeEach(() => {
  for (const name of ["a", "x"]) stage.bench.azure.portal.put(uai(stage, name), {});
});

function given(properties: JsonObject): void {
  const { portal } = stage.bench.azure;
  portal.delete(hostOf(stage, SET));
  portal.put(hostOf(stage, SET), { sku: { name: "Standard_B1s", capacity: 3 }, properties });
  stage.bench.azure.clearRequests();
}

const declares = (allowDisruption: string): JsonObject => ({ target: { armId: hostOf(stage, SET) }, userAssigned: [{ armId: uai(stage, "x") }], allowDisruption });
const upgrades = () => stage.writesTo(hostOf(stage, SET)).filter(({ method }) => method === "POST");

async function withAssignment(allowDisruption: string, check: () => Promise<void> | void): Promise<void> {
  await stage.apply("a", declares(allowDisruption), { isPatient: false });
  await check();
  await stage.remove("a");
  expect([stage.state("a"), attachedTo(stage, SET)]).toEqual(["gone", []]);
}

describe("instances of a scale set (arm.md 7)", () => {
  test("that get the model by themselves are not asked for", async () => {
    given({ upgradePolicy: { mode: "Automatic" } });
    await withAssignment("Recycle", () => {
      expect(stage.state("a")).toBe("True Succeeded");
      expect(stage.bench.azure.requests.filter(({ path }) => path.endsWith("/virtualMachines"))).toEqual([]);
      expect(upgrades()).toEqual([]);
    });
  });

  test("that wait to be upgraded are counted, with the line that upgrades them", async () => {
    given({ upgradePolicy: { mode: "Manual" } });
    await withAssignment("Recycle", async () => {
      expect(stage.state("a")).toBe("False InstancesPending");
      expect(stage.message("a")).toMatch(/^3 of 3 instances of virtualMachineScaleSets\/host do not have its model yet: upgrade them \(az vmss update-instances .* --name host --instance-ids 0 1 2\), or set spec.allowDisruption to Recreate$/);
      expect(upgrades()).toEqual([]);
      await stage.bench.send("POST", `${hostOf(stage, SET)}/manualupgrade?api-version=2024-11-01`, { body: { instanceIds: ["1"] } });
      stage.bench.clock.advance(120_000);
      await stage.look({ isPatient: false });
      expect(stage.message("a")).toMatch(/^2 of 3 instances .* --instance-ids 0 2\)/);
      await stage.bench.send("POST", `${hostOf(stage, SET)}/manualupgrade?api-version=2024-11-01`, { body: { instanceIds: ["*"] } });
      stage.bench.clock.advance(120_000);
      await stage.look();
      expect(stage.state("a")).toBe("True Succeeded");
    });
  });

  test("are upgraded where Recreate allows it: those that lack the model, once", async () => {
    given({ upgradePolicy: { mode: "Manual" } });
    await stage.apply("a", declares("Recreate"));
    expect(stage.state("a")).toBe("True Succeeded");
    expect(upgrades().map(({ path, body }) => [path.split("/").at(-1), body])).toEqual([["manualupgrade", { instanceIds: ["0", "1", "2"] }]]);
    await stage.look();
    expect(upgrades()).toHaveLength(1);
    await stage.remove("a");
  });

  test("an upgrade that fails says why, and is tried again later", async () => {
    given({ upgradePolicy: { mode: "Manual" } });
    stage.bench.azure.failOperation(({ method }) => method === "POST", { code: "VMExtensionProvisioningError", message: "An extension failed." });
    await stage.apply("a", declares("Recreate"));
    expect([stage.state("a"), stage.message("a")]).toEqual(["False AzureRefused", expect.stringContaining("cannot upgrade the instances of the host of IdentityAssignment default/a: VMExtensionProvisioningError: An extension failed.") as string]);
    expect(upgrades()).toHaveLength(1);
    await stage.look();
    expect([stage.state("a"), upgrades().length]).toEqual(["True Succeeded", 2]);
    await stage.remove("a");
  });

  test("of a flexible one get identities only when they are made", async () => {
    given({ orchestrationMode: "Flexible" });
    await withAssignment("Recreate", async () => {
      expect([stage.state("a"), stage.message("a")]).toEqual(["False InstancesPending", "3 of 3 instances of virtualMachineScaleSets/host do not have its model yet: a flexible scale set gives identities to new instances only: replace these"]);
      expect(upgrades()).toEqual([]);
      const { portal } = stage.bench.azure;
      const machines = portal.list("Microsoft.Compute/virtualMachines").filter(({ properties }) => objectAt(properties, "virtualMachineScaleSet") !== undefined);
      for (const machine of machines) portal.delete(stringAt(machine, "id") ?? "");
      portal.patch(hostOf(stage, SET), { sku: { name: "Standard_B1s", capacity: 2 } });
      await stage.look();
      expect(stage.state("a")).toBe("True Succeeded");
    });
  });

  test("that may not be listed are not called ready", async () => {
    given({ upgradePolicy: { mode: "Manual" } });
    const { principalId } = stage.bench.principal;
    stage.bench.azure.setPermissions([{ principalId, actions: ["Microsoft.Compute/virtualMachineScaleSets/read", "Microsoft.Compute/virtualMachineScaleSets/write", "Microsoft.Compute/locations/operations/read", "Microsoft.ManagedIdentity/*", "Microsoft.Resources/*"], scope: "/" }]);
    await stage.apply("a", declares("Recycle"), { isPatient: false });
    expect([stage.state("a"), stage.message("a")]).toEqual(["False AuthorizationFailed", expect.stringContaining("Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read") as string]);
    stage.bench.azure.setPermissions([{ principalId, actions: ["*"], scope: "/" }]);
    await stage.remove("a");
  });
});
