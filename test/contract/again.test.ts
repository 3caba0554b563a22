import { afterAll, beforeAll, expect, test } from "vitest";
import { FIXTURES } from "./fixtures.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ grants: [{ role: "Reader" }] });
});

afterAll(() => stage.close());

test.each(FIXTURES.map((fixture) => [fixture.kind, fixture] as const))("%s: what was deleted a moment ago is made again", async (kind, fixture) => {
  const name = `again-${FIXTURES.indexOf(fixture)}`;
  await fixture.prepare?.(stage);
  fixture.prepareOne?.(stage, name);
  for (const _time of ["first", "second"]) {
    await stage.apply(kind, name, fixture.spec(stage, name));
    expect([stage.state(kind, name), stage.message(kind, name)]).toEqual(["True Succeeded", expect.not.stringContaining("others")]);
    expect(fixture.inAzure(stage, name)).toBeDefined();
    await stage.remove(kind, name);
    expect([stage.state(kind, name), fixture.inAzure(stage, name)]).toEqual(["gone", undefined]);
  }
});

test("a federated credential does not count as there because an earlier identity of the name had it", async () => {
  const place = { subscriptionId: stage.bench.azure.subscriptionIds[0] ?? "", resourceGroup: "rg" };
  const credential = { identityRef: { name: "identity" }, serviceAccountRef: { name: "app" } };
  const id = `${stage.bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity/federatedIdentityCredentials/credential`;
  await stage.apply("UserAssignedIdentity", "identity", place);
  await stage.apply("FederatedIdentityCredential", "credential", credential);
  stage.bench.azure.portal.delete(`${stage.bench.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/identity`);
  await stage.remove("FederatedIdentityCredential", "credential");
  await stage.remove("UserAssignedIdentity", "identity");
  await stage.apply("UserAssignedIdentity", "identity", place);
  await stage.apply("FederatedIdentityCredential", "credential", credential);
  expect(stage.message("FederatedIdentityCredential", "credential")).toBe("FederatedIdentityCredential is as declared");
  expect(stage.bench.azure.portal.get(id)).toBeDefined();
});
