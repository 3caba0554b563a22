import { expect, inject, test } from "vitest";
import { readArguments } from "./arguments.ts";
import { soak } from "./soak.ts";

test("what exists is what is declared, however often the operator, the API server and etcd were killed", async () => {
  const lines: string[] = [];
  const { faults, ...figures } = await soak({ seed: 1, objects: 20, kills: 4, outages: 2, longestLifeMs: 3000, program: inject("operator"), say: (line) => lines.push(line) });
  console.log(JSON.stringify(figures));
  expect(faults).toEqual([]);
  expect([figures.kills, figures.outages]).toEqual([4, 2]);
  for (const count of [figures.applied, figures.deleted, figures.azureFaults, figures.azureResources]) expect(count).toBeGreaterThan(0);
}, 240_000);

test.each([
  [["--seed", "7"], { seed: 7, objects: 500, kills: 100, outages: 6, longestLifeMs: 10_000 }],
  [["--seed", "7", "--objects", "40", "--kills", "5", "--outages", "0"], { seed: 7, objects: 40, kills: 5, outages: 0, longestLifeMs: 10_000 }],
])("%j is understood", (args, size) => {
  expect(readArguments(args)).toEqual({ is: "size", size });
});

test.each([[["--kills", "many"]], [["--objects", "3"]], [["--hours", "1"]]])("%j is refused with the usage", (args) => {
  expect(readArguments(args)).toEqual({ is: "error", text: expect.stringContaining("usage: npm run test:soak") });
});
