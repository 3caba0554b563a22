import { parseArgs } from "node:util";
import { type Flag, type FlagName, FLAGS } from "./flags.ts";
import { suggestion } from "./suggestion.ts";

/** What the command line says: values of flags, switches that are on, and what is wrong with it. */
export interface Arguments {
  readonly values: ReadonlyMap<FlagName, string>;
  readonly switches: ReadonlySet<FlagName>;
  readonly errors: readonly string[];
}

type Token = ReturnType<typeof tokensOf>[number];
type OptionToken = Extract<Token, { kind: "option" }>;

const flags: readonly (Flag & { readonly name: FlagName })[] = FLAGS;
const names = flags.map((flag) => flag.name);

/** Reads the command line after the name of the command; collects every fault instead of stopping at the first. */
export function readArguments(argv: readonly string[]): Arguments {
  const values = new Map<FlagName, string>();
  const switches = new Set<FlagName>();
  const errors: string[] = [];
  let faultyIndex = -1;
  for (const token of tokensOf(argv)) {
    const fault = take(token, { values, switches, argv });
    if (fault === undefined) continue;
    // What follows a flag that is wrong may have been meant as its value, and the letters of -flag are one fault.
    const isConsequence = faultyIndex >= 0 && (token.index === faultyIndex || (token.kind === "positional" && token.index <= faultyIndex + 2));
    if (!isConsequence) errors.push(fault);
    faultyIndex = token.index;
  }
  return { values, switches, errors };
}

function tokensOf(argv: readonly string[]) {
  const options = Object.fromEntries(flags.map((flag) => [flag.name, { type: flag.value === undefined ? "boolean" : "string" } as const]));
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

interface Taken {
  readonly values: Map<FlagName, string>;
  readonly switches: Set<FlagName>;
  readonly argv: readonly string[];
}

function take(token: Token, taken: Taken): string | undefined {
  switch (token.kind) {
    case "option-terminator":
      return undefined;
    case "positional":
      return `cannot use the argument ${JSON.stringify(token.value)}: only flags are expected: see --help`;
    case "option":
      return takeOption(token, taken);
  }
}

function takeOption(token: OptionToken, { values, switches, argv }: Taken): string | undefined {
  const flag = flags.find((candidate) => token.rawName === `--${candidate.name}`);
  if (flag === undefined) return unknown(token.rawName.startsWith("--") ? token.rawName : (argv[token.index] ?? token.rawName));
  if (values.has(flag.name) || switches.has(flag.name)) return `cannot use --${flag.name} twice: give it once`;
  if (flag.value === undefined) {
    if (token.value !== undefined) return `cannot use --${flag.name} with a value: give it alone`;
    switches.add(flag.name);
    return undefined;
  }
  const value = token.value;
  if (value === undefined) return `cannot use --${flag.name} without a value: write --${flag.name}=${flag.value}`;
  if (!token.inlineValue && value.startsWith("--")) {
    return `cannot use --${flag.name} without a value: ${JSON.stringify(value)} follows it: write --${flag.name}=${flag.value}`;
  }
  values.set(flag.name, value);
  return undefined;
}

function unknown(written: string): string {
  const name = written.replace(/^-+/, "").replace(/=.*$/s, "");
  const meant = suggestion(name, names);
  const advice = meant === undefined ? "see --help" : `did you mean --${meant}?`;
  return `cannot use ${JSON.stringify(written.replace(/=.*$/s, ""))}: there is no such flag: ${advice}`;
}
