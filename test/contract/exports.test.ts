import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type JsonObject, objectAt, stringAt } from "../../src/api/json.ts";
import { at, below, get, uai } from "./places.ts";
import { ISSUER, setStage, type Stage } from "./stage.ts";

let stage: Stage;
let count = 0;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());
afterEach(async () => {
  stage.cluster.clear();
  stage.cluster.serviceAccounts.clear();
  await stage.restart();
});

function fresh(): string {
  count += 1;
  return `ex${String(count).padStart(3, "0")}`;
}

const idsInAzure = (name: string) => objectAt(get(stage, uai(stage, name)), "properties") ?? {};
const exported = (what: string) => stage.cluster.exported.get(what)?.values;
const annotations = (name: string) => {
  const { clientId, tenantId } = idsInAzure(name);
  return { "azure.workload.identity/client-id": clientId, "azure.workload.identity/tenant-id": tenantId };
};

describe("an identity", () => {
  const exporting = (name: string, to: JsonObject) => stage.apply("UserAssignedIdentity", name, { ...at(stage), export: to });

  test("hands its ids on, moves them with its spec, and takes them back when it goes", async () => {
    const name = fresh();
    stage.cluster.serviceAccounts.add("app");
    await exporting(name, { configMap: { name: "ids" }, serviceAccount: { name: "app" } });
    const { clientId, principalId, tenantId } = idsInAzure(name);
    expect(exported("ConfigMap/ids")).toEqual({ clientId, principalId, tenantId, resourceId: uai(stage, name) });
    expect(exported("ServiceAccount/app")).toEqual(annotations(name));
    await exporting(name, { configMap: { name: "other" } });
    expect([...stage.cluster.exported.keys()]).toEqual(["ConfigMap/other"]);
    expect(exported("ConfigMap/other")).toMatchObject({ clientId });
    expect(stage.holds("UserAssignedIdentity", name)).toMatchObject({ exports: [{ kind: "ConfigMap", name: "other" }] });
    await stage.remove("UserAssignedIdentity", name);
    expect([...stage.cluster.exported.keys()]).toEqual([]);
  });

  test("says what stands in the way, and goes on when it is away", async () => {
    const name = fresh();
    await exporting(name, { serviceAccount: { name: "app" } });
    expect(stage.state("UserAssignedIdentity", name)).toBe("False RefNotFound");
    stage.cluster.serviceAccounts.add("app");
    await stage.settle();
    expect([stage.state("UserAssignedIdentity", name), exported("ServiceAccount/app")]).toEqual(["True Succeeded", annotations(name)]);
  });

  test("never takes what another object exports to", async () => {
    const [name, other] = [fresh(), fresh()];
    await exporting(name, { configMap: { name: "ids" } });
    await exporting(other, { configMap: { name: "ids" } });
    expect([stage.state("UserAssignedIdentity", name), stage.state("UserAssignedIdentity", other)]).toEqual(["True Succeeded", "False ExportConflict"]);
    await stage.remove("UserAssignedIdentity", other);
    expect([stage.state("UserAssignedIdentity", other), exported("ConfigMap/ids")]).toEqual(["gone", expect.objectContaining({ resourceId: uai(stage, name) })]);
  });

  test("takes its ids back when it only observes from now on, also while it is deleted", async () => {
    for (const isDeleted of [false, true]) {
      const name = fresh();
      stage.cluster.serviceAccounts.add("app");
      await exporting(name, { serviceAccount: { name: "app" } });
      stage.cluster.apply("UserAssignedIdentity", name, { ...at(stage), export: { serviceAccount: { name: "app" } }, managementPolicy: "ObserveOnly" });
      if (isDeleted) stage.cluster.delete("UserAssignedIdentity", name);
      await stage.settle();
      expect([stage.state("UserAssignedIdentity", name), exported("ServiceAccount/app")]).toEqual([isDeleted ? "gone" : "True Observed", undefined]);
      expect(get(stage, uai(stage, name))).toBeDefined();
    }
  });

  test("takes its ids back when it goes and stays in Azure", async () => {
    const name = fresh();
    await stage.apply("UserAssignedIdentity", name, { ...at(stage), export: { configMap: { name: "ids" } }, deletionPolicy: "Retain" });
    await stage.remove("UserAssignedIdentity", name);
    expect([stage.state("UserAssignedIdentity", name), exported("ConfigMap/ids"), get(stage, uai(stage, name))]).toEqual(["gone", undefined, expect.any(Object)]);
  });
});

