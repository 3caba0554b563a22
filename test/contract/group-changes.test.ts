import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, objectsAt, textAt } from "../azure/kernel/json.ts";
import { Crash, Mortal } from "./crash.ts";
import { attachedTo, containerOf, GROUP, groupId, groupSpec, writesTo } from "./groups.ts";
import { get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const mortal = new Mortal();
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({ between: mortal.between });
});
afterAll(() => stage.close());
afterEach(async () => {
  mortal.dieAt(undefined);
  stage.cluster.clear();
  stage.cluster.documents.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `gc${String(count).padStart(3, "0")}`;
}

const ended = (name: string, on = stage) => [on.state(GROUP, name), on.message(GROUP, name)];
const larger = { resources: { requests: { cpu: 2, memoryInGB: 4 } } };
const named = (...names: readonly string[]): readonly JsonObject[] => names.map((name) => ({ armId: uai(stage, name) }));
const properties = (name: string): JsonObject => objectAt(get(stage, groupId(stage, name)), "properties");

async function made(more: JsonObject = {}, container: JsonObject = {}): Promise<string> {
  const name = fresh();
  await stage.apply(GROUP, name, groupSpec(stage, container, more));
  expect(ended(name)).toEqual(["True Succeeded", expect.any(String)]);
  stage.bench.azure.clearRequests();
  return name;
}

describe("a change that restarts the containers", () => {
  test("is refused by default, and the message says what would happen and which line allows it", async () => {
    const name = await made();
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:2" }));
    expect(ended(name)).toEqual(["False DisruptionNotAllowed", "changing properties.containers[web].image restarts all containers of the group, and spec.allowDisruption is None: set spec.allowDisruption to Restart to allow it"]);
    expect([writesTo(stage, name), containerOf(stage, name)["image"]]).toEqual([[], "web:1"]);
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:2" }, { allowDisruption: "Restart" }));
    expect([ended(name)[0], writesTo(stage, name), containerOf(stage, name)["image"]]).toEqual(["True Succeeded", ["201 PUT"], "web:2"]);
  });

  test("of tags only restarts nothing", async () => {
    const name = await made();
    await stage.apply(GROUP, name, groupSpec(stage, {}, { tags: { team: "web" } }));
    expect([ended(name)[0], writesTo(stage, name), stage.bench.azure.portal.restarts(groupId(stage, name))]).toEqual(["True Succeeded", ["200 PATCH"], 0]);
  });

  test("keeps what others added that no spec can speak of", async () => {
    const name = await made({ allowDisruption: "Restart" });
    const [first] = objectsAt(properties(name), "containers");
    const withContext = { ...first, properties: { ...objectAt(first, "properties"), securityContext: { privileged: false } } };
    stage.bench.azure.portal.put(groupId(stage, name), { properties: { ...properties(name), containers: [withContext], priority: "Regular" } });
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:2" }, { allowDisruption: "Restart" }));
    expect([containerOf(stage, name), properties(name)]).toEqual([expect.objectContaining({ image: "web:2", securityContext: { privileged: false } }), expect.objectContaining({ priority: "Regular" })]);
  });

  test("that would lose what Azure hides and others set is refused", async () => {
    const name = fresh();
    const body = { osType: "Linux", restartPolicy: "Always", containers: [{ name: "web", properties: { image: "web:1", resources: { requests: { cpu: 1, memoryInGB: 1.5 } } } }] };
    stage.bench.azure.portal.put(groupId(stage, name), { properties: { ...body, diagnostics: { logAnalytics: { workspaceId: "w", workspaceKey: "k" } } } });
    await stage.apply(GROUP, name, groupSpec(stage, {}, { adoptionPolicy: "IfExists", allowDisruption: "Restart" }));
    expect(ended(name)[0]).toBe("True Succeeded");
    stage.bench.azure.clearRequests();
    await stage.apply(GROUP, name, groupSpec(stage, { image: "web:2" }, { adoptionPolicy: "IfExists", allowDisruption: "Restart" }));
    expect(ended(name)).toEqual(["False HiddenValuesAtRisk", expect.stringContaining("properties.diagnostics.logAnalytics.workspaceKey")]);
    expect(writesTo(stage, name)).toEqual([]);
  });
});

describe("a change that makes the group again", () => {
  const changes: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ["cores and memory", larger, {}],
    ["the restart policy", {}, { restartPolicy: "Never" }],
    ["the operating system", {}, { osType: "Windows" }],
    ["the zone", {}, { zones: ["1"] }],
  ];

  test.each(changes)("%s: is refused below Recreate, and then made by a deletion and a creation", async (_what, container, more) => {
    const name = await made({ allowDisruption: "Restart" });
    await stage.apply(GROUP, name, groupSpec(stage, container, { allowDisruption: "Restart", ...more }));
    expect([ended(name), writesTo(stage, name)]).toEqual([["False DisruptionNotAllowed", expect.stringMatching(/deletes the group and creates it again.*set spec.allowDisruption to Recreate/)], []]);
    await stage.apply(GROUP, name, groupSpec(stage, container, { allowDisruption: "Recreate", ...more }));
    expect([ended(name)[0], writesTo(stage, name)]).toEqual(["True Succeeded", ["200 DELETE", "201 PUT"]]);
  });

  test("also where the deletion takes its time", async () => {
    const slow = await setStage({ azure: { switches: { containerGroupDeleteStatus: 202 } } });
    await slow.apply(GROUP, "slow", groupSpec(slow));
    await slow.apply(GROUP, "slow", groupSpec(slow, larger, { allowDisruption: "Recreate" }));
    expect([ended("slow", slow)[0], writesTo(slow, "slow")]).toEqual(["True Succeeded", ["201 PUT", "202 DELETE", "201 PUT"]]);
    await slow.remove(GROUP, "slow");
    expect([slow.state(GROUP, "slow"), get(slow, groupId(slow, "slow"))]).toEqual(["gone", undefined]);
    await slow.close();
  });

  test("does not destroy a system-assigned identity, unless it is ours and Destroy is said", async () => {
    const identity = { systemAssigned: true };
    const name = await made({ identity });
    await stage.apply(GROUP, name, groupSpec(stage, larger, { identity, allowDisruption: "Recreate" }));
    expect(ended(name)).toEqual(["False SystemAssignedKept", expect.stringContaining("set spec.systemAssignedRemoval to Destroy to allow it")]);
    await stage.apply(GROUP, name, groupSpec(stage, larger, { identity, allowDisruption: "Recreate", systemAssignedRemoval: "Destroy" }));
    expect([ended(name)[0], writesTo(stage, name)]).toEqual(["True Succeeded", ["200 DELETE", "201 PUT"]]);
  });

  test("does not lose identities that others attached", async () => {
    const name = await made({ allowDisruption: "Recreate" });
    makeIdentity(stage, `${name}-foreign`);
    stage.bench.azure.portal.put(groupId(stage, name), { properties: properties(name), identity: { type: "UserAssigned", userAssignedIdentities: { [uai(stage, `${name}-foreign`)]: {} } } });
    await stage.apply(GROUP, name, groupSpec(stage, larger, { allowDisruption: "Recreate" }));
    expect([ended(name), writesTo(stage, name)]).toEqual([["False InUse", expect.stringContaining("would lose 1 identities that others attached")], []]);
  });

  test("attaches what assignments hold with the creating PUT, so that it is not disturbed again", async () => {
    const name = await made({ allowDisruption: "Recreate" });
    makeIdentity(stage, `${name}-guest`);
    await stage.apply("IdentityAssignment", name, { target: { armId: groupId(stage, name) }, userAssigned: named(`${name}-guest`), allowDisruption: "Restart" });
    await stage.apply("IdentityAssignment", name, { target: { armId: groupId(stage, name) }, userAssigned: named(`${name}-guest`) });
    stage.bench.azure.clearRequests();
    await stage.apply(GROUP, name, groupSpec(stage, larger, { allowDisruption: "Recreate" }));
    await stage.look();
    expect([ended(name)[0], stage.state("IdentityAssignment", name), attachedTo(stage, name), writesTo(stage, name)]).toEqual(["True Succeeded", "True Succeeded", [`${name}-guest`], ["200 DELETE", "201 PUT"]]);
  });

  test("converges wherever the process ends", async () => {
    for (let effect = 1; effect <= 8; effect += 1) {
      for (const when of ["before", "after"] as const) {
        const name = await made();
        mortal.dieAt({ effect, when });
        await survived(() => stage.apply(GROUP, name, groupSpec(stage, larger, { allowDisruption: "Recreate" })));
        const resources = objectAt(containerOf(stage, name), "resources", "requests");
        expect([effect, when, ended(name)[0], resources]).toEqual([effect, when, "True Succeeded", larger.resources.requests]);
      }
    }
  });
});

