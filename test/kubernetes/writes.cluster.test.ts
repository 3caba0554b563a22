import { CustomObjectsApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { connect } from "../control-plane/vitest-setup.ts";
import { openWriter, Playground, playgroundOn } from "./cluster.ts";
import { GADGETS } from "./gadgets.ts";

const FINALIZER = "azureidentity.dev/azure-resource";
const playground = playgroundOn(connect(), "kubernetes-writes");

describe("an object that vanished", () => {
  it("is created again neither by the finalizer nor by the status", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("vanished");
    await playground.within(["delete", "gadget", "vanished"]);
    expect(await writer.addFinalizer(GADGETS, object)).toEqual({ is: "vanished" });
    expect(await writer.applyStatus(GADGETS, object, { ready: true })).toEqual({ is: "vanished" });
    expect(await writer.removeFinalizer(GADGETS, object)).toEqual({ is: "vanished" });
    expect(await playground.read("vanished")).toBeUndefined();
  });

  it("leaves its successor of the same name untouched", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("successor");
    await playground.within(["delete", "gadget", "successor"]);
    const successor = await playground.create("successor", [FINALIZER]);
    expect(await writer.addFinalizer(GADGETS, object)).toEqual({ is: "vanished" });
    expect(await writer.applyStatus(GADGETS, object, { ready: true })).toEqual({ is: "vanished" });
    expect(await writer.removeFinalizer(GADGETS, { ...object, metadata: { ...object.metadata, finalizers: [FINALIZER] } })).toEqual({
      is: "vanished",
    });
    expect(await playground.read("successor")).toEqual(successor);
    await writer.removeFinalizer(GADGETS, successor);
  });

  it("would have its status written into its successor if only the uid said whose it is", async () => {
    const { connection } = await openWriter(playground.plane);
    const object = await playground.create("uid-only");
    await playground.within(["delete", "gadget", "uid-only"]);
    await playground.create("uid-only");
    const { name, namespace, uid } = object.metadata;
    const body = { apiVersion: "kubernetes.test/v1", kind: "Gadget", metadata: { name, namespace, uid }, status: { ready: true } };
    await new CustomObjectsApi(connection.configuration).patchNamespacedCustomObjectStatus(
      { ...GADGETS, namespace, name, body, fieldManager: "naive", force: true },
      setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply),
    );
    expect((await playground.read("uid-only"))?.status).toEqual({ ready: true });
  });
});

describe("the finalizer", () => {
  it("that another manager also owns is removed, and the other's own one stays", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("shared", ["other.test/x", FINALIZER]);
    expect(await writer.addFinalizer(GADGETS, object)).toMatchObject({ is: "written" });
    expect(await writer.removeFinalizer(GADGETS, object)).toMatchObject({ is: "written" });
    const after = await playground.read("shared");
    expect(after?.metadata.finalizers).toEqual(["other.test/x"]);
    expect(await writer.removeFinalizer(GADGETS, object)).toEqual({ is: "written", resourceVersion: after?.metadata.resourceVersion });
  });

  it("is found at another place than the cache has it", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("moved", ["other.test/x", FINALIZER]);
    await playground.within(["patch", "gadget", "moved", "--type=merge", "-p", JSON.stringify({ metadata: { finalizers: [FINALIZER, "other.test/y"] } })]);
    expect(await writer.removeFinalizer(GADGETS, object)).toMatchObject({ is: "written" });
    expect((await playground.read("moved"))?.metadata.finalizers).toEqual(["other.test/y"]);
  });

  it("cannot be added once deletion began", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("leaving", ["other.test/x"]);
    await playground.within(["delete", "gadget", "leaving", "--wait=false"]);
    expect(await writer.addFinalizer(GADGETS, object)).toEqual({ is: "vanished" });
    expect((await playground.read("leaving"))?.metadata.finalizers).toEqual(["other.test/x"]);
  });

  it("that was the last one lets the object go", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("last", [FINALIZER]);
    await playground.within(["delete", "gadget", "last", "--wait=false"]);
    expect(await writer.removeFinalizer(GADGETS, object)).toMatchObject({ is: "written" });
    expect(await playground.read("last")).toBeUndefined();
  });
});

describe("an unchanged apply", () => {
  it("of finalizer and status does not change the version", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("settled");
    await writer.addFinalizer(GADGETS, object);
    const status = { conditions: [{ type: "Ready", status: "True" }], ids: { principalId: "p" } };
    const first = await writer.applyStatus(GADGETS, object, status);
    expect(first).toMatchObject({ is: "written" });
    expect(await writer.applyStatus(GADGETS, object, status)).toEqual(first);
    expect(await writer.addFinalizer(GADGETS, object)).toEqual(first);
    expect((await playground.read("settled"))?.metadata).toMatchObject({ generation: 1, finalizers: [FINALIZER] });
  });
});

describe("the status", () => {
  it("is whole: what is omitted is removed", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("whole");
    await writer.applyStatus(GADGETS, object, { old: 1, both: 1 });
    await writer.applyStatus(GADGETS, object, { both: 2 });
    expect((await playground.read("whole"))?.status).toEqual({ both: 2 });
  });

  it("is written although others changed the object since it was cached", async () => {
    const { writer } = await openWriter(playground.plane);
    const object = await playground.create("edited");
    await playground.within(["label", "gadget", "edited", "team=a"]);
    expect(await writer.applyStatus(GADGETS, object, { ready: true })).toMatchObject({ is: "written" });
    expect(await playground.read("edited")).toMatchObject({ metadata: { labels: { team: "a" } }, status: { ready: true } });
  });
});

describe("events", () => {
  it("are shown by kubectl describe, repeats counted", async () => {
    const { writer, log } = await openWriter(playground.plane);
    const object = await playground.create("told");
    const event = { type: "Warning", reason: "HostBusy", action: "Attach", note: "the host is busy with another operation" } as const;
    for (let count = 0; count < 3; count += 1) await writer.record(object, event);
    const shown = await playground.within(["describe", "gadget", "told"]);
    expect(shown).toMatch(/Warning +HostBusy +\S+ +azureidentity\.dev\/operator +the host is busy with another operation/);
    expect(shown.match(/HostBusy/g)).toHaveLength(1);
    expect(log.lines).toEqual([]);
  });
});

describe("a namespace that is being deleted", () => {
  it("takes status and the removal of the finalizer, and refuses events, which is let go quietly", async () => {
    const { writer, log } = await openWriter(playground.plane);
    const { plane } = playground;
    const doomed = new Playground(plane, "kubernetes-doomed");
    await doomed.kubectl(["create", "namespace", doomed.namespace]);
    const object = await doomed.create("a", [FINALIZER]);
    await doomed.kubectl(["delete", "namespace", doomed.namespace, "--wait=false"]);
    await doomed.within(["wait", "gadget/a", "--for=jsonpath={.metadata.deletionTimestamp}"]);
    expect(await writer.applyStatus(GADGETS, object, { leaving: true })).toMatchObject({ is: "written" });
    expect((await doomed.read("a"))?.status).toEqual({ leaving: true });
    await writer.record(object, { type: "Normal", reason: "Deleting", action: "Delete", note: "leaving" });
    expect(log.lines.map(({ level }) => level)).toEqual(["debug"]);
    expect(await writer.removeFinalizer(GADGETS, object)).toMatchObject({ is: "written" });
    await doomed.kubectl(["wait", `namespace/${doomed.namespace}`, "--for=delete", "--timeout=30s"]);
  });
});