describe("a federated credential", () => {
  const KIND = "FederatedIdentityCredential";
  const spec = (name: string) => ({ identityRef: { name }, serviceAccountRef: { name: "app" }, export: { serviceAccount: { name: "app" } } });

  async function identity(): Promise<string> {
    const name = fresh();
    stage.cluster.serviceAccounts.add("app");
    await stage.apply("UserAssignedIdentity", name, at(stage));
    return name;
  }

  test("annotates the ServiceAccount with the ids of its identity, follows them, and takes them back", async () => {
    const name = await identity();
    await stage.apply(KIND, name, spec(name));
    expect(exported("ServiceAccount/app")).toEqual(annotations(name));
    const tags = objectAt(get(stage, uai(stage, name)), "tags") ?? {};
    const before = idsInAzure(name)["clientId"];
    stage.bench.azure.portal.delete(uai(stage, name));
    stage.bench.azure.portal.put(uai(stage, name), { location: "westeurope", tags });
    await stage.look();
    await stage.look();
    expect(exported("ServiceAccount/app")).toEqual(annotations(name));
    expect(stringAt(exported("ServiceAccount/app"), "azure.workload.identity/client-id")).not.toBe(before);
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), exported("ServiceAccount/app")]).toEqual(["gone", undefined]);
  });

  test("does so, too, where an equal one of somebody else satisfies it", async () => {
    const name = await identity();
    const theirs = `${uai(stage, name)}/federatedIdentityCredentials/theirs`;
    stage.bench.azure.portal.put(theirs, { properties: { issuer: ISSUER, subject: "system:serviceaccount:default:app", audiences: ["api://AzureADTokenExchange"] } });
    await stage.apply(KIND, name, spec(name));
    expect([stage.state(KIND, name), exported("ServiceAccount/app")]).toEqual(["True Succeeded", annotations(name)]);
    stage.cluster.serviceAccounts.add("next");
    await stage.apply(KIND, name, { ...spec(name), export: { serviceAccount: { name: "next" } } });
    expect([exported("ServiceAccount/app"), exported("ServiceAccount/next")]).toEqual([undefined, annotations(name)]);
    await stage.remove(KIND, name);
    expect([stage.state(KIND, name), exported("ServiceAccount/next"), get(stage, theirs)]).toEqual(["gone", undefined, expect.any(Object)]);
  });

  test("keeps what it handed on when its own takes the place of somebody else's", async () => {
    const name = await identity();
    const theirs = `${uai(stage, name)}/federatedIdentityCredentials/theirs`;
    stage.bench.azure.portal.put(theirs, { properties: { issuer: ISSUER, subject: "system:serviceaccount:default:app", audiences: ["api://AzureADTokenExchange"] } });
    await stage.apply(KIND, name, spec(name));
    expect(stage.holds(KIND, name)).toMatchObject({ foreign: true, exports: [{ kind: "ServiceAccount", name: "app" }] });
    stage.bench.azure.portal.delete(theirs);
    await stage.look();
    expect(stage.holds(KIND, name)).toEqual(expect.objectContaining({ confirmed: true, exports: [{ kind: "ServiceAccount", name: "app" }] }));
    expect(stage.holds(KIND, name)).not.toHaveProperty("foreign");
    await stage.remove(KIND, name);
    expect([exported("ServiceAccount/app"), get(stage, `${uai(stage, name)}/federatedIdentityCredentials/${name}`)]).toEqual([undefined, undefined]);
  });
});

describe("a container group", () => {
  test("hands on the ids of its system-assigned identity", async () => {
    const name = fresh();
    const containers = [{ name: "web", image: "a:1" }];
    await stage.apply("ContainerGroup", name, { ...at(stage), containers, identity: { systemAssigned: true }, export: { configMap: { name: "ids" } } });
    const group = get(stage, below(stage, `Microsoft.ContainerInstance/containerGroups/${name}`));
    const { principalId, tenantId } = objectAt(group, "identity") ?? {};
    expect(stage.state("ContainerGroup", name)).toBe("True Succeeded");
    expect(exported("ConfigMap/ids")).toMatchObject({ principalId, tenantId, resourceId: stringAt(group, "id") });
    await stage.remove("ContainerGroup", name);
    expect([stage.state("ContainerGroup", name), exported("ConfigMap/ids")]).toEqual(["gone", undefined]);
  });
});
