import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/api/json.ts";
import { containerOf, GROUP, groupSpec, secretsOf, writesTo } from "./groups.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  stage.cluster.documents.clear();
  stage.cluster.forbidden.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `se${String(count).padStart(3, "0")}`;
}

const ended = (name: string) => [stage.state(GROUP, name), stage.message(GROUP, name)];
const secretKeyRef = (key: string) => ({ secretKeyRef: { name: "secrets", key } });
const values = { token: "a token that nobody may see", share: "the key of the share", registry: "the password of the registry", "cert.pem": "a certificate" };

/** A group with a value in each place that Azure hides. */
function secretive(more: JsonObject = {}): JsonObject {
  const environmentVariables = [
    { name: "MODE", valueFrom: { configMapKeyRef: { name: "settings", key: "mode" } } },
    { name: "TOKEN", secureValueFrom: secretKeyRef("token") },
  ];
  return groupSpec(stage, { environmentVariables, volumeMounts: [{ name: "files", mountPath: "/files" }] }, {
    volumes: [
      { name: "files", azureFile: { shareName: "files", storageAccountName: "shopfiles", storageAccountKeyFrom: secretKeyRef("share") } },
      { name: "certs", secret: { secretRef: { name: "certs" } } },
    ],
    imageRegistryCredentials: [{ server: "shop.azurecr.io", username: "shop", passwordFrom: secretKeyRef("registry") }],
    allowDisruption: "Restart",
    ...more,
  });
}

function documents(more: Readonly<Record<string, string>> = {}): void {
  const { "cert.pem": certificate, ...secrets } = { ...values, ...more };
  stage.cluster.documents.set("Secret/secrets", secrets);
  stage.cluster.documents.set("Secret/certs", { "cert.pem": certificate });
  stage.cluster.documents.set("ConfigMap/settings", { mode: more["mode"] ?? "fast" });
}

const EXPECTED = {
  "containers/web/environmentVariables/TOKEN": values.token,
  "volumes/files/storageAccountKey": values.share,
  "volumes/certs/secret": { "cert.pem": Buffer.from(values["cert.pem"]).toString("base64") },
  "imageRegistryCredentials/shop.azurecr.io": values.registry,
};

async function made(more: JsonObject = {}): Promise<string> {
  const name = fresh();
  documents();
  await stage.apply(GROUP, name, secretive(more));
  expect(ended(name)).toEqual(["True Succeeded", expect.any(String)]);
  stage.bench.azure.clearRequests();
  return name;
}

/** Everything that the operator says anywhere but to Azure. */
function said(): string {
  return JSON.stringify([stage.cluster.objects(), stage.cluster.events, [...stage.cluster.exported], stage.cluster.logged]);
}

describe("values that Azure hides", () => {
  test("reach Azure, and appear nowhere else", async () => {
    const name = await made();
    expect(secretsOf(stage, name)).toEqual(EXPECTED);
    expect(containerOf(stage, name)["environmentVariables"]).toEqual([{ name: "MODE", value: "fast" }, { name: "TOKEN" }]);
    for (const value of Object.values(values)) {
      expect(said()).not.toContain(value);
      expect(said()).not.toContain(Buffer.from(value).toString("base64"));
      expect(said()).not.toContain(Buffer.from(value).toString("hex"));
    }
  });

  test("that did not change are no reason to write, also after a restart", async () => {
    const name = await made();
    await stage.look();
    await stage.restart();
    await stage.look();
    expect(writesTo(stage, name)).toEqual([]);
  });

  test.each(["token", "share", "registry", "cert.pem"] as const)("%s: a change is written once, with all others", async (key) => {
    const name = await made();
    documents({ [key]: "another value" });
    await stage.look();
    expect([ended(name)[0], writesTo(stage, name)]).toEqual(["True Succeeded", ["201 PUT"]]);
    const changed = Object.entries(secretsOf(stage, name)).filter(([place, value]) => JSON.stringify(value) !== JSON.stringify(EXPECTED[place as keyof typeof EXPECTED]));
    expect(changed).toHaveLength(1);
    expect(said()).not.toContain("another value");
    await stage.look();
    expect(writesTo(stage, name)).toEqual(["201 PUT"]);
  });

  test("are shown as changed without a value where the change may not be made", async () => {
    const name = await made({ allowDisruption: "None" });
    documents({ token: "another value" });
    await stage.look();
    expect([ended(name)[0], writesTo(stage, name)]).toEqual(["False DisruptionNotAllowed", []]);
    expect(stage.object(GROUP, name)?.status).toMatchObject({ drift: [{ path: "properties.containers[web].environmentVariables", want: "(hidden)", have: "(another hidden value)" }] });
    expect(said()).not.toContain("another value");
  });

  test("are unknown when the key of the installation is lost: nothing is written, and the next change is", async () => {
    const name = await made();
    stage.loseKey();
    await stage.restart();
    await stage.look();
    expect([ended(name)[0], writesTo(stage, name)]).toEqual(["True Succeeded", []]);
    documents({ token: "another value" });
    await stage.look();
    expect(writesTo(stage, name)).toEqual(["201 PUT"]);
  });

  test("are left alone while the object is paused or only observes", async () => {
    const name = await made();
    await stage.apply(GROUP, name, secretive({ managementPolicy: "ObserveOnly" }));
    documents({ token: "another value" });
    await stage.look();
    expect([ended(name)[0], writesTo(stage, name)]).toEqual(["True Observed", []]);
    expect(said()).not.toContain("another value");
  });
});

