import { describe, expect, test } from "vitest";
import type { Json } from "../../src/api/json.ts";
import { differing, within } from "../../src/kinds/declared.ts";

const long = "x".repeat(2000);

const rows: readonly { readonly name: string; readonly want: Json | undefined; readonly has: Json | undefined; readonly differs: object | undefined }[] = [
  { name: "equal texts", want: "a", has: "a", differs: undefined },
  { name: "other texts", want: "a", has: "b", differs: { path: "p", want: "a", have: "b" } },
  { name: "members in another order", want: { a: 1, b: { c: 2, d: 3 } }, has: { b: { d: 3, c: 2 }, a: 1 }, differs: undefined },
  { name: "items in another order", want: ["a", "b"], has: ["b", "a"], differs: { path: "p", want: '["a","b"]', have: '["b","a"]' } },
  { name: "absent, null and an empty list", want: null, has: [], differs: undefined },
  { name: "a value that is absent", want: true, has: undefined, differs: { path: "p", want: "true", have: "(absent)" } },
  { name: "long texts whose ends differ", want: `${long}a`, has: `${long}b`, differs: { path: "p", want: long.slice(0, 1024), have: long.slice(0, 1024) } },
];

describe("how a declared value differs from what Azure has", () => {
  test.each(rows)("$name", ({ want, has, differs }) => expect(differing("p", want, has)).toEqual(differs));
});

test("of what Azure has, only what is declared counts, in lists as well", () => {
  expect(within({ a: 1, extra: 2, list: [{ b: 3, extra: 4 }] }, { a: 0, list: [{ b: 0 }], missing: 1 })).toEqual({ a: 1, list: [{ b: 3 }] });
});
