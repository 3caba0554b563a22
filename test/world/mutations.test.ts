import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MUTATIONS, mutated } from "./mutations.ts";

/** Whether each is caught is what `npm run test:mutations` says, which takes some minutes. */
test.each(MUTATIONS)("mutation $name finds its place", (mutation) => {
  const source = readFileSync(new URL(`../../${mutation.file}`, import.meta.url), "utf8");
  expect(mutated(source, mutation)).not.toBe(source);
});

test("names of mutations are unique, and there are at least 25", () => {
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(25);
});
