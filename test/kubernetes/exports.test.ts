import { describe, expect, it } from "vitest";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import type { FakeRequest } from "./fake-api-server.ts";
import { startWriter } from "./fake-connection.ts";
import { GADGETS, gadget } from "./gadgets.ts";

const object = createCacheForm(GADGETS)(gadget("a", 7)) ?? expect.fail("no object");

describe("an export", () => {
  it("ends when others change the ConfigMap all the time", async () => {
    const { server, writer } = await startWriter();
    const exporting = writer.exportConfigMap(object, "ids", {});
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      (await server.next()).status(404, "NotFound", "none");
      (await server.next()).status(409, "AlreadyExists", "there is one");
    }
    expect(await exporting).toEqual({ is: "failed", message: "cannot export to ConfigMap one/ids: others change it all the time" });
  });

  it.each<[string, (request: FakeRequest) => void, string]>([
    ["refuses", (request) => request.status(500, "InternalError", "etcd is sad"), "etcd is sad"],
    ["does not answer", (request) => request.reset(), "the API server does not answer: ECONNRESET"],
  ])("fails when the API server %s, as its withdrawal does", async (_, answer, problem) => {
    const { server, writer } = await startWriter();
    const exporting = writer.exportServiceAccount(object, "app", {});
    answer(await server.next());
    expect(await exporting).toEqual({ is: "failed", message: `cannot export to ServiceAccount one/app: ${problem}` });
    const withdrawing = writer.withdrawExport(object, "ConfigMap", "ids");
    answer(await server.next());
    expect(await withdrawing).toEqual({ is: "failed", message: `cannot withdraw the export to ConfigMap one/ids: ${problem}` });
  });

  it("fails when its namespace is gone", async () => {
    const { server, writer } = await startWriter();
    const exporting = writer.exportConfigMap(object, "ids", {});
    (await server.next()).status(404, "NotFound", "none");
    (await server.next()).status(404, "NotFound", 'namespaces "one" not found');
    expect(await exporting).toEqual({ is: "failed", message: 'cannot export to ConfigMap one/ids: namespaces "one" not found' });
  });
});

describe("a document", () => {
  it("whose reading fails shows nothing of it", async () => {
    const { server, writer } = await startWriter();
    const reading = writer.readDocument("Secret", "one", "settings");
    (await server.next()).status(503, "ServiceUnavailable", "try later");
    expect(await reading).toEqual({ is: "failed", message: "cannot read Secret one/settings: try later" });
  });
});
