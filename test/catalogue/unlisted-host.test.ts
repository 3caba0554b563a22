import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { HOSTS } from "../../src/kinds/hosts/catalogue.ts";
import { attachedTo, givenHost, hostOf, restOf, sampleOf, uai } from "./hosts.ts";
import { startStage, type Stage } from "./stage.ts";

const TYPE = "Microsoft.AppConfiguration/configurationStores";
const HOST = sampleOf(TYPE);
const VERSION = "2024-06-01";
let stage: Stage;

const declares = (ids: readonly string[], more: JsonObject = {}): JsonObject => ({ target: { armId: hostOf(stage, HOST), apiVersion: VERSION }, userAssigned: ids.map((name) => ({ armId: uai(stage, name) })), allowDisruption: "Restart", ...more });
const versions = () => new Set(stage.bench.azure.requests.filter(({ path }) => path.endsWith(HOST.path)).map(({ query }) => query["api-version"]));

describe("a host that the catalogue lacks", () => {
  beforeAll(async () => {
    stage = await startStage({}, HOSTS.filter(({ type }) => type !== TYPE));
  });
  afterAll(() => stage.close());
  beforeEach(() => {
    for (const name of ["f", "x"]) stage.bench.azure.portal.put(uai(stage, name), {});
    givenHost(stage, HOST, { had: ["f"], system: true });
    stage.bench.azure.clearRequests();
  });

  test("is refused without an api-version, and no request is made", async () => {
    await stage.apply("a", declares(["x"], { target: { armId: hostOf(stage, HOST) } }));
    expect([stage.state("a"), stage.message("a")]).toEqual(["False HostNotSupported", expect.stringContaining("set spec.target.apiVersion to reach one by PATCH")]);
    expect(stage.bench.azure.requests).toEqual([]);
    await stage.remove("a");
  });

  test("is reached by PATCH at that version, and its status says what is not known", async () => {
    const before = restOf(stage, HOST);
    await stage.apply("a", declares(["x"]));
    expect([stage.state("a"), stage.message("a")]).toEqual(["True Succeeded", expect.stringContaining("written by PATCH only and what that disturbs is not known")]);
    expect(attachedTo(stage, HOST)).toEqual(["system", "f", "x"]);
    await stage.remove("a");
    expect([stage.state("a"), attachedTo(stage, HOST)]).toEqual(["gone", ["system", "f"]]);
    expect(restOf(stage, HOST)).toEqual(before);
    expect(new Set(stage.writesTo(hostOf(stage, HOST)).map(({ method }) => method))).toEqual(new Set(["PATCH"]));
    expect(versions()).toEqual(new Set([VERSION]));
  });

  test("needs consent to more than a recycle", async () => {
    await stage.apply("a", declares(["x"], { allowDisruption: "Recycle" }));
    expect([stage.state("a"), stage.message("a"), stage.writesTo(hostOf(stage, HOST))]).toEqual(["False DisruptionNotAllowed", expect.stringContaining("in ways that are not known"), []]);
    await stage.remove("a");
  });

  test("is left by the version with which it was reached, when the target changes to a host that needs none", async () => {
    const other = sampleOf("Microsoft.Storage/storageAccounts");
    givenHost(stage, other);
    await stage.apply("a", declares(["x"]));
    await stage.apply("a", declares(["x"], { target: { armId: hostOf(stage, other) } }));
    expect([stage.state("a"), attachedTo(stage, HOST), attachedTo(stage, other)]).toEqual(["True Succeeded", ["system", "f"], ["x"]]);
    expect(versions()).toEqual(new Set([VERSION]));
    await stage.remove("a");
  });

  test("keeps an identity that its properties name", async () => {
    const { portal } = stage.bench.azure;
    await stage.apply("a", declares(["x"]));
    portal.patch(hostOf(stage, HOST), { properties: { encryption: { keyVaultProperties: { anything: { identity: uai(stage, "x") } } } } });
    await stage.apply("a", declares([], { ownership: "Exclusive" }), { isPatient: false });
    expect([stage.state("a"), stage.message("a")]).toEqual(["False InUseByHost", expect.stringContaining("properties.encryption.keyVaultProperties.anything.identity")]);
    portal.patch(hostOf(stage, HOST), { properties: { encryption: { keyVaultProperties: { anything: { identity: "" } } } } });
    await stage.remove("a");
    expect(attachedTo(stage, HOST)).not.toContain("x");
  });
});
