import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { at, below, get, uai } from "./places.ts";
import { setStage, type Stage } from "./stage.ts";

const IDENTITY = "UserAssignedIdentity";
const ASSIGNMENT = "IdentityAssignment";
const OWNER = "team-blue";
const GUEST = "team-green";
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage({ policy: { sharedNamespaces: new Map([OWNER, GUEST].map((namespace) => [namespace, { accountNamespace: undefined }])) } });
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  stage.cluster.labelNamespace(GUEST, {});
  await stage.restart();
});

const bySelector = { allowedNamespaces: { from: "Selector", selector: { matchLabels: { payments: "yes" } } } };
const toAll = { allowedNamespaces: { from: "All" } };

/** An identity of one team and a host of another, whose object names that identity. */
async function scene(consent: JsonObject) {
  count += 1;
  const name = `consent${count}`;
  const site = below(stage, `Microsoft.Web/sites/${name}`);
  stage.bench.azure.portal.put(below(stage, `Microsoft.Web/serverfarms/${name}`), { location: "westeurope", sku: { name: "B1" } });
  stage.bench.azure.portal.put(site, { location: "westeurope", properties: { serverFarmId: below(stage, `Microsoft.Web/serverfarms/${name}`) } });
  const consents = (given: JsonObject) => stage.apply(IDENTITY, name, { ...at(stage), ...given }, OWNER);
  const named = { target: { armId: site }, userAssigned: [{ identityRef: { name, namespace: OWNER } }] };
  await consents(consent);
  await stage.apply(ASSIGNMENT, "web", named, GUEST);
  stage.bench.azure.clearRequests();
  const attached = () => Object.keys(objectAt(objectAt(get(stage, site), "identity"), "userAssignedIdentities") ?? {}).map((key) => key.split("/").at(-1));
  const said = () => [stage.state(ASSIGNMENT, "web", GUEST), stage.message(ASSIGNMENT, "web", GUEST)];
  const counted = () => objectAt(stage.object(IDENTITY, name, OWNER)?.status, "otherNamespaces");
  return { name, site, named, consents, attached, said, counted };
}

describe("an identity of another namespace", () => {
  test("is attached once its owner allows all, and counted there without a name", async () => {
    const { name, attached, said, counted } = await scene(toAll);
    expect([said()[0], attached(), counted()]).toEqual(["True Succeeded", [name], { allowed: 1, withdrawn: 0 }]);
    expect(stage.holds(ASSIGNMENT, "web", GUEST)?.["userAssigned"]).toEqual([{ resourceId: uai(stage, name), identityRef: { name, namespace: OWNER } }]);
    expect(JSON.stringify(stage.object(IDENTITY, name, OWNER)?.status)).not.toContain(GUEST);
  });

  test("is attached when the labels of the Namespace come to meet the selector, and not before", async () => {
    const { name, attached, said, counted } = await scene(bySelector);
    expect([said()[0], attached(), counted()]).toEqual(["False RefNotFound", [], undefined]);
    stage.cluster.labelNamespace(GUEST, { payments: "yes" });
    await stage.settle();
    expect([said()[0], attached(), counted()]).toEqual(["True Succeeded", [name], { allowed: 1, withdrawn: 0 }]);
  });

  test("is named in vain with the same words, reason and event whether it exists or not", async () => {
    const { name, named, said } = await scene({});
    const refused = said();
    const told = () => stage.cluster.events.filter(({ object }) => object === `${ASSIGNMENT}/${GUEST}/web`).map(({ event }) => event);
    const events = told();
    stage.cluster.force(IDENTITY, name, OWNER);
    stage.cluster.force(ASSIGNMENT, "web", GUEST);
    stage.cluster.events.length = 0;
    await stage.apply(ASSIGNMENT, "web", named, GUEST);
    expect([said(), told()]).toEqual([refused, events.slice(-1)]);
    expect(refused).toEqual(["False RefNotFound", expect.stringContaining(`UserAssignedIdentity ${OWNER}/${name} does not exist, or does not allow namespace "${GUEST}"`)]);
  });

  test("costs its owner nothing while it is named in vain: no request, no write", async () => {
    const { name, named } = await scene({});
    const { status, metadata } = stage.object(IDENTITY, name, OWNER) ?? {};
    for (const each of ["a", "b", "c"]) await stage.apply(ASSIGNMENT, each, named, GUEST);
    expect(stage.requests().filter(({ path }) => path.includes(name) && path.includes("userAssignedIdentities"))).toEqual([]);
    expect(stage.object(IDENTITY, name, OWNER)).toMatchObject({ status, metadata: { resourceVersion: metadata?.resourceVersion } });
  });

  test("costs those who name it in vain nothing while its owner works on it: no pass looks at their hosts", async () => {
    const { name, named, consents } = await scene({});
    for (const each of ["a", "b", "c"]) await stage.apply(ASSIGNMENT, each, named, GUEST);
    stage.bench.azure.clearRequests();
    await consents({ tags: { a: "b" } });
    await stage.remove(IDENTITY, name, OWNER);
    await consents({});
    expect(stage.requests().filter(({ path }) => path.includes("/sites/"))).toEqual([]);
    await consents(toAll);
    expect(stage.state(ASSIGNMENT, "a", GUEST)).toBe("True Succeeded");
  });

  test("is not looked at for edits of those who name it while it is deleted", async () => {
    const { name, named, consents } = await scene({ deletionPolicy: "Delete" });
    stage.cluster.apply("FederatedIdentityCredential", "keeper", { identityRef: { name }, serviceAccountRef: { name: "app" }, deletionPolicy: "Retain" }, OWNER);
    await stage.settle();
    await stage.remove(IDENTITY, name, OWNER);
    expect(stage.state(IDENTITY, name, OWNER)).toBe("False InUse");
    stage.bench.azure.clearRequests();
    for (const allowDisruption of ["None", "Restart", "Recycle"]) await stage.apply(ASSIGNMENT, "web", { ...named, allowDisruption }, GUEST);
    await stage.remove(ASSIGNMENT, "web", GUEST);
    expect(stage.requests().filter(({ path }) => path.toLowerCase().endsWith(`/userassignedidentities/${name}`))).toEqual([]);
    await consents({});
  });

  test("is not kept from being deleted by those that use it", async () => {
    const { name } = await scene(toAll);
    await stage.remove(IDENTITY, name, OWNER);
    expect([stage.state(IDENTITY, name, OWNER), get(stage, uai(stage, name))]).toEqual(["gone", undefined]);
  });
});

