import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { at, below, get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const RESTRICTED = { roles: [], federation: [], hosts: [{ type: "microsoft.compute/virtualmachines", namespaces: undefined }], subscriptions: [{ id: "bbbb1b1b-cc2c-dd3d-ee4e-ffffff5f5f5f", resourceGroups: undefined, namespaces: undefined }] };
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ policy: { rules: RESTRICTED } });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

function site(on: Stage): string {
  on.bench.azure.portal.put(below(on, "Microsoft.Web/serverfarms/plan"), { location: "westeurope", sku: { name: "B1" } });
  on.bench.azure.portal.put(below(on, "Microsoft.Web/sites/web"), { location: "westeurope", properties: { serverFarmId: below(on, "Microsoft.Web/serverfarms/plan") } });
  makeIdentity(on, "app");
  on.bench.azure.clearRequests();
  return below(on, "Microsoft.Web/sites/web");
}

const rows: readonly { readonly name: string; readonly kind: string; readonly spec: (on: Stage) => JsonObject }[] = [
  { name: "an identity", kind: "UserAssignedIdentity", spec: (on) => at(on) },
  { name: "an identity that is only observed", kind: "UserAssignedIdentity", spec: (on) => ({ ...at(on), azureName: "app", managementPolicy: "ObserveOnly" }) },
  { name: "an identity that would be taken over", kind: "UserAssignedIdentity", spec: (on) => ({ ...at(on), azureName: "app", adoptionPolicy: "IfExists" }) },
  { name: "a host of somebody else", kind: "IdentityAssignment", spec: (on) => ({ target: { armId: site(on) }, userAssigned: [{ armId: uai(on, "app") }] }) },
  { name: "a host that is only observed", kind: "IdentityAssignment", spec: (on) => ({ target: { armId: site(on) }, systemAssigned: true, managementPolicy: "ObserveOnly" }) },
  { name: "a grant", kind: "RoleAssignment", spec: (on) => ({ scope: { armId: site(on) }, roleDefinitionName: "Reader", principal: { id: "cccccccc-0000-4000-8000-000000000001" } }) },
];

describe("in a subscription that the administrator does not list", () => {
  test.each(rows)("$name is refused, shows nothing, and no request is sent", async ({ kind, spec }) => {
    site(stage);
    await stage.apply(kind, "web", spec(stage));
    expect([stage.state(kind, "web"), stage.requests()]).toEqual(["False SubscriptionNotAllowed", []]);
    expect(Object.keys(stage.object(kind, "web")?.status ?? {}).filter((field) => !["conditions", "observedGeneration", "credential", "lastSyncTime"].includes(field))).toEqual([]);
    await stage.remove(kind, "web");
    expect([stage.state(kind, "web"), stage.requests()]).toEqual(["gone", []]);
  });
});

test("an object that was made before the list leaves nothing behind when it is deleted", async () => {
  const holder = await setStage();
  await holder.apply("UserAssignedIdentity", "old", at(holder));
  holder.policy({ rules: RESTRICTED });
  await holder.restart();
  expect([holder.state("UserAssignedIdentity", "old"), get(holder, uai(holder, "old"))]).toEqual(["False SubscriptionNotAllowed", expect.anything()]);
  await holder.remove("UserAssignedIdentity", "old");
  expect([holder.state("UserAssignedIdentity", "old"), get(holder, uai(holder, "old"))]).toEqual(["gone", undefined]);
  await holder.close();
});
