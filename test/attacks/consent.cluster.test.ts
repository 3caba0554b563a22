import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assignment, armId, identity, identityId } from "../e2e/objects.ts";
import { isReady, type LooseObject, messageOf, REGION, reasonOf } from "../e2e/stage.ts";
import { containerGroup, federated } from "./objects.ts";
import { type AttackStage, BLUE, GREEN, setAttackStage } from "./stage.ts";

const SITE = armId("Microsoft.Web/sites", "green-site");
const ALL = { allowedNamespaces: { from: "All" } };
let stage: AttackStage;

beforeAll(async () => {
  stage = await setAttackStage();
  stage.azure.portal.put(armId("Microsoft.Web/serverfarms", "green-plan"), { location: REGION, sku: { name: "B1" } });
  stage.azure.portal.put(SITE, { location: REGION, properties: { serverFarmId: armId("Microsoft.Web/serverfarms", "green-plan") } });
  await stage.startOperator();
  for (const name of ["vault", "open"]) expect(await stage.blue.editor.apply(identity(BLUE, name, name === "open" ? ALL : {}))).toMatchObject({ code: 0 });
  await stage.until("uai", "vault", isReady, BLUE);
  await stage.until("uai", "open", isReady, BLUE);
  await stage.grant({ name: "green-attaches", to: [{ user: stage.green.editor.user }, { serviceAccountsOf: GREEN }], verbs: ["attach"], resource: "azureresources", resourceNames: [SITE.toLowerCase()] });
});

afterAll(() => stage.close());

const naming = (identityName: string, name: string) => assignment(GREEN, name, { target: { armId: SITE }, userAssigned: [{ identityRef: { name: identityName, namespace: BLUE } }] });
const attached = () => Object.keys((stage.azure.portal.get(SITE)?.["identity"] as { readonly userAssignedIdentities?: object } | undefined)?.userAssignedIdentities ?? {});
const blank = (text: string, ...names: readonly string[]) => names.reduce((rest, name) => rest.replaceAll(name, "<name>"), text);

/** Lets the editor of one team name these identities of the other, as that team's administrator could. */
const lends = (...resourceNames: readonly string[]) =>
  stage.grant({ name: "green-uses", to: [{ user: stage.green.editor.user }, { serviceAccountsOf: GREEN }], verbs: ["use"], resource: "userassignedidentities", resourceNames, namespace: BLUE });

async function eventsOf(name: string): Promise<readonly string[]> {
  const events = JSON.parse(await stage.kubectl("get", "events.events.k8s.io", "-n", GREEN, "-o", "json")) as { readonly items: readonly { readonly regarding?: { readonly name?: string }; readonly reason?: string; readonly note?: string; readonly type?: string }[] };
  return events.items.filter(({ regarding }) => regarding?.name === name).map(({ type, reason, note }) => `${type} ${reason} ${note}`);
}

async function statusOf(name: string): Promise<LooseObject> {
  return stage.until("ida", name, (object) => reasonOf(object) !== undefined, GREEN);
}

