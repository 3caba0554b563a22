import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { attachedTo, givenHost, hostOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

const SITE = sampleOf("Microsoft.Web/sites");
const APP = sampleOf("Microsoft.App/containerApps");
const ACCOUNT = sampleOf("Microsoft.DocumentDB/databaseAccounts");
let stage: Stage;

const identity = (name: string): JsonObject => ({ armId: uai(stage, name) });
const properties = (sample: typeof SITE): JsonObject => objectAt(stage.bench.azure.portal.get(hostOf(stage, sample)), "properties") ?? {};
const clientIdOf = (name: string): string => stringAt(objectAt(stage.bench.azure.portal.get(uai(stage, name)), "properties"), "clientId") ?? "";
const writes = (sample: typeof SITE) => stage.writesTo(hostOf(stage, sample)).map(({ method, path, body }) => `${method} ${path.split("/").slice(-2).join("/")} ${Object.keys(body as object).join()}`);

function declares(sample: typeof SITE, ids: readonly string[], followThrough: JsonObject | undefined, more: JsonObject = {}): JsonObject {
  return { target: { armId: hostOf(stage, sample) }, userAssigned: ids.map(identity), ...(followThrough === undefined ? {} : { followThrough }), ...more };
}

function lower(value: Json | undefined): string {
  return typeof value === "string" ? value.toLowerCase() : JSON.stringify(value);
}

function each(name: string, switches: Parameters<typeof startStage>[0], tests: () => void): void {
  describe(name, () => {
    beforeAll(async () => {
      stage = await startStage(switches);
    });
    afterAll(() => stage.close());
    beforeEach(() => {
      for (const each of ["f", "x", "y"]) stage.bench.azure.portal.put(uai(stage, each), {});
    });
    tests();
  });
}

each("the identity that reads Key Vault references of a site", {}, () => {
  const value = () => lower(properties(SITE)["keyVaultReferenceIdentity"]);

  test("is set by a second write once it is attached, healed, and goes back before it is detached", async () => {
    givenHost(stage, SITE);
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    expect([stage.state("a"), attachedTo(stage, SITE), value()]).toEqual(["True Succeeded", ["x"], uai(stage, "x").toLowerCase()]);
    expect(writes(SITE)).toEqual(["PATCH sites/host identity", "PATCH sites/host properties"]);
    stage.bench.azure.clearRequests();
    await stage.look();
    expect(writes(SITE)).toEqual([]);
    stage.bench.azure.portal.patch(hostOf(stage, SITE), { properties: { keyVaultReferenceIdentity: "SystemAssigned" } });
    await stage.look();
    expect([stage.state("a"), value(), writes(SITE)]).toEqual(["True Succeeded", uai(stage, "x").toLowerCase(), ["PATCH sites/host properties"]]);
    stage.bench.azure.clearRequests();
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, SITE), value()]).toEqual(["gone", [], "systemassigned"]);
    expect(writes(SITE)).toEqual(["PATCH sites/host properties", "PATCH sites/host identity"]);
  });

  test("gives back what somebody had set before", async () => {
    givenHost(stage, SITE, { had: ["f"] });
    stage.bench.azure.portal.patch(hostOf(stage, SITE), { properties: { keyVaultReferenceIdentity: uai(stage, "f") } });
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    expect(value()).toBe(uai(stage, "x").toLowerCase());
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, SITE), value()]).toEqual(["gone", ["f"], uai(stage, "f").toLowerCase()]);
  });

  test("does not take back what somebody else set since", async () => {
    givenHost(stage, SITE, { had: ["f"] });
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    stage.bench.azure.portal.patch(hostOf(stage, SITE), { properties: { keyVaultReferenceIdentity: uai(stage, "f") } });
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, SITE), value()]).toEqual(["gone", ["f"], uai(stage, "f").toLowerCase()]);
  });

  test("that was set equally by somebody else satisfies, and is left; its identity is in use then", async () => {
    givenHost(stage, SITE, { had: ["x"] });
    stage.bench.azure.portal.patch(hostOf(stage, SITE), { properties: { keyVaultReferenceIdentity: uai(stage, "x") } });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, SITE), value(), writes(SITE)]).toEqual(["gone", ["x"], uai(stage, "x").toLowerCase(), []]);
  });

  test("goes back when the spec no longer asks for it, and the identity stays", async () => {
    givenHost(stage, SITE);
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(SITE, ["x"], undefined));
    expect([stage.state("a"), attachedTo(stage, SITE), value(), writes(SITE)]).toEqual(["True Succeeded", ["x"], "systemassigned", ["PATCH sites/host properties"]]);
    await stage.remove("a");
  });

  test("moves to another identity in one pass, and the first one leaves", async () => {
    givenHost(stage, SITE);
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    await stage.apply("a", declares(SITE, ["y"], { keyVaultReferenceIdentity: identity("y") }));
    expect([stage.state("a"), attachedTo(stage, SITE), value()]).toEqual(["True Succeeded", ["y"], uai(stage, "y").toLowerCase()]);
    await stage.remove("a");
    expect([attachedTo(stage, SITE), value()]).toEqual([[], "systemassigned"]);
  });

  test("belongs to the senior of two claims that disagree, and is handed over when that one leaves", async () => {
    givenHost(stage, SITE);
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    await stage.apply("b", declares(SITE, ["y"], { keyVaultReferenceIdentity: identity("y") }));
    expect([stage.state("a"), stage.state("b"), value()]).toEqual(["True Succeeded", "False ClaimConflict", uai(stage, "x").toLowerCase()]);
    await stage.remove("a");
    expect([stage.state("a"), stage.state("b"), attachedTo(stage, SITE), value()]).toEqual(["gone", "True Succeeded", ["y"], uai(stage, "y").toLowerCase()]);
    await stage.remove("b");
    expect([attachedTo(stage, SITE), value()]).toEqual([[], "systemassigned"]);
  });

  test("stays under Retain", async () => {
    givenHost(stage, SITE);
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }, { deletionPolicy: "Retain" }));
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, SITE), value()]).toEqual(["gone", ["x"], uai(stage, "x").toLowerCase()]);
  });

  test("is only reported under ObserveOnly", async () => {
    givenHost(stage, SITE, { had: ["x"] });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }, { managementPolicy: "ObserveOnly" }));
    const drift = isJsonObject(stage.object("a")?.status) ? stage.object("a")?.status : undefined;
    expect([stage.state("a"), writes(SITE)]).toEqual(["True Drifted", []]);
    expect(drift).toMatchObject({ drift: [{ path: "properties.keyVaultReferenceIdentity", want: uai(stage, "x"), have: "SystemAssigned" }] });
    await stage.remove("a");
  });

  test.each<[string, () => JsonObject, string, string]>([
    ["an identity that the host does not have", () => declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("y") }), "False InvalidSpec", "name it in spec.userAssigned, too"],
    ["a setting that the host does not have", () => declares(SITE, ["x"], { defaultIdentity: identity("x") }), "False HostNotSupported", "spec.followThrough.defaultIdentity"],
    ["more disruption than is allowed", () => declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }, { allowDisruption: "None" }), "False DisruptionNotAllowed", "recycles its workers"],
  ])("is refused: %s", async (_name, spec, state, message) => {
    givenHost(stage, SITE);
    await stage.apply("a", spec());
    expect([stage.state("a"), stage.message("a")]).toEqual([state, expect.stringContaining(message)]);
    await stage.remove("a");
  });

  test("that others keep taking away is not fought for", async () => {
    givenHost(stage, SITE);
    await stage.apply("a", declares(SITE, ["x"], { keyVaultReferenceIdentity: identity("x") }));
    for (let times = 0; times < 3; times += 1) {
      expect(stage.state("a")).toBe("True Succeeded");
      stage.bench.azure.portal.patch(hostOf(stage, SITE), { properties: { keyVaultReferenceIdentity: "SystemAssigned" } });
      await stage.look();
    }
    expect([stage.state("a"), value()]).toEqual(["False Contested", "systemassigned"]);
    await stage.remove("a");
  });
});

