import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

it("imports nothing of the operator: the simulator answers for Azure (DESIGN 8)", () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const imports = files.flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, specifier = ""]) => `${file}: ${specifier}`);
  });
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter((one) => one.includes("/src/"))).toEqual([]);
});
