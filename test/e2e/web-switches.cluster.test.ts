import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Switches } from "../azure/azure.ts";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { armId, assignment, identity } from "./objects.ts";
import { isReady, setStage, type Stage } from "./stage.ts";

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