describe("to attach another team's identity by reference", () => {
  test("takes the permission to use it, and the refusal is the same whether it exists or not", async () => {
    const [there, nowhere] = [await stage.green.editor.apply(naming("vault", "a")), await stage.green.editor.apply(naming("nobody", "a"))];
    expect(there).toMatchObject({ code: 1, stderr: expect.stringContaining("use") as string });
    expect(blank(nowhere.stderr, "nobody")).toBe(blank(there.stderr, "vault"));
  });

  test("takes the consent of its owner besides, and what is said is the same whether it exists or not", async () => {
    await lends("vault", "nobody", "open");
    for (const [target, name] of [["vault", "to-vault"], ["nobody", "to-nobody"]] as const) expect(await stage.green.editor.apply(naming(target, name))).toMatchObject({ code: 0 });
    const [there, nowhere] = [await statusOf("to-vault"), await statusOf("to-nobody")];
    expect([reasonOf(there), messageOf(there)]).toEqual(["RefNotFound", expect.stringContaining(`UserAssignedIdentity ${BLUE}/vault does not exist, or does not allow namespace "${GREEN}"`)]);
    const comparable = ({ status }: LooseObject, target: string) => blank(JSON.stringify(status, (key, value: unknown) => (key.endsWith("Time") ? "" : value)), target);
    expect(comparable(nowhere, "nobody")).toBe(comparable(there, "vault"));
    expect((await eventsOf("to-nobody")).map((text) => blank(text, "nobody"))).toEqual((await eventsOf("to-vault")).map((text) => blank(text, "vault")));
    expect(attached()).toEqual([]);
  });

  test("costs and tells its owner nothing", async () => {
    const before = await stage.kubectl("get", "uai", "vault", "-n", BLUE, "-o", "json");
    const reads = () => stage.arm().filter(({ path }) => path.toLowerCase() === identityId("vault").toLowerCase()).length;
    const asked = reads();
    for (let edit = 0; edit < 5; edit += 1) expect(await stage.green.editor.apply(naming("vault", `again-${edit}`))).toMatchObject({ code: 0 });
    await statusOf("again-4");
    expect([await stage.kubectl("get", "uai", "vault", "-n", BLUE, "-o", "json"), reads()]).toEqual([before, asked]);
  });

  test("is no easier through a host of one's own", async () => {
    const group = containerGroup(GREEN, "thief", { identity: { userAssigned: [{ identityRef: { name: "vault", namespace: BLUE } }] } });
    expect(await stage.green.editor.apply(group)).toMatchObject({ code: 0 });
    const refused = await stage.until("aci", "thief", (object) => reasonOf(object) === "RefNotFound", GREEN);
    expect([messageOf(refused), stage.azure.portal.get(armId("Microsoft.ContainerInstance/containerGroups", "thief"))]).toEqual([expect.stringContaining("does not exist, or does not allow"), undefined]);
  });

  test("is nothing that a federated credential or a grant can do at all", async () => {
    const credential = federated(GREEN, "thief", { identityRef: { name: "open", namespace: BLUE } });
    const grant = { apiVersion: "azureidentity.dev/v1alpha1", kind: "RoleAssignment", metadata: { namespace: GREEN, name: "thief" }, spec: { scope: { identityRef: { name: "open", namespace: BLUE } }, principal: { identityRef: { name: "open", namespace: BLUE } }, roleDefinitionName: "Reader" } };
    for (const object of [credential, grant]) {
      const answer = await stage.green.owner.apply(object);
      expect(answer).toMatchObject({ code: 1, stderr: expect.stringMatching(/field not declared in schema|unknown field/) as string });
    }
  });

  test("cannot be had by giving one's own Namespace a label, which an editor may not", async () => {
    const selector = { allowedNamespaces: { from: "Selector", selector: { matchLabels: { payments: "allowed" } } } };
    expect(await stage.blue.editor.apply(identity(BLUE, "vault", selector))).toMatchObject({ code: 0 });
    for (const person of [stage.green.editor, stage.green.owner]) expect(await person.kubectl(["label", "namespace", GREEN, "payments=allowed"])).toMatchObject({ code: 1 });
    expect(attached()).toEqual([]);
  });

  test("succeeds for who was granted it, and both sides say so", async () => {
    expect(await stage.green.editor.apply(naming("open", "granted"))).toMatchObject({ code: 0 });
    await stage.until("ida", "granted", isReady, GREEN);
    expect(attached().map((id) => id.toLowerCase())).toEqual([identityId("open").toLowerCase()]);
    const counted = await stage.until("uai", "open", ({ status }) => JSON.stringify(status?.["otherNamespaces"]) === '{"allowed":1,"withdrawn":0}', BLUE);
    expect(JSON.stringify(counted)).not.toContain(GREEN);
  });

  test("succeeds once the label is there, and ends with it", async () => {
    await stage.kubectl("label", "namespace", GREEN, "payments=allowed");
    await stage.until("ida", "to-vault", isReady, GREEN);
    expect(await stage.blue.editor.kubectl(["patch", "uai", "vault", "-n", BLUE, "--type=merge", "-p", '{"spec":{"onConsentWithdrawn":"Detach"}}'])).toMatchObject({ code: 0 });
    await stage.kubectl("label", "namespace", GREEN, "payments-");
    await stage.until("ida", "to-vault", (object) => reasonOf(object) === "RefNotFound" && object.status?.["holds"] === undefined, GREEN);
    expect(attached().map((id) => id.toLowerCase())).toEqual([identityId("open").toLowerCase()]);
  });

  test("that was withdrawn with Hold is counted, keeps nobody from deleting it, and is not made again", async () => {
    expect(await stage.blue.editor.apply(identity(BLUE, "open"))).toMatchObject({ code: 0 });
    await stage.until("uai", "open", ({ status }) => JSON.stringify(status?.["otherNamespaces"]) === '{"allowed":0,"withdrawn":1}', BLUE);
    const held = await stage.until("ida", "granted", (object) => reasonOf(object) === "RefNotFound", GREEN);
    expect(messageOf(held)).toMatch(/what is attached by it is not attached again$/);
    expect(attached()).toHaveLength(1);
    expect(await stage.blue.editor.kubectl(["delete", "uai", "open", "-n", BLUE, "--timeout=20s"])).toMatchObject({ code: 0 });
    expect(stage.azure.portal.get(identityId("open"))).toBeUndefined();
  });
});

test("nothing that one team may read tells the ids of another's identity that it was never allowed", async () => {
  const { principalId, clientId } = (await stage.until("uai", "vault", isReady, BLUE)).status as { readonly principalId: string; readonly clientId: string };
  const kinds = "uai,fic,ida,azra,aci,asp,webapp,events,events.events.k8s.io,configmaps";
  await stage.kubectl("delete", "ida", "to-vault", "-n", GREEN, "--timeout=20s");
  const all = await stage.green.editor.kubectl(["get", kinds, "-n", GREEN, "-o", "json"]);
  expect(all.code).toBe(0);
  const seen = all.stdout.split("\n").filter((line) => !line.includes("Attached"));
  for (const secret of [principalId, clientId]) expect(seen.join("\n")).not.toContain(secret);
});
