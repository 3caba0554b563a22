import { expect, test } from "vitest";
import { armId } from "../e2e/objects.ts";
import { fellInGap } from "./gaps.ts";

const SITE = armId("Microsoft.Web/sites", "soakown1");
const at = (second: number) => new Date(second * 1000).toISOString();
const answered = [
  `${at(10)} 200 GET ${SITE}`,
  `${at(20)} 200 GET ${SITE}`,
  `${at(21)} 200 PATCH ${SITE.toUpperCase()} {"type":"UserAssigned"}`,
  `${at(22)} 200 GET ${SITE}/config/web`,
  `${at(31)} 201 PUT ${SITE}/providers/Microsoft.Authorization/roleAssignments/one`,
];

test.each([
  ["before the GET that the write rests on", 15, false],
  ["between the GET and the write", 20.5, true],
  ["while the write took its time", 22, true],
  ["long after the write", 30, false],
] as const)("an edit %s", (_when, second, isGap) => {
  expect(fellInGap(answered, SITE, second * 1000)).toBe(isGap);
});

test("a host that was not written has no gap", () => {
  expect(fellInGap(answered, armId("Microsoft.Web/sites", "soakown2"), 20_500)).toBe(false);
});
