import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Switches } from "../azure/azure.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { armId, assignment, identity, identityId } from "./objects.ts";
import { isReady, messageOf, reasonOf, setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-switches";
const refs = (...names: readonly string[]) => names.map((name) => ({ identityRef: { name } }));

/** What no recording settles about sites (arm.md 18), and the writes that attaching and detaching come to under it. */
const behaviours: readonly { readonly switches: Partial<Switches>; readonly attach: readonly string[]; readonly detach: readonly string[] }[] = [
  { switches: { webPatchIdentity: "merge-keys", webPatchNullKey: "removes" }, attach: ["PATCH"], detach: ["PATCH", "PATCH"] },
  { switches: { webPatchIdentity: "merge-keys", webPatchNullKey: "ignored" }, attach: ["PATCH"], detach: ["PATCH", "PATCH", "PUT"] },
  { switches: { webPatchIdentity: "full-map-replaces" }, attach: ["PATCH"], detach: ["PATCH"] },
  { switches: { webPatchIdentity: "rejected" }, attach: ["PATCH", "PATCH", "PUT"], detach: ["PATCH", "PATCH", "PUT"] },
  { switches: { webPatchIdentity: "ignored" }, attach: ["PATCH", "PATCH", "PUT"], detach: ["PATCH", "PATCH", "PUT"] },
];

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
});

afterAll(() => plane.stop());

describe.each(behaviours)("a site under $switches", ({ switches, attach, detach }) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage({ namespaces: [NAMESPACE], switches, plane });
    await stage.startOperator();
  });

  afterAll(async () => {
    await stage.kubectl("delete", "ida,uai", "--all", "-n", NAMESPACE, "--timeout=20s");
    await stage.close();
  });

  test("takes identities and gives one back, and keeps its settings", async () => {
    const plan = armId("Microsoft.Web/serverfarms", "plan");
    const id = armId("Microsoft.Web/sites", "web");
    stage.azure.portal.put(plan, { location: "westus2", sku: { name: "B1" } });
    stage.azure.portal.put(id, { location: "westus2", properties: { serverFarmId: plan, siteConfig: { appSettings: [{ name: "KEY", value: "kept" }] } } });
    await stage.apply(identity(NAMESPACE, "one"), identity(NAMESPACE, "two"));
    for (const name of ["one", "two"]) await stage.until("uai", name, isReady);
    const writes = () => stage.arm().filter(({ method, path }) => method !== "GET" && path.endsWith("/web")).map(({ method }) => method);
    const hidden = JSON.stringify(stage.azure.portal.hidden(id));
    stage.azure.clearRequests();
    await stage.apply(assignment(NAMESPACE, "web", { target: { armId: id }, userAssigned: refs("one", "two") }));
    await stage.until("ida", "web", isReady);
    expect(writes()).toEqual(attach);
    stage.azure.clearRequests();
    await stage.apply(assignment(NAMESPACE, "web", { target: { armId: id }, userAssigned: refs("two") }));
    await stage.until("ida", "web", (object) => isReady(object) && object.status?.["observedGeneration"] === 2);
    expect(writes()).toEqual(detach);
    const block = stage.azure.portal.get(id)?.["identity"] as { userAssignedIdentities?: object } | undefined;
    expect(Object.keys(block?.userAssignedIdentities ?? {}).map((key) => key.split("/").at(-1))).toEqual(["two"]);
    expect(JSON.stringify(stage.azure.portal.hidden(id))).toBe(hidden);
  });
});

/** What no recording settles about container groups, Compute and identities, all the other way round. */
const OTHERWISE: Partial<Switches> = {
  containerGroupPutWithoutIdentity: "keeps",
  containerGroupAfterNone: "none-object",
  containerGroupIdentityChange: "unnoticed",
  computeIfMatch: "ignored",
  reattachedIdentity: "refreshes",
  vanishedIdentity: "LinkedAuthorizationFailed",
};

describe("container groups and virtual machines where Azure is otherwise than it is likely to be", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await setStage({ namespaces: [NAMESPACE], switches: OTHERWISE, plane });
    await stage.startOperator();
    await stage.apply(identity(NAMESPACE, "one"), identity(NAMESPACE, "two"));
    await stage.kubectl("wait", "--for=condition=Ready", "uai", "--all", "-n", NAMESPACE, "--timeout=20s");
  });

  afterAll(() => stage.close());

  const group = () => {
    const id = armId("Microsoft.ContainerInstance/containerGroups", "group");
    const container = { name: "app", properties: { image: "mcr.microsoft.com/dotnet/samples:aspnetapp-chiseled", resources: { requests: { cpu: 1, memoryInGB: 2 } } } };
    stage.azure.portal.put(id, { location: "westus2", properties: { osType: "Linux", containers: [container] } });
    return id;
  };
  const machine = () => {
    const id = armId("Microsoft.Compute/virtualMachines", "machine");
    stage.azure.portal.put(id, { location: "westus2", properties: { hardwareProfile: { vmSize: "Standard_B1s" } } });
    return id;
  };
  const attachedTo = (id: string) => {
    const block = stage.azure.portal.get(id)?.["identity"] as { userAssignedIdentities?: object } | undefined;
    return Object.keys(block?.userAssignedIdentities ?? {}).map((key) => key.split("/").at(-1) ?? "").sort();
  };

  test.each([
    { what: "a container group", name: "group", given: group, method: "PUT" },
    { what: "a virtual machine", name: "machine", given: machine, method: "PATCH" },
  ])("$what takes two, gives one back, then the last, by one $method each", async ({ name, given, method }) => {
    const id = given();
    const writes = () => stage.arm().filter((request) => request.method !== "GET" && request.path.endsWith(`/${name}`)).map((request) => request.method);
    const settles = async (done: Promise<unknown>) => {
      await stage.untilArm(() => writes().length > 0);
      stage.clock.advance(120_000);
      await done;
      expect(writes()).toEqual([method]);
      stage.azure.clearRequests();
    };
    const declares = (...names: readonly string[]) => assignment(NAMESPACE, name, { target: { armId: id }, userAssigned: refs(...names), allowDisruption: "Restart" });
    stage.azure.clearRequests();
    await stage.apply(declares("one", "two"));
    await settles(stage.until("ida", name, isReady));
    expect(attachedTo(id)).toEqual(["one", "two"]);
    await stage.apply(declares("two"));
    await settles(stage.until("ida", name, (object) => isReady(object) && object.status?.["observedGeneration"] === 2));
    expect(attachedTo(id)).toEqual(["two"]);
    await settles(stage.kubectl("delete", "ida", name, "-n", NAMESPACE, "--timeout=20s"));
    expect(attachedTo(id)).toEqual([]);
  });

  test("an identity that is gone is named, whatever code Azure gives for it, and the other one is attached", async () => {
    const id = machine();
    const gone = identityId("gone");
    await stage.apply(assignment(NAMESPACE, "machine", { target: { armId: id }, userAssigned: [{ armId: gone }, ...refs("one")] }));
    await stage.untilArm((requests) => requests.some(({ method, path, status }) => method === "PATCH" && path.endsWith("/machine") && status === 200));
    stage.clock.advance(120_000);
    const told = await stage.until("ida", "machine", (object) => reasonOf(object) === "IdentityNotFound");
    expect(messageOf(told)).toContain(gone);
    expect(attachedTo(id)).toEqual(["one"]);
  });
});
