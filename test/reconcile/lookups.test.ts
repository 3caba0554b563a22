import { expect, test } from "vitest";
import { groupScope, subscriptionScope } from "../../src/api/arm-id.ts";
import { objectKey } from "../../src/api/object.ts";
import type { RoleLookup } from "../../src/kinds/kind.ts";
import { Lookups, type Resting } from "../../src/reconcile/lookups.ts";
import { neverAzure } from "./never.ts";

const MINUTE_MS = 60_000;
const scope = subscriptionScope("aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e");
const reader = { scope, by: { is: "name", name: "Reader" } } as const;
const owner = { scope, by: { is: "name", name: "Owner" } } as const;
const [a, b] = [objectKey("RoleAssignment", "team", "a"), objectKey("RoleAssignment", "team", "b")];
const resting = (lookup: RoleLookup): Resting => ({ lookup, credential: "shared" });
const request = { apiVersion: "2022-04-01", credential: "shared", signal: new AbortController().signal };

function knowing(): { lookups: Lookups; pass: (ms: number) => void } {
  let nowMs = 0;
  const azure = neverAzure({ roleDefinition: () => Promise.resolve({ is: "found", body: { name: "a" } }) });
  const lookups = new Lookups(azure, { now: () => nowMs });
  lookups.rest(a, resting(reader));
  lookups.rest(b, resting(owner));
  return { lookups, pass: (ms) => void (nowMs += ms) };
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

test("an answer is kept while an object rests on it, also one that asks for nothing any more, and no longer", async () => {
  const { lookups } = knowing();
  await lookups.make(reader, request);
  lookups.rest(b, resting(reader));
  lookups.rest(a, undefined);
  expect([lookups.role(reader, "shared").is, lookups.size]).toEqual(["found", 1]);
  lookups.rest(b, { lookup: undefined, credential: "shared" });
  expect(lookups.size).toBe(1);
  lookups.rest(b, undefined);
  expect([lookups.role(reader, "shared").is, lookups.size]).toEqual(["pending", 0]);
});

test("nothing is kept of an object that names one role after the other, also when it names the next before the answer", async () => {
  const { lookups } = knowing();
  for (let edit = 0; edit < 1001; edit += 1) {
    const lookup = { scope, by: { is: "name", name: `Role ${edit}` } } as const;
    lookups.rest(a, resting(lookup));
    const making = lookups.make(lookup, request);
    if (edit % 2 === 0) await making;
  }
  expect(lookups.size).toBe(1);
});

test("a built-in role is looked up once for all scopes of a subscription, another one at each", async () => {
  const asked: string[] = [];
  const azure = neverAzure({
    roleDefinition: (at, by) => {
      asked.push(at);
      return Promise.resolve({ is: "found", body: { properties: { type: "name" in by && by.name === "Reader" ? "BuiltInRole" : "CustomRole" } } });
    },
  });
  const lookups = new Lookups(azure, { now: () => 0 });
  const group = groupScope("aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e", "msdocs-identity-example");
  const custom = { scope, by: { is: "name", name: "Shift lead" } } as const;
  lookups.rest(a, resting(reader));
  lookups.rest(b, resting(custom));
  await lookups.make(reader, request);
  await lookups.make(custom, request);
  expect([lookups.isDue({ ...reader, scope: group }, "shared"), lookups.isDue({ ...custom, scope: group }, "shared")]).toEqual([false, true]);
  lookups.forget({ ...reader, scope: group }, "shared");
  expect(lookups.isDue(reader, "shared")).toBe(true);
});
