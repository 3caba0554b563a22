import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, objectsAt } from "../azure/kernel/json.ts";
import { attachedTo, containerOf, GROUP, groupId, groupSpec, secretsOf, writesTo } from "./groups.ts";
import { get, makeIdentity, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const GUEST = "IdentityAssignment";
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  stage.cluster.documents.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `gg${String(count).padStart(3, "0")}`;
}

const ended = (kind: string, name: string) => [stage.state(kind, name), stage.message(kind, name)];
const named = (...names: readonly string[]): readonly JsonObject[] => names.map((name) => ({ armId: uai(stage, name) }));

/** A group with an identity of its own and a secret variable; `own` is the name of the identity. */
async function made(more: JsonObject = {}): Promise<string> {
  const name = fresh();
  for (const suffix of ["own", "guest", "foreign"]) makeIdentity(stage, `${name}-${suffix}`);
  stage.cluster.documents.set("Secret/secrets", { token: "a secret" });
  await stage.apply(GROUP, name, spec(name, more));
  expect(ended(GROUP, name)).toEqual(["True Succeeded", expect.any(String)]);
  stage.bench.azure.clearRequests();
  return name;
}

function spec(name: string, more: JsonObject = {}): JsonObject {
  const environmentVariables = [{ name: "TOKEN", secureValueFrom: { secretKeyRef: { name: "secrets", key: "token" } } }];
  return groupSpec(stage, { environmentVariables }, { identity: { userAssigned: named(`${name}-own`) }, allowDisruption: "Restart", ...more });
}

const guest = (name: string, more: JsonObject = {}): JsonObject => ({ target: { armId: groupId(stage, name) }, userAssigned: named(`${name}-guest`), allowDisruption: "Restart", ...more });
const token = (name: string) => secretsOf(stage, name)["containers/web/environmentVariables/TOKEN"];

/** Attaches an identity as somebody else, who knows the secret. */
function attachForeign(name: string): void {
  const properties = objectAt(get(stage, groupId(stage, name)), "properties");
  const [first = {}] = objectsAt(properties, "containers");
  const container = { ...first, properties: { ...objectAt(first, "properties"), environmentVariables: [{ name: "TOKEN", secureValue: "a secret" }] } };
  const map = Object.fromEntries([...attachedTo(stage, name), `${name}-foreign`].map((each) => [uai(stage, each), {}]));
  stage.bench.azure.portal.put(groupId(stage, name), {
    identity: { type: "UserAssigned", userAssignedIdentities: map },
    properties: { ...properties, containers: [container] },
  });
}

describe("an assignment beside the group's own identity", () => {
  test("is written with the hidden values that the group's object gives, and taken back with them", async () => {
    const name = await made();
    await stage.apply(GUEST, name, guest(name, { target: { containerGroupRef: { name } } }));
    expect([ended(GUEST, name)[0], ended(GROUP, name)[0], attachedTo(stage, name), writesTo(stage, name)]).toEqual(["True Succeeded", "True Succeeded", [`${name}-guest`, `${name}-own`], ["201 PUT"]]);
    expect(token(name)).toBe("a secret");
    await stage.look();
    await stage.restart();
    expect(writesTo(stage, name)).toEqual(["201 PUT"]);
    await stage.remove(GUEST, name);
    expect([attachedTo(stage, name), token(name), ended(GROUP, name)[0]]).toEqual([[`${name}-own`], "a secret", "True Succeeded"]);
  });

  test("comes with the group's own change in one write where both come together", async () => {
    const name = await made();
    stage.cluster.apply(GUEST, name, guest(name));
    stage.cluster.apply(GROUP, name, spec(name, { identity: { userAssigned: named(`${name}-own`), systemAssigned: true } }));
    await stage.settle();
    expect([attachedTo(stage, name), writesTo(stage, name), ended(GROUP, name)[0], ended(GUEST, name)[0]]).toEqual([[`${name}-guest`, `${name}-own`], ["201 PUT"], "True Succeeded", "True Succeeded"]);
  });

  test("is refused above what the group's object allows, and below what it asks for itself", async () => {
    const name = await made({ allowDisruption: "None" });
    await stage.apply(GUEST, name, guest(name));
    expect(ended(GUEST, name)).toEqual(["False DisruptionNotAllowed", expect.stringMatching(new RegExp(`ContainerGroup ${name} does not allow that: set its spec.allowDisruption to Restart`))]);
    await stage.apply(GROUP, name, spec(name));
    expect(ended(GUEST, name)[0]).toBe("True Succeeded");
    await stage.apply(GUEST, name, guest(name, { allowDisruption: "Recycle", userAssigned: named(`${name}-foreign`) }));
    expect(ended(GUEST, name)[0]).toBe("False DisruptionNotAllowed");
    expect(attachedTo(stage, name)).toEqual([`${name}-guest`, `${name}-own`]);
  });

  test("and identities of others stay when the group is updated", async () => {
    const name = await made();
    await stage.apply(GUEST, name, guest(name));
    attachForeign(name);
    await stage.apply(GROUP, name, { ...spec(name), ...groupSpec(stage, { image: "web:2" }) });
    expect([ended(GROUP, name)[0], containerOf(stage, name)["image"], attachedTo(stage, name)]).toEqual(["True Succeeded", "web:2", [`${name}-foreign`, `${name}-guest`, `${name}-own`]]);
  });

  test("waits for a group that does not exist yet, and is attached once it does", async () => {
    const name = fresh();
    for (const suffix of ["own", "guest"]) makeIdentity(stage, `${name}-${suffix}`);
    stage.cluster.documents.set("Secret/secrets", { token: "a secret" });
    await stage.apply(GUEST, name, guest(name, { target: { containerGroupRef: { name } } }));
    expect(ended(GUEST, name)[0]).toBe("False RefNotFound");
    await stage.apply(GROUP, name, spec(name));
    expect([ended(GUEST, name)[0], attachedTo(stage, name), token(name)]).toEqual(["True Succeeded", [`${name}-guest`, `${name}-own`], "a secret"]);
  });

  test("is let go when the group is deleted", async () => {
    const name = await made();
    await stage.apply(GUEST, name, guest(name, { target: { containerGroupRef: { name } } }));
    await stage.remove(GROUP, name);
    expect([stage.state(GROUP, name), get(stage, groupId(stage, name)), stage.state(GUEST, name)]).toEqual(["gone", undefined, expect.stringMatching(/^False (?:HostNotFound|RefNotFound)$/)]);
    await stage.remove(GUEST, name);
    expect(stage.state(GUEST, name)).toBe("gone");
  });
});

