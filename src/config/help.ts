import { ENVIRONMENT, EXIT_CODES, type Flag, FLAGS } from "./flags.ts";

const INDENT = 6;

/** The help of `azid run`, wrapped at the given width in columns. */
export function helpText(columns = 100): string {
  const flags: readonly Flag[] = FLAGS;
  return [
    "Usage: azid run [flags]",
    "",
    "Keeps Azure managed identities and where they are attached as Kubernetes objects declare them.",
    "",
    "Flags:",
    ...flags.flatMap((flag) => entry(`--${flag.name}${flag.value === undefined ? "" : `=${flag.value}`}`, flagHelp(flag), columns)),
    "",
    "Environment:",
    ...ENVIRONMENT.flatMap((variable) => entry(variable.name, variable.help, columns)),
    "",
    "Exit codes:",
    ...Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${code}  ${meaning}`),
    "",
  ].join("\n");
}

function flagHelp(flag: Flag): string {
  if (flag.default === undefined) return flag.help;
  return `${flag.help} (default: ${flag.default === "" ? "none" : flag.default})`;
}

function entry(title: string, help: string, columns: number): string[] {
  return [`  ${title}`, ...wrapped(help, columns - INDENT).map((line) => `${" ".repeat(INDENT)}${line}`)];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
