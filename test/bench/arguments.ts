import { parseArgs } from "node:util";

const SCENARIOS = ["start", "create", "noop", "restart", "delete", "heap", "crds", "admission", "settled-day", "drift-storm", "one-host", "growth", "kernel", "create-quota", "create-region", "edit-under-load", "hot-namespace", "peer"] as const;

const USAGE = `usage: npm run bench -- [scenario…] [--objects N] [--json FILE]

  scenario     any of ${SCENARIOS.join(", ")}; default all but peer. noop and delete run create before; peer builds
               Azure Service Operator once (10 minutes) and compares with it
  --objects N  how many objects, 1 to 100000; default 1000. A mix for settled-day and drift-storm (a multiple of 200), else identities
  --json FILE  write the figures there, too`;

/** What to measure. */
export interface BenchArguments {
  readonly is: "arguments";
  readonly scenarios: ReadonlySet<string>;
  readonly objects: number;
  readonly jsonFile: string | undefined;
}

/** The arguments, or a text instead of a run. */
export type ReadArguments = BenchArguments | { readonly is: "help" | "error"; readonly text: string };

/** Reads the command line; never throws. */
export function readArguments(args: readonly string[]): ReadArguments {
  const options = { objects: { type: "string", default: "1000" }, json: { type: "string" }, help: { type: "boolean", default: false } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    if (values.help) return { is: "help", text: USAGE };
    const unknown = positionals.find((name) => !SCENARIOS.some((scenario) => scenario === name));
    if (unknown !== undefined) return failed(`cannot run ${unknown}: there is no such scenario`);
    const objects = Number(values.objects);
    if (!Number.isInteger(objects) || objects < 1 || objects > 100_000) return failed(`cannot make ${values.objects} objects: it must be 1 to 100000`);
    return { is: "arguments", scenarios: new Set(positionals.length === 0 ? SCENARIOS.filter((name) => name !== "peer") : positionals), objects, jsonFile: values.json };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function failed(message: string): ReadArguments {
  return { is: "error", text: `${message}\n\n${USAGE}` };
}
