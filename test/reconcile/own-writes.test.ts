import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { USER_ASSIGNED_IDENTITY as TYPE } from "../../src/api/resources.ts";
import { OwnWrites } from "../../src/reconcile/own-writes.ts";
import type { KubePort, KubeWrite } from "../../src/reconcile/ports.ts";
import { neverKube } from "./never.ts";

function object(resourceVersion: string, uid = "u"): KubeObject {
  return {
    apiVersion: "azureidentity.dev/v1alpha1",
    kind: TYPE.kind,
    metadata: { name: "a", namespace: "default", uid, resourceVersion, generation: 1, creationTimestamp: "2026-01-01T00:00:00Z" },
  };
}

/** Own writes over a Kubernetes that answers each write with the next of these, and records the versions that statuses carry. */
function writesAnswered(...answers: readonly KubeWrite[]) {
  const rest = [...answers];
  const carried: string[] = [];
  const answer = () => Promise.resolve(rest.shift() ?? { is: "failed", message: "there is no answer left" } as const);
  const kube: KubePort = neverKube({
    addFinalizer: answer,
    removeFinalizer: answer,
    applyStatus: (_type, { metadata }) => {
      carried.push(metadata.resourceVersion);
      return answer();
    },
  });
  return { carried, own: new OwnWrites(kube, () => undefined) };
}

const written = (resourceVersion: string): KubeWrite => ({ is: "written", resourceVersion });

describe("a status that is written", () => {
  test("after another write of the same pass carries the version that it led to", async () => {
    const { own, carried } = writesAnswered(written("9"), written("10"), written("11"));
    await own.of("unit").addFinalizer(TYPE, object("5"));
    await own.of("unit").applyStatus(TYPE, object("5"), {});
    await own.of("unit").applyStatus(TYPE, object("5"), {});
    expect(carried).toEqual(["9", "10"]);
  });

  test("carries the version of the cache where that is newer", async () => {
    const { own, carried } = writesAnswered(written("9"), written("13"));
    await own.of("unit").addFinalizer(TYPE, object("5"));
    await own.of("unit").applyStatus(TYPE, object("12"), {});
    expect(carried).toEqual(["12"]);
  });

  test.each<[string, KubeWrite]>([
    ["failed", { is: "failed", message: "away" }],
    ["found nothing", { is: "vanished" }],
  ])("after a write that %s carries the version of the cache", async (_name, answer) => {
    const { own, carried } = writesAnswered(answer, written("9"));
    await own.of("unit").addFinalizer(TYPE, object("5"));
    await own.of("unit").applyStatus(TYPE, object("5"), {});
    expect(carried).toEqual(["5"]);
  });

  test("by another unit is refused while it does not know what was stored, so that it replaces nothing", async () => {
    const { own, carried } = writesAnswered(written("9"), written("10"));
    const first = own.of("unit").applyStatus(TYPE, object("5"), {});
    expect(await own.of("other").applyStatus(TYPE, object("5"), {})).toMatchObject({ is: "failed" });
    await first;
    expect(await own.of("other").addFinalizer(TYPE, object("5"))).toMatchObject({ is: "failed" });
    expect(await own.of("other").applyStatus(TYPE, object("5"), {})).toMatchObject({ is: "failed" });
    expect(await own.of("other").applyStatus(TYPE, object("9"), {})).toEqual(written("10"));
    expect(carried).toEqual(["5", "9"]);
  });

  test("for an object that is gone never carries a version of its successor, into which it would be written", async () => {
    const { own, carried } = writesAnswered(written("20"), { is: "vanished" });
    await own.of("unit").addFinalizer(TYPE, object("15", "successor"));
    await own.of("unit").applyStatus(TYPE, object("5"), {});
    expect(carried).toEqual(["5"]);
    expect([own.isBehind(object("5")), own.isBehind(object("15", "successor"))]).toEqual([false, true]);
  });
});