/** Does something; a process that ends meanwhile is started again. */
async function survived(act: () => Promise<void>): Promise<void> {
  const error = await act().then(() => undefined, (thrown: unknown) => thrown);
  mortal.dieAt(undefined);
  if (error === undefined) return;
  expect(error).toBeInstanceOf(Crash);
  await stage.restart();
}

describe("two objects that declare one group", () => {
  test("hand it over when the one that has it goes, although their specs differ in what cannot change in place", async () => {
    const [first, second, azureName] = [fresh(), fresh(), fresh()];
    await stage.apply(GROUP, first, groupSpec(stage, {}, { azureName }));
    await stage.apply(GROUP, second, groupSpec(stage, larger, { azureName, allowDisruption: "Recreate" }));
    expect(ended(second)[0]).toBe("False AlreadyDeclared");
    stage.bench.azure.clearRequests();
    await stage.remove(GROUP, first);
    expect([stage.state(GROUP, first), ended(second)[0], writesTo(stage, azureName)]).toEqual(["gone", "True Succeeded", ["200 PATCH", "200 DELETE", "201 PUT"]]);
    expect(textAt(objectAt(get(stage, groupId(stage, azureName)), "tags"), "azureidentity.dev-owner")).toBe(`cluster/default/${second}`);
  });

  test("hand it over with its secrets, and nothing is restarted for them", async () => {
    const [first, second, azureName] = [fresh(), fresh(), fresh()];
    stage.cluster.documents.set("Secret/secrets", { token: "a secret" });
    const variables = { environmentVariables: [{ name: "TOKEN", secureValueFrom: { secretKeyRef: { name: "secrets", key: "token" } } }] };
    await stage.apply(GROUP, first, groupSpec(stage, variables, { azureName }));
    await stage.apply(GROUP, second, groupSpec(stage, variables, { azureName }));
    stage.bench.azure.clearRequests();
    await stage.remove(GROUP, first);
    await stage.look();
    expect([ended(second)[0], writesTo(stage, azureName)]).toEqual(["True Succeeded", ["200 PATCH"]]);
  });
});
