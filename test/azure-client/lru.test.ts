import { expect, test } from "vitest";
import { LruMap } from "../../src/azure/lru.ts";

test("keeps what was asked for last, and makes the rest anew", () => {
  const made: string[] = [];
  const map = new LruMap<string>(2);
  const obtain = (key: string) =>
    map.obtain(key, () => {
      made.push(key);
      return key.toUpperCase();
    });
  expect(["a", "b", "a", "c", "a", "b"].map(obtain)).toEqual(["A", "B", "A", "C", "A", "B"]);
  expect(made).toEqual(["a", "b", "c", "b"]);
});
