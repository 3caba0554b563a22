import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt } from "../../src/api/json.ts";
import { at, fic, get, makeIdentity, principalOfIdentity, uai } from "./places.ts";
import { GITHUB, ISSUER, setStage, type Stage } from "./stage.ts";

const KIND = "FederatedIdentityCredential";
const AUDIENCE = "api://AzureADTokenExchange";
let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  await stage.restart();
});

/** A name that no other test uses. */
function fresh(): string {
  count += 1;
  return `id${String(count).padStart(3, "0")}`;
}

const put = (id: string, claims: JsonObject) => stage.bench.azure.portal.put(id, { properties: { issuer: ISSUER, audiences: [AUDIENCE], ...claims } });
const subjectOf = (account: string) => `system:serviceaccount:default:${account}`;
const properties = (id: string) => objectAt(get(stage, id), "properties");
const ended = (name: string) => [stage.state(KIND, name), stage.message(KIND, name)];

/** An identity of ours with a credential of the same name for the ServiceAccount `app`. */
async function declared(more: JsonObject = {}): Promise<string> {
  const name = fresh();
  await stage.apply("UserAssignedIdentity", name, at(stage));
  await stage.apply(KIND, name, { identityRef: { name }, serviceAccountRef: { name: "app" }, ...more });
  expect(ended(name)).toEqual(["True Succeeded", expect.any(String)]);
  return name;
}

describe("what is declared", () => {
  test("a ServiceAccount gives the subject, the cluster the issuer", async () => {
    const name = await declared();
    expect(properties(fic(stage, name, name))).toEqual({ issuer: ISSUER, subject: subjectOf("app"), audiences: [AUDIENCE] });
    expect(stage.object(KIND, name)?.status).toMatchObject({ issuer: ISSUER, subject: subjectOf("app"), audiences: [AUDIENCE], identityResourceId: uai(stage, name) });
  });

  test("issuer and subject of somebody else are taken as they are given", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    await stage.apply(KIND, name, { identityArmId: uai(stage, name), issuer: GITHUB, subject: "repo:contoso/Shop:ref:refs/heads/main" });
    expect(properties(fic(stage, name, name))).toMatchObject({ issuer: GITHUB, subject: "repo:contoso/Shop:ref:refs/heads/main" });
  });

  test("what no rule lists is refused, also the cluster's issuer for another namespace", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    for (const subject of ["system:serviceaccount:kube-system:app", "repo:evil/x"]) {
      await stage.apply(KIND, name, { identityArmId: uai(stage, name), issuer: ISSUER, subject });
      expect(ended(name)).toEqual(["False SubjectNotAllowed", `issuer "${ISSUER}" with subject "${subject}" is not allowed for namespace "default": an administrator can list it in the federation of --policy-file`]);
    }
    expect(get(stage, fic(stage, name, name))).toBeUndefined();
  });

  test("without an issuer of the cluster the object says who can set it", async () => {
    const other = await setStage({ policy: { clusterIssuer: undefined } });
    await other.apply(KIND, "lost", { identityArmId: uai(other, "x"), serviceAccountRef: { name: "app" } });
    expect([other.state(KIND, "lost"), other.message(KIND, "lost")]).toEqual(["False InvalidSpec", "the issuer of this cluster is not known: set spec.issuer, or let an administrator set --cluster-issuer"]);
    await other.close();
  });
});

describe("beside other credentials of the identity", () => {
  test("the 21st is refused, and made once there is room", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    for (let index = 1; index <= 20; index += 1) put(fic(stage, name, `other-${index}`), { subject: `other-${index}` });
    await stage.apply(KIND, name, { identityArmId: uai(stage, name), serviceAccountRef: { name: "app" } });
    expect(ended(name)).toEqual(["False FederatedCredentialLimit", expect.stringContaining("has 20 federated credentials, and Azure accepts 20: delete some")]);
    stage.bench.azure.portal.delete(fic(stage, name, "other-7"));
    await stage.look();
    expect(ended(name)).toEqual(["True Succeeded", expect.any(String)]);
  });

  test("an equal one of somebody else satisfies, and stays", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    put(fic(stage, name, "theirs"), { subject: subjectOf("app") });
    stage.bench.azure.clearRequests();
    await stage.apply(KIND, name, { identityArmId: uai(stage, name), serviceAccountRef: { name: "app" } });
    expect([ended(name), stage.holds(KIND, name)]).toEqual([["True Succeeded", "an equal one that others made is there, and stays theirs: it is left when this object is deleted"], undefined]);
    expect(stage.object(KIND, name)?.status).toMatchObject({ resourceId: fic(stage, name, "theirs") });
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), stage.writes()]).toEqual(["gone", []]);
    expect(get(stage, fic(stage, name, "theirs"))).toBeDefined();
  });

  test("the same pair with another audience is a clash, and case is explained", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    put(fic(stage, name, "theirs"), { subject: subjectOf("app"), audiences: ["api://other"] });
    await stage.apply(KIND, name, { identityArmId: uai(stage, name), serviceAccountRef: { name: "app" } });
    expect(ended(name)).toEqual(["False IssuerSubjectInUse", expect.stringMatching(/"theirs".*compares both exactly, with case/)]);
  });

  test("a pair that differs in case only is another one", async () => {
    const name = fresh();
    makeIdentity(stage, name);
    put(fic(stage, name, "theirs"), { subject: subjectOf("App") });
    await stage.apply(KIND, name, { identityArmId: uai(stage, name), serviceAccountRef: { name: "app" } });
    expect([ended(name)[0], get(stage, fic(stage, name, name))]).toEqual(["True Succeeded", expect.any(Object)]);
  });
});

