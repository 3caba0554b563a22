import { describe, expect, test } from "vitest";
import { endedAll } from "../../src/reconcile/ending.ts";
import type { Outcome } from "../../src/reconcile/outcome.ts";
import { claim, type ClaimParts } from "./hosts.ts";

const unavailable: Outcome = { is: "unavailable", message: "m" };

const rows: readonly { readonly name: string; readonly parts: ClaimParts; readonly want: Outcome["is"] }[] = [
  { name: "a live claim has the outcome of the resource", parts: { ids: ["x"] }, want: "unavailable" },
  { name: "so has one that has something to give back", parts: { ids: ["x"], holdsNames: ["x"], deleting: true }, want: "unavailable" },
  { name: "one that holds nothing leaves all the same", parts: { ids: ["x"], deleting: true }, want: "released" },
  { name: "a paused one stays paused", parts: { ids: ["x"], paused: true }, want: "paused" },
  { name: "also when its spec would be refused", parts: { paused: true, spec: { userAssigned: [{}] } }, want: "paused" },
  { name: "a refused one stays refused", parts: { spec: { userAssigned: [{}] } }, want: "refused" },
];

describe("a resource that cannot be had", () => {
  test.each(rows)("$name", ({ parts, want }) => {
    const entry = claim("a", parts).claim;
    expect(endedAll([entry], () => unavailable).map(({ outcome }) => outcome.is)).toEqual([want]);
  });
});