describe("consent that is withdrawn", () => {
  test("with Hold leaves what is attached, says so on both sides, and attaches nothing again", async () => {
    const { name, site, attached, said, counted, consents } = await scene(toAll);
    await consents({});
    expect([attached(), stage.writes(), counted()]).toEqual([[name], [], { allowed: 0, withdrawn: 1 }]);
    expect(said()).toEqual(["False RefNotFound", expect.stringMatching(/does not exist, or does not allow.*; what is attached by it is not attached again$/)]);
    expect(stage.message(IDENTITY, name, OWNER)).toMatch(/1 object of other namespaces still holds it/);
    stage.bench.azure.portal.patch(site, { identity: { type: "None" } });
    await stage.look();
    expect([attached(), said()[0]]).toEqual([[], "False RefNotFound"]);
    await consents(toAll);
    expect([attached(), said()[0], counted()]).toEqual([[name], "True Succeeded", { allowed: 1, withdrawn: 0 }]);
  });

  test("with Hold still lets the assignment go with all that it holds", async () => {
    const { attached, consents } = await scene(toAll);
    await consents({});
    await stage.remove(ASSIGNMENT, "web", GUEST);
    expect([stage.state(ASSIGNMENT, "web", GUEST), attached()]).toEqual(["gone", []]);
  });

  test("with Detach undoes what is attached, and both sides forget it", async () => {
    const { attached, said, counted, consents } = await scene({ ...toAll, onConsentWithdrawn: "Detach" });
    await consents({ onConsentWithdrawn: "Detach" });
    expect([attached(), said()[0], counted()]).toEqual([[], "False RefNotFound", undefined]);
    expect(stage.holds(ASSIGNMENT, "web", GUEST)).toBeUndefined();
  });

  test("by a label undoes it as well", async () => {
    const { attached, said, counted } = await scene({ ...bySelector, onConsentWithdrawn: "Detach" });
    stage.cluster.labelNamespace(GUEST, { payments: "yes" });
    await stage.settle();
    expect([attached().length, said()[0]]).toEqual([1, "True Succeeded"]);
    stage.cluster.labelNamespace(GUEST, { payments: "no" });
    await stage.settle();
    expect([attached(), said()[0], counted()]).toEqual([[], "False RefNotFound", undefined]);
  });

  test("with Detach leaves what a paused assignment holds until it goes on", async () => {
    const { name, attached, counted, consents } = await scene({ ...toAll, onConsentWithdrawn: "Detach" });
    stage.cluster.annotate(ASSIGNMENT, "web", { "azureidentity.dev/paused": "true" }, GUEST);
    await consents({ onConsentWithdrawn: "Detach" });
    expect([attached(), counted()]).toEqual([[name], { allowed: 0, withdrawn: 1 }]);
    stage.cluster.annotate(ASSIGNMENT, "web", {}, GUEST);
    await stage.settle();
    expect([attached(), counted()]).toEqual([[], undefined]);
  });

  test("while the identity's object is deleted and kept in Azure holds, whatever it said before", async () => {
    const { name, attached, said, consents } = await scene({ ...toAll, onConsentWithdrawn: "Detach" });
    await consents({ ...toAll, onConsentWithdrawn: "Detach", deletionPolicy: "Retain" });
    await stage.remove(IDENTITY, name, OWNER);
    expect([stage.state(IDENTITY, name, OWNER), attached(), said()[0]]).toEqual(["gone", [name], "False RefNotFound"]);
  });
});