describe("plain values", () => {
  test("of a ConfigMap are followed", async () => {
    const name = await made();
    documents({ mode: "slow" });
    await stage.look();
    expect([ended(name)[0], containerOf(stage, name)["environmentVariables"]]).toEqual(["True Succeeded", [{ name: "MODE", value: "slow" }, { name: "TOKEN" }]]);
    expect(secretsOf(stage, name)).toEqual(EXPECTED);
  });

  test("are compared to their ends, and each variable by itself", async () => {
    const name = fresh();
    const variables = (last: string) => [{ name: "LONG", value: `${"x".repeat(2000)}${last}` }, ...Array.from({ length: 20 }, (_, index) => ({ name: `V${index}`, value: "y".repeat(100) + (index === 19 ? last : "") }))];
    const spec = (last: string) => groupSpec(stage, { environmentVariables: variables(last) }, { allowDisruption: "Restart" });
    await stage.apply(GROUP, name, spec("a"));
    stage.bench.azure.clearRequests();
    await stage.apply(GROUP, name, spec("b"));
    expect([ended(name)[0], writesTo(stage, name), containerOf(stage, name)["environmentVariables"]]).toEqual(["True Succeeded", ["201 PUT"], variables("b")]);
  });
});

describe("documents that cannot be had", () => {
  const rows: readonly (readonly [string, () => void, string, RegExp])[] = [
    ["a Secret that is missing", () => void stage.cluster.documents.delete("Secret/secrets"), "RefNotFound", /Secret default\/secrets does not exist: create it$/],
    ["a key that is missing", () => void stage.cluster.documents.set("Secret/secrets", { token: "t", share: "s" }), "RefNotFound", /Secret default\/secrets has no key "registry": add it, or correct the spec$/],
    ["a Secret that no Role lets be read", () => void stage.cluster.forbidden.add("Secret/certs"), "RefNotPermitted", /create a Role in default with get on secrets, resourceNames \["certs"\], and bind it/],
    ["a ConfigMap that is missing", () => void stage.cluster.documents.delete("ConfigMap/settings"), "RefNotFound", /ConfigMap default\/settings does not exist: create it$/],
  ];

  test.each(rows)("%s: nothing is made, the object waits, and goes on when it is there", async (_what, take, reason, says) => {
    const name = fresh();
    documents();
    take();
    stage.bench.azure.clearRequests();
    await stage.apply(GROUP, name, secretive());
    expect([stage.state(GROUP, name), stage.message(GROUP, name)]).toEqual([`False ${reason}`, expect.stringMatching(says)]);
    expect(writesTo(stage, name)).toEqual([]);
    documents();
    stage.cluster.forbidden.clear();
    await stage.settle();
    expect([ended(name)[0], secretsOf(stage, name)]).toEqual(["True Succeeded", EXPECTED]);
  });

  test.each(rows)("%s: a group that is there stays as it is, and can be deleted", async (_what, take, reason) => {
    const name = await made();
    take();
    await stage.look();
    expect([stage.state(GROUP, name), writesTo(stage, name), secretsOf(stage, name)]).toEqual([`False ${reason}`, [], EXPECTED]);
    await stage.remove(GROUP, name);
    expect([stage.state(GROUP, name), writesTo(stage, name)]).toEqual(["gone", ["200 DELETE"]]);
  });
});
