import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KeyedHeap, type Ranked } from "../../src/queue/heap.ts";

const key = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l");
const operation = fc.oneof(
  fc.record({ do: fc.constant("set" as const), key, rank: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ do: fc.constant("delete" as const), key }),
);

function drained(heap: KeyedHeap): Ranked[] {
  const order: Ranked[] = [];
  for (let first = heap.peek(); first !== undefined; first = heap.peek()) {
    order.push({ key: first.key, rank: first.rank });
    heap.delete(first.key);
  }
  return order;
}

test("whatever was set and deleted, the heap gives each key once, by its last rank", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
      const heap = new KeyedHeap();
      const model = new Map<string, number>();
      for (const step of operations) {
        if (step.do === "set") {
          heap.set(step.key, step.rank);
          model.set(step.key, step.rank);
        } else expect(heap.delete(step.key)).toBe(model.delete(step.key));
        expect(heap.size).toBe(model.size);
        expect(heap.rankOf(step.key)).toBe(model.get(step.key));
        if (model.size > 0) expect(heap.peek()?.rank).toBe(Math.min(...model.values()));
      }
      const order = drained(heap);
      expect(order.map(({ rank }) => rank)).toEqual([...model.values()].sort((a, b) => a - b));
      expect(new Map(order.map((item) => [item.key, item.rank]))).toEqual(model);
    }),
    { numRuns: 200 },
  );
});

test("equal ranks come out in the order in which they came in, also after setting one again", () => {
  const heap = new KeyedHeap();
  for (const name of ["c", "a", "d", "b"]) heap.set(name, 7);
  heap.set("c", 7);
  expect(drained(heap).map((item) => item.key)).toEqual(["c", "a", "d", "b"]);
});

test("clearing empties it", () => {
  const heap = new KeyedHeap();
  heap.set("a", 1);
  heap.clear();
  expect([heap.size, heap.peek(), heap.rankOf("a")]).toEqual([0, undefined, undefined]);
});
