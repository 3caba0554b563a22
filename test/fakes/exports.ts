import { beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { KubePort } from "../../src/reconcile/ports.ts";

type Values = Readonly<Record<string, string>>;

/** A namespace, real or not, whose objects export to ConfigMaps and ServiceAccounts and read documents. */
export interface NamespaceUnderTest {
  readonly port: Pick<KubePort, "exportConfigMap" | "exportServiceAccount" | "withdrawExport" | "readDocument" | "record">;
  /** An object that exports, as it is now; made again, with another uid, the second time. */
  object(name: string): Promise<KubeObject>;
  /** Somebody makes a Secret or a ConfigMap. */
  makeDocument(kind: "Secret" | "ConfigMap", name: string, data: Values): Promise<void>;
  makeServiceAccount(name: string, annotations?: Values): Promise<void>;
  /** The data of a ConfigMap, or the annotations of a ServiceAccount; undefined when there is none. */
  shown(kind: "ConfigMap" | "ServiceAccount", name: string): Promise<Values | undefined>;
  /** Reasons of the events about an object. */
  reasons(object: KubeObject): Promise<readonly string[]>;
}

const CLIENT = "azure.workload.identity/client-id";
const TENANT = "azure.workload.identity/tenant-id";
const ids: Values = { clientId: "00001111-aaaa-2222-bbbb-3333cccc4444", tenantId: "aaaabbbb-0000-cccc-1111-dddd2222eeee" };
const annotations: Values = { [CLIENT]: ids["clientId"] ?? "", [TENANT]: ids["tenantId"] ?? "" };

/** What the engine relies on of whoever keeps what it exports and reads. */
export function exportsContract(open: () => Promise<NamespaceUnderTest>): void {
  let at: NamespaceUnderTest;
  beforeAll(async () => {
    at = await open();
  });

  const toMap = async (object: KubeObject, name: string, values: Values) => (await at.port.exportConfigMap(object, name, values)).is;
  const toAccount = async (object: KubeObject, name: string, values: Values) => (await at.port.exportServiceAccount(object, name, values)).is;
  const withdrawn = async (object: KubeObject, kind: "ConfigMap" | "ServiceAccount", name: string) => (await at.port.withdrawExport(object, kind, name)).is;

  describe("a ConfigMap", () => {
    test("is made, left alone while nothing differs, changed as a whole, and withdrawn once", async () => {
      const object = await at.object("map-life");
      expect([await toMap(object, "life", ids), await toMap(object, "life", ids), await at.shown("ConfigMap", "life")]).toEqual(["written", "unchanged", ids]);
      expect([await toMap(object, "life", { clientId: "new" }), await at.shown("ConfigMap", "life")]).toEqual(["written", { clientId: "new" }]);
      expect([await withdrawn(object, "ConfigMap", "life"), await at.shown("ConfigMap", "life"), await withdrawn(object, "ConfigMap", "life")]).toEqual(["written", undefined, "unchanged"]);
    });

    test("of another object is a conflict, whatever is in it, and stays", async () => {
      const [first, second] = [await at.object("map-first"), await at.object("map-second")];
      await toMap(first, "contested", ids);
      expect([await toMap(second, "contested", ids), await toMap(second, "contested", {}), await withdrawn(second, "ConfigMap", "contested")]).toEqual(["conflict", "conflict", "unchanged"]);
      expect(await at.shown("ConfigMap", "contested")).toEqual(ids);
    });

    test("of somebody else alike", async () => {
      await at.makeDocument("ConfigMap", "foreign", ids);
      const object = await at.object("map-intruder");
      expect([await toMap(object, "foreign", ids), await withdrawn(object, "ConfigMap", "foreign"), await at.shown("ConfigMap", "foreign")]).toEqual(["conflict", "unchanged", ids]);
    });

    test("of an earlier object of the name is taken over", async () => {
      await toMap(await at.object("map-again"), "again", ids);
      const later = await at.object("map-again");
      expect([await toMap(later, "again", ids), await toMap(later, "again", ids)]).toEqual(["written", "unchanged"]);
    });
  });

  describe("a ServiceAccount", () => {
    test("is never made", async () => {
      const object = await at.object("account-lonely");
      expect([await toAccount(object, "nobody", annotations), await withdrawn(object, "ServiceAccount", "nobody"), await at.shown("ServiceAccount", "nobody")]).toEqual(["absent", "unchanged", undefined]);
    });

    test("is annotated, left alone while nothing differs, follows, and gives back what was set", async () => {
      await at.makeServiceAccount("life", { team: "a" });
      const object = await at.object("account-life");
      expect([await toAccount(object, "life", annotations), await toAccount(object, "life", annotations)]).toEqual(["written", "unchanged"]);
      expect([await toAccount(object, "life", { [CLIENT]: "new" }), await at.shown("ServiceAccount", "life")]).toEqual(["written", { team: "a", [CLIENT]: "new" }]);
      expect([await withdrawn(object, "ServiceAccount", "life"), await at.shown("ServiceAccount", "life"), await withdrawn(object, "ServiceAccount", "life")]).toEqual(["written", { team: "a" }, "unchanged"]);
    });

    test("where another object holds the same value is of both, and a different one is a conflict", async () => {
      await at.makeServiceAccount("both");
      const [one, two] = [await at.object("account-one"), await at.object("account-two")];
      await toAccount(one, "both", annotations);
      expect([await toAccount(two, "both", { [CLIENT]: "another" }), await toAccount(two, "both", { [CLIENT]: ids["clientId"] ?? "" })]).toEqual(["conflict", "written"]);
      expect([await toAccount(one, "both", { ...annotations, [CLIENT]: "another" }), await withdrawn(one, "ServiceAccount", "both")]).toEqual(["conflict", "written"]);
      expect(await at.shown("ServiceAccount", "both")).toEqual({ [CLIENT]: ids["clientId"] });
    });
  });

  describe("a document", () => {
    test.each(["Secret", "ConfigMap"] as const)("%s: is read as text, and absent when there is none", async (kind) => {
      await at.makeDocument(kind, "document", { password: "pässword\n", empty: "" });
      const { metadata } = await at.object("reader");
      expect(await at.port.readDocument(kind, metadata.namespace, "document")).toEqual({ is: "found", data: { password: "pässword\n", empty: "" }, resourceVersion: expect.any(String) });
      expect(await at.port.readDocument(kind, metadata.namespace, "none")).toEqual({ is: "absent" });
    });
  });

  test("events are of their object", async () => {
    const [told, silent] = [await at.object("told"), await at.object("silent")];
    await at.port.record(told, { type: "Normal", reason: "Created", action: "Create", note: "The identity was created." });
    expect([await at.reasons(told), await at.reasons(silent)]).toEqual([["Created"], []]);
  });
}
