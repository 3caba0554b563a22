import { expect, test } from "vitest";
import { testsIn } from "../src/attacks-reference.ts";

const titlesIn = (text: string) => testsIn(text).map(({ titles }) => titles);

test("tests are found with what they stand in", () => {
  const text = `
test("alone", () => {});
describe("outer", () => {
  test("first (of two)", async () => {
    expect(")").toBe("("); // )
  });
  describe("inner", () => {
    it("deep", () => {});
  });
  test("after", () => {});
});
test("last", () => {});
`;
  expect(titlesIn(text)).toEqual([["alone"], ["outer", "first (of two)"], ["outer", "inner", "deep"], ["outer", "after"], ["last"]]);
});

test("so are those for several values", () => {
  const text = `
describe.each([{ who: "a" }, { who: "b(" }])("$who", ({ who }) => {
  test.each([
    ["x", () => f("(")],
  ] as const)("does %s \\"now\\"", () => {});
});
`;
  expect(titlesIn(text)).toEqual([["$who", 'does %s "now"']]);
});

test("calls that are no tests are none", () => {
  expect(titlesIn('const test = tests("x");\nbeforeAll(() => {});\nawait describeAll("y");\n')).toEqual([]);
});
