#!/usr/bin/env node
import { EXIT_CODES } from "./config/flags.ts";

const USAGE = `Usage: azid <command>

Commands:
  run   Run the operator (azid run --help)
`;

/** The first Node with everything that this program uses (package.json, engines). */
const MIN_NODE = [24, 11] as const;

/** Reads the command and runs it; the exit code. Commands are loaded late, so that an old Node gets a sentence and no stack. */
async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1])) {
    process.stderr.write(`cannot run on Node ${process.versions.node}: install Node ${MIN_NODE.join(".")} or newer, or start by npm start\n`);
    return EXIT_CODES.usage.code;
  }
  switch (command) {
    case "run": {
      const { run } = await import("./commands/run.ts");
      const surroundings = { environment: process.env, out: write(process.stdout), err: write(process.stderr), signals: process, exitNow: exit };
      return run(rest, surroundings);
    }
    case "--version":
    case "version": {
      const { VERSION } = await import("./version.ts");
      process.stdout.write(`azid ${VERSION}\n`);
      return EXIT_CODES.ok.code;
    }
    case "--help":
    case "help":
      process.stdout.write(USAGE);
      return EXIT_CODES.ok.code;
    default:
      process.stderr.write(command === undefined ? USAGE : `cannot run ${JSON.stringify(command)}: there is no such command: see azid --help\n`);
      return EXIT_CODES.usage.code;
  }
}

function write(stream: NodeJS.WriteStream): (text: string) => void {
  return (text) => void stream.write(text);
}

function exit(code: number): void {
  process.exit(code);
}

exit(await main(process.argv.slice(2)));
