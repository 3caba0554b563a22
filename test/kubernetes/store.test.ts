import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import { ObjectStore } from "../../src/kubernetes/store.ts";
import type { ObjectEvent } from "../../src/kubernetes/store.ts";
import { GADGETS, gadget } from "./gadgets.ts";

const form = createCacheForm(GADGETS);

function cached(raw: unknown): KubeObject {
  const object = form(raw);
  if (object === undefined) throw new Error("not an object");
  return object;
}

interface Change {
  readonly do: "put" | "remove" | "replace";
  readonly name: string;
  readonly uid: string;
  readonly others: readonly string[];
}

const names = fc.constantFrom("a", "b", "c");
const uids = fc.constantFrom("first", "second");
const changesOf: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    do: fc.constantFrom("put", "remove", "replace"),
    name: names,
    uid: uids,
    others: fc.uniqueArray(names),
  }),
  { maxLength: 30 },
);

/** What a listener knows that heard every event; it complains about events that cannot be. */
function replay(known: Map<string, KubeObject>, { previous, next }: ObjectEvent): void {
  const object = next ?? previous;
  const before = known.get(object.metadata.name);
  expect(before?.metadata.uid).toBe(previous?.metadata.uid);
  if (next === undefined) known.delete(object.metadata.name);
  else known.set(next.metadata.name, next);
}

describe("the store", () => {
  it("can be rebuilt from what it tells, whatever happens, and no event joins two objects", () => {
    fc.assert(
      fc.property(changesOf, (changes) => {
        const store = new ObjectStore();
        const known = new Map<string, KubeObject>();
        let version = 0;
        for (const change of changes) {
          version += 1;
          const object = cached(gadget(change.name, version, { uid: change.uid }));
          const others = change.others.map((name) => cached(gadget(name, version, { uid: change.uid })));
          const events =
            change.do === "put" ? store.put(object) : change.do === "remove" ? store.remove(object) : store.replace(others);
          for (const event of events) replay(known, event);
          expect(new Set(known.values())).toEqual(new Set(store.list()));
        }
      }),
    );
  });

  it("tells nothing about what it knows already", () => {
    const store = new ObjectStore();
    store.put(cached(gadget("a", 1)));
    expect(store.put(cached(gadget("a", 1)))).toEqual([]);
    expect(store.replace([cached(gadget("a", 1))])).toEqual([]);
  });

  it("keeps the newcomer when the end of its predecessor comes late", () => {
    const store = new ObjectStore();
    store.put(cached(gadget("a", 2, { uid: "second" })));
    expect(store.remove(cached(gadget("a", 1, { uid: "first" })))).toEqual([]);
    expect(store.size).toBe(1);
  });

  it("tells objects of one name in two namespaces apart", () => {
    const store = new ObjectStore();
    store.put(cached(gadget("a", 1)));
    store.put(cached(gadget("a", 2, { metadata: { namespace: "two" } })));
    expect([store.get("one", "a")?.metadata.resourceVersion, store.get("two", "a")?.metadata.resourceVersion]).toEqual(["1", "2"]);
  });
});

describe("a cached object", () => {
  it("has what this project reads of metadata, and shares its namespace and kind with the others", () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}", "azureidentity.dev/paused": "true" };
    const metadata = { annotations, labels: { team: "a" }, finalizers: ["x/y"], deletionTimestamp: "2026-01-02T00:00:00Z" };
    expect(cached(gadget("a", 1, { metadata })).metadata).toEqual({
      name: "a",
      namespace: "one",
      uid: "uid-a",
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      deletionTimestamp: "2026-01-02T00:00:00Z",
      labels: { team: "a" },
      annotations: { "azureidentity.dev/paused": "true" },
      finalizers: ["x/y"],
    });
  });

  it("of a cluster-scoped resource without generation has an empty namespace and generation 0", () => {
    const namespaces = createCacheForm({ group: "", version: "v1", plural: "namespaces", kind: "Namespace", namespaced: false });
    const object = namespaces({ metadata: { name: "one", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" } });
    expect(object).toMatchObject({ apiVersion: "v1", kind: "Namespace", metadata: { namespace: "", generation: 0 } });
  });

  it.each([null, "text", [], {}, { metadata: {} }, { metadata: { name: "a", uid: "u" } }])("is not made of %j", (raw) => {
    expect(form(raw)).toBeUndefined();
  });
});
