import { beforeAll, describe, expect, test } from "vitest";
import { FINALIZER } from "../../src/api/group.ts";
import type { JsonObject } from "../../src/api/json.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { isOlderVersion } from "../../src/api/object.ts";
import { IDENTITY_ASSIGNMENT } from "../../src/api/resources.ts";
import type { KubePort } from "../../src/reconcile/ports.ts";

/** A cluster, real or not, as somebody has it who declares IdentityAssignments and whose operator writes to them. */
export interface KubeUnderTest {
  readonly port: Pick<KubePort, "addFinalizer" | "removeFinalizer" | "applyStatus">;
  /** Creates or changes an object. */
  apply(name: string, spec: JsonObject): Promise<void>;
  annotate(name: string, annotations: Readonly<Record<string, string>>): Promise<void>;
  delete(name: string): Promise<void>;
  read(name: string): Promise<KubeObject | undefined>;
}

const TARGET = "/subscriptions/aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e/resourceGroups/msdocs-identity-example/providers/Microsoft.Web/sites/site";
const TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee";
/** The spec of an assignment that switches a system-assigned identity on, or not. */
export const aboutSystemAssigned = (systemAssigned: boolean): JsonObject => ({ target: { armId: TARGET }, systemAssigned });
const holds = (more: JsonObject): JsonObject => ({ target: TARGET, tenantId: TENANT, credential: "shared", adopted: false, confirmed: false, ...more });

/** What the engine relies on of whoever takes its writes. */
export function kubePortContract(open: () => Promise<KubeUnderTest>): void {
  let kube: KubeUnderTest;
  beforeAll(async () => {
    kube = await open();
  });

  const made = async (name: string): Promise<KubeObject> => {
    await kube.apply(name, aboutSystemAssigned(true));
    return current(name);
  };
  const current = async (name: string): Promise<KubeObject> => {
    const object = await kube.read(name);
    if (object === undefined) throw new Error(`there is no ${name}`);
    return object;
  };
  const status = async (object: KubeObject, given: JsonObject) => kube.port.applyStatus(IDENTITY_ASSIGNMENT, object, given);

  describe("the finalizer", () => {
    test("is added, also a second time, and does not count as a change of the spec", async () => {
      const object = await made("add");
      for (const _time of ["first", "second"]) expect(await kube.port.addFinalizer(IDENTITY_ASSIGNMENT, object)).toEqual({ is: "written", resourceVersion: expect.any(String) });
      expect([(await current("add")).metadata.finalizers, (await current("add")).metadata.generation]).toEqual([[FINALIZER], object.metadata.generation]);
    });

    test("keeps a deleted object, which counts a generation more, and lets it go", async () => {
      const object = await made("leave");
      await kube.port.addFinalizer(IDENTITY_ASSIGNMENT, object);
      await kube.delete("leave");
      const leaving = await current("leave");
      expect([leaving.metadata.deletionTimestamp, leaving.metadata.generation]).toEqual([expect.any(String), object.metadata.generation + 1]);
      expect(["written", "vanished"]).toContain((await kube.port.removeFinalizer(IDENTITY_ASSIGNMENT, leaving)).is);
      expect(await kube.read("leave")).toBeUndefined();
    });

    test("leaves an object that lives on", async () => {
      await kube.port.addFinalizer(IDENTITY_ASSIGNMENT, await made("release"));
      expect((await kube.port.removeFinalizer(IDENTITY_ASSIGNMENT, await current("release"))).is).toBe("written");
      expect((await current("release")).metadata.finalizers ?? []).toEqual([]);
    });

    test("is not added once the deletion began", async () => {
      await kube.port.addFinalizer(IDENTITY_ASSIGNMENT, await made("late"));
      await kube.delete("late");
      expect(await kube.port.addFinalizer(IDENTITY_ASSIGNMENT, { ...(await current("late")), metadata: { ...(await current("late")).metadata, finalizers: [] } })).toMatchObject({ is: expect.stringMatching(/^(?:written|vanished)$/) });
      await kube.port.removeFinalizer(IDENTITY_ASSIGNMENT, await current("late"));
      expect(await kube.read("late")).toBeUndefined();
    });
  });

  describe("a status", () => {
    test("takes the place of the one before as a whole, and is no change of the spec", async () => {
      const object = await made("status");
      await status(object, { observedGeneration: 1, resourceId: TARGET, holds: holds({}) });
      await status(await current("status"), { observedGeneration: 1 });
      const after = await current("status");
      expect([after.status, after.metadata.generation]).toEqual([{ observedGeneration: 1 }, object.metadata.generation]);
    });

    test("can lose every member of a part of what is held, which stays and is empty", async () => {
      const object = await made("empty");
      await status(object, { holds: holds({ systemAssigned: { principalId: TENANT } }) });
      expect(await status(await current("empty"), { holds: holds({ systemAssigned: {} }) })).toMatchObject({ is: "written" });
      expect((await current("empty")).status).toMatchObject({ holds: holds({ systemAssigned: {} }) });
    });

    test("that says the same again makes no new version", async () => {
      await status(await made("same"), { observedGeneration: 1 });
      const before = await current("same");
      await status(before, { observedGeneration: 1 });
      expect((await current("same")).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    });

    test("is stored beside what people changed meanwhile", async () => {
      const before = await made("meanwhile");
      await kube.apply("meanwhile", aboutSystemAssigned(false));
      await kube.annotate("meanwhile", { "azureidentity.dev/paused": "true" });
      expect(await status(before, { observedGeneration: 1 })).toMatchObject({ is: "written" });
      const after = await current("meanwhile");
      expect([after.spec, after.metadata.annotations, after.metadata.generation, after.status]).toMatchObject([
        aboutSystemAssigned(false),
        { "azureidentity.dev/paused": "true" },
        before.metadata.generation + 1,
        { observedGeneration: 1 },
      ]);
      expect(isOlderVersion(before.metadata.resourceVersion, after.metadata.resourceVersion)).toBe(true);
    });
  });

  test("nothing that is written for an object reaches another one of its name, or makes one", async () => {
    const gone = await made("gone");
    await kube.delete("gone");
    const writes = async () => [(await kube.port.addFinalizer(IDENTITY_ASSIGNMENT, gone)).is, (await status(gone, { observedGeneration: 1 })).is];
    expect([await writes(), await kube.read("gone")]).toEqual([["vanished", "vanished"], undefined]);
    const successor = await made("gone");
    expect([await writes(), await kube.read("gone")]).toEqual([["vanished", "vanished"], successor]);
  });
}
