import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { armId, assignment, identity, identityId } from "./objects.ts";
import { isReady, setStage, type Stage } from "./stage.ts";

const NAMESPACE = "e2e-kubectl";
let stage: Stage;

beforeAll(async () => {
  stage = await setStage({ namespaces: [NAMESPACE] });
  await stage.startOperator();
  stage.azure.portal.put(armId("Microsoft.Web/serverfarms", "plan"), { location: "westus2", sku: { name: "B1" } });
  const host = armId("Microsoft.Web/sites", "web");
  stage.azure.portal.put(host, { location: "westus2", properties: { serverFarmId: armId("Microsoft.Web/serverfarms", "plan") } });
  await stage.apply(identity(NAMESPACE, "app"), assignment(NAMESPACE, "web", { target: { armId: host }, userAssigned: [{ identityRef: { name: "app" } }] }));
  await stage.until("ida", "web", isReady);
});

afterAll(() => stage.close());

const columns = (line: string | undefined) => (line ?? "").trim().split(/ {2,}/);

describe("kubectl", () => {
  test("wait --for=condition=Ready ends", async () => {
    expect(await stage.kubectl("wait", "--for=condition=Ready", "uai/app", "ida/web", "-n", NAMESPACE, "--timeout=20s")).toContain("condition met");
  });

  test("get shows Ready, Reason, the domain column and Age; wide shows ids and message", async () => {
    const shown = stage.azure.portal.get(identityId("app"));
    const { clientId, principalId } = { clientId: "", principalId: "", ...(shown?.["properties"] as { clientId: string; principalId: string } | undefined) };
    expect(clientId).not.toBe("");
    const [header, row] = (await stage.kubectl("get", "uai", "-n", NAMESPACE)).split("\n");
    expect(columns(header)).toEqual(["NAME", "READY", "REASON", "CLIENT-ID", "AGE"]);
    expect(columns(row).slice(0, 4)).toEqual(["app", "True", "Succeeded", clientId]);
    const wide = await stage.kubectl("get", "uai", "-n", NAMESPACE, "-o", "wide");
    expect(wide).toContain(principalId);
    expect(wide).toContain(identityId("app"));
    const [hostHeader, hostRow] = (await stage.kubectl("get", "ida", "-n", NAMESPACE)).split("\n");
    expect(columns(hostHeader)).toEqual(["NAME", "READY", "REASON", "HOST", "AGE"]);
    expect(columns(hostRow).slice(0, 4)).toEqual(["web", "True", "Succeeded", "sites/web"]);
  });

  test("get azure-identity lists every kind", async () => {
    const all = await stage.kubectl("get", "azure-identity", "-n", NAMESPACE, "-o", "name");
    expect(all.trim().split("\n").sort()).toEqual(["identityassignment.azureidentity.dev/web", "userassignedidentity.azureidentity.dev/app"]);
  });

  test("describe shows the events of what was written", async () => {
    expect(await stage.kubectl("describe", "uai", "app", "-n", NAMESPACE)).toMatch(/Events:[\s\S]*Created[\s\S]*Created \/subscriptions/);
    expect(await stage.kubectl("describe", "ida", "web", "-n", NAMESPACE)).toMatch(/Events:[\s\S]*Attached[\s\S]*Attached 1 identity to sites\/web/);
  });

  test("explain describes every field", async () => {
    expect(await stage.kubectl("explain", "uai.spec.adoptionPolicy")).toContain("Never");
    expect(await stage.kubectl("explain", "ida.spec.allowDisruption")).toContain("disturb");
  });
});
