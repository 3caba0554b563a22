import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const TESTS = join(import.meta.dirname, "..");
const readme = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
const named = [...readme.matchAll(/`([\w/-]+(?:\.[\w-]+)*\.ts)`/g)].map(([, path = ""]) => path);

/** What the operator works with: whoever implements one of these for a test stands in for it. */
const PORT = "(?:AzurePort|KubePort|CredentialPort|AccessPort|GovernorPort|LeaseStore|Cache|Clock|TimerClock|HttpClient|Log)";
const STANDS_IN = new RegExp(`\\bimplements [\\w, ]*\\b${PORT}\\b|\\): (?:Promise<)?${PORT}\\b[^;]*\\{$|: ${PORT} = (?:\\{|\\()|\\): ${PORT} =>`, "m");

const standIns = readdirSync(TESTS, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts") && !path.startsWith("fakes/") && STANDS_IN.test(readFileSync(join(TESTS, path), "utf8")));

test("every stand-in of a port is in the README, which says what asks it beside the real thing, or why nothing does", () => {
  expect(standIns.length).toBeGreaterThan(15);
  expect(standIns.filter((path) => !named.includes(path))).toEqual([]);
});

test("the README names files that there are", () => {
  const missing = named.filter((path) => ![path.replace(/^test\//, ""), join("fakes", path)].some((candidate) => existsSync(join(TESTS, candidate))));
  expect(missing).toEqual([]);
});
