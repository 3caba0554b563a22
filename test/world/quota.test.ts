import { describe, expect, test } from "vitest";
import { QuotaWorld, REGIONS } from "./quota-world.ts";

const region = (index: number) => REGIONS[index % REGIONS.length] ?? "westeurope";

/** Declares so many identities at once; returns when, in milliseconds of the world. */
function declareAll(world: QuotaWorld, count: number, at: { readonly prefix?: string; readonly region?: (index: number) => string; readonly namespace?: string } = {}): number {
  const { prefix = "id", region: place = region, namespace = "default" } = at;
  for (let index = 0; index < count; index += 1) world.declare(`${prefix}-${index}`, { region: place(index), namespace });
  return world.clock.now();
}

describe("under Azure's documented limits and recorded latencies, in virtual time", () => {
  test("1,000 identities over five regions take the time that the principal's writes allow, one GET and one PUT each", async () => {
    const world = new QuotaWorld();
    const startMs = declareAll(world, 1000);
    await world.untilReady(1000, 120_000);
    const seconds = world.secondsSince(startMs);
    expect([world.readyAtMs.size, world.counts()]).toEqual([1000, { GET: 1000, PUT: 1000, refused: 0 }]);
    expect(seconds / ((1000 - 200) / 10)).toBeLessThanOrEqual(1.1);
    await world.close();
  });

  test("those of one region take the time that its creations allow", async () => {
    const world = new QuotaWorld();
    const startMs = declareAll(world, 240, { region: () => "westeurope" });
    await world.untilReady(240, 120_000);
    expect([world.readyAtMs.size, world.counts()]).toEqual([240, { GET: 240, PUT: 240, refused: 0 }]);
    // Beyond the bound are the first and the last answer: with so few they weigh more.
    expect(world.secondsSince(startMs) - (240 - 80) / 4).toBeLessThanOrEqual(5);
    await world.close();
  });

  test("a person's edit waits for at most two requests while hundreds only look again", async () => {
    const world = new QuotaWorld();
    declareAll(world, 600);
    await world.untilReady(600, 120_000);
    await world.clock.advance(60_000);
    world.lookAgain();
    await world.clock.advance(12_000);
    const before = world.sent.length;
    world.declare("id-7", { region: region(7), tags: { edited: "yes" } });
    await world.untilReady(600, 10_000);
    const after = world.sent.slice(before);
    const own = after.findIndex(({ name }) => name === "id-7");
    expect(own).toBeGreaterThanOrEqual(0);
    expect(own).toBeLessThanOrEqual(2);
    await world.clock.advance(60_000);
    expect(world.counts()["refused"]).toBe(0);
    await world.close();
  });

  test("one namespace's flood of creations does not delay another's edit by two seconds", async () => {
    const world = new QuotaWorld({ namespaces: ["hot", "calm"] });
    world.declare("calm", { region: "westeurope", namespace: "calm" });
    await world.untilReady(1, 10_000);
    declareAll(world, 500, { prefix: "hot", namespace: "hot" });
    await world.clock.advance(30_000);
    const before = world.sent.length;
    const editedMs = world.clock.now();
    world.declare("calm", { region: "westeurope", namespace: "calm", tags: { edited: "yes" } });
    await world.clock.advance(5000);
    const own = world.sent.slice(before).filter(({ name }) => name === "calm");
    expect(own.map(({ method }) => method)).toEqual(["GET", "PATCH"]);
    expect((own[0]?.atMs ?? Infinity) - editedMs).toBeLessThanOrEqual(2000);
    expect((own[1]?.atMs ?? Infinity) - editedMs).toBeLessThanOrEqual(2000);
    await world.close();
  });
});
