import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { code, escaped, table } from "./api/markdown.ts";

/** A test, with the titles of what it stands in, from the outside inwards. */
export interface TitledTest {
  readonly titles: readonly string[];
}

const FOLDER = "test/attacks";

/** `docs/attacks.md`: every attack that is tried, made from the titles of the tests below `root`. */
export function attackFiles(root: string): ReadonlyMap<string, string> {
  const files = readdirSync(join(root, FOLDER)).filter((file) => file.endsWith(".test.ts")).toSorted();
  const sections = files.map((file) => section(file, testsIn(readFileSync(join(root, FOLDER, file), "utf8"))));
  const text = [
    '<!-- Generated from test/attacks by "npm run generate"; changes made here are lost. -->',
    "# Attacks that are tried",
    "Each on a real API server with the policies of `deploy/policy`, against the real operator, with the simulator in Azure's place: two teams with the ordinary rights of `edit` or `admin` in a namespace of their own, who share the operator's credential. The titles say what happens; where one has placeholders, the test tries it with several values.",
    ...sections,
  ];
  return new Map([["docs/attacks.md", `${text.join("\n\n")}\n`]]);
}

function section(file: string, tests: readonly TitledTest[]): string {
  const rows = tests.map(({ titles }) => [escaped(titles.slice(0, -1).join(": ")), escaped(titles.at(-1) ?? "")]);
  return [`## ${code(`${FOLDER}/${file}`)}`, table(["Who or what", "What happens"], rows)].join("\n\n");
}

/** The tests of a file by its text, in their order; `describe`, `test` and `it`, also with `.each`. Titles must be plain texts. */
export function testsIn(text: string): readonly TitledTest[] {
  const found: TitledTest[] = [];
  const open: { readonly title: string; readonly endAt: number }[] = [];
  let lineAt = 0;
  for (const line of text.split("\n")) {
    const call = /^ *(describe|test|it)(\.each)?\(/.exec(line);
    const argumentsAt = call === null ? undefined : argumentsOf(text, lineAt + call[0].length - 1, call[2] !== undefined);
    const title = argumentsAt === undefined ? undefined : titleAt(text, argumentsAt);
    if (call !== null && argumentsAt !== undefined && title !== undefined) {
      while ((open.at(-1)?.endAt ?? Number.POSITIVE_INFINITY) < lineAt) open.pop();
      if (call[1] === "describe") open.push({ title, endAt: closingOf(text, argumentsAt) });
      else found.push({ titles: [...open.map((one) => one.title), title] });
    }
    lineAt += line.length + 1;
  }
  return found;
}

/** Where the parenthesis of the arguments opens: with `.each`, the second one. */
function argumentsOf(text: string, at: number, isEach: boolean): number {
  return isEach ? closingOf(text, at) + 1 : at;
}

/** The first argument, where it is a text in double quotes. */
function titleAt(text: string, argumentsAt: number): string | undefined {
  if (text[argumentsAt] !== "(") return undefined;
  let at = argumentsAt + 1;
  while (text[at] === " " || text[at] === "\n") at += 1;
  return text[at] === '"' ? (JSON.parse(text.slice(at, endOfText(text, at) + 1)) as string) : undefined;
}

/** Where the parenthesis that opens at `at` is closed; those in texts and comments do not count. */
function closingOf(text: string, at: number): number {
  let depth = 0;
  for (let place = at; place < text.length; place += 1) {
    const character = text[place] ?? "";
    if (QUOTES.has(character)) place = endOfText(text, place);
    else if (text.startsWith("//", place)) place = endOfLine(text, place);
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    if (depth === 0) return place;
  }
  return text.length;
}

const QUOTES: ReadonlySet<string> = new Set(['"', "'", "`"]);

/** Where the text ends that begins with a quote. */
function endOfText(text: string, at: number): number {
  let place = at + 1;
  while (place < text.length && text[place] !== text[at]) place += text[place] === "\\" ? 2 : 1;
  return place;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}
