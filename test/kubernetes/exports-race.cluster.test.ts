import { CoreV1Api } from "@kubernetes/client-node";
import { beforeAll, describe, expect, it } from "vitest";
import { createExporter } from "../../src/kubernetes/exports.ts";
import type { Exporter } from "../../src/kubernetes/exports.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { openWriter, playgroundOn } from "./cluster.ts";

const CLIENT_ID = "azure.workload.identity/client-id";
const playground = playgroundOn(connect(), "kubernetes-exports-race");

/** An exporter on the real API server; between its first read and its write, somebody else does something. */
async function overtaken(meanwhile: () => Promise<unknown>): Promise<Exporter> {
  const { connection } = await openWriter(playground.plane);
  const api = new CoreV1Api(connection.configuration);
  let once: (() => Promise<unknown>) | undefined = meanwhile;
  const interrupt = async <T>(read: Promise<T>): Promise<T> => {
    const settled = await Promise.allSettled([read]);
    const act = once;
    once = undefined;
    await act?.();
    const [result] = settled;
    if (result.status === "rejected") throw result.reason as Error;
    return result.value;
  };
  const readConfigMap = api.readNamespacedConfigMap.bind(api);
  const readServiceAccount = api.readNamespacedServiceAccount.bind(api);
  api.readNamespacedConfigMap = (param) => interrupt(readConfigMap(param));
  api.readNamespacedServiceAccount = (param) => interrupt(readServiceAccount(param));
  return createExporter(api, "azure-identity-operator-export");
}

async function read(resource: string, name: string, path: string): Promise<string> {
  return playground.within(["get", resource, name, "--ignore-not-found", "-o", `jsonpath={${path}}`]);
}

const create = (name: string) => playground.within(["create", "configmap", name, "--from-literal=foreign=yes"]);
let maker: Awaited<ReturnType<typeof playground.create>>;

beforeAll(async () => {
  maker = await playground.create("maker");
});

describe("a ConfigMap", () => {
  it("that somebody creates at the same moment stays theirs", async () => {
    const exporter = await overtaken(() => create("sudden"));
    expect(await exporter.exportConfigMap(maker, "sudden", { clientId: "a" })).toMatchObject({ is: "conflict" });
    expect(await read("configmap", "sudden", ".data")).toBe('{"foreign":"yes"}');
    expect(await read("configmap", "sudden", ".metadata.labels")).toBe("");
  });

  it("that loses our label at the same moment is neither changed nor deleted", async () => {
    const { writer } = await openWriter(playground.plane);
    await writer.exportConfigMap(maker, "released", { clientId: "a" });
    const release = () => playground.within(["label", "configmap", "released", "azureidentity.dev/exported-by-"]);
    const changing = await overtaken(release);
    expect(await changing.exportConfigMap(maker, "released", { clientId: "b" })).toMatchObject({ is: "conflict" });
    await playground.within(["label", "configmap", "released", "azureidentity.dev/exported-by=Gadget.maker"]);
    const deleting = await overtaken(release);
    expect(await deleting.withdrawExport(maker, "ConfigMap", "released")).toEqual({ is: "unchanged" });
    expect(await read("configmap", "released", ".data.clientId")).toBe("a");
  });

  it("of ours that somebody deletes at the same moment is made again", async () => {
    const { writer } = await openWriter(playground.plane);
    await writer.exportConfigMap(maker, "deleted", { clientId: "a" });
    const exporter = await overtaken(() => playground.within(["delete", "configmap", "deleted"]));
    expect(await exporter.exportConfigMap(maker, "deleted", { clientId: "b" })).toEqual({ is: "written" });
    expect(await read("configmap", "deleted", ".data.clientId")).toBe("b");
  });
});

describe("a ServiceAccount", () => {
  it("that vanishes at the same moment is not created again", async () => {
    await playground.within(["create", "serviceaccount", "vanishing"]);
    const exporter = await overtaken(() => playground.within(["delete", "serviceaccount", "vanishing"]));
    expect(await exporter.exportServiceAccount(maker, "vanishing", { [CLIENT_ID]: "a" })).toMatchObject({ is: "absent" });
    expect(await read("serviceaccount", "vanishing", ".metadata.name")).toBe("");
  });

  it("that vanishes while its export is withdrawn is not created again", async () => {
    const { writer } = await openWriter(playground.plane);
    await playground.within(["create", "serviceaccount", "leaving"]);
    await writer.exportServiceAccount(maker, "leaving", { [CLIENT_ID]: "a" });
    const exporter = await overtaken(() => playground.within(["delete", "serviceaccount", "leaving"]));
    expect(await exporter.withdrawExport(maker, "ServiceAccount", "leaving")).toEqual({ is: "unchanged" });
    expect(await read("serviceaccount", "leaving", ".metadata.name")).toBe("");
  });

  it("that gets another value at the same moment keeps it", async () => {
    await playground.within(["create", "serviceaccount", "annotated"]);
    const exporter = await overtaken(() => playground.within(["annotate", "serviceaccount", "annotated", `${CLIENT_ID}=other`]));
    expect(await exporter.exportServiceAccount(maker, "annotated", { [CLIENT_ID]: "a" })).toMatchObject({ is: "conflict" });
    expect(await read("serviceaccount", "annotated", ".metadata.annotations")).toBe(`{"${CLIENT_ID}":"other"}`);
  });

  it("that was replaced by one of the same name gets the annotations", async () => {
    await playground.within(["create", "serviceaccount", "replaced"]);
    const exporter = await overtaken(async () => {
      await playground.within(["delete", "serviceaccount", "replaced"]);
      await playground.within(["create", "serviceaccount", "replaced"]);
    });
    expect(await exporter.exportServiceAccount(maker, "replaced", { [CLIENT_ID]: "a" })).toEqual({ is: "written" });
    expect(await read("serviceaccount", "replaced", ".metadata.annotations")).toBe(`{"${CLIENT_ID}":"a"}`);
  });
});
