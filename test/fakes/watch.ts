import { beforeAll, describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { isOlderVersion } from "../../src/api/object.ts";
import { IDENTITY_ASSIGNMENT } from "../../src/api/resources.ts";
import type { Change } from "../../src/reconcile/change.ts";
import type { KubeUnderTest } from "./kube-port.ts";
import { aboutSystemAssigned } from "./kube-port.ts";

/** A cluster, real or not, with somebody who watches it as the operator does. */
export interface WatchedKube extends KubeUnderTest {
  /** What the watcher was told so far. */
  readonly changes: readonly Change[];
  /** Until so many changes of an object were told, with some time in which more would be. */
  told(name: string, count: number): Promise<void>;
}

/** What the engine relies on of whoever tells it what happens to objects. */
export function watchContract(open: () => Promise<WatchedKube>): void {
  let kube: WatchedKube;
  beforeAll(async () => {
    kube = await open();
  });

  const current = async (name: string): Promise<KubeObject> => {
    const object = await kube.read(name);
    if (object === undefined) throw new Error(`there is no ${name}`);
    return object;
  };
  const of = (name: string): readonly Change[] => kube.changes.filter(({ previous, next }) => (next ?? previous)?.metadata.name === name);

  describe("a watcher", () => {
    test("is told of a life step by step: each change once, in order, from what was told before", async () => {
      const { port } = kube;
      await kube.apply("life", aboutSystemAssigned(true));
      await port.addFinalizer(IDENTITY_ASSIGNMENT, await current("life"));
      for (const _time of ["first", "again, which is no change"]) await port.applyStatus(IDENTITY_ASSIGNMENT, await current("life"), { observedGeneration: 1 });
      await kube.apply("life", aboutSystemAssigned(false));
      await kube.annotate("life", { "azureidentity.dev/paused": "true" });
      await kube.delete("life");
      await port.removeFinalizer(IDENTITY_ASSIGNMENT, await current("life"));
      await kube.told("life", 7);
      expect(of("life").map(shown)).toEqual([
        { is: "added", generation: 1, finalizers: 0, observed: -1, systemAssigned: true, paused: undefined, isLeaving: false },
        { is: "changed", generation: 1, finalizers: 1, observed: -1, systemAssigned: true, paused: undefined, isLeaving: false },
        { is: "changed", generation: 1, finalizers: 1, observed: 1, systemAssigned: true, paused: undefined, isLeaving: false },
        { is: "changed", generation: 2, finalizers: 1, observed: 1, systemAssigned: false, paused: undefined, isLeaving: false },
        { is: "changed", generation: 2, finalizers: 1, observed: 1, systemAssigned: false, paused: "true", isLeaving: false },
        { is: "changed", generation: 3, finalizers: 1, observed: 1, systemAssigned: false, paused: "true", isLeaving: true },
        { is: "gone", generation: 3, finalizers: expect.any(Number), observed: 1, systemAssigned: false, paused: "true", isLeaving: true },
      ]);
    });

    test("knows each version from the one before, which is older", () => {
      const versions = of("life").flatMap(({ next }) => (next === undefined ? [] : [next.metadata.resourceVersion]));
      const previous = of("life").slice(1, -1).map((change) => change.previous?.metadata.resourceVersion);
      expect(previous).toEqual(versions.slice(0, -1));
      expect(versions.slice(1).filter((version, index) => !isOlderVersion(versions[index] ?? "", version))).toEqual([]);
    });

    test("is told of one that has no finalizer when it goes, and of its successor as of another", async () => {
      await kube.apply("short", aboutSystemAssigned(true));
      const first = await current("short");
      await kube.delete("short");
      await kube.apply("short", aboutSystemAssigned(true));
      await kube.told("short", 3);
      expect(of("short").map(({ previous, next }) => [previous === undefined, next === undefined])).toEqual([[true, false], [false, true], [true, false]]);
      expect([of("short")[1]?.previous?.metadata.uid, of("short")[2]?.next?.metadata.uid]).toEqual([first.metadata.uid, (await current("short")).metadata.uid]);
      expect((await current("short")).metadata.uid).not.toBe(first.metadata.uid);
    });

    test("is told the version that a write answers with", async () => {
      await kube.apply("answered", aboutSystemAssigned(true));
      const written = await kube.port.applyStatus(IDENTITY_ASSIGNMENT, await current("answered"), { observedGeneration: 1 });
      await kube.told("answered", 2);
      expect(written).toEqual({ is: "written", resourceVersion: of("answered")[1]?.next?.metadata.resourceVersion });
    });
  });
}

function shown({ previous, next }: Change): object {
  const object = next ?? previous;
  const { generation, finalizers = [], annotations, deletionTimestamp } = object?.metadata ?? {};
  return {
    is: previous === undefined ? "added" : next === undefined ? "gone" : "changed",
    generation,
    finalizers: finalizers.length,
    observed: (object?.status as { readonly observedGeneration?: number } | undefined)?.observedGeneration,
    systemAssigned: (object?.spec as { readonly systemAssigned?: boolean } | undefined)?.systemAssigned,
    paused: annotations?.["azureidentity.dev/paused"],
    isLeaving: deletionTimestamp !== undefined,
  };
}