describe.each(["shown", "null"] as const)("the pull identity of a site, where GET of the site is %s", (webAcrIdentityOnGet) => {
  each("and config/web shows it", { webAcrIdentityOnGet }, () => {
    const config = async () => objectAt((await stage.bench.send("GET", `${hostOf(stage, SITE)}/config/web?api-version=2025-05-01`)).body, "properties") ?? {};
    const pull = async () => {
      const { acrUseManagedIdentityCreds, acrUserManagedIdentityID } = await config();
      return [acrUseManagedIdentityCreds, acrUserManagedIdentityID];
    };

    test("is set by client id with its flag, and both go back", async () => {
      givenHost(stage, SITE);
      stage.bench.azure.clearRequests();
      await stage.apply("a", declares(SITE, ["x"], { acrPullIdentity: identity("x") }));
      expect([stage.state("a"), await pull()]).toEqual(["True Succeeded", [true, clientIdOf("x")]]);
      expect(writes(SITE)).toEqual(["PATCH sites/host identity", "PATCH config/web properties"]);
      stage.bench.azure.clearRequests();
      await stage.look();
      expect(writes(SITE)).toEqual([]);
      await stage.remove("a");
      expect([stage.state("a"), attachedTo(stage, SITE), await pull()]).toEqual(["gone", [], [false, ""]]);
    });

    test("of somebody keeps its identity from being detached", async () => {
      givenHost(stage, SITE);
      await stage.apply("a", declares(SITE, ["x"], undefined));
      await stage.bench.send("PATCH", `${hostOf(stage, SITE)}/config/web?api-version=2025-05-01`, { body: { properties: { acrUseManagedIdentityCreds: true, acrUserManagedIdentityID: clientIdOf("x") } } });
      await stage.apply("a", declares(SITE, [], undefined, { ownership: "Exclusive" }), { isPatient: false });
      expect([stage.state("a"), stage.message("a"), attachedTo(stage, SITE)]).toEqual(["False InUseByHost", expect.stringContaining("acrUserManagedIdentityID"), ["x"]]);
      await stage.bench.send("PATCH", `${hostOf(stage, SITE)}/config/web?api-version=2025-05-01`, { body: { properties: { acrUseManagedIdentityCreds: false, acrUserManagedIdentityID: "" } } });
      await stage.remove("a");
      expect(attachedTo(stage, SITE)).toEqual([]);
    });
  });
});

