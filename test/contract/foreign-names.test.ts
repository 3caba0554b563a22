import { afterAll, beforeAll, expect, test } from "vitest";
import { below, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});

afterAll(() => stage.close());

test("an identity of others that stands in the way of an attachment is not named to whom it is no affair", async () => {
  const { azure, group, subscription, principal } = stage.bench;
  azure.portal.createResourceGroup(azure.subscriptionIds[0] ?? "", "theirs", "westeurope");
  const foreign = `${subscription}/resourceGroups/theirs/providers/Microsoft.ManagedIdentity/userAssignedIdentities/secret-project`;
  azure.portal.put(foreign, { location: "westeurope" });
  makeIdentity(stage, "app");
  const plan = below(stage, "Microsoft.Web/serverfarms/plan");
  const site = below(stage, "Microsoft.Web/sites/shop");
  azure.portal.put(plan, { location: "westeurope", sku: { name: "B1" } });
  azure.portal.put(site, { location: "westeurope", properties: { serverFarmId: plan }, identity: { type: "UserAssigned", userAssignedIdentities: { [foreign]: {} } } });
  azure.setPermissions([{ principalId: principal.principalId, actions: ["*"], scope: group }]);
  await stage.apply("IdentityAssignment", "shop", { target: { armId: site }, userAssigned: [{ armId: uai(stage, "app") }] });
  expect(stage.state("IdentityAssignment", "shop")).toBe("False IdentityNotPermitted");
  expect(stage.message("IdentityAssignment", "shop")).toBe(
    "cannot attach the identities of IdentityAssignment default/shop: sites/shop: an identity that others attached is gone or may not be assigned, and Azure takes no change while it is attached: " +
      "detach it from the host, or grant this object's credential the right to assign all that is attached",
  );
  const told = [JSON.stringify(stage.object("IdentityAssignment", "shop")), JSON.stringify(stage.cluster.events)].join("\n");
  for (const text of ["secret-project", "theirs"]) expect(told).not.toContain(text);
});
