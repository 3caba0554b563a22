import { expect, test } from "vitest";
import { subscriptionScope } from "../../src/api/arm-id.ts";
import { Lookups } from "../../src/reconcile/lookups.ts";
import { neverAzure } from "./never.ts";

const MINUTE_MS = 60_000;
const scope = subscriptionScope("aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e");
const reader = { scope, by: { is: "name", name: "Reader" } } as const;
const owner = { scope, by: { is: "name", name: "Owner" } } as const;
const request = { apiVersion: "2022-04-01", credential: "shared", signal: new AbortController().signal };

function knowing(): { lookups: Lookups; pass: (ms: number) => void } {
  let nowMs = 0;
  const azure = neverAzure({ roleDefinition: () => Promise.resolve({ is: "found", body: { name: "a" } }) });
  return { lookups: new Lookups(azure, { now: () => nowMs }), pass: (ms) => void (nowMs += ms) };
}

test("an answer is looked up again after some minutes, and counts until there is a newer one", async () => {
  const { lookups, pass } = knowing();
  await lookups.make(reader, request);
  expect(lookups.isDue(reader, "shared")).toBe(false);
  pass(11 * MINUTE_MS);
  expect([lookups.isDue(reader, "shared"), lookups.role(reader, "shared").is]).toEqual([true, "found"]);
});

test("what one credential may read, another one does not see", async () => {
  const { lookups } = knowing();
  const own = "own:team/azure-identity:uid:11111111-1111-1111-1111-111111111111:22222222-2222-2222-2222-222222222222";
  await lookups.make(reader, request);
  expect([lookups.role(reader, own).is, lookups.isDue(reader, own), lookups.role(reader, undefined).is]).toEqual(["pending", true, "pending"]);
});

test("an answer that nobody asks for any more is not kept for ever", async () => {
  const { lookups, pass } = knowing();
  await lookups.make(reader, request);
  pass(25 * 60 * MINUTE_MS);
  await lookups.make(owner, request);
  expect([lookups.role(reader, "shared").is, lookups.role(owner, "shared").is]).toEqual(["pending", "found"]);
});