each("the pull identities of a container app", {}, () => {
  const registries = () => (objectAt(properties(APP), "configuration")?.["registries"] ?? []) as readonly JsonObject[];
  const shown = () => registries().map((entry) => [entry["server"], lower(entry["identity"] ?? null), entry["passwordSecretRef"] ?? null]);
  const PASSWORD = { server: "one.azurecr.io", username: "u", passwordSecretRef: "password" };

  test("take the place of passwords, registry by registry, and give them back", async () => {
    givenHost(stage, APP);
    const { portal } = stage.bench.azure;
    portal.patch(hostOf(stage, APP), { properties: { configuration: { secrets: [{ name: "password", value: "s" }], registries: [PASSWORD, { server: "other.azurecr.io", username: "o", passwordSecretRef: "password" }] } } });
    await stage.apply("a", declares(APP, ["x"], { registries: [{ server: "ONE.azurecr.io", identity: identity("x") }, { server: "two.azurecr.io", identity: identity("x") }] }));
    expect(stage.state("a")).toBe("True Succeeded");
    const x = uai(stage, "x").toLowerCase();
    expect(shown()).toEqual(expect.arrayContaining([["one.azurecr.io", x, null], ["two.azurecr.io", x, null], ["other.azurecr.io", "null", "password"]]));
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, APP)]).toEqual(["gone", []]);
    expect(registries().toSorted((left, right) => lower(left["server"]).localeCompare(lower(right["server"])))).toEqual([PASSWORD, { server: "other.azurecr.io", username: "o", passwordSecretRef: "password" }]);
  });
});

each("the default identity of a Cosmos DB account (arm.md 11)", {}, () => {
  const value = () => lower(properties(ACCOUNT)["defaultIdentity"]);
  const names = (name: string) => `UserAssignedIdentity=${uai(stage, name)}`.toLowerCase();
  const both = () => stage.writesTo(hostOf(stage, ACCOUNT)).filter(({ body }) => isJsonObject(body) && body["identity"] !== undefined && body["properties"] !== undefined);

  test("is set after the identity, never together with it, and goes back before", async () => {
    givenHost(stage, ACCOUNT);
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(ACCOUNT, ["x"], { defaultIdentity: identity("x") }));
    expect([stage.state("a"), attachedTo(stage, ACCOUNT), value()]).toEqual(["True Succeeded", ["x"], names("x")]);
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, ACCOUNT), value()]).toEqual(["gone", [], "firstpartyidentity"]);
    expect(both()).toEqual([]);
  });

  test("of somebody else comes back after every change of the identity, also after the last", async () => {
    givenHost(stage, ACCOUNT, { had: ["f"] });
    stage.bench.azure.portal.patch(hostOf(stage, ACCOUNT), { properties: { defaultIdentity: `UserAssignedIdentity=${uai(stage, "f")}` } });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(ACCOUNT, ["x"], undefined));
    expect([stage.state("a"), attachedTo(stage, ACCOUNT), value()]).toEqual(["True Succeeded", ["f", "x"], names("f")]);
    expect(writes(ACCOUNT)).toEqual(["PATCH databaseAccounts/host identity", "PATCH databaseAccounts/host properties"]);
    expect(objectAt(stage.object("a")?.status, "holds")).not.toHaveProperty("settings");
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, ACCOUNT), value()]).toEqual(["gone", ["f"], names("f")]);
    expect(both()).toEqual([]);
  });

  test("of somebody else gives way to a declared one, and comes back", async () => {
    givenHost(stage, ACCOUNT, { had: ["f"] });
    stage.bench.azure.portal.patch(hostOf(stage, ACCOUNT), { properties: { defaultIdentity: `UserAssignedIdentity=${uai(stage, "f")}` } });
    await stage.apply("a", declares(ACCOUNT, ["x"], { defaultIdentity: identity("x") }));
    expect([stage.state("a"), value()]).toEqual(["True Succeeded", names("x")]);
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, ACCOUNT), value()]).toEqual(["gone", ["f"], names("f")]);
  });

  test("survives a restart of the operator between the two writes", async () => {
    givenHost(stage, ACCOUNT, { had: ["f"] });
    stage.bench.azure.portal.patch(hostOf(stage, ACCOUNT), { properties: { defaultIdentity: `UserAssignedIdentity=${uai(stage, "f")}` } });
    stage.bench.azure.clearRequests();
    await stage.apply("a", declares(ACCOUNT, ["x"], undefined), { isPatient: true, until: () => writes(ACCOUNT).length > 0 });
    expect(writes(ACCOUNT)).toEqual(["PATCH databaseAccounts/host identity"]);
    stage.restart();
    await stage.look();
    expect([stage.state("a"), attachedTo(stage, ACCOUNT), value()]).toEqual(["True Succeeded", ["f", "x"], names("f")]);
    await stage.remove("a");
  });
});
