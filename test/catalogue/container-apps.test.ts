import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { attachedTo, hostOf, restOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

const HIDDEN = "a value that nobody shows";
let stage: Stage;

const types = ["Microsoft.App/containerApps", "Microsoft.App/jobs"];

/** An app with a secret, a registry that uses it, and one in a Key Vault that an attached identity reads. */
function given(type: string): void {
  const sample = sampleOf(type);
  const { portal } = stage.bench.azure;
  const namespace = `${stage.bench.group}/providers/Microsoft.App`;
  for (const [path, body] of Object.entries(sample.parents ?? {})) portal.put(`${namespace}/${path}`, body);
  const secrets = [{ name: "password", value: HIDDEN }, { name: "kv", keyVaultUrl: "https://vault.vault.azure.net/secrets/s", identity: uai(stage, "f") }];
  const configuration = { secrets, registries: [{ server: "example.azurecr.io", username: "u", passwordSecretRef: "password" }] };
  portal.delete(hostOf(stage, sample));
  portal.put(hostOf(stage, sample), { properties: { ...objectAt(sample.body, "properties"), configuration }, identity: { type: "UserAssigned", userAssignedIdentities: { [uai(stage, "f")]: {} } } });
  stage.bench.azure.clearRequests();
}

const declares = (type: string, ids: readonly string[], more: JsonObject = {}): JsonObject => ({ target: { armId: hostOf(stage, sampleOf(type)) }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })), ...more });

describe.each([{ containerAppPatchIdentity: "merge-keys" }, { containerAppPatchIdentity: "rejected" }, { containerAppPatchIdentity: "ignored" }] as const)("an app with secrets where PATCH is %j (arm.md 9)", (switches) => {
  beforeAll(async () => {
    stage = await startStage({ ...switches, containerAppPatchNullKey: "rejected", containerAppPutWithoutIdentity: "clears" });
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    for (const name of ["f", "x"]) stage.bench.azure.portal.put(uai(stage, name), {});
  });

  test.each(types)("%s keeps them, and its identity in use", async (type) => {
    const sample = sampleOf(type);
    given(type);
    const before = [restOf(stage, sample), stage.bench.azure.portal.hidden(hostOf(stage, sample))];
    await stage.apply("a", declares(type, ["x"]));
    expect([stage.state("a"), attachedTo(stage, sample)]).toEqual(["True Succeeded", ["f", "x"]]);
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, sample)]).toEqual(["gone", ["f"]]);
    expect([restOf(stage, sample), stage.bench.azure.portal.hidden(hostOf(stage, sample))]).toEqual(before);
    expect(JSON.stringify(stage.logged)).not.toContain(HIDDEN);
  });

  test.each(types)("%s does not lose the identity that reads its secrets to Exclusive", async (type) => {
    given(type);
    await stage.apply("a", declares(type, ["x"], { ownership: "Exclusive" }), { isPatient: false });
    expect([stage.state("a"), stage.message("a"), attachedTo(stage, sampleOf(type))]).toEqual(["False InUseByHost", expect.stringContaining("properties.configuration.secrets[1].identity"), ["f", "x"]]);
    await stage.remove("a");
  });
});

test("a PUT that may not ask for the secrets is not made", async () => {
  stage = await startStage({ containerAppPatchIdentity: "rejected" });
  try {
    const [type = ""] = types;
    for (const name of ["f", "x"]) stage.bench.azure.portal.put(uai(stage, name), {});
    given(type);
    const { principalId } = stage.bench.principal;
    stage.bench.azure.setPermissions([{ principalId, actions: ["Microsoft.App/containerApps/read", "Microsoft.App/containerApps/write", "Microsoft.ManagedIdentity/*"], scope: "/" }]);
    await stage.apply("a", declares(type, ["x"]), { isPatient: false });
    expect([stage.state("a"), stage.message("a")]).toEqual(["False AuthorizationFailed", expect.stringContaining("Microsoft.App/containerApps/listSecrets/action")]);
    expect(attachedTo(stage, sampleOf(type))).toEqual(["f"]);
  } finally {
    await stage.close();
  }
});
