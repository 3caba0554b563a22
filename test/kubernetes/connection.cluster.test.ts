import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { missingResources, namespaceUid } from "../../src/kubernetes/access.ts";
import { connect as connectTo } from "../../src/kubernetes/connection.ts";
import { discoverIssuer } from "../../src/kubernetes/issuer.ts";
import { serviceAccountKubeconfig } from "../control-plane/access.ts";
import { connect } from "../control-plane/vitest-setup.ts";
import { openWriter, OPERATOR_USER, playgroundOn } from "./cluster.ts";
import { GADGETS } from "./gadgets.ts";
import { VirtualClock } from "./virtual-clock.ts";

const playground = playgroundOn(connect(), "kubernetes-connection");

describe("the start", () => {
  it("reads the uid that identifies the cluster", async () => {
    const { connection } = await openWriter(playground.plane);
    const uid = await playground.kubectl(["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
    expect(await namespaceUid(connection, "kube-system")).toBe(uid);
  });

  it("learns the issuer as any ServiceAccount may, and as others may not", async () => {
    const { connection } = await openWriter(playground.plane, OPERATOR_USER);
    expect(await discoverIssuer(connection)).toEqual({ is: "found", issuer: playground.plane.issuer });
    const { connection: stranger } = await openWriter(playground.plane, "stranger");
    expect(await discoverIssuer(stranger)).toMatchObject({ is: "unknown", problem: expect.stringContaining('User "stranger" cannot get path') as string });
  });

  it("finds out which resources are not served", async () => {
    const { connection } = await openWriter(playground.plane);
    const gizmos = { ...GADGETS, plural: "gizmos" };
    const elsewhere = { ...GADGETS, group: "none.test" };
    const namespaces = { group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false };
    expect(await missingResources(connection, [namespaces, GADGETS, gizmos, elsewhere])).toEqual([gizmos, elsewhere]);
  });
});

describe("a ServiceAccount's token", () => {
  it("that is no longer accepted is read again from its file, with one more request", async () => {
    await playground.within(["create", "serviceaccount", "reader"]);
    const account = { namespace: playground.namespace, name: "reader" };
    const kubeconfig = await serviceAccountKubeconfig(playground.plane, account);
    const tokenFile = /tokenFile: (.+)/.exec(await readFile(kubeconfig, "utf8"))?.[1] ?? "";
    const token = await readFile(tokenFile, "utf8");
    await writeFile(tokenFile, "worn-out");
    const connection = await connectTo({ kubeconfig, userAgent: "test/1", clock: new VirtualClock() });
    onTestFinished(() => connection.close());
    const ask = async (): Promise<number> => (await connection.transport.request({ method: "GET", path: "/apis" })).code;
    expect(await ask()).toBe(401);
    await writeFile(tokenFile, token);
    expect(await ask()).toBe(200);
  });
});
