import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assignment, identity, identityId } from "./objects.ts";
import { conditionStatus, isReady, reasonOf, setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-faults";
const STRANGERS = "e2e-strangers";
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
  await stage.kubectl("create", "namespace", STRANGERS);
  await stage.startOperator();
});

afterAll(() => stage.close());

describe("an operator whose API server goes away", () => {
  test("goes on when it is back, without a burst of requests to Azure", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `steady-${index}`);
    await stage.apply(...names.map((name) => identity(NAMESPACE, name)));
    await stage.kubectl("wait", "--for=condition=Ready", "uai", "--all", "-n", NAMESPACE, "--timeout=30s");
    stage.azure.clearRequests();
    await stage.plane.stopApiServer();
    await stage.plane.startApiServer();
    await stage.apply(identity(NAMESPACE, "afterwards"));
    await stage.until("uai", "afterwards", isReady);
    expect(stage.arm().map(({ method, status }) => `${method} ${status}`)).toEqual(["GET 404", "PUT 201"]);
  });

  test("an object that vanishes during our write is not made again by it", async () => {
    const isPut = ({ method, path }: { readonly method: string; readonly path: string }) => method === "PUT" && path.endsWith("/fleeting");
    let vanish: Promise<unknown> | undefined;
    stage.azure.intercept((request) => {
      if (!isPut(request)) return false;
      vanish ??= stage.kubectl("patch", "uai", "fleeting", "-n", NAMESPACE, "--type=merge", "-p", '{"metadata":{"finalizers":null}}').then(() => stage.kubectl("delete", "uai", "fleeting", "-n", NAMESPACE));
      return false;
    }, { do: "reset", effect: "none" });
    await stage.apply(identity(NAMESPACE, "fleeting"));
    await stage.untilArm((requests) => requests.some((request) => isPut(request) && request.status === 201));
    await vanish;
    // Something that is done afterwards proves that the pass before it has ended.
    await stage.apply(identity(NAMESPACE, "marker"));
    await stage.until("uai", "marker", isReady);
    const found = await stage.tryKubectl(["get", "uai", "fleeting", "-n", NAMESPACE]);
    expect(found.stderr).toContain("NotFound");
  });
});

describe("objects that may not be served", () => {
  test("a namespace that is not listed is refused, and costs Azure nothing", async () => {
    stage.azure.clearRequests();
    await stage.apply(identity(STRANGERS, "alien"));
    const refused = await stage.until("uai", "alien", (object) => conditionStatus(object, "Stalled") === "True", STRANGERS);
    expect(reasonOf(refused)).toBe("CredentialNotAllowed");
    expect(stage.arm()).toEqual([]);
    await stage.kubectl("delete", "uai", "alien", "-n", STRANGERS, "--timeout=20s");
  });

  test("a scope that is not listed is refused, reads included", async () => {
    const elsewhere = "ffffffff-0000-4000-8000-000000000000";
    stage.azure.clearRequests();
    await stage.apply(identity(NAMESPACE, "outside", { subscriptionId: elsewhere }));
    const refused = await stage.until("uai", "outside", (object) => conditionStatus(object, "Stalled") === "True");
    expect(reasonOf(refused)).toBe("ScopeNotAllowed");
    const host = identityId("x").replace("Microsoft.ManagedIdentity/userAssignedIdentities/x", "Microsoft.Web/sites/x");
    const foreign = identityId("y").replace(/subscriptions\/[^/]+/, `subscriptions/${elsewhere}`);
    await stage.apply(assignment(NAMESPACE, "outside", { target: { armId: host.replace(/subscriptions\/[^/]+/, `subscriptions/${elsewhere}`) }, userAssigned: [{ armId: foreign }] }));
    await stage.until("ida", "outside", (object) => reasonOf(object) === "ScopeNotAllowed");
    expect(stage.arm()).toEqual([]);
  });

  test("an object that an older CRD let through is Stalled with a message, and the operator lives", async () => {
    const crd = JSON.parse(await stage.kubectl("get", "crd", "identityassignments.azureidentity.dev", "-o", "json")) as { spec: { versions: { schema: { openAPIV3Schema: unknown } }[] } };
    const loose = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const [version] = crd.spec.versions;
    const open = { spec: { versions: [{ ...version, selectableFields: [], schema: { openAPIV3Schema: loose } }] } };
    await stage.kubectl("patch", "crd", "identityassignments.azureidentity.dev", "--type=merge", "-p", JSON.stringify(open));
    const wild: readonly Readonly<Record<string, unknown>>[] = [{}, { target: null }, { target: { armId: 7 } }, { target: { armId: "/subscriptions/../x" }, userAssigned: "all" }, { target: { armId: identityId("z") }, userAssigned: [{}] }];
    for (const [index, spec] of wild.entries()) await stage.until("ida", `wild-${index}`, (object) => reasonOf(object) === "InvalidSpec" || reasonOf(object) === "HostNotSupported", await madeWild(index, spec));
    await stage.apply(identity(NAMESPACE, "alive"));
    await stage.until("uai", "alive", isReady);
  });
});

/** Tries until the API server serves the looser schema; returns the namespace. */
async function madeWild(index: number, spec: Readonly<Record<string, unknown>>): Promise<string> {
  const object = JSON.stringify(assignment(NAMESPACE, `wild-${index}`, spec));
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { code } = await stage.tryKubectl(["create", "--validate=false", "-f", "-"], object);
    if (code === 0) return NAMESPACE;
  }
  throw new Error("the API server did not take the looser schema");
}