describe("while the group's object cannot give what Azure hides", () => {
  test("its Secret is missing: nothing is written, and the secret stays", async () => {
    const name = await made();
    stage.cluster.documents.clear();
    await stage.apply(GUEST, name, guest(name));
    expect([ended(GUEST, name), ended(GROUP, name)[0]]).toEqual([
      ["False HiddenValuesAtRisk", expect.stringMatching(/environmentVariables.*the object that declares the host does not give it now/)],
      "False RefNotFound",
    ]);
    expect([writesTo(stage, name), token(name), attachedTo(stage, name)]).toEqual([[], "a secret", [`${name}-own`]]);
    stage.cluster.documents.set("Secret/secrets", { token: "a secret" });
    await stage.look();
    await stage.look();
    expect([ended(GUEST, name)[0], ended(GROUP, name)[0], token(name)]).toEqual(["True Succeeded", "True Succeeded", "a secret"]);
  });

  test("its own identity changes while its Secret is missing: nothing is written", async () => {
    const name = await made();
    stage.cluster.documents.clear();
    await stage.apply(GROUP, name, spec(name, { identity: { userAssigned: named(`${name}-own`, `${name}-guest`) } }));
    expect([ended(GROUP, name)[0], writesTo(stage, name), token(name)]).toEqual(["False RefNotFound", [], "a secret"]);
  });

  test("it is paused: nothing of its spec is written, and no secret is lost", async () => {
    const name = await made();
    stage.cluster.annotate(GROUP, name, { "azureidentity.dev/paused": "true" });
    await stage.apply(GROUP, name, { ...spec(name), ...groupSpec(stage, { image: "web:2" }) });
    await stage.apply(GUEST, name, guest(name));
    expect([ended(GUEST, name)[0], writesTo(stage, name), token(name), containerOf(stage, name)["image"]]).toEqual(["False HiddenValuesAtRisk", [], "a secret", "web:1"]);
  });

  test("it only observes: its spec is not written with the assignment, and it limits nothing", async () => {
    const name = await made();
    await stage.apply(GROUP, name, { ...groupSpec(stage, {}), allowDisruption: "Restart" });
    await stage.apply(GROUP, name, { ...groupSpec(stage, { image: "web:2" }), managementPolicy: "ObserveOnly" });
    await stage.apply(GUEST, name, guest(name));
    expect([ended(GUEST, name)[0], containerOf(stage, name)["image"], ended(GROUP, name)[0]]).toEqual(["True Succeeded", "web:1", "True Drifted"]);
    expect(attachedTo(stage, name)).toContain(`${name}-guest`);
  });

  test("its change may not be made: the assignment goes on without it", async () => {
    const name = await made();
    const larger = groupSpec(stage, { ...objectsAt(spec(name), "containers")[0], resources: { requests: { cpu: 2, memoryInGB: 2 } } });
    await stage.apply(GROUP, name, { ...spec(name), ...larger });
    expect(ended(GROUP, name)[0]).toBe("False DisruptionNotAllowed");
    await stage.apply(GUEST, name, guest(name));
    expect([ended(GUEST, name), ended(GROUP, name)[0], attachedTo(stage, name), token(name)]).toEqual([
      ["True Succeeded", expect.any(String)],
      "False DisruptionNotAllowed",
      [`${name}-guest`, `${name}-own`],
      "a secret",
    ]);
  });
});
