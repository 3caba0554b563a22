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
  for (const call of text.matchAll(/^[ \t]*(describe|test|it)(\.each)?(?=\()/gm)) {
    const at = call.index + call[0].length;
    const argumentsAt = call[2] === undefined ? at : closingOf(text, at) + 1;
    const title = /^\(\s*("(?:[^"\\]|\\.)*")/.exec(text.slice(argumentsAt, argumentsAt + 1000))?.[1];
    if (title === undefined) continue;
    while ((open.at(-1)?.endAt ?? Number.POSITIVE_INFINITY) < call.index) open.pop();
    const plain = JSON.parse(title) as string;
    if (call[1] === "describe") open.push({ title: plain, endAt: closingOf(text, argumentsAt) });
    else found.push({ titles: [...open.map((one) => one.title), plain] });
  }
  return found;
}

/** Where the parenthesis that opens at `at` is closed; brackets in texts and comments do not count. */
function closingOf(text: string, at: number): number {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/[^\n]*|[()]/gs;
  token.lastIndex = at;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === "(") depth += 1;
    if (match[0] === ")") depth -= 1;
    if (depth === 0) return match.index;
  }
  return text.length;
}
