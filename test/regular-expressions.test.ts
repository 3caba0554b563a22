import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ErrorAnswer, failureOf } from "../src/azure/errors.ts";
import { doubtAbout } from "./api/patterns.ts";

const SRC = join(import.meta.dirname, "../src");

/** Where an expression may begin: after what begins an operand. */
const LITERAL = /(?<=[(=,:?[!&|{;>]\s*|return\s+)\/((?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/[dgimsuvy]*/gu;

const literals = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .flatMap((path) => [...withoutComments(readFileSync(join(SRC, path), "utf8")).matchAll(LITERAL)].map(([, pattern = ""]) => ({ path, pattern })));

function withoutComments(code: string): string {
  return code.replaceAll(/^\s*(?:\/\*[^]*?\*\/|\/\/[^\n]*)/gmu, "");
}

test("regular expressions are found in the code", () => {
  expect(literals.length).toBeGreaterThan(100);
  expect(literals).toContainEqual({ path: "azure/trusted-url.ts", pattern: String.raw`[\\\p{Cc}]` });
});

test.each(literals)("$path: $pattern backtracks over no text twice", ({ pattern }) => {
  expect(doubtAbout(pattern)).toBeUndefined();
});

test.each([" Policy identifiers: '[", "http://", '"policyDefinition": {"name": "', 'secret: "\\', "over scope '", "[", "password="])("a message of a million characters that only begins is read to its end: %s", (piece) => {
  const message = piece.repeat(Math.floor(1_000_000 / piece.length));
  const answer: ErrorAnswer = { status: 403, headers: { get: () => undefined }, bodyAsText: JSON.stringify({ error: { code: "Refused", message } }) };
  expect(failureOf(answer, 0)).toMatchObject({ class: "forbidden" });
});