describe("an identity that was made again behind our back", () => {
  const again = (name: string): void => {
    const tags = objectAt(get(stage, uai(stage, name)), "tags") ?? {};
    stage.bench.azure.portal.delete(uai(stage, name));
    stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope", tags });
  };

  test("took its credentials with it: they are made again, below the new principal", async () => {
    const name = await declared();
    const before = stage.holds(KIND, name);
    again(name);
    await stage.look();
    await stage.look();
    expect([ended(name)[0], properties(fic(stage, name, name))]).toEqual(["True Succeeded", expect.objectContaining({ subject: subjectOf("app") })]);
    expect(stage.holds(KIND, name)).toMatchObject({ confirmed: true, parentPrincipalId: principalOfIdentity(stage, name) });
    expect(stage.holds(KIND, name)?.["parentPrincipalId"]).not.toBe(before?.["parentPrincipalId"]);
    await stage.remove(KIND, name);
    expect(get(stage, fic(stage, name, name))).toBeUndefined();
  });

  test("the same when the credential is looked at before its identity, which may be a stranger's by now", async () => {
    const name = await declared();
    again(name);
    stage.cluster.annotate(KIND, name, { "azureidentity.dev/reconcile-requested-at": "1" });
    await stage.settle();
    expect([ended(name)[0], get(stage, fic(stage, name, name))]).toEqual(["False RefNotReady", undefined]);
    await stage.look();
    await stage.look();
    expect([ended(name)[0], stage.holds(KIND, name)?.["parentPrincipalId"]]).toEqual(["True Succeeded", principalOfIdentity(stage, name)]);
    await stage.remove(KIND, name);
    expect(get(stage, fic(stage, name, name))).toBeUndefined();
  });

  test("a stranger's credential of our name below the new one is neither changed nor deleted", async () => {
    const name = await declared();
    again(name);
    put(fic(stage, name, name), { subject: "strangers" });
    const before = get(stage, fic(stage, name, name));
    stage.cluster.annotate(KIND, name, { "azureidentity.dev/reconcile-requested-at": "1" });
    await stage.settle();
    expect([ended(name)[0], get(stage, fic(stage, name, name))]).toEqual(["False RefNotReady", before]);
    await stage.look();
    await stage.look();
    expect([ended(name)[0], get(stage, fic(stage, name, name))]).toEqual(["False AlreadyExists", before]);
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), get(stage, fic(stage, name, name))]).toEqual(["gone", before]);
  });

  test("nor is it deleted while another object only observes it", async () => {
    const name = await declared();
    await stage.apply(KIND, `${name}-seen`, { identityRef: { name }, azureName: name, serviceAccountRef: { name: "app" }, managementPolicy: "ObserveOnly" });
    again(name);
    put(fic(stage, name, name), { subject: subjectOf("app") });
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), get(stage, fic(stage, name, name))]).toEqual(["gone", expect.any(Object)]);
  });

  test("nor is it deleted by an object that is deleted before it has looked", async () => {
    const name = await declared();
    again(name);
    put(fic(stage, name, name), { subject: subjectOf("app") });
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), get(stage, fic(stage, name, name))]).toEqual(["gone", expect.any(Object)]);
  });
});

describe("writes that do not get through", () => {
  const isWrite = ({ method, path }: { readonly method: string; readonly path: string }) => method === "PUT" && path.includes("federatedIdentityCredentials");

  test.each([
    ["503", { do: "answer", status: 503, body: {} } as const],
    ["429", { do: "throttle", retryAfterSeconds: 5 } as const],
    ["a cut connection", { do: "reset", effect: "done" } as const],
  ])("an update that meets %s is made again", async (_what, fault) => {
    const name = await declared();
    stage.bench.azure.intercept(isWrite, fault, 1);
    await stage.apply(KIND, name, { identityRef: { name }, serviceAccountRef: { name: "other" } });
    expect([ended(name), properties(fic(stage, name, name))]).toEqual([["True Succeeded", expect.any(String)], expect.objectContaining({ subject: subjectOf("other") })]);
  });

  test("a creation that happened although it was answered with 504 is ours", async () => {
    const name = fresh();
    await stage.apply("UserAssignedIdentity", name, at(stage));
    stage.bench.azure.intercept(isWrite, { do: "gateway-timeout" }, 1);
    await stage.apply(KIND, name, { identityRef: { name }, serviceAccountRef: { name: "app" } });
    expect([ended(name)[0], stage.holds(KIND, name)]).toEqual(["True Succeeded", expect.objectContaining({ confirmed: true })]);
    await stage.remove(KIND, name);
    expect(get(stage, fic(stage, name, name))).toBeUndefined();
  });
});
