import { describe, expect, test } from "vitest";
import type { Json } from "../../src/api/json.ts";
import { RESOURCES } from "../../src/api/resources.ts";
import { SUBSCRIPTION } from "./azure.ts";
import { mayStay } from "./ending.ts";
import { NO_FAULTS } from "./faults.ts";
import { almostSound, wildSpec } from "./fuzz.ts";
import { Chance } from "./random.ts";
import { readyOf } from "./seen.ts";
import { Universe } from "./universe.ts";

const OBJECTS = 1000;
const BATCH = 50;

function wildObject(chance: Chance): { readonly kind: string; readonly spec: Json } {
  const resource = chance.pick(RESOURCES);
  return chance.happens(0.5) ? almostSound(chance) : { kind: resource.kind, spec: wildSpec(resource, chance) };
}

/** What is wrong after so many wild objects of one seed were written past validation, and deleted again. */
async function faultsOf(seed: number): Promise<readonly string[]> {
  const chance = new Chance(seed);
  const universe = new Universe(seed, NO_FAULTS);
  try {
    universe.api.apply("UserAssignedIdentity", "ida", { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" });
    universe.api.apply("AppServicePlan", "farm", { subscriptionId: SUBSCRIPTION, resourceGroup: "rg" });
    for (let index = 0; index < BATCH; index += 1) {
      const { kind, spec } = wildObject(chance);
      universe.api.apply(kind, `wild-${index}`, spec);
    }
    await universe.clock.advance(20 * 60_000);
    const silent = universe.api.list().filter((object) => (readyOf(object)?.message ?? "") === "");
    const faults = [...universe.defects, ...silent.map(({ kind, spec }) => `${kind} ${JSON.stringify(spec)} has no message`)];
    for (const { kind, metadata } of universe.api.list()) universe.api.delete(`${kind}/${metadata.namespace}/${metadata.name}`);
    await universe.clock.advance(60 * 60_000);
    const stuck = universe.api.list().filter((object) => !mayStay(readyOf(object)?.message ?? ""));
    return [...faults, ...stuck.map((object) => `${object.kind} ${JSON.stringify(object.spec)} does not go: ${readyOf(object)?.message ?? ""}`), ...universe.defects.slice(faults.length)];
  } finally {
    universe.close();
  }
}

describe("wild objects", () => {
  test.each(Array.from({ length: OBJECTS / BATCH }, (_, index) => index + 1))("seed %i: each concludes with a message and goes when it is deleted", async (seed) => {
    expect(await faultsOf(seed)).toEqual([]);
  });
});
