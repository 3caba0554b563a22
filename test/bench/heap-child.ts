import type { KubeObject } from "../../src/api/object.ts";
import { USER_ASSIGNED_IDENTITY } from "../../src/api/resources.ts";
import { createCacheForm } from "../../src/kubernetes/cached-object.ts";
import { ObjectStore } from "../../src/kubernetes/store.ts";
import { identity } from "../e2e/objects.ts";
import { readyStatus } from "./load-client.ts";

/** Prints the bytes of heap per object for `node --expose-gc heap-child.ts COUNT (cached|parsed)`. */
const PAGE_SIZE = 500;
const [count, form] = [Number(process.argv[2]), process.argv[3]];

/** An object as the API server lists it, with the fields that three managers own. */
function listed(index: number): object {
  const name = `identity-${index}`;
  const { metadata, ...rest } = identity(`team-${index % 50}`, name, { tags: { team: "web" } }) as { readonly metadata: object };
  const uid = crypto.randomUUID();
  const owned = { "f:status": { "f:conditions": { 'k:{"type":"Ready"}': { ".": {}, "f:message": {}, "f:reason": {}, "f:status": {} } }, "f:holds": {}, "f:resourceId": {} } };
  const managedFields = ["kubectl", "azureidentity.dev/metadata", "azureidentity.dev/status"].map((manager) => ({
    manager,
    operation: "Apply",
    apiVersion: "azureidentity.dev/v1alpha1",
    time: "2026-01-01T00:00:00Z",
    fieldsType: "FieldsV1",
    fieldsV1: owned,
  }));
  const server = { uid, resourceVersion: String(100_000 + index), generation: 1, creationTimestamp: "2026-01-01T00:00:00Z", finalizers: ["azureidentity.dev/finalizer"], managedFields };
  return { ...rest, metadata: { ...metadata, ...server }, status: readyStatus(name) };
}

/** The texts of the pages, made one at a time as they would arrive. */
function* pages(): Generator<readonly unknown[]> {
  for (let start = 0; start < count; start += PAGE_SIZE) {
    const items = Array.from({ length: Math.min(PAGE_SIZE, count - start) }, (_, index) => listed(start + index));
    yield (JSON.parse(JSON.stringify({ items })) as { readonly items: readonly unknown[] }).items;
  }
}

function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error("cannot measure the heap: start node with --expose-gc");
  for (let round = 0; round < 4; round += 1) globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Fills a cache with what `page` makes of each page and returns it, so that it stays alive. */
function fill(): { readonly size: number } {
  const store = new ObjectStore();
  const cacheForm = createCacheForm(USER_ASSIGNED_IDENTITY);
  for (const page of pages()) {
    for (const raw of page) {
      const object = form === "cached" ? cacheForm(raw) : (raw as KubeObject);
      if (object !== undefined) store.put(object);
    }
  }
  return store;
}

const before = heapBytes();
const cache = fill();
const after = heapBytes();
console.log((after - before) / cache.size);
