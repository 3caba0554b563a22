import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const POINTS = 23;
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.ts"));

/** The numbers of the points that each file has a describe block for. */
const found = new Map(files.map((file) => [file, [...readFileSync(join(import.meta.dirname, file), "utf8").matchAll(/^describe\("17\.(\d+) /gm)].map(([, number]) => Number(number))]));
const readme = readFileSync(join(import.meta.dirname, "..", "README.md"), "utf8");
const rows = [...readme.matchAll(/^\| 17\.(\d+) \| .* \| `checklist\/([a-z-]+\.test\.ts)` \|$/gm)].map(([, number, file = ""]) => ({ number: Number(number), file }));

describe("the checklist of arm.md 17", () => {
  it("has a describe block for each of its points, and one only", () => {
    const numbers = [...found.values()].flat().toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: POINTS }, (_, index) => index + 1));
  });

  it("is in the README, point by point and file by file", () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: POINTS }, (_, index) => index + 1));
    expect(rows.filter(({ number, file }) => !found.get(file)?.includes(number))).toEqual([]);
  });
});
