import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The root of the repository, from which the commands of the document are run. */
export const ROOT = join(import.meta.dirname, "../..");

/** Where the objects of the tutorial are, from {@link ROOT}. */
export const FOLDER = "deploy/samples/tutorial";

/** A fenced block of the document. */
export interface Block {
  /** The step that it is in: the title of the section. */
  readonly step: string;
  readonly language: string;
  readonly text: string;
  /** The file that the line before it links to. */
  readonly file: string | undefined;
}

/** A row of a table that sets the tools and the object side by side, as cells of text. */
export interface Row {
  readonly step: string;
  readonly azureCli: string;
  readonly bicep: string;
  readonly powershell: string;
  readonly here: string;
}

const STEP = /^## (.+)$/gm;
const BLOCK = /(?:\]\((?<link>[^)\s]+)\):?\n\n)?^```(?<language>\w+)\n(?<text>[\s\S]*?)^```$/gm;
const ROW = /^\| (?<azureCli>.+?) \| (?<bicep>.+?) \| (?<powershell>.+?) \| (?<here>.+?) \|$/gm;

/** The text of docs/tutorial.md. */
export function readTutorial(): string {
  return readFileSync(join(ROOT, "docs/tutorial.md"), "utf8");
}

/** The fenced blocks of the tutorial, in their order. */
export function blocksOf(text: string): readonly Block[] {
  return sectionsOf(text).flatMap(({ step, body }) =>
    [...body.matchAll(BLOCK)].map(({ groups = {} }) => ({ step, language: groups["language"] ?? "", text: groups["text"] ?? "", file: fileOf(groups["link"]) })),
  );
}

/** The rows of the tables of the tutorial, without their heads. */
export function rowsOf(text: string): readonly Row[] {
  const rows = sectionsOf(text).flatMap(({ step, body }) => [...body.matchAll(ROW)].map(({ groups = {} }) => ({ step, ...cellsOf(groups) })));
  return rows.filter(({ azureCli }) => azureCli !== "Azure CLI" && azureCli !== "---");
}

/** The lines of a block of commands, with what continues on the next line in one. */
export function commandsOf({ text }: Pick<Block, "text">): readonly string[] {
  return text.replaceAll(/\\\n\s*/g, "").split("\n").filter((line) => line !== "");
}

/** The words of a command line, as a shell would split them: quotes hold words together. */
export function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_quoted, double: string | undefined, single: string | undefined) => double ?? single ?? ""));
}

function sectionsOf(text: string): readonly { readonly step: string; readonly body: string }[] {
  const [, ...parts] = text.split(STEP);
  return parts.flatMap((step, index) => (index % 2 === 0 ? [{ step, body: parts[index + 1] ?? "" }] : []));
}

function cellsOf(groups: Readonly<Record<string, string>>): Omit<Row, "step"> {
  const { azureCli = "", bicep = "", powershell = "", here = "" } = groups;
  return { azureCli, bicep, powershell, here };
}

function fileOf(link: string | undefined): string | undefined {
  return link?.startsWith("../") === true ? link.slice("../".length) : undefined;
}
