import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/azure/envelope.ts";
import { isDeeperThan } from "../../src/azure/json-depth.ts";
import { azureClientOver, IDENTITY, inTurn, MACHINE, requestOf, SITE } from "./fake-azure.ts";

const nested = (levels: number, [open, close]: readonly [string, string] = ["[", "]"]) => `${open.repeat(levels)}${close === "]" ? "" : "1"}${close.repeat(levels)}`;
const OBJECT = ['{"a":', "}"] as const;

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("how deep a JSON text nests", () => {
  test("is what its value says", () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), (value, levels) => isDeeperThan(JSON.stringify(value), levels) === depthOf(value) > levels));
  });

  test.each([
    ['"[[[["', false],
    ['"\\"[[[["', false],
    ['["\\\\", [[[1]]]]', true],
    ["[[[[", true],
    ["[],[],[],[]", false],
    ['"never ended [[[[', false],
    ["", false],
  ])("%s: deeper than 3 %s", (text, want) => {
    expect(isDeeperThan(text, 3)).toBe(want);
  });

  test.each([["[", "]"], OBJECT] as const)("an answer is read to 100 levels of %s", (open, close) => {
    expect(parseJson(nested(100, [open, close]))).toBeDefined();
    expect(parseJson(nested(101, [open, close]))).toBeUndefined();
  });

  test.each([IDENTITY, SITE, MACHINE])("an answer that nests a million levels is none, and nothing overflows: %s", async (id) => {
    for (const form of [["[", "]"], OBJECT] as const) {
      const body = `{"properties":${nested(1_000_000, form)}}`;
      const read = await azureClientOver(inTurn({ status: 200, body })).read(id, requestOf("2025-01-01"));
      expect(read).toMatchObject({ is: "failed", failure: { code: "UnreadableResponse" } });
    }
  });
});
