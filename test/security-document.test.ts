import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testsIn } from "../src/attacks-reference.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const document = read("docs/security.md");

const rows = [...document.matchAll(/^\| (.+) \| (.+) \| `(test\/[\w./-]+\.test\.ts)` \|$/gm)].map(([, attack = "", title = "", file = ""]) => ({ attack, title, file }));
const titlesIn = (file: string) => testsIn(read(file)).map(({ titles }) => titles.at(-1));

test("the table names attacks, each once", () => {
  expect(rows.length).toBeGreaterThan(40);
  expect(new Set(rows.map(({ attack }) => attack)).size).toBe(rows.length);
});

test.each(rows)("$attack: there is such a test", ({ title, file }) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
  expect(titlesIn(file)).toContain(title);
});

test("what does not stop anybody is said", () => {
  const section = document.split("## What does not stop them")[1]?.split("\n## ")[0] ?? "";
  for (const word of ["can mint a token", "trusts a name, not a uid", "does not revoke tokens", "the requester is that controller"]) expect(section.replaceAll(/\s+/g, " ")).toContain(word);
});
